//! The drain: reads this node's journal and posts it to the main database, in batches.
//!
//! One transaction a batch: rows, transfers, leases, roll-ups, the segment's position and digest. The position is a
//! low-water mark that never passes a record of a request still running; records above it may be read twice, and the row's
//! key makes that harmless. After a start the segments of earlier epochs come first: what was settled is posted, what has
//! no end is charged at its last checkpoint, and then those epochs' leases are closed.
//!
//! A database that is away stops it, not the relay: the batch is kept and tried again, the backlog grows on the disk.

#![deny(clippy::float_arithmetic)]

pub mod digest;
pub mod durations;
pub mod failed;
pub mod minutes;
mod pace;
mod position;
pub mod post;
pub mod replay;
pub mod rollup;
pub mod row;
pub(crate) mod values;

use crate::{
    budgets,
    db::Db,
    error::{Error, Result},
    journal::{Journal, record::Settled},
    lease::{Leases, rows},
    sql, time,
};
use domain::ids::TenantId;
use pace::Pace;
use position::Cursor;
use post::{Poster, Source};
use replay::Replay;
use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

/// Rows of a batch.
const BATCH: usize = 1024;
/// Records read for a batch: a batch may be nothing but opens and checkpoints.
const READ: usize = 8 * BATCH;
/// How long the drain waits when there is nothing to do.
const IDLE: Duration = Duration::from_millis(100);
/// Waits after failures: this, doubled, up to the other.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));
/// How often a drain with nothing to do says so.
const SAID: Duration = Duration::from_secs(600);

/// What the drain tells others.
#[derive(Debug)]
pub struct Progress {
    /// Epoch, sequence and position up to which everything is posted.
    posted: watch::Sender<(u64, u32, u64)>,
    poke: Notify,
    /// Requests of the live epoch that are posted.
    pub requests: AtomicU64,
    /// The first epoch that is not over.
    pub live_epoch: AtomicU64,
    /// Epochs before this are drained and their leases closed.
    closed_epochs: watch::Sender<u64>,
}

impl Progress {
    /// Nothing posted yet.
    pub fn new(live_epoch: u64) -> Self {
        Self {
            posted: watch::Sender::new((0, 0, 0)),
            poke: Notify::new(),
            requests: AtomicU64::new(0),
            live_epoch: AtomicU64::new(live_epoch),
            closed_epochs: watch::Sender::new(0),
        }
    }

    /// Waits until everything up to this place is posted.
    pub async fn posted_to(&self, place: (u64, u32, u64)) {
        self.poke.notify_one();
        // The sender lives in `self`: it cannot be closed.
        let _ = self.posted.subscribe().wait_for(|posted| *posted >= place).await;
    }

    /// Declares every epoch before `epoch` over, and waits until their leases are closed.
    pub async fn end_epochs(&self, epoch: u64) {
        self.live_epoch.fetch_max(epoch, Ordering::AcqRel);
        self.poke.notify_one();
        let _ = self.closed_epochs.subscribe().wait_for(|closed| *closed >= epoch).await;
    }
}

/// What is read and not yet posted.
#[derive(Debug)]
struct Batch {
    ends: Vec<Settled>,
    epoch: u64,
    /// Whether they are ends the replay made for requests whose node died.
    interrupted: bool,
}

/// The drain of this node.
#[derive(Debug)]
pub struct Drain {
    db: Db,
    node: String,
    journal: Arc<Journal>,
    leases: Arc<Leases>,
    progress: Arc<Progress>,
    poster: Poster,
    pace: Pace,
    cursors: Vec<Cursor>,
    numbers: usize,
    replay: Replay,
    kept: Option<Batch>,
    /// Whether the segments put away were compared with what the database has.
    looked_back: bool,
    providers: HashMap<i64, String>,
    minutes: minutes::Kept,
    /// When it last said that everything is posted.
    said: Option<Instant>,
}

impl Drain {
    /// Ready to run.
    pub fn new(db: Db, journal: Arc<Journal>, leases: Arc<Leases>, progress: Arc<Progress>, yields: bool) -> Self {
        Self {
            node: leases.holder().node.clone(),
            poster: Poster::new(db.is_sqlite()),
            pace: Pace::new(yields),
            db,
            journal,
            leases,
            progress,
            cursors: Vec::new(),
            numbers: 0,
            replay: Replay::default(),
            kept: None,
            looked_back: false,
            providers: HashMap::new(),
            minutes: minutes::Kept::default(),
            said: None,
        }
    }

