//! The file operations of the journal, behind a trait so that tests can make them fail.

use std::{fs::File, io, os::unix::fs::FileExt as _, path::Path, sync::Arc};

/// Makes segment files and knows how much room there is.
pub trait Disk: Send + Sync + std::fmt::Debug {
    /// A new file with `bytes` set aside on the disk.
    ///
    /// # Errors
    /// When there is no room, or the file cannot be made.
    fn create(&self, path: &Path, bytes: u64) -> io::Result<Arc<dyn SegmentFile>>;

    /// Bytes free for new files in `folder`.
    ///
    /// # Errors
    /// When the disk does not tell.
    fn free(&self, folder: &Path) -> io::Result<u64>;
}

/// One open segment.
pub trait SegmentFile: Send + Sync + std::fmt::Debug {
    /// Writes all of `bytes` at `offset`.
    ///
    /// # Errors
    /// When any byte could not be written; what is on the disk then is unknown.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Makes what was written survive a loss of power.
    ///
    /// # Errors
    /// When it may not. Linux forgets the failed pages: never try again on the same file.
    fn sync(&self) -> io::Result<()>;
}

/// The real disk.
#[derive(Debug, Clone, Copy)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn create(&self, path: &Path, bytes: u64) -> io::Result<Arc<dyn SegmentFile>> {
        let file = File::options().write(true).create_new(true).open(path)?;
        let prepared = match rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, bytes) {
            // A filesystem that cannot set aside: the file grows as it is written.
            Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => Ok(()),
            other => other.map_err(io::Error::from),
        };
        if let Err(error) = prepared {
            drop(file);
            std::fs::remove_file(path)?;
            return Err(error);
        }
        file.sync_all()?;
        if let Some(folder) = path.parent() {
            File::open(folder)?.sync_all()?;
        }
        Ok(Arc::new(file))
    }

    fn free(&self, folder: &Path) -> io::Result<u64> {
        let disk = rustix::fs::statvfs(folder)?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    }
}

impl SegmentFile for File {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.write_all_at(bytes, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }
}
