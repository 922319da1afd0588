//! Watches what happens on the way and keeps it: alike things of one turn become one row that counts.

pub mod abnormal;
pub mod alerts;
pub mod books;
pub mod prober;
pub mod retention;
pub mod rollups;
pub mod tell;
pub mod turns;

use domain::ids::{ChannelId, CredentialId, KeyId, TenantId};
use engine::notices::{Kind, Notice};
use std::{collections::HashMap, time::Duration};
use store::{Store, events::NewEvent, time::now_us};
use tokio::sync::mpsc::Receiver;
use tokio_util::sync::CancellationToken;

/// So many notices wait to be read; more are dropped, and still counted by `turnpike_events_total`.
pub const QUEUE: usize = 4_096;
/// What came is written after so long.
const TURN: Duration = Duration::from_secs(1);
/// So many different things of one turn are written; the rest is too much for anybody to read.
const MOST: usize = 500;

/// Keeps what is told until `stop`, and what was told before it.
pub async fn collect(mut told: Receiver<Notice>, store: Store, stop: CancellationToken) {
    let mut turns = tokio::time::interval(TURN);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut gathered = Gathered::default();
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            _ = turns.tick() => {
                for notice in std::mem::take(&mut gathered.again) {
                    address(&store, notice, &mut gathered).await;
                }
                gathered.write(&store).await;
            }
            notice = told.recv() => match notice {
                Some(notice) if notice.kind == Kind::Address => address(&store, notice, &mut gathered).await,
                Some(notice) => gathered.add(notice, now_us()),
                None => break,
            },
        }
    }
    while let Ok(notice) = told.try_recv() {
        if notice.kind != Kind::Address {
            gathered.add(notice, now_us());
        }
    }
    gathered.write(&store).await;
}

/// A key at an address: news only if it never came from there and came from others before.
async fn address(store: &Store, notice: Notice, gathered: &mut Gathered) {
    let (Some(key), Ok(address)) = (notice.key, notice.detail.parse()) else { return };
    match store.addresses().saw(key, address).await {
        Ok(true) => gathered.add(notice, now_us()),
        Ok(false) => {}
        Err(error) => {
            tracing::warn!(%error, "a key's address could not be kept; it waits");
            if gathered.again.len() < MOST {
                gathered.again.push(notice);
            }
        }
    }
}

/// What makes two things alike.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Alike {
    kind: Kind,
    model: String,
    channel: Option<ChannelId>,
    credential: Option<CredentialId>,
    tenant: Option<TenantId>,
    key: Option<KeyId>,
}

#[derive(Debug, Default)]
struct Gathered {
    events: HashMap<Alike, NewEvent>,
    /// Addresses that could not be kept: the relay tells of each once only.
    again: Vec<Notice>,
}

impl Gathered {
    fn add(&mut self, notice: Notice, now_us: i64) {
        let Notice { kind, model, channel, credential, tenant, key, request, detail } = notice;
        // What is about an upstream is not about whose request it was.
        let (tenant, key) = if matches!(kind, Kind::RateLimited | Kind::AllFailed | Kind::BudgetRefused | Kind::Address)
        {
            (tenant, key)
        } else {
            (None, None)
        };
        let alike = Alike { kind, model, channel, credential, tenant, key };
        if self.events.len() >= MOST && !self.events.contains_key(&alike) {
            return;
        }
        let word = if kind == Kind::Address { "new_address" } else { kind.as_str() };
        let fresh = NewEvent {
            model: alike.model.clone(),
            channel,
            credential,
            tenant,
            key,
            count: 0,
            times_us: (now_us, now_us),
            ..NewEvent::now(word, String::new())
        };
        let event = self.events.entry(alike).or_insert(fresh);
        event.count += 1;
        event.times_us.1 = now_us;
        event.request = request.map(|request| request.to_string());
        event.detail = detail;
    }

    /// What cannot be written waits for the next turn, as much as there is room for.
    async fn write(&mut self, store: &Store) {
        if self.events.is_empty() {
            return;
        }
        let mut events: Vec<NewEvent> = self.events.values().cloned().collect();
        events.sort_by_key(|event| event.times_us);
        match store.events().add(&events).await {
            Ok(()) => self.events.clear(),
            Err(error) => tracing::warn!(%error, "events could not be written; they wait"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::health::Turn;

    fn notice(kind: Kind, model: &str, detail: &str) -> Notice {
        Notice {
            kind,
            model: model.into(),
            channel: Some(ChannelId(1)),
            credential: None,
            tenant: Some(TenantId(1)),
            key: None,
            request: None,
            detail: detail.into(),
        }
    }

    #[test]
    fn alike_things_are_counted_and_the_last_one_is_told() {
        let mut gathered = Gathered::default();
        gathered.add(notice(Kind::Failover, "m", "timeout"), 1);
        gathered.add(notice(Kind::Failover, "m", "rate"), 5);
        gathered.add(notice(Kind::Upstream(Turn::Opened), "m", ""), 6);
        assert_eq!(gathered.events.len(), 2);
        let failover = gathered.events.values().find(|event| event.kind == "failover").unwrap();
        assert_eq!((failover.count, failover.times_us, failover.detail.as_str()), (2, (1, 5), "rate"));
        assert_eq!(failover.tenant, None);
        for n in 0..2 * MOST {
            gathered.add(notice(Kind::Failover, &n.to_string(), ""), 7);
        }
        assert_eq!(gathered.events.len(), MOST, "bounded");
    }
}
