//! Requests a minute, tokens a minute and requests at once, per key, tenant and channel. Input tokens are counted up
//! front by their estimate, the rest when it is known.
//!
//! Each node counts for itself. A request that one limit lets in and the next refuses has still used the first.

mod bucket;

pub use bucket::Left;

use bucket::Bucket;
use domain::{
    channel::{Channel, Limits},
    ids::{ChannelId, KeyId, TenantId},
    key::KeyRecord,
    refusal::{Code, LimitMet, Refusal},
};
use parking_lot::RwLock;
use std::{collections::HashMap, num::NonZeroU32, sync::Arc, time::Duration};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long a request waits for a place in a channel that is full, when there is no other.
pub const WAIT_FOR_ROOM: Duration = Duration::from_millis(100);
/// When a caller over a limit of requests at once may try again: nobody knows how long the others take.
const AT_ONCE_RETRY: Duration = Duration::from_secs(1);

/// Whose limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Subject {
    Key(KeyId),
    Tenant(TenantId),
    Channel(ChannelId),
}

/// All limits of this node.
#[derive(Debug, Default)]
pub struct NodeLimits {
    gauges: RwLock<HashMap<Subject, Arc<Gauge>>>,
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
    estimate: u64,
    requests: Option<Left>,
    tokens: Option<Left>,
}

impl Room {
    /// The tokens a request used in the end.
    pub fn used(&self, tokens: u64) {
        let more = tokens.saturating_sub(self.estimate);
        if more > 0 {
            self.owing.iter().filter_map(|gauge| gauge.tokens.as_ref()).for_each(|bucket| bucket.owe(more));
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

/// Which limit was met, for the caller's words.
enum Met {
    Requests(Duration),
    Tokens(Option<Duration>),
    AtOnce,
}

impl NodeLimits {
    /// Takes a request's part of its key's and tenant's limits.
    ///
    /// # Errors
    /// 429 with the time to come back.
    pub fn enter(&self, key: &KeyRecord, tokens: u64) -> Result<Room, Refusal> {
        let mut room = Room { estimate: tokens, ..Room::default() };
        let subjects =
            [(Subject::Key(key.id), &key.limits, "key"), (Subject::Tenant(key.tenant), &key.tenant_limits, "account")];
        for (subject, limits, whose) in subjects {
            if !limits.is_none() {
                self.take(subject, limits, tokens, &mut room).map_err(|met| refusal(&met, limits, whose))?;
            }
        }
        Ok(room)
    }

    fn take(&self, subject: Subject, limits: &Limits, tokens: u64, room: &mut Room) -> Result<(), Met> {
        let gauge = self.gauge(subject, limits);
        if let Some(at_once) = &gauge.at_once {
            room.places.push(at_once.clone().try_acquire_owned().map_err(|_| Met::AtOnce)?);
        }
        let count = u32::try_from(tokens).unwrap_or(u32::MAX);
        let by_tokens = gauge.tokens.as_ref().map(|bucket| bucket.take(count)).transpose();
        let by_tokens = by_tokens.map_err(|short| Met::Tokens(short.wait))?;
        let by_requests = gauge.requests.as_ref().map(|bucket| bucket.take(1)).transpose();
        let by_requests = by_requests.map_err(|short| Met::Requests(short.wait.unwrap_or_default()))?;
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
        let mut room = Room { estimate: tokens, ..Room::default() };
        let gauge = self.gauge(Subject::Channel(channel.id), &channel.settings.limits);
        if let Some(at_once) = gauge.at_once.clone() {
            let place = match at_once.clone().try_acquire_owned() {
                Ok(place) => Ok(place),
                Err(_) if wait.is_zero() => Err(AT_ONCE_RETRY),
                Err(_) => match tokio::time::timeout(wait, at_once.acquire_owned()).await {
                    Ok(Ok(place)) => Ok(place),
                    _ => Err(AT_ONCE_RETRY),
                },
            };
            room.places.push(place?);
        }
        let rest = Limits { concurrency: None, ..channel.settings.limits };
        if rest.is_none() {
            return Ok(room);
        }
        let count = u32::try_from(tokens).unwrap_or(u32::MAX);
        for (bucket, count) in [(&gauge.tokens, count), (&gauge.requests, 1)] {
            if let Some(bucket) = bucket {
                bucket.take(count).map_err(|short| short.wait.unwrap_or(Duration::from_secs(60)))?;
            }
        }
        if gauge.tokens.is_some() {
            room.owing.push(gauge);
        }
        Ok(room)
    }

    fn gauge(&self, subject: Subject, limits: &Limits) -> Arc<Gauge> {
        if let Some(gauge) = self.gauges.read().get(&subject).filter(|gauge| gauge.of == *limits) {
            return gauge.clone();
        }
        let fresh = Arc::new(Gauge::new(*limits));
        self.gauges.write().insert(subject, fresh.clone());
        fresh
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
