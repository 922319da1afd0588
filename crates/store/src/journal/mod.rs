//! The journal: this node's own durable record of requests, checkpoints and settlements.
//!
//! Why not a database: this is on the path of every request, and a record here costs its producer about a microsecond.
//! Producers append bytes to a shared buffer under a short mutex; one writer thread swaps the buffer and writes all of it
//! in one call, holding no lock, then tells those who wait. `"process"` durability survives the death of the process (the
//! bytes are the kernel's) and syncs every 50 ms in the background; `"power"` syncs before it tells anyone. A failed write
//! or sync fails the journal for good: what is on the disk then is unknown, and only a restart reads it anew.
//!
//! Limits: the buffer holds 64 MiB, opens beyond are refused; admission keeps room on the disk for an end
//! record of every open request ([`Journal::admits`]).

#![deny(clippy::float_arithmetic)]

pub mod disk;
pub mod node;
pub mod record;
pub mod segment;
mod writer;

use disk::Disk;
use domain::{money::NanoUsd, ports::JournalFailed, record as model};
use parking_lot::{Mutex, RwLock};
use record::{Abandoned, RecordRef, SettledRef};
use segment::Segment;
use std::{
    cell::RefCell,
    collections::HashSet,
    io,
    path::{Path, PathBuf},
    pin::Pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll},
    thread::{JoinHandle, Thread},
};
use tokio::sync::oneshot;

/// Bytes that may wait for the writer before opens are refused.
const QUEUE_LIMIT: usize = 64 << 20;
/// Kept free on the disk for the end of each open request; several times the size of an ordinary end record.
pub const END_RESERVE: u64 = 4096;

/// When a settlement counts as durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// It survives the death of the process; a loss of power may cost the last 50 ms.
    Process,
    /// It survives a loss of power.
    Power,
}

/// How the journal is kept.
#[derive(Debug, Clone)]
pub struct JournalConfig {
    /// When a settlement counts as durable.
    pub durability: Durability,
    /// Set aside for one segment.
    pub segment_bytes: u64,
}

/// What producers share with the writer.
#[derive(Debug, Default)]
struct Queue {
    bytes: Vec<u8>,
    waiters: Vec<oneshot::Sender<()>>,
    /// The writer sleeps (or is about to) and must be woken.
    idle: bool,
    closing: bool,
}

#[derive(Debug)]
struct Shared {
    config: JournalConfig,
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    node: String,
    epoch: u64,
    queue: Mutex<Queue>,
    writer: OnceLock<Thread>,
    failed: AtomicBool,
    /// Requests admitted and not ended.
    open: AtomicU64,
    /// Bytes queued and not written.
    queued: AtomicU64,
    /// Bytes left in the segment being written.
    left: AtomicU64,
    /// Bytes free on the disk beside it.
    free: AtomicU64,
    segments: RwLock<Vec<Arc<Segment>>>,
}

/// This node's journal, open for writing.
#[derive(Debug)]
pub struct Journal {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// Resolves when a record, queued already, is written (in `"power"` durability: synced).
#[derive(Debug)]
pub struct Written(oneshot::Receiver<()>);

impl Future for Written {
    type Output = Result<(), JournalFailed>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map_err(|_| JournalFailed)
    }
}

