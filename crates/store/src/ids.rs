//! Makes ids: milliseconds since 1970 in the upper 43 bits, randomness in the lower 20, strictly increasing in a process.
//!
//! Two nodes making an id in the same millisecond meet with a chance of one in a million; the primary key then refuses the
//! second insert, which is an error to its caller and never a mix-up. Things with ids are made by people, not by requests.

use crate::time::now_ms;
use domain::ids::RequestId;
use std::sync::atomic::{AtomicI64, Ordering};

const RANDOM_BITS: u32 = 20;

static LAST: AtomicI64 = AtomicI64::new(0);

/// The next id's number; wrap it in the type of the thing: `TenantId(ids::next())`.
pub fn next() -> i64 {
    let random = i64::from(rand::random::<u32>() >> (32 - RANDOM_BITS));
    let fresh = (now_ms() << RANDOM_BITS) | random;
    let mut last = LAST.load(Ordering::Relaxed);
    loop {
        let id = if fresh > last { fresh } else { last + 1 + (random >> 10) };
        match LAST.compare_exchange_weak(last, id, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => return id,
            Err(seen) => last = seen,
        }
    }
}

/// A new request's id: a UUIDv7 of now.
pub fn next_request() -> RequestId {
    RequestId(uuid::Uuid::now_v7().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn ids_of_many_threads_are_distinct_and_increase_in_each() {
        let threads: Vec<_> =
            (0..4).map(|_| std::thread::spawn(|| (0..10_000).map(|_| next()).collect::<Vec<_>>())).collect();
        let made: Vec<Vec<i64>> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert!(made.iter().all(|ids| ids.is_sorted_by(|a, b| a < b)));
        assert_eq!(made.iter().flatten().collect::<HashSet<_>>().len(), 40_000);
    }

    #[test]
    fn an_id_carries_its_time_and_survives_text() {
        let before = now_ms();
        let id = domain::ids::TenantId(next());
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!((id.0 >> RANDOM_BITS) >= before);
        assert!(next_request().unix_ms() >= before);
    }
}
