//! Requests a minute, tokens a minute and requests at once, per key, tenant and channel. Input tokens are counted up
//! front by their estimate, the rest when it is known.
//!
//! A node alone counts for itself; a request that one limit lets in and the next refuses has then still used the first.
//! Several nodes count together where there is something to count with ([`SharedLimits`]), all or nothing, and each for
//! itself while that is away.

mod bucket;

use bucket::Bucket;
use domain::{
    channel::{Channel, Limits},
    ids::{ChannelId, KeyId, TenantId},
    key::KeyRecord,
    limits::{Left, Met, NotTaken, SharedLimits, Taken, Wanted},
    refusal::{Code, LimitMet, Refusal},
};
use parking_lot::RwLock;
use std::{collections::HashMap, num::NonZeroU32, sync::Arc, time::Duration};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

/// How long a request waits for a place in a channel that is full, when there is no other.
pub const WAIT_FOR_ROOM: Duration = Duration::from_millis(100);
/// And how often it looks whether there is one.
const LOOK_AGAIN: Duration = Duration::from_millis(10);
/// When a caller over a limit of requests at once may try again: nobody knows how long the others take.
const AT_ONCE_RETRY: Duration = Duration::from_secs(1);

/// Whose limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Subject {
    Key(KeyId),
    Tenant(TenantId),
    Channel(ChannelId),
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Key(id) => id.fmt(f),
            Self::Tenant(id) => id.fmt(f),
            Self::Channel(id) => id.fmt(f),
        }
    }
}

/// All limits, as this node keeps them.
#[derive(Debug, Default)]
pub struct NodeLimits {
    gauges: RwLock<HashMap<Subject, Arc<Gauge>>>,
    shared: Option<Arc<dyn SharedLimits>>,
}

/// One subject's limits; made anew when they change.
#[derive(Debug)]
struct Gauge {
    of: Limits,
    requests: Option<Bucket>,
    tokens: Option<Bucket>,
    at_once: Option<Arc<Semaphore>>,
}

impl Gauge {
    fn new(of: Limits) -> Self {
        let bucket = |limit: Option<u32>| limit.and_then(NonZeroU32::new).map(Bucket::new);
        let at_once = of.concurrency.map(|limit| Arc::new(Semaphore::new(limit as usize)));
        Self { of, requests: bucket(of.rpm), tokens: bucket(of.tpm), at_once }
    }
}

/// What a request has taken: its places at once, given back when dropped, and where its tokens are owed.
#[derive(Debug, Default)]
pub struct Room {
    places: Vec<OwnedSemaphorePermit>,
    owing: Vec<Arc<Gauge>>,
    elsewhere: Option<Elsewhere>,
    estimate: u64,
    requests: Option<Left>,
    tokens: Option<Left>,
}

/// What was taken where all nodes count together.
#[derive(Debug)]
struct Elsewhere {
    shared: Arc<dyn SharedLimits>,
    wanted: Vec<Wanted>,
    places: Vec<(String, String)>,
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        for (subject, place) in &self.places {
            self.shared.leave(subject, place);
        }
    }
}

impl Room {
    /// The tokens a request used in the end.
    pub fn used(&self, tokens: u64) {
        let more = tokens.saturating_sub(self.estimate);
        if more > 0 {
            self.owing.iter().filter_map(|gauge| gauge.tokens.as_ref()).for_each(|bucket| bucket.owe(more));
            for (shared, wanted) in self.elsewhere.iter().flat_map(|it| it.wanted.iter().map(|one| (&it.shared, one))) {
                if wanted.limits.tpm.is_some() {
                    shared.owe(wanted, more);
                }
            }
        }
    }

    /// What is left of the tightest limits of requests and of tokens.
    pub fn left(&self) -> [Option<Left>; 2] {
        [self.requests, self.tokens]
    }

    fn note(&mut self, requests: Option<Left>, tokens: Option<Left>) {
        let tighter = |known: Option<Left>, new: Option<Left>| match (known, new) {
            (Some(known), Some(new)) if known.remaining <= new.remaining => Some(known),
            (known, new) => new.or(known),
        };
        self.requests = tighter(self.requests, requests);
        self.tokens = tighter(self.tokens, tokens);
    }
}

impl NodeLimits {
    /// Counted together with other nodes.
    pub fn shared(shared: Option<Arc<dyn SharedLimits>>) -> Self {
        Self { shared, ..Self::default() }
    }

    /// Takes a request's part of its key's and tenant's limits.
    ///
    /// # Errors
    /// 429 with the time to come back.
    pub async fn enter(&self, key: &KeyRecord, tokens: u64) -> Result<Room, Refusal> {
        let subjects = [(Subject::Key(key.id), key.limits), (Subject::Tenant(key.tenant), key.tenant_limits)];
        let limited: Vec<_> = subjects.into_iter().filter(|(_, limits)| !limits.is_none()).collect();
        let room = if limited.is_empty() { Ok(Room::default()) } else { self.room(&limited, tokens).await };
        room.map_err(|(subject, met)| {
            let of_tenant = matches!(subject, Subject::Tenant(_));
            let (limits, whose) = if of_tenant { (&key.tenant_limits, "account") } else { (&key.limits, "key") };
            refusal(&met, limits, whose)
        })
    }