thread_local! {
    /// Records are encoded here, outside the lock.
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl Journal {
    /// Opens `data_dir/journal`: cuts torn tails, begins a new segment, starts the writer.
    ///
    /// # Errors
    /// What the disk says.
    pub fn start(
        data_dir: &Path,
        node: &node::Node,
        config: JournalConfig,
        disk: Arc<dyn Disk>,
    ) -> io::Result<Arc<Self>> {
        let folder = data_dir.join("journal");
        if !folder.exists() {
            std::fs::create_dir_all(&folder)?;
            // Or a loss of power could take the folder with everything that is synced in it.
            std::fs::File::open(data_dir)?.sync_all()?;
        }
        let shared = Arc::new(Shared {
            free: AtomicU64::new(disk.free(&folder)?),
            segments: RwLock::new(left_behind(&folder, &node.id)?),
            config,
            disk,
            folder,
            node: node.id.clone(),
            epoch: node.epoch,
            queue: Mutex::default(),
            writer: OnceLock::new(),
            failed: AtomicBool::new(false),
            open: AtomicU64::new(0),
            queued: AtomicU64::new(0),
            left: AtomicU64::new(0),
        });
        let threads = writer::start(&shared)?;
        Ok(Arc::new(Self { shared, threads: Mutex::new(threads) }))
    }

    /// Which start of the node this is.
    pub fn epoch(&self) -> u64 {
        self.shared.epoch
    }

    /// Whether a failed write or sync has ended it.
    pub fn has_failed(&self) -> bool {
        self.shared.failed.load(Ordering::Acquire)
    }

    /// Whether one more request may be admitted: the journal works, and there is room for the end of every open request.
    pub fn admits(&self) -> bool {
        let shared = &*self.shared;
        let room = shared.left.load(Ordering::Relaxed).saturating_add(shared.free.load(Ordering::Relaxed));
        let open = shared.open.load(Ordering::Relaxed).saturating_add(2);
        let needed = open.saturating_mul(END_RESERVE).saturating_add(shared.queued.load(Ordering::Relaxed));
        !self.has_failed() && needed <= room
    }

    /// Requests admitted and not ended.
    pub fn open_requests(&self) -> u64 {
        self.shared.open.load(Ordering::Relaxed)
    }

    /// Queues an `open` record; nobody waits for it.
    ///
    /// # Errors
    /// [`JournalFailed`] when the journal has failed, is full or closed.
    pub fn open(&self, opened: &model::Opened) -> Result<(), JournalFailed> {
        if !self.admits() {
            return Err(JournalFailed);
        }
        self.append(RecordRef::Open(opened), None, QUEUE_LIMIT)?;
        self.shared.open.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Queues a checkpoint, however long the queue is: a running request has one in it at most.
    pub fn checkpoint(&self, checkpoint: &model::Checkpoint) -> Written {
        let (done, wait) = oneshot::channel();
        // Refused, the sender is dropped, and the one who waits learns of it by that.
        let _ = self.append(RecordRef::Checkpoint(checkpoint), Some(done), usize::MAX);
        Written(wait)
    }

    /// Writes a request's end, and waits until it is durable.
    ///
    /// # Errors
    /// [`JournalFailed`] when it may not be.
    pub async fn settled(
        &self,
        opened: &model::Opened,
        settlement: &model::Settlement,
        covered: NanoUsd,
    ) -> Result<(), JournalFailed> {
        let (done, wait) = oneshot::channel();
        let written = Written(wait);
        let end = RecordRef::Settled(SettledRef { opened, settlement, covered });
        let queued = self.append(end, Some(done), usize::MAX);
        self.ended();
        queued?;
        written.await
    }

    /// Queues that a request will have no end; nobody waits for it. A journal that has failed is read at the next start,
    /// which finds the same without it.
    pub fn abandoned(&self, abandoned: Abandoned) {
        let _ = self.append(RecordRef::Abandoned(abandoned), None, usize::MAX);
        self.ended();
    }

    fn ended(&self) {
        // Relaxed and saturating: a count for the room on the disk, not a lock.
        let _ = self.shared.open.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |open| open.checked_sub(1));
    }

    fn append(
        &self,
        record: RecordRef<'_>,
        waiter: Option<oneshot::Sender<()>>,
        limit: usize,
    ) -> Result<(), JournalFailed> {
        SCRATCH.with_borrow_mut(|scratch| {
            scratch.clear();
            record::encode(record, scratch).map_err(|_| JournalFailed)?;
            self.shared.push(scratch, waiter, limit)
        })
    }

    /// The segments that are not fully drained, oldest first; the last one is being written.
    pub fn segments(&self) -> Vec<Arc<Segment>> {
        self.shared.segments.read().clone()
    }

    /// A closed segment is drained: it is kept under another name, and not read again at the next start.
    ///
    /// # Errors
    /// What the disk says.
    pub fn drained(&self, segment: &Segment) -> io::Result<()> {
        std::fs::rename(&segment.path, segment.path.with_extension(DRAINED))?;
        self.shared.segments.write().retain(|other| other.id != segment.id);
        Ok(())
    }

    /// Drained segments that the database does not have as complete: it lost its latest transactions with the power, or was
    /// restored from a copy. They are to be drained again, before all others. `complete` names those it has.
    ///
    /// # Errors
    /// What the disk says.
    pub fn take_back(&self, complete: &HashSet<String>) -> io::Result<()> {
        let mut back = Vec::new();
        for path in files(&self.shared.folder, DRAINED)? {
            // The name ends with the id ([`segment::Header::file_name`]).
            let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
            if name.rsplit('-').next().is_some_and(|id| complete.contains(id)) {
                continue;
            }
            let live = path.with_extension(LIVE);
            std::fs::rename(&path, &live)?;
            if let Some(segment) = Segment::finished(&live, true)?
                && segment.header.node == self.shared.node
            {
                tracing::warn!(segment = segment.id, "the database lost a drained journal segment; it is posted again");
                back.push(Arc::new(segment));
            }
        }
        let mut segments = self.shared.segments.write();
        segments.extend(back);
        segments.sort_by_key(|segment| (segment.header.epoch, segment.header.sequence));
        Ok(())
    }

    /// Deletes drained segments that were last written more than `days` ago.
    ///
    /// # Errors
    /// What the disk says.
    pub fn delete_older_than(&self, days: u32) -> io::Result<()> {
        let age = std::time::Duration::from_secs(u64::from(days) * 86_400);
        for path in files(&self.shared.folder, DRAINED)? {
            let modified = std::fs::metadata(&path)?.modified()?;
            if modified.elapsed().is_ok_and(|elapsed| elapsed > age) {
                std::fs::remove_file(&path)?;
            }
        }
        Ok(())
    }

    /// Writes and syncs what is queued, and ends the threads. Blocks; later records are refused.
    pub fn close(&self) {
        self.shared.queue.lock().closing = true;
        for thread in self.threads.lock().drain(..) {
            thread.thread().unpark();
            if thread.join().is_err() {
                self.shared.failed.store(true, Ordering::Release);
            }
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.close();
    }
}

impl Shared {
    fn push(&self, bytes: &[u8], waiter: Option<oneshot::Sender<()>>, limit: usize) -> Result<(), JournalFailed> {
        let mut queue = self.queue.lock();
        if queue.closing || self.failed.load(Ordering::Acquire) || queue.bytes.len() > limit {
            return Err(JournalFailed);
        }
        queue.bytes.extend_from_slice(bytes);
        queue.waiters.extend(waiter);
        self.queued.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        let wake = std::mem::take(&mut queue.idle);
        drop(queue);
        if let (true, Some(writer)) = (wake, self.writer.get()) {
            writer.unpark();
        }
        Ok(())
    }
}

const LIVE: &str = "journal";
const DRAINED: &str = "drained";

/// Files of `folder` with this extension, oldest segment first.
fn files(folder: &Path, extension: &str) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// What earlier starts of this node left: finished, with their torn tails cut.
fn left_behind(folder: &Path, node: &str) -> io::Result<Vec<Arc<Segment>>> {
    let mut segments = Vec::new();
    for path in files(folder, LIVE)? {
        match Segment::finished(&path, true)? {
            // No header was ever written, so no record was.
            None => std::fs::remove_file(&path)?,
            Some(segment) if segment.header.node == node => segments.push(Arc::new(segment)),
            Some(_) => tracing::warn!(path = %path.display(), "a journal segment of another node is left alone"),
        }
    }
    Ok(segments)
}

/// Every segment in `data_dir`, drained or not, oldest first, for a reader that changes nothing. Each is opened when it is
/// asked for: a busy week leaves more of them than a process may have files open.
///
/// # Errors
/// What the disk says.
pub fn read_only(data_dir: &Path) -> io::Result<impl Iterator<Item = io::Result<Segment>>> {
    let folder = data_dir.join("journal");
    let mut paths = Vec::new();
    if folder.exists() {
        paths.extend(files(&folder, LIVE)?);
        paths.extend(files(&folder, DRAINED)?);
    }
    // By the names ([`segment::Header::file_name`]); one that was renamed meanwhile is there twice.
    paths.sort_by(|one, other| one.file_stem().cmp(&other.file_stem()));
    paths.dedup_by(|one, other| one.file_stem() == other.file_stem());
    Ok(paths.into_iter().filter_map(|path| open_read_only(&path).transpose()))
}

/// A segment under either of its names; `None`: it has no header, or its days are over.
fn open_read_only(path: &Path) -> io::Result<Option<Segment>> {
    let missing = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
    match Segment::finished(path, false) {
        Err(error) if missing(&error) => match Segment::finished(&path.with_extension(DRAINED), false) {
            Err(error) if missing(&error) => Ok(None),
            found => found,
        },
        found => found,
    }
}
