//! Which channel and credential to try, in which order: higher priority first, weighted random among equals.
//!
//! A pure function of the snapshot and a random source, so that what it decides can be tested and told.

use domain::{
    channel::{Channel, Credential, Offer},
    dialect::Dialect,
};
use rand::Rng;
use std::{fmt::Write as _, sync::Arc};

/// One way to try.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The channel, the model's name there, and its cost.
    pub offer: Offer,
    /// Which of the channel's credentials; `None` for a channel that has none.
    pub credential: Option<usize>,
    /// What is spoken with it: the caller's dialect if the channel speaks it, else the channel's main one.
    pub dialect: Dialect,
}

impl Candidate {
    /// The channel.
    pub fn channel(&self) -> &Arc<Channel> {
        &self.offer.channel
    }

    /// The credential.
    pub fn credential(&self) -> Option<&Credential> {
        self.credential.and_then(|index| self.offer.channel.credentials.get(index))
    }
}

/// The candidates for a caller who speaks `dialect`, in the order they are to be tried. `offers` come highest priority
/// first.
pub fn order(offers: &[Offer], dialect: Dialect, random: &mut impl Rng) -> Vec<Candidate> {
    let mut candidates: Vec<(Candidate, i32, u64)> = Vec::with_capacity(offers.len());
    for offer in offers {
        let channel = &offer.channel;
        let Some(dialect) = dialect.through(&channel.dialects) else { continue };
        let weight = u64::from(channel.weight.max(1));
        if channel.credentials.is_empty() {
            candidates.push((Candidate { offer: offer.clone(), credential: None, dialect }, channel.priority, weight));
        }
        for (index, credential) in channel.credentials.iter().enumerate() {
            let candidate = Candidate { offer: offer.clone(), credential: Some(index), dialect };
            candidates.push((candidate, channel.priority, weight * u64::from(credential.weight.max(1))));
        }
    }
    if candidates.len() > 1 {
        shuffle_within_priorities(&mut candidates, random);
    }
    candidates.into_iter().map(|(candidate, ..)| candidate).collect()
}

/// Sorts by priority and draws, within one priority, each place with chances in proportion to weight.
fn shuffle_within_priorities(candidates: &mut [(Candidate, i32, u64)], random: &mut impl Rng) {
    candidates.sort_by_key(|(_, priority, _)| std::cmp::Reverse(*priority));
    for tier in candidates.chunk_by_mut(|a, b| a.1 == b.1) {
        let mut rest = tier;
        while rest.len() > 1 {
            let total: u64 = rest.iter().map(|(.., weight)| *weight).sum();
            let mut ticket = random.random_range(0..total);
            let drawn = rest.iter().position(|(.., weight)| {
                let hit = ticket < *weight;
                ticket = ticket.saturating_sub(*weight);
                hit
            });
            rest.swap(0, drawn.unwrap_or(0));
            rest = rest.split_first_mut().map_or(&mut [], |(_, others)| others);
        }
    }
}

/// Why this channel: the order in words, kept with the request.
pub fn explain(candidates: &[Candidate]) -> String {
    let mut text = String::with_capacity(candidates.len() * 48);
    for candidate in candidates.iter().take(8) {
        let separator = if text.is_empty() { "" } else { " > " };
        let channel = candidate.channel();
        let _ = write!(text, "{separator}{} priority {} weight {}", channel.id, channel.priority, channel.weight);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{
        channel::Timeouts,
        dialect::Provider,
        ids::{ChannelId, CredentialId},
        secret::CredentialSecret,
    };
    use rand::{SeedableRng, rngs::StdRng};

    fn offer(id: i64, priority: i32, weight: u32, credentials: usize) -> Offer {
        let credential = |n| Credential {
            id: CredentialId(n),
            name: String::new(),
            secret: CredentialSecret::new(String::new()),
            weight: 1,
        };
        Offer {
            channel: Arc::new(Channel {
                id: ChannelId(id),
                name: String::new(),
                provider: Provider::Sandbox,
                base_url: String::new(),
                dialects: vec![Dialect::OpenaiChat],
                priority,
                weight,
                timeouts: Timeouts::default(),
                allow_private_network: false,
                credentials: (0..credentials).map(|n| credential(n as i64)).collect(),
            }),
            upstream_model: String::new(),
            cost: None,
        }
    }

    #[test]
    fn higher_priority_comes_first_and_every_credential_is_a_candidate() {
        let offers = [offer(1, 0, 1, 1), offer(2, 5, 1, 2), offer(3, 0, 1, 0)];
        let order = order(&offers, Dialect::OpenaiChat, &mut StdRng::seed_from_u64(1));
        let ids: Vec<i64> = order.iter().map(|c| c.channel().id.0).collect();
        assert_eq!(ids[..2], [2, 2]);
        assert_eq!(ids.len(), 4);
    }

    #[test]
    fn equals_are_first_in_proportion_to_their_weight() {
        let offers = [offer(1, 0, 3, 1), offer(2, 0, 1, 1)];
        let mut random = StdRng::seed_from_u64(7);
        let first =
            (0..4_000).filter(|_| order(&offers, Dialect::OpenaiChat, &mut random)[0].channel().id.0 == 1).count();
        assert!((2_850..3_150).contains(&first), "{first} of 4000, expected about 3000");
    }

    #[test]
    fn a_channel_is_spoken_with_in_the_callers_dialect_or_else_in_its_own() {
        let offers = [offer(1, 0, 1, 1)];
        let spoken = |offers: &[Offer], caller| -> Vec<Dialect> {
            order(offers, caller, &mut StdRng::seed_from_u64(1)).iter().map(|it| it.dialect).collect()
        };
        for caller in Dialect::CONVERSING {
            assert_eq!(spoken(&offers, caller), [Dialect::OpenaiChat]);
        }
        assert_eq!(spoken(&offers, Dialect::OpenaiEmbeddings), [Dialect::OpenaiEmbeddings], "beside Chat");
        let elsewhere = |dialect| {
            let mut offer = offer(2, 0, 1, 1);
            let mut channel = Channel::clone(&offer.channel);
            channel.dialects = vec![dialect];
            offer.channel = Arc::new(channel);
            [offer]
        };
        assert_eq!(spoken(&elsewhere(Dialect::Anthropic), Dialect::OpenaiEmbeddings), [], "it has none");
        let google = elsewhere(Dialect::Gemini);
        assert_eq!(spoken(&google, Dialect::OpenaiEmbeddings), [Dialect::GeminiBatchEmbeddings]);
        assert_eq!(spoken(&google, Dialect::GeminiEmbeddings), [Dialect::GeminiEmbeddings]);
        assert_eq!(spoken(&offers, Dialect::GeminiEmbeddings), [Dialect::OpenaiEmbeddings]);
    }
}
