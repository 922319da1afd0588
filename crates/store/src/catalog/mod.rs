//! What the relay reads instead of the database: models, channels and prices as one shared snapshot, keys in a bounded
//! cache. Kept true by looking for new rows of `changes` every 250 ms, and at once after this node's own changes.
//!
//! While the database is away everything seen so far is served as last seen; an unknown key is then neither accepted nor
//! refused but answered with "unavailable".

mod keys;
mod snapshot;

use crate::{
    Store,
    error::{Error, Result},
    sql,
};
use arc_swap::ArcSwap;
use domain::{
    channel::Snapshot,
    ids::{KeyId, TenantId},
    key::KeyRecord,
    ports::{Catalog, Unavailable},
    secret::SecretHash,
};
use keys::KeyCache;
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// How often the database is asked for changes.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Changes read in one look; with more, everything is read anew.
const MANY: i64 = 1000;
/// Not loaded yet.
const NEVER: i64 = -1;

/// The relay's catalogue in memory.
#[derive(Debug)]
pub struct MemoryCatalog {
    store: Store,
    snapshot: ArcSwap<Snapshot>,
    keys: KeyCache,
    /// The revision all of this is as of.
    seen: AtomicI64,
    /// Whose look it is.
    turn: tokio::sync::Mutex<()>,
}

impl MemoryCatalog {
    /// How many keys are remembered unless told otherwise.
    pub const KEYS: usize = 100_000;

    /// An empty one that remembers at most `keys` keys. [`MemoryCatalog::load`] or [`MemoryCatalog::run`] fills it.
    pub fn new(store: Store, keys: usize) -> Self {
        let (snapshot, seen) = (ArcSwap::default(), AtomicI64::new(NEVER));
        Self { store, snapshot, keys: KeyCache::new(keys), seen, turn: tokio::sync::Mutex::default() }
    }

    /// Whether it was ever filled.
    pub fn is_loaded(&self) -> bool {
        self.seen.load(Ordering::Acquire) != NEVER
    }

    /// The revision of the database it is as of.
    pub fn revision(&self) -> i64 {
        self.seen.load(Ordering::Acquire)
    }

    /// Reads everything: the snapshot and the keys made last, as many as are remembered.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds; what was there before stays.
    pub async fn load(&self) -> Result<()> {
        let revision = self.read_revision().await?;
        self.keys.reload(&self.store).await?;
        self.rebuild().await?;
        self.seen.store(revision, Ordering::Release);
        Ok(())
    }

    /// Keeps it true until `stop`. While the database is away it goes on asking.
    pub async fn run(&self, stop: CancellationToken) {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut was_away = false;
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = self.store.nudged() => {}
                _ = ticks.tick() => {}
            }
            let outcome = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                outcome = self.refresh() => outcome,
            };
            let away = outcome.is_err();
            self.keys.database_is_away(away);
            match outcome {
                Err(error) if !was_away => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "the catalogue is served as last seen");
                }
                Ok(()) if was_away => tracing::info!("the catalogue is up to date again"),
                _ => {}
            }
            was_away = away;
        }
    }

    /// One look for changes.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds; what could not be read is read at the next look.
    pub async fn refresh(&self) -> Result<()> {
        // One look at a time: an older one that ends later would bring back what it saw.
        let _turn = self.turn.lock().await;
        let seen = self.seen.load(Ordering::Acquire);
        let revision = self.read_revision().await?;
        if revision == seen {
            return Ok(());
        }
        let changes = if revision > seen && seen != NEVER { self.read_changes(seen, revision).await? } else { None };
        // No gapless list: forgotten rows, a database from a backup, or the first look.
        let Some(changes) = changes else { return self.load().await };
        let mut catalog = false;
        for change in &changes {
            match change {
                Changed::Key(id) => self.keys.refresh_key(&self.store, *id).await?,
                Changed::Tenant(id) => self.keys.refresh_tenant(&self.store, *id).await?,
                Changed::Catalog => catalog = true,
            }
        }
        if catalog {
            self.rebuild().await?;
        }
        self.seen.store(revision, Ordering::Release);
        Ok(())
    }

    async fn read_revision(&self) -> Result<i64> {
        self.store.db().fetch_one(sql!("SELECT id FROM revision WHERE one = 1")).await?.int(0)
    }

    /// The changes after `seen` up to `revision`, or `None` if any of them is missing.
    async fn read_changes(&self, seen: i64, revision: i64) -> Result<Option<Vec<Changed>>> {
        if revision - seen > MANY {
            return Ok(None);
        }
        let select = sql!("SELECT kind, target FROM changes WHERE id > $1 AND id <= $2 ORDER BY id", seen, revision);
        let rows = self.store.db().fetch_all(select).await?;
        if i64::try_from(rows.len()) != Ok(revision - seen) {
            return Ok(None);
        }
        let mut changes = Vec::with_capacity(rows.len());
        for row in rows {
            let target = row.int("target")?;
            let change = match row.text("kind")?.as_str() {
                "key" => Changed::Key(KeyId(target)),
                "tenant" => Changed::Tenant(TenantId(target)),
                "catalog" => Changed::Catalog,
                // A newer build's word: it may concern anything.
                _ => return Ok(None),
            };
            if !changes.contains(&change) {
                changes.push(change);
            }
        }
        Ok(Some(changes))
    }

    async fn rebuild(&self) -> Result<()> {
        let fresh = snapshot::build(&self.store).await?;
        self.snapshot.store(Arc::new(fresh));
        Ok(())
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Changed {
    Key(KeyId),
    Tenant(TenantId),
    Catalog,
}

impl Catalog for MemoryCatalog {
    fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    async fn key(&self, hash: SecretHash) -> Result<Option<Arc<KeyRecord>>, Unavailable> {
        if let Some(known) = self.keys.get(&hash) {
            return Ok(Some(known));
        }
        self.keys.find(&self.store, hash).await.map_err(|error: Error| {
            if !error.is_transient() {
                tracing::error!(error = &error as &dyn std::error::Error, "a key cannot be read");
            }
            Unavailable
        })
    }
}
