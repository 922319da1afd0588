//! A small file system that a test may fill to the brim without harm: a tmpfs, mounted as root. Where that is not
//! allowed there is none, and the test says so.

use crate::postgres::is_root;
use anyhow::Result;
use std::{
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// A mounted file system; it goes when dropped.
#[derive(Debug)]
pub struct Room {
    dir: TempDir,
}

impl Room {
    /// One of so many MiB, if this machine lets us.
    pub async fn new(mib: usize) -> Result<Option<Self>> {
        if !is_root() {
            return Ok(None);
        }
        let dir = TempDir::with_prefix("turnpike-room-")?;
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={mib}m"), "turnpike-test"])
            .arg(dir.path())
            .output()?;
        Ok(mounted.status.success().then_some(Self { dir }))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Writes a file until nothing more fits, and gives its path.
    pub fn fill(&self) -> Result<PathBuf> {
        let path = self.dir.path().join("filler");
        let mut file = std::fs::File::create(&path)?;
        for size in [1 << 20, 1 << 12, 1] {
            let block = vec![7_u8; size];
            while file.write_all(&block).is_ok() {}
        }
        Ok(path)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.dir.path()).status();
    }
}
