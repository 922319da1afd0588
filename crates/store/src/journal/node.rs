//! Who this node is: `node_id` and `epoch` in its data directory, and the lock that keeps a second process out.
//!
//! The id is made once and never changes: leases and journals belong to it. The epoch counts starts; it is on the disk
//! before anything is done in its name, so no two starts share one.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
};

/// A node's identity, held for as long as this lives.
#[derive(Debug)]
pub struct Node {
    /// 16 random bytes, as 32 hexadecimal digits.
    pub id: String,
    /// Which start of this node it is.
    pub epoch: u64,
    _lock: File,
}

impl Node {
    /// Locks `data_dir` (making it if needed) and begins a new epoch.
    ///
    /// # Errors
    /// `WouldBlock` when another process has it; otherwise what the disk says.
    pub fn start(data_dir: &Path) -> io::Result<Self> {
        fs::create_dir_all(data_dir)?;
        let lock = File::options().write(true).create(true).truncate(false).open(data_dir.join("lock"))?;
        lock.try_lock().map_err(|error| match error {
            fs::TryLockError::WouldBlock => {
                io::Error::new(io::ErrorKind::WouldBlock, "another process uses this data directory")
            }
            fs::TryLockError::Error(error) => error,
        })?;
        let id = match read(data_dir, "node_id")? {
            Some(id) if id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()) => id,
            Some(_) => return Err(io::Error::new(io::ErrorKind::InvalidData, "node_id is not 32 hexadecimal digits")),
            None => {
                let id = hex(&rand::random::<[u8; 16]>());
                replace(data_dir, "node_id", &id)?;
                id
            }
        };
        let epoch = match read(data_dir, "epoch")? {
            Some(text) => text.parse::<u64>().map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "epoch"))? + 1,
            None => 1,
        };
        replace(data_dir, "epoch", &epoch.to_string())?;
        Ok(Self { id, epoch, _lock: lock })
    }

    /// The id kept in `data_dir`, without locking it: for readers beside a running node.
    ///
    /// # Errors
    /// What the disk says.
    pub fn peek(data_dir: &Path) -> io::Result<Option<String>> {
        read(data_dir, "node_id")
    }
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        use std::fmt::Write as _;
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn read(folder: &Path, name: &str) -> io::Result<Option<String>> {
    match fs::read_to_string(folder.join(name)) {
        Ok(text) => Ok(Some(text.trim().to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes beside, syncs, renames, syncs the folder: the old or the new text is there after any crash.
fn replace(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    let beside = folder.join(format!("{name}.new"));
    let mut file = File::create(&beside)?;
    writeln!(file, "{text}")?;
    file.sync_all()?;
    fs::rename(&beside, folder.join(name))?;
    File::open(folder)?.sync_all()
}