    /// Of these subjects' limits: together with other nodes if that is possible.
    async fn room(&self, subjects: &[(Subject, Limits)], tokens: u64) -> Result<Room, (Subject, Met)> {
        if let Some(shared) = &self.shared {
            let wanted: Vec<Wanted> = subjects
                .iter()
                .map(|(subject, limits)| Wanted { subject: subject.to_string(), limits: *limits, tokens })
                .collect();
            match shared.take(&wanted).await {
                Ok(Taken { left, places }) => {
                    let mut room = Room { estimate: tokens, ..Room::default() };
                    left.into_iter().for_each(|[requests, tokens]| room.note(requests, tokens));
                    room.elsewhere = Some(Elsewhere { shared: shared.clone(), wanted, places });
                    return Ok(room);
                }
                Err(NotTaken::Met(at, met)) => {
                    let subject = subjects.get(at).or(subjects.first()).map(|(subject, _)| *subject);
                    return Err((subject.unwrap_or(Subject::Channel(ChannelId(0))), met));
                }
                Err(NotTaken::Away) => {}
            }
        }
        let mut room = Room { estimate: tokens, ..Room::default() };
        for (subject, limits) in subjects {
            self.take(*subject, limits, tokens, &mut room).map_err(|met| (*subject, met))?;
        }
        Ok(room)
    }

    fn take(&self, subject: Subject, limits: &Limits, tokens: u64, room: &mut Room) -> Result<(), Met> {
        let gauge = self.gauge(subject, limits);
        if let Some(at_once) = &gauge.at_once {
            room.places.push(at_once.clone().try_acquire_owned().map_err(|_| Met::AtOnce)?);
        }
        let count = u32::try_from(tokens).unwrap_or(u32::MAX);
        let by_requests = gauge.requests.as_ref().map(|bucket| bucket.take(1)).transpose();
        let by_requests = by_requests.map_err(|short| Met::Requests(short.wait.unwrap_or_default()))?;
        let by_tokens = gauge.tokens.as_ref().map(|bucket| bucket.take(count)).transpose();
        let by_tokens = by_tokens.map_err(|short| Met::Tokens(short.wait))?;
        room.note(by_requests, by_tokens);
        if gauge.tokens.is_some() {
            room.owing.push(gauge);
        }
        Ok(())
    }

    /// Takes a request's part of a channel's limits, waiting at most `wait` for a place.
    ///
    /// # Errors
    /// The time after which there may be room.
    pub async fn enter_channel(&self, channel: &Channel, tokens: u64, wait: Duration) -> Result<Room, Duration> {
        if channel.settings.limits.is_none() {
            return Ok(Room::default());
        }
        let subject = [(Subject::Channel(channel.id), channel.settings.limits)];
        let until = Instant::now() + wait;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            // A place may be free at any moment. For the rest the time is known; asking before it would only use up more.
            let (wait, look_again) = match self.room(&subject, tokens).await {
                Ok(room) => return Ok(room),
                Err((_, Met::AtOnce)) => (AT_ONCE_RETRY, left.min(LOOK_AGAIN)),
                Err((_, Met::Requests(wait) | Met::Tokens(Some(wait)))) => (wait, wait),
                Err((_, Met::Tokens(None))) => (Duration::from_secs(60), Duration::MAX),
            };
            if left.is_zero() || look_again > left {
                return Err(wait);
            }
            tokio::time::sleep(look_again).await;
        }
    }

    fn gauge(&self, subject: Subject, limits: &Limits) -> Arc<Gauge> {
        if let Some(gauge) = self.gauges.read().get(&subject).filter(|gauge| gauge.of == *limits) {
            return gauge.clone();
        }
        // Looked at once more: another request may have made it meanwhile, and holds its places.
        let mut gauges = self.gauges.write();
        let gauge = gauges.entry(subject).or_insert_with(|| Arc::new(Gauge::new(*limits)));
        if gauge.of != *limits {
            *gauge = Arc::new(Gauge::new(*limits));
        }
        gauge.clone()
    }
}

fn refusal(met: &Met, limits: &Limits, whose: &str) -> Refusal {
    let number = |limit: Option<u32>| limit.unwrap_or_default();
    let (message, wait) = match met {
        Met::Requests(wait) => {
            (format!("This {whose} may send {} requests a minute.", number(limits.rpm)), Some(*wait))
        }
        Met::Tokens(Some(wait)) => {
            (format!("This {whose} may use {} tokens a minute.", number(limits.tpm)), Some(*wait))
        }
        Met::Tokens(None) => {
            let limit = number(limits.tpm);
            (format!("This request alone is larger than the {limit} tokens a minute this {whose} may use."), None)
        }
        Met::AtOnce => {
            let limit = number(limits.concurrency);
            (format!("This {whose} may have {limit} requests at once."), Some(AT_ONCE_RETRY))
        }
    };
    let mut refusal = Refusal::new(Code::RateLimitExceeded, message);
    refusal.limit = match met {
        Met::Requests(_) => Some(LimitMet { what: "requests", limit: number(limits.rpm) }),
        Met::Tokens(_) => Some(LimitMet { what: "tokens", limit: number(limits.tpm) }),
        Met::AtOnce => None,
    };
    match wait {
        Some(wait) => refusal.retry_after(wait),
        None => refusal,
    }
}

#[cfg(test)]
mod tests;
