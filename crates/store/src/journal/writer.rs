//! The journal's two threads: one writes, one keeps the disk ready and (in `"process"` durability) syncs every 50 ms.

use super::{
    Durability, END_RESERVE, Shared,
    disk::SegmentFile,
    record::{self, Frame},
    segment::{HEADER, Header, Segment},
};
use parking_lot::Mutex;
use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};
use tokio::sync::oneshot;

const SYNC_EVERY: Duration = Duration::from_millis(50);
/// No segment is made smaller than this when the disk is nearly full.
const SMALLEST: u64 = 64 << 10;
/// Buffers larger than this are not kept when the queue is short again.
const KEEP: usize = 1 << 20;

/// A segment with its file open for writing.
#[derive(Debug, Clone)]
struct Open {
    segment: Arc<Segment>,
    file: Arc<dyn SegmentFile>,
    bytes: u64,
}

/// What the writer and its keeper share.
#[derive(Debug, Default)]
struct Beside {
    /// Written and not synced; and whether anything of them is.
    unsynced: Mutex<Vec<Open>>,
    dirty: AtomicBool,
    /// The next segment, made before it is needed.
    spare: Mutex<Option<Open>>,
    ended: AtomicBool,
}

pub(super) fn start(shared: &Arc<Shared>) -> io::Result<Vec<JoinHandle<()>>> {
    let first = create(shared, 0)?;
    shared.left.store(first.bytes - HEADER, Ordering::Relaxed);
    shared.segments.write().push(first.segment.clone());
    let beside = Arc::new(Beside::default());
    let keeper = {
        let (shared, beside) = (shared.clone(), beside.clone());
        let work = move || {
            let ended = catch_unwind(AssertUnwindSafe(|| keep(&shared, &beside)));
            if ended.is_err() {
                // Nothing is synced or made ready any more.
                shared.fail(&"its second thread panicked");
            }
        };
        thread::Builder::new().name("journal-sync".into()).spawn(work)?
    };
    let waker = keeper.thread().clone();
    let mut writer = Writer { shared: shared.clone(), beside, waker, current: first, position: HEADER };
    let work = move || {
        // What it had taken over is lost with its stack: those who wait for that learn of it by their dropped channels.
        if catch_unwind(AssertUnwindSafe(|| writer.run())).is_err() {
            writer.shared.fail(&"its writer panicked");
            writer.end();
        }
    };
    let writer = thread::Builder::new().name("journal".into()).spawn(work)?;
    // Set before the first producer can exist.
    let _ = shared.writer.set(writer.thread().clone());
    Ok(vec![writer, keeper])
}

impl Shared {
    /// Marks the journal failed and lets everyone who waits know by dropping their channels.
    fn fail(&self, error: &dyn std::fmt::Display) {
        tracing::error!(%error, "the journal failed; this node admits no more requests until it is started again");
        metrics::counter!("turnpike_journal_failures_total").increment(1);
        self.failed.store(true, Ordering::Release);
        let mut queue = self.queue.lock();
        queue.bytes = Vec::new();
        queue.waiters.clear();
    }
}

/// Makes a segment of the configured size, or as large as the disk still allows.
fn create(shared: &Shared, sequence: u32) -> io::Result<Open> {
    let header = Header { id: rand::random(), node: shared.node.clone(), epoch: shared.epoch, sequence };
    let path = shared.folder.join(header.file_name());
    let mut bytes = shared.config.segment_bytes.max(SMALLEST);
    let file = loop {
        match shared.disk.create(&path, bytes) {
            Err(error) if error.kind() == io::ErrorKind::StorageFull && bytes / 2 >= SMALLEST => bytes /= 2,
            other => break other?,
        }
    };
    file.write_at(&header.bytes(), 0)?;
    let segment = Arc::new(Segment::live(header, path)?);
    Ok(Open { segment, file, bytes })
}

struct Writer {
    shared: Arc<Shared>,
    beside: Arc<Beside>,
    waker: thread::Thread,
    current: Open,
    position: u64,
}

impl Writer {
    fn run(&mut self) {
        let (mut bytes, mut waiters) = (Vec::new(), Vec::new());
        loop {
            {
                let mut queue = self.shared.queue.lock();
                if queue.bytes.is_empty() {
                    if queue.closing {
                        break;
                    }
                    queue.idle = true;
                    drop(queue);
                    thread::park();
                    continue;
                }
                std::mem::swap(&mut queue.bytes, &mut bytes);
                std::mem::swap(&mut queue.waiters, &mut waiters);
            }
            let written = self.write(&bytes);
            self.shared.queued.fetch_sub(bytes.len() as u64, Ordering::Relaxed);
            if let Err(error) = written {
                // Whoever waits learns of it when nothing more is admitted already.
                self.shared.fail(&error);
                waiters.clear();
                break;
            }
            for waiter in waiters.drain(..) {
                // A caller that left does not wait any more; its record stands.
                let _gone = oneshot::Sender::send(waiter, ());
            }
            bytes.clear();
            if bytes.capacity() > KEEP {
                bytes = Vec::new();
            }
        }
        self.end();
    }

