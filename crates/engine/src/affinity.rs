//! Where conversations were answered: providers keep a prompt's beginning for some minutes and read it for a tenth of the
//! price, but only with the same account. A conversation grows by its end, so its earlier turns are a prefix of its later
//! ones; each request is remembered by all its beginnings, and the longest one known decides.
//!
//! Kept as keyed hashes only, bounded in number, and by this node alone.

use crate::health::Place;
use bytes::Bytes;
use domain::{dialect::Dialect, ids::TenantId};
use protocol::request::prefix::{Prefix, prefixes};
use quick_cache::sync::Cache;
use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};
use tokio::time::Instant;

/// So many beginnings are remembered.
const CAPACITY: usize = 65_536;
/// Providers forget a prompt after about this long without use. <https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching>
/// says five minutes, <https://platform.openai.com/docs/guides/prompt-caching> five to ten.
const CACHED_FOR: Duration = Duration::from_secs(600);
/// Signed reasoning stays bound to its account for as long as a conversation may pause.
const SIGNED_FOR: Duration = Duration::from_secs(3_600);
/// No provider caches a prompt under 1 024 tokens, about four bytes each (both pages above).
const CACHEABLE: usize = 4_096;
/// Of a request, the last so many beginnings are remembered: a next turn may leave out or change the last ones.
const REMEMBERED: usize = 6;

/// Where a conversation was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// By which credential.
    pub place: Place,
    /// Whether it holds reasoning that only this credential can read.
    pub signed: bool,
}

/// See the module.
#[derive(Debug)]
pub struct Affinity {
    known: Cache<u64, (Place, Instant)>,
    hasher: RandomState,
}

impl Default for Affinity {
    fn default() -> Self {
        Self { known: Cache::new(CAPACITY), hasher: RandomState::new() }
    }
}

/// A request's beginnings, longest last.
#[derive(Debug, Default)]
pub struct Beginnings {
    /// With how many bytes each is.
    hashes: Vec<(u64, usize)>,
    signed: bool,
}

impl Affinity {
    /// The beginnings of a request.
    pub fn beginnings(&self, tenant: TenantId, dialect: Dialect, model: &str, body: &Bytes) -> Beginnings {
        let signed = protocol::request::prefix::is_signed(body);
        let mut state = self.hasher.hash_one((tenant.0, model));
        let mut hashes = Vec::new();
        prefixes(dialect, body, |prefix| match prefix {
            Prefix::Part(bytes) => state = self.hasher.hash_one((state, bytes)),
            Prefix::End(so_far) => hashes.push((state, so_far)),
        });
        let old = hashes.len().saturating_sub(REMEMBERED);
        hashes.drain(..old);
        Beginnings { hashes, signed }
    }

    /// Where the longest known beginning was answered.
    pub fn find(&self, beginnings: &Beginnings, now: Instant) -> Option<Bound> {
        let (age, least) = if beginnings.signed { (SIGNED_FOR, 0) } else { (CACHED_FOR, CACHEABLE) };
        let fresh = |hash: u64| self.known.get(&hash).filter(|(_, at)| now.saturating_duration_since(*at) < age);
        let long = beginnings.hashes.iter().rev().filter(|(_, bytes)| *bytes >= least);
        let (place, _) = long.map(|(hash, _)| *hash).find_map(fresh)?;
        Some(Bound { place, signed: beginnings.signed })
    }

    /// It was answered there.
    pub fn remember(&self, beginnings: &Beginnings, place: Place, now: Instant) {
        for (hash, _) in &beginnings.hashes {
            self.known.insert(*hash, (place, now));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::{ChannelId, CredentialId};

    const HERE: Place = Place { channel: ChannelId(1), credential: Some(CredentialId(1)) };

    fn conversation(turns: usize, long: usize) -> Bytes {
        let text = "x".repeat(long);
        let turns: Vec<String> = (0..turns)
            .map(|n| {
                format!(r#"{{"role":"{}","content":"{n} {text}"}}"#, if n % 2 == 0 { "user" } else { "assistant" })
            })
            .collect();
        format!(r#"{{"model":"m","temperature":0.{},"messages":[{}]}}"#, turns.len(), turns.join(",")).into()
    }

    fn of(affinity: &Affinity, tenant: i64, body: &Bytes) -> Beginnings {
        affinity.beginnings(TenantId(tenant), Dialect::OpenaiChat, "m", body)
    }

    #[test]
    fn a_longer_conversation_is_known_by_its_beginning() {
        let (affinity, now) = (Affinity::default(), Instant::now());
        let first = of(&affinity, 1, &conversation(1, 5_000));
        assert_eq!(affinity.find(&first, now), None);
        affinity.remember(&first, HERE, now);
        let next = of(&affinity, 1, &conversation(3, 5_000));
        assert_eq!(affinity.find(&next, now), Some(Bound { place: HERE, signed: false }));
        assert_eq!(affinity.find(&of(&affinity, 2, &conversation(3, 5_000)), now), None, "another tenant's");
        assert_eq!(affinity.find(&next, now + CACHED_FOR), None, "forgotten upstream too");
    }

    #[test]
    fn short_prompts_are_not_bound_but_signed_reasoning_is() {
        let (affinity, now) = (Affinity::default(), Instant::now());
        affinity.remember(&of(&affinity, 1, &conversation(1, 10)), HERE, now);
        assert_eq!(affinity.find(&of(&affinity, 1, &conversation(2, 10)), now), None);

        let with =
            |more: &str| -> Bytes { format!(r#"{{"messages":[{{"role":"user","content":"hi"}}{more}]}}"#).into() };
        affinity.remember(&of(&affinity, 1, &with("")), HERE, now);
        let thought = r#",{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"s"}]}"#;
        let next = of(&affinity, 1, &with(thought));
        assert_eq!(affinity.find(&next, now + CACHED_FOR), Some(Bound { place: HERE, signed: true }));
    }
}
