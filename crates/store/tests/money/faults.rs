//! A disk that fails: full, broken, short; and what the journal makes of it.

use crate::{bed::*, support::Bed};
use domain::ports::{HoldRefused, JournalFailed, Ledger as _};
use std::{
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};
use store::{
    journal::{
        Durability,
        disk::{Disk, RealDisk, SegmentFile},
    },
    ledger::LedgerConfig,
};

/// What the disk does when it is told to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// Writes half, then says ENOSPC.
    FullInTheMiddle,
    /// Writes nothing and says EIO.
    Broken,
    /// Cannot sync.
    Sync,
}

/// A real disk with faults from some write on, and a size.
#[derive(Debug)]
struct FaultyDisk {
    fault: Fault,
    /// Writes (or syncs) until the fault.
    sound: Arc<AtomicUsize>,
    free: Arc<AtomicU64>,
}

#[derive(Debug)]
struct FaultyFile {
    inner: Arc<dyn SegmentFile>,
    fault: Fault,
    sound: Arc<AtomicUsize>,
}

impl FaultyFile {
    fn fails(&self) -> bool {
        self.sound.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_err()
    }
}

impl Disk for FaultyDisk {
    fn create(&self, path: &Path, bytes: u64) -> io::Result<Arc<dyn SegmentFile>> {
        if bytes > self.free.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let inner = RealDisk.create(path, bytes)?;
        self.free.fetch_sub(bytes, Ordering::SeqCst);
        Ok(Arc::new(FaultyFile { inner, fault: self.fault, sound: self.sound.clone() }))
    }

    fn free(&self, _: &Path) -> io::Result<u64> {
        Ok(self.free.load(Ordering::SeqCst))
    }
}

impl SegmentFile for FaultyFile {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        if self.fault == Fault::Sync || !self.fails() {
            return self.inner.write_at(bytes, offset);
        }
        match self.fault {
            Fault::FullInTheMiddle => {
                self.inner.write_at(&bytes[..bytes.len() / 2], offset)?;
                Err(io::ErrorKind::StorageFull.into())
            }
            _ => Err(io::Error::other("EIO")),
        }
    }

    fn sync(&self) -> io::Result<()> {
        if self.fault == Fault::Sync && self.fails() {
            return Err(io::Error::other("EIO"));
        }
        self.inner.sync()
    }
}

const USD: i64 = 1_000_000_000;

/// Requests until one fails; then nothing more is admitted, and the next start finds whole records only.
async fn fails_for_good(bed: Bed, fault: Fault, durability: Durability) {
    let payer = tenant(&bed.db, USD).await;
    let dir = bed.node_dir("n");
    let free = Arc::new(AtomicU64::new(1 << 30));
    let disk = FaultyDisk { fault, sound: Arc::new(AtomicUsize::new(7)), free };
    let config = LedgerConfig { durability, ..config() };
    let node = Node::start_with(&bed.db, &dir, config, Arc::new(disk));
    let mut durable = Vec::new();
    loop {
        let Ok((opened, hold)) = node.hold(payer, 100).await else { break };
        let request = opened.request;
        match node.ledger.settle(hold, opened, settlement(10)).await {
            Ok(()) => durable.push(request),
            Err(JournalFailed) => break,
        }
        tokio::task::yield_now().await;
    }
    assert!(!node.ledger.is_admitting());
    assert!(matches!(node.hold(payer, 1).await, Err(HoldRefused::JournalFull)));
    node.die().await;
    let node = Node::start(&bed.db, &dir);
    node.ledger.recovered().await;
    for request in durable {
        let row = store::usage::get(&bed.db, request).await.unwrap().expect("a durable charge has its row");
        assert_eq!((row.sale.0, row.end_state.as_str()), (10, "complete"));
    }
    node.assert_clean().await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_cut_short_by_a_full_disk_ends_the_journal() {
    fails_for_good(Bed::sqlite().await, Fault::FullInTheMiddle, Durability::Process).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_write_ends_the_journal() {
    fails_for_good(Bed::sqlite().await, Fault::Broken, Durability::Process).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_sync_ends_the_journal_at_once_where_power_counts() {
    fails_for_good(Bed::sqlite().await, Fault::Sync, Durability::Power).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_sync_in_the_background_ends_the_journal() {
    fails_for_good(Bed::sqlite().await, Fault::Sync, Durability::Process).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_stops_admission_while_every_open_request_can_still_end() {
    let bed = Bed::sqlite().await;
    let payer = tenant(&bed.db, USD).await;
    let dir = bed.node_dir("n");
    // One segment and a little.
    let free = Arc::new(AtomicU64::new(100 << 10));
    let disk = FaultyDisk { fault: Fault::Broken, sound: Arc::new(AtomicUsize::new(usize::MAX)), free: free.clone() };
    let node = Node::start_with(&bed.db, &dir, config(), Arc::new(disk));
    // It was measured before the segment was made; now that is taken.
    until("the disk is measured", || async { free.load(Ordering::SeqCst) < (64 << 10) }).await;
    let mut open = Vec::new();
    let refused = loop {
        match node.hold(payer, 100).await {
            Ok(held) => open.push(held),
            Err(refused) => break refused,
        }
        assert!(open.len() < 1_000, "admission never stops");
    };
    assert_eq!(refused, HoldRefused::JournalFull);
    assert!(open.len() > 3, "{}", open.len());
    for held in open {
        node.settle(held, 10).await;
    }
    node.assert_clean().await;
    node.die().await;
    let node = Node::start(&bed.db, &dir);
    node.ledger.recovered().await;
    node.request(payer, 100, 10).await;
    node.assert_clean().await;
    node.stop().await;
}