    /// Runs until cancelled.
    pub async fn run(mut self, cancel: CancellationToken) {
        let progress = self.progress.clone();
        let mut backoff = BACKOFF.0;
        loop {
            let started = Instant::now();
            // Cancelled in the middle of a transaction it rolls back; the next start reads the same again.
            let step = tokio::select! {
                biased;
                () = cancel.cancelled() => return,
                step = self.step() => step,
            };
            let wait = match step {
                Ok(true) => {
                    backoff = BACKOFF.0;
                    self.pace.pause(started.elapsed(), backlog_bytes(&self.journal, &self.cursors))
                }
                Ok(false) => IDLE,
                Err(error) => {
                    if !error.is_transient() {
                        metrics::counter!("turnpike_drain_failures_total").increment(1);
                        tracing::error!(%error, source = ?std::error::Error::source(&error), "a batch could not be posted");
                    }
                    backoff = (backoff * 2).min(BACKOFF.1);
                    backoff
                }
            };
            // A gauge takes a float; this is no money.
            let backlog = backlog_bytes(&self.journal, &self.cursors) as f64;
            metrics::gauge!("turnpike_journal_backlog_bytes").set(backlog);
            if wait.is_zero() {
                tokio::task::yield_now().await;
                continue;
            }
            tokio::select! {
                () = cancel.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
                () = progress.poke.notified() => {}
            }
        }
    }

    /// One batch; whether there was anything to do.
    async fn step(&mut self) -> Result<bool> {
        self.find_segments().await?;
        if self.cursors.iter().any(Cursor::is_stored_complete) {
            // Complete at an earlier start, which died before it could put the file away.
            self.publish()?;
        }
        if self.kept.is_none() {
            self.kept = self.read()?;
        }
        let Some(batch) = self.kept.take() else {
            let moved = self.post(&[], 0, false).await?;
            // A drain that took over from one that panicked may find everything posted and nobody told.
            self.publish()?;
            let busy = self.close_epochs().await? || moved;
            if !busy {
                self.say_drained().await?;
            }
            return Ok(busy);
        };
        let posted = self.post(&batch.ends, batch.epoch, batch.interrupted).await;
        if let Err(error) = posted {
            self.kept = Some(batch);
            return Err(error);
        }
        self.minutes.prune(&self.db).await?;
        Ok(true)
    }

    /// Tells the database, now and then, that all that was written is posted (`retention::gate` asks).
    async fn say_drained(&mut self) -> Result<()> {
        let now = time::now_us();
        if self.said.is_some_and(|said| said.elapsed() < SAID) || self.cursors.iter().any(Cursor::has_more) {
            return Ok(());
        }
        self.said = Some(Instant::now());
        let say = "UPDATE journal_segments SET drained_us = $1 WHERE node_id = $2 AND complete = 0";
        self.db.execute(sql!(say, now, &self.node)).await.map(drop)
    }

    async fn find_segments(&mut self) -> Result<()> {
        if !self.looked_back {
            let file = |error| Error::File("journal".to_owned(), error);
            if let Some(complete) = position::complete(&self.db, &self.node).await? {
                self.journal.take_back(&complete).map_err(file)?;
            }
            self.looked_back = true;
        }
        for segment in self.journal.segments() {
            if !self.cursors.iter().any(|cursor| cursor.segment.id == segment.id) {
                fault!(ReplayBeforeRead);
                let cursor = Cursor::load(&self.db, self.numbers, segment).await?;
                self.numbers += 1;
                self.cursors.push(cursor);
            }
        }
        Ok(())
    }

    /// Reads the next batch, from the oldest segment that has more; when all of the ended epochs are read, the requests
    /// they left without an end.
    fn read(&mut self) -> Result<Option<Batch>> {
        for cursor in &mut self.cursors {
            if !cursor.has_more() {
                if cursor.is_at_end() {
                    continue;
                }
                // Only the end of this one makes the next one's turn: it may have grown, and been closed, just now.
                break;
            }
            let mut ends = Vec::new();
            let mut read = 0;
            while ends.len() < BATCH && read < READ {
                let file = |error| Error::File(cursor.segment.path.display().to_string(), error);
                let Some((at, record)) = cursor.reader.next(&cursor.segment).map_err(file)? else { break };
                read += 1;
                let Some(end) = self.replay.take(&cursor.segment, (cursor.number, at), record) else { continue };
                if at >= cursor.posted_to {
                    cursor.digest.add(&end);
                    ends.push(*end);
                }
            }
            cursor.posted_to = cursor.posted_to.max(cursor.reader.position);
            if read == 0 {
                // Never: `written` counts whole records. Not a reason to spin, though.
                return Err(Error::Corrupt("journal record"));
            }
            return Ok(Some(Batch { ends, epoch: cursor.segment.header.epoch, interrupted: false }));
        }
        let live = self.progress.live_epoch.load(Ordering::Acquire);
        if self.cursors.iter().any(|cursor| cursor.segment.header.epoch < live && !cursor.is_at_end()) {
            return Ok(None);
        }
        let (epoch, ends) = self.replay.interrupted(live, BATCH);
        Ok((!ends.is_empty()).then_some(Batch { ends, epoch, interrupted: true }))
    }