    fn end(&self) {
        self.current.segment.close();
        self.beside.ended.store(true, Ordering::Release);
        self.waker.unpark();
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let left = usize::try_from(self.current.bytes - self.position).unwrap_or(usize::MAX);
            let (now, later) = rest.split_at_checked(whole_records(rest, left)).unwrap_or((rest, &[]));
            if now.is_empty() {
                self.rotate(first_record(rest))?;
                continue;
            }
            fault!(JournalBeforeWrite on thread);
            self.current.file.write_at(now, self.position)?;
            self.position += now.len() as u64;
            if self.shared.config.durability == Durability::Power {
                synced(&self.current)?;
            }
            self.current.segment.set_written(self.position);
            self.shared.left.store(self.current.bytes - self.position, Ordering::Relaxed);
            rest = later;
        }
        if self.shared.failed.load(Ordering::Acquire) {
            return Err(io::Error::other("a sync failed"));
        }
        self.mark_dirty();
        fault!(JournalBeforeAnswer on thread);
        Ok(())
    }

    fn mark_dirty(&self) {
        if !self.beside.dirty.swap(true, Ordering::AcqRel) {
            let mut unsynced = self.beside.unsynced.lock();
            if !unsynced.iter().any(|open| open.segment.id == self.current.segment.id) {
                unsynced.push(self.current.clone());
            }
            drop(unsynced);
            self.waker.unpark();
        }
    }

    fn rotate(&mut self, needed: usize) -> io::Result<()> {
        fault!(JournalRollOver on thread);
        let sequence = self.current.segment.header.sequence + 1;
        // Held until the new segment is listed, so that the keeper does not make another with its sequence.
        let mut spare = self.beside.spare.lock();
        let next = match spare.take() {
            Some(spare) => spare,
            None => create(&self.shared, sequence)?,
        };
        if next.bytes < HEADER + needed as u64 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let old = std::mem::replace(&mut self.current, next);
        self.position = HEADER;
        // The new one is known before the old one is closed: a reader never sees an end that is not there.
        self.shared.segments.write().push(self.current.segment.clone());
        drop(spare);
        self.shared.left.store(self.current.bytes - HEADER, Ordering::Relaxed);
        old.segment.close();
        let mut unsynced = self.beside.unsynced.lock();
        if !unsynced.iter().any(|open| open.segment.id == old.segment.id) {
            unsynced.push(old);
        }
        unsynced.push(self.current.clone());
        drop(unsynced);
        self.beside.dirty.store(true, Ordering::Release);
        self.waker.unpark();
        Ok(())
    }
}

/// How many bytes of whole records at the beginning of `bytes` fit into `left`.
fn whole_records(bytes: &[u8], left: usize) -> usize {
    if bytes.len() <= left {
        return bytes.len();
    }
    let mut fits = 0;
    loop {
        let length = first_record(bytes.get(fits..).unwrap_or_default());
        if length == 0 || fits + length > left {
            return fits;
        }
        fits += length;
    }
}

fn first_record(bytes: &[u8]) -> usize {
    match record::frame(bytes) {
        Frame::Whole(_, length) => length,
        Frame::Partial | Frame::End => 0,
    }
}

/// The keeper: syncs, measures the free space, makes the next segment ahead of time.
fn keep(shared: &Shared, beside: &Beside) {
    loop {
        let ended = beside.ended.load(Ordering::Acquire);
        if beside.dirty.swap(false, Ordering::AcqRel) {
            sync(shared, beside);
            make_spare(shared, beside);
            measure(shared);
            if !ended {
                thread::sleep(SYNC_EVERY);
            }
        } else if ended {
            break;
        } else {
            measure(shared);
            thread::park_timeout(Duration::from_secs(1));
        }
    }
    if let Some(spare) = beside.spare.lock().take()
        && let Err(error) = std::fs::remove_file(&spare.segment.path)
    {
        tracing::warn!(%error, "an unused journal segment could not be removed");
    }
}

fn sync(shared: &Shared, beside: &Beside) {
    let unsynced = std::mem::take(&mut *beside.unsynced.lock());
    if shared.config.durability == Durability::Power {
        return;
    }
    for open in unsynced {
        if let Err(error) = synced(&open) {
            shared.fail(&error);
        }
    }
}

fn synced(open: &Open) -> io::Result<()> {
    fault!(JournalBeforeSync on thread);
    open.file.sync()
}

fn make_spare(shared: &Shared, beside: &Beside) {
    let left = shared.left.load(Ordering::Relaxed);
    if left > shared.config.segment_bytes / 2 || shared.failed.load(Ordering::Acquire) {
        return;
    }
    let mut spare = beside.spare.lock();
    let last = shared.segments.read().last().map_or(0, |segment| segment.header.sequence);
    if spare.is_none() {
        match create(shared, last + 1) {
            Ok(made) => *spare = Some(made),
            // The writer will meet the same, when it must; until then the rest of this segment serves.
            Err(error) => tracing::warn!(%error, "no room for the next journal segment"),
        }
    }
}

fn measure(shared: &Shared) {
    if let Ok(free) = shared.disk.free(&shared.folder) {
        shared.free.store(free.saturating_sub(END_RESERVE), Ordering::Relaxed);
    }
}
