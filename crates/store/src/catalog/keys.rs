//! Keys in memory: the known ones, bounded; the unknown ones for a short while, bounded too, so that a flood of guesses
//! does not become a flood of queries.
//!
//! A key is read once however many requests wait for it. A reader takes the `generation` before it reads and looks again
//! after it has put the key in: if a change was seen meanwhile it takes the key out again, since it may have read what was
//! before. The change does the opposite: first the generation, then the key. So an old record cannot outlive a change.
//!
//! A key is here under each secret that works: its own, and for a while after a rotation its former one.

use crate::{
    Store, budgets,
    db::Sql,
    error::{Error, Result},
    keys, tenants,
};
use domain::{
    budget::Budgets,
    ids::{KeyId, TenantId},
    key::KeyRecord,
    secret::SecretHash,
};
use quick_cache::sync::Cache;
use std::{
    hash::{BuildHasherDefault, Hasher},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{sync::Semaphore, time::Instant};

/// How many unknown hashes are remembered.
const UNKNOWN: usize = 10_000;
/// For how long. A new key's own change removes it sooner.
const UNKNOWN_FOR: Duration = Duration::from_secs(5);
/// Reads of unknown keys at a time: guesses must not take every connection.
const READS: usize = 4;
/// Keys read in one statement when warming up.
const BATCH: i64 = 5000;

/// SHA-256 is a hash already: its first eight bytes serve.
#[derive(Debug, Default)]
pub(super) struct FirstBytes(u64);

impl Hasher for FirstBytes {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk() {
            self.0 ^= u64::from_ne_bytes(*first);
        }
    }

    // The length of the array comes this way and says nothing.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

type Map<V> = Cache<SecretHash, V, quick_cache::UnitWeighter, BuildHasherDefault<FirstBytes>>;

#[derive(Debug)]
pub(super) struct KeyCache {
    known: Map<Arc<KeyRecord>>,
    unknown: Map<Instant>,
    capacity: usize,
    generation: AtomicU64,
    away: AtomicBool,
    reads: Semaphore,
}

fn map<V: Clone>(capacity: usize) -> Map<V> {
    let weight = u64::try_from(capacity).unwrap_or(u64::MAX);
    Cache::with(capacity, weight, quick_cache::UnitWeighter, BuildHasherDefault::default(), Default::default())
}

impl KeyCache {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            known: map(capacity),
            unknown: map(UNKNOWN),
            capacity,
            generation: AtomicU64::new(0),
            away: AtomicBool::new(false),
            reads: Semaphore::new(READS),
        }
    }

    /// The hot path: no lock but the shard's, no allocation, no await.
    pub(super) fn get(&self, hash: &SecretHash) -> Option<Arc<KeyRecord>> {
        self.known.get(hash)
    }

    /// Reads a key that memory does not have.
    pub(super) async fn find(&self, store: &Store, hash: SecretHash) -> Result<Option<Arc<KeyRecord>>> {
        if self.unknown.get(&hash).is_some_and(|until| Instant::now() < until) {
            return Ok(None);
        }
        let guard = match self.known.get_value_or_guard_async(&hash).await {
            Ok(known) => return Ok(Some(known)),
            Err(guard) => guard,
        };
        if self.away.load(Ordering::Acquire) {
            return Err(Error::Unavailable(None));
        }
        // Whoever held the guard before may have found that there is none.
        if self.unknown.get(&hash).is_some_and(|until| Instant::now() < until) {
            return Ok(None);
        }
        let _slot = self.reads.acquire().await.map_err(|_| Error::Unavailable(None))?;
        let generation = self.generation.load(Ordering::Acquire);
        let row =
            store.db().fetch_optional(keys::select_records("k.hash = $1 OR k.former_hash = $1").bind(hash)).await?;
        let records = row.as_ref().map(keys::records).transpose()?.unwrap_or_default();
        // Where only the former secret's time is over, there is a row but none for this hash.
        let Some((_, record)) = records.into_iter().find(|(found, _)| *found == hash) else {
            self.unknown.insert(hash, Instant::now() + UNKNOWN_FOR);
            if self.generation.load(Ordering::Acquire) != generation {
                self.unknown.remove(&hash);
            }
            return Ok(None);
        };
        let record = Arc::new(record);
        // An insert that fails means the key was put in or changed meanwhile; what was read now is still the answer now.
        let _ = guard.insert(record.clone());
        if self.generation.load(Ordering::Acquire) != generation {
            self.known.remove(&hash);
        }
        Ok(Some(record))
    }

    /// Says whether asking the database makes sense.
    pub(super) fn database_is_away(&self, away: bool) {
        self.away.store(away, Ordering::Release);
    }

    /// Puts one key in as it is now, and takes it out under secrets it has no longer.
    pub(super) async fn refresh_key(&self, store: &Store, id: KeyId) -> Result<()> {
        self.generation.fetch_add(1, Ordering::AcqRel);
        let row = store.db().fetch_optional(keys::select_records("k.id = $1").bind(id)).await?;
        let records = row.as_ref().map(keys::records).transpose()?.unwrap_or_default();
        self.known.retain(|hash, key| key.id != id || records.iter().any(|(works, _)| works == hash));
        for (hash, record) in records {
            self.known.insert(hash, Arc::new(record));
            self.unknown.remove(&hash);
        }
        Ok(())
    }

    /// Puts the known keys of a tenant in as they are now.
    pub(super) async fn refresh_tenant(&self, store: &Store, id: TenantId) -> Result<()> {
        self.generation.fetch_add(1, Ordering::AcqRel);
        let of_tenant = budgets::column("b.owner = t.id AND b.owner_kind = 'tenant'");
        let select = Sql::built(format!(
            "SELECT t.frozen, t.response_days, t.limits, t.tenant_group, t.zone, {of_tenant} AS tenant_budgets \
             FROM tenants t WHERE t.id = $1"
        ));
        let row = store.db().fetch_optional(select.bind(id)).await?;
        let of = |key: &KeyRecord| {
            let Some(row) = &row else { return Ok(KeyRecord { tenant_frozen: true, ..key.clone() }) };
            Ok::<_, Error>(KeyRecord {
                tenant_frozen: row.flag("frozen")?,
                response_days: tenants::response_days(row)?,
                tenant_limits: keys::limits(row, "limits")?,
                tenant_group: row.text("tenant_group")?.into(),
                budgets: Budgets {
                    zone: row.text("zone")?.into(),
                    tenant: budgets::read(row.opt_text("tenant_budgets")?)?,
                    key: key.budgets.key.clone(),
                },
                ..key.clone()
            })
        };
        let theirs: Vec<_> = self.known.iter().filter(|(_, key)| key.tenant == id).collect();
        for (hash, key) in theirs {
            self.known.insert(hash, Arc::new(of(&key)?));
        }
        Ok(())
    }

    /// Forgets all keys and remembers those made last, so that a database that goes away hurts nobody who called before.
    pub(super) async fn reload(&self, store: &Store) -> Result<()> {
        let (mut before, mut left) = (i64::MAX, i64::try_from(self.capacity).unwrap_or(i64::MAX));
        let mut fresh = Vec::new();
        while left > 0 {
            let select = keys::select_records("k.id < $1 AND k.revoked_at IS NULL ORDER BY k.id DESC LIMIT $2");
            let batch = BATCH.min(left);
            let rows = store.db().fetch_all(select.bind(before).bind(batch)).await?;
            for row in &rows {
                for (hash, record) in keys::records(row)? {
                    before = record.id.0;
                    fresh.push((hash, Arc::new(record)));
                }
            }
            let read = i64::try_from(rows.len()).unwrap_or(left);
            left -= read;
            if read < batch {
                break;
            }
        }
        self.generation.fetch_add(1, Ordering::AcqRel);
        self.known.clear();
        self.unknown.clear();
        for (hash, record) in fresh {
            self.known.insert(hash, record);
        }
        Ok(())
    }
}