    /// Posts `ends` and every position that moved, in one transaction. Whether there was anything.
    async fn post(&mut self, ends: &[Settled], epoch: u64, interrupted: bool) -> Result<bool> {
        let unknown = |end: &Settled| end.settlement.channel.is_some_and(|c| !self.providers.contains_key(&c.0));
        if ends.iter().any(unknown) {
            self.providers = post::providers(&self.db).await?;
        }
        if interrupted {
            fault!(ReplayBeforePost);
            // Taken out before the positions are worked out; put back by reading again, should the node die here.
            self.replay.forget(ends);
        }
        let positions = self.positions();
        let moved = |(cursor, (low_water, complete)): &(&Cursor, &(u64, bool))| cursor.differs(*low_water, *complete);
        let work: Vec<_> = self.cursors.iter().zip(&positions).filter(moved).collect();
        if ends.is_empty() && work.is_empty() {
            return Ok(false);
        }
        fault!(DrainBeforeBegin);
        let mut tx = self.db.begin().await?;
        fault!(DrainAfterBegin);
        let source = Source { node: &self.node, epoch };
        if !ends.is_empty() {
            self.poster.post(&mut tx, source, ends, &self.providers).await?;
        }
        for (cursor, (low_water, complete)) in work {
            cursor.store(&mut tx, *low_water, *complete).await?;
        }
        fault!(DrainBeforeCommit);
        tx.commit().await?;
        fault!(DrainAfterCommit);
        self.committed(ends, epoch, &positions)?;
        Ok(true)
    }

    /// For every cursor: its low-water mark, and whether nothing more will come and nothing of it runs.
    fn positions(&self) -> Vec<(u64, bool)> {
        let position = |cursor: &Cursor| {
            let low_water = self.replay.low_water(cursor.number, cursor.reader.position);
            (low_water, cursor.is_at_end() && low_water == cursor.reader.position)
        };
        self.cursors.iter().map(position).collect()
    }

    fn committed(&mut self, ends: &[Settled], epoch: u64, positions: &[(u64, bool)]) -> Result<()> {
        for (cursor, (low_water, complete)) in self.cursors.iter_mut().zip(positions) {
            cursor.stored(*low_water, *complete);
        }
        if epoch == self.journal.epoch() {
            let mut sales: BTreeMap<TenantId, i64> = BTreeMap::new();
            for end in ends {
                *sales.entry(end.opened.tenant).or_default() += end.settlement.sale.0;
            }
            for (tenant, sale) in sales {
                if let Some(pool) = self.leases.pools.find(tenant) {
                    pool.posted(sale);
                }
            }
            self.progress.requests.fetch_add(ends.len() as u64, Ordering::Relaxed);
        }
        metrics::counter!("turnpike_drained_requests_total").increment(ends.len() as u64);
        self.publish()
    }

    /// Tells how far everything is posted, and puts complete segments away.
    fn publish(&mut self) -> Result<()> {
        if let Some(last) = self.cursors.iter().rev().find(|cursor| cursor.posted_to > crate::journal::segment::HEADER)
        {
            let header = &last.segment.header;
            let place = (header.epoch, header.sequence, last.posted_to);
            self.progress.posted.send_if_modified(|posted| std::mem::replace(posted, place) != place);
        }
        for cursor in self.cursors.iter().filter(|cursor| cursor.is_stored_complete()) {
            fault!(SegmentComplete on thread);
            let file = |error| Error::File(cursor.segment.path.display().to_string(), error);
            self.journal.drained(&cursor.segment).map_err(file)?;
        }
        self.cursors.retain(|cursor| !cursor.is_stored_complete());
        Ok(())
    }

    /// When ended epochs are drained, their leases go back to the wallets.
    async fn close_epochs(&mut self) -> Result<bool> {
        let live = self.progress.live_epoch.load(Ordering::Acquire);
        let done = *self.progress.closed_epochs.borrow() >= live;
        if done || self.cursors.iter().any(|cursor| cursor.segment.header.epoch < live) {
            return Ok(false);
        }
        let epoch = i64::try_from(live).unwrap_or(i64::MAX);
        rows::close_before(&self.db, &self.node, epoch).await?;
        budgets::rows::close_before(&self.db, &self.node, epoch).await?;
        self.progress.closed_epochs.send_replace(live);
        Ok(true)
    }
}

/// Bytes written and not yet posted.
fn backlog_bytes(journal: &Journal, cursors: &[Cursor]) -> u64 {
    let posted = |id: &str| cursors.iter().find(|cursor| cursor.segment.id == id).map_or(0, |cursor| cursor.posted_to);
    journal.segments().iter().map(|segment| segment.written().saturating_sub(posted(&segment.id))).sum()
}
