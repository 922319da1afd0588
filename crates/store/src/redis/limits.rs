//! Limits that all nodes count together: one round trip of one script a request.
//!
//! Places at once live for [`LIVES`] and are renewed while their request runs, so that those of a node that died are free again
//! soon.

use super::{ANSWER, AWAY, Redis};
use domain::limits::{Left, Met, NotTaken, SharedLimits, Taken, Waiting, Wanted};
use parking_lot::Mutex;
use redis::{AsyncTypedCommands as _, Script, aio::ConnectionManager};
use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// A place that is not renewed is free again after this.
const LIVES: Duration = Duration::from_secs(60);
/// How often places are renewed.
const RENEWED: Duration = Duration::from_secs(20);
/// So many tokens and places wait to be told; more are forgotten, and places then run out by themselves.
const QUEUE: usize = 16_384;

/// See the module.
#[derive(Debug)]
pub struct RedisLimits {
    connection: ConnectionManager,
    take: Script,
    /// It did not answer: until then nobody asks.
    away_until: Mutex<Option<Instant>>,
    later: mpsc::Sender<Later>,
    held: Arc<Mutex<HashSet<(String, String)>>>,
}

/// What is told without waiting.
#[derive(Debug)]
enum Later {
    Owe { key: String, limit: u32, tokens: u64 },
    Leave { key: String, place: String },
}

fn key(subject: &str, kind: char) -> String {
    format!("turnpike:limit:{subject}:{kind}")
}

impl RedisLimits {
    /// On this server; what is told later is told by a task of `tracker`, until `stop`.
    ///
    /// # Errors
    /// When the address cannot be used at all. A server that is away is no error.
    pub async fn start(redis: &Redis, tracker: &TaskTracker, stop: CancellationToken) -> crate::Result<Arc<Self>> {
        let connection = redis.connection().await.map_err(|_| crate::Error::invalid("redis.url", "cannot be used"))?;
        let (later, told) = mpsc::channel(QUEUE);
        let held = Arc::new(Mutex::new(HashSet::new()));
        tracker.spawn(tell(connection.clone(), told, held.clone(), stop));
        let take = Script::new(include_str!("limits.lua"));
        Ok(Arc::new(Self { connection, take, away_until: Mutex::new(None), later, held }))
    }

    async fn ask(&self, wanted: &[Wanted]) -> Result<Taken, NotTaken> {
        if self.away_until.lock().is_some_and(|until| Instant::now() < until) {
            return Err(NotTaken::Away);
        }
        let place = uuid::Uuid::now_v7().simple().to_string();
        let mut call = self.take.prepare_invoke();
        for one in wanted {
            call.key(key(&one.subject, 'r')).key(key(&one.subject, 't')).key(key(&one.subject, 'p'));
        }
        call.arg(&place).arg(u64::try_from(LIVES.as_micros()).unwrap_or(u64::MAX));
        for Wanted { limits, tokens, .. } in wanted {
            let or_none = |limit: Option<u32>| limit.unwrap_or(0);
            call.arg(or_none(limits.rpm)).arg(or_none(limits.tpm)).arg(or_none(limits.concurrency)).arg(*tokens);
        }
        // The connection's own bound holds for a live one only: one that is lost is made anew first, for seconds.
        let mut connection = self.connection.clone();
        let asked = tokio::time::timeout(ANSWER, call.invoke_async(&mut connection)).await;
        let answer: Vec<i64> = match asked {
            Ok(Ok(answer)) => answer,
            failed => {
                // Its words may hold the address.
                let kind = failed.ok().and_then(redis::RedisResult::err).map(|error| error.kind());
                tracing::warn!(?kind, "Redis does not answer: limits are counted by this node alone");
                metrics::counter!("turnpike_redis_away_total").increment(1);
                *self.away_until.lock() = Some(Instant::now() + AWAY);
                return Err(NotTaken::Away);
            }
        };
        let taken = read(&answer, wanted)?;
        let limited = wanted.iter().filter(|one| one.limits.concurrency.is_some());
        let places: Vec<_> = limited.map(|one| (one.subject.clone(), place.clone())).collect();
        self.held.lock().extend(places.iter().map(|(subject, place)| (key(subject, 'p'), place.clone())));
        Ok(Taken { places, ..taken })
    }
}

/// Reads the script's answer.
fn read(answer: &[i64], wanted: &[Wanted]) -> Result<Taken, NotTaken> {
    let micros = |us: i64| Duration::from_micros(u64::try_from(us).unwrap_or(0));
    match answer {
        [0, left @ ..] => {
            let of = |limit: Option<u32>, pair: &[i64]| match (limit, pair) {
                (Some(limit), [remaining, reset]) if *remaining >= 0 => Some(Left {
                    limit,
                    remaining: u32::try_from(*remaining).unwrap_or(u32::MAX),
                    reset: micros(*reset),
                }),
                _ => None,
            };
            let each = left.chunks(4).zip(wanted).map(|(numbers, one)| {
                let (requests, tokens) = numbers.split_at(numbers.len() / 2);
                [of(one.limits.rpm, requests), of(one.limits.tpm, tokens)]
            });
            Ok(Taken { left: each.collect(), places: Vec::new() })
        }
        [_, subject, which, wait] => {
            let met = match which {
                1 => Met::Requests(micros(*wait)),
                2 => Met::Tokens((*wait >= 0).then(|| micros(*wait))),
                _ => Met::AtOnce,
            };
            Err(NotTaken::Met(usize::try_from(*subject - 1).unwrap_or(0), met))
        }
        _ => Err(NotTaken::Away),
    }
}

impl SharedLimits for RedisLimits {
    fn take<'a>(&'a self, wanted: &'a [Wanted]) -> Waiting<'a> {
        Box::pin(self.ask(wanted))
    }

    fn owe(&self, wanted: &Wanted, tokens: u64) {
        if let Some(limit) = wanted.limits.tpm {
            let _ = self.later.try_send(Later::Owe { key: key(&wanted.subject, 't'), limit, tokens });
        }
    }

    fn leave(&self, subject: &str, place: &str) {
        let (key, place) = (key(subject, 'p'), place.to_owned());
        self.held.lock().remove(&(key.clone(), place.clone()));
        let _ = self.later.try_send(Later::Leave { key, place });
    }
}

/// Tells what need not be waited for, and renews places.
async fn tell(
    mut connection: ConnectionManager,
    mut told: mpsc::Receiver<Later>,
    held: Arc<Mutex<HashSet<(String, String)>>>,
    stop: CancellationToken,
) {
    let owe = Script::new(include_str!("owe.lua"));
    let renew = Script::new(
        "local t = redis.call('TIME') redis.call('ZADD', KEYS[1], 'XX', t[1] * 1000000 + t[2] + ARGV[2], ARGV[1]) \
         redis.call('PEXPIRE', KEYS[1], ARGV[2] / 1000 + 1000)",
    );
    let mut ticks = tokio::time::interval(RENEWED);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let later = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            later = told.recv() => later,
            _ = ticks.tick() => {
                let running: Vec<_> = held.lock().iter().cloned().collect();
                let lives = u64::try_from(LIVES.as_micros()).unwrap_or(u64::MAX);
                for (key, place) in running {
                    let renewed: redis::RedisResult<()> = renew.key(key).arg(place).arg(lives).invoke_async(&mut connection).await;
                    if renewed.is_err() {
                        break;
                    }
                }
                continue;
            }
        };
        let Some(later) = later else { break };
        send(&mut connection, &owe, later).await;
    }
    // Places are given back, so that the other nodes need not wait for them to run out.
    while let Ok(later) = told.try_recv() {
        send(&mut connection, &owe, later).await;
    }
}

async fn send(connection: &mut ConnectionManager, owe: &Script, later: Later) {
    let _: redis::RedisResult<()> = match later {
        Later::Owe { key, limit, tokens } => owe.key(key).arg(limit).arg(tokens).invoke_async(connection).await,
        Later::Leave { key, place } => connection.zrem(key, place).await.map(drop),
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::channel::Limits;

    fn wanted(rpm: Option<u32>, tpm: Option<u32>) -> Wanted {
        Wanted { subject: "key_1".into(), limits: Limits { rpm, tpm, concurrency: None }, tokens: 1 }
    }

    #[test]
    fn the_scripts_answers_are_read() {
        let both = [wanted(Some(10), None), wanted(None, Some(600))];
        let taken = read(&[0, 9, 6_000_000, -1, -1, -1, -1, 500, 10], &both).unwrap();
        let left = |limit, remaining, us| Some(Left { limit, remaining, reset: Duration::from_micros(us) });
        assert_eq!(taken.left, [[left(10, 9, 6_000_000), None], [None, left(600, 500, 10)]]);
        assert_eq!(read(&[1, 2, 1, 500], &both), Err(NotTaken::Met(1, Met::Requests(Duration::from_micros(500)))));
        assert_eq!(read(&[1, 1, 2, -1], &both), Err(NotTaken::Met(0, Met::Tokens(None))));
        assert_eq!(read(&[1, 1, 3, 1_000], &both), Err(NotTaken::Met(0, Met::AtOnce)));
        assert_eq!(read(&[], &both), Err(NotTaken::Away));
    }
}
