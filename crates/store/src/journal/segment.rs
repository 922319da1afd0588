//! A segment: one append-only file of the journal, and reading it.
//!
//! It begins with a header of 64 bytes (magic, version, random id, node, epoch, sequence, CRC32C). A reader sees records
//! up to `written` while the segment is being written, and up to the first frame that does not check out otherwise.

use super::record::{self, Frame, Record};
use std::{
    fs::File,
    io,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

const MAGIC: &[u8; 8] = b"TPJOURNL";
const VERSION: u32 = 1;
/// Where records begin.
pub const HEADER: u64 = 64;
/// Read at a time.
const PIECE: usize = 256 * 1024;

/// What the header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Random: names the segment in the database.
    pub id: [u8; 16],
    /// Whose journal it belongs to.
    pub node: String,
    /// Which start of the node wrote it.
    pub epoch: u64,
    /// Its place in the epoch.
    pub sequence: u32,
}

impl Header {
    /// The header's 64 bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(64);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&self.sequence.to_le_bytes());
        bytes.extend_from_slice(&self.id);
        bytes.extend_from_slice(&node_bytes(&self.node));
        bytes.extend_from_slice(&self.epoch.to_le_bytes());
        bytes.extend_from_slice(&[0; 4]);
        let crc = crc32c::crc32c(&bytes);
        bytes.extend_from_slice(&crc.to_le_bytes());
        bytes
    }

    fn parse(bytes: &[u8; 64]) -> Option<Self> {
        let part = |from: usize, to: usize| bytes.get(from..to).unwrap_or_default();
        let word = |at: usize| part(at, at + 4).try_into().map(u32::from_le_bytes).unwrap_or_default();
        let whole = part(0, 8) == MAGIC && word(8) == VERSION && crc32c::crc32c(part(0, 60)) == word(60);
        whole.then(|| Self {
            id: part(16, 32).try_into().unwrap_or_default(),
            node: super::node::hex(part(32, 48)),
            epoch: part(48, 56).try_into().map(u64::from_le_bytes).unwrap_or_default(),
            sequence: word(12),
        })
    }

    /// The name of its file: sorts by epoch and sequence.
    pub fn file_name(&self) -> String {
        format!("{:010}-{:08}-{}.journal", self.epoch, self.sequence, super::node::hex(&self.id))
    }
}

fn node_bytes(node: &str) -> [u8; 16] {
    u128::from_str_radix(node, 16).unwrap_or_default().to_be_bytes()
}

/// A segment as its readers know it.
#[derive(Debug)]
pub struct Segment {
    /// What it is.
    pub header: Header,
    /// Its id as text.
    pub id: String,
    /// Where it is.
    pub path: PathBuf,
    written: AtomicU64,
    closed: AtomicBool,
    file: File,
}

impl Segment {
    /// Opens a segment that is being written; its header is on the disk.
    pub(super) fn live(header: Header, path: PathBuf) -> io::Result<Self> {
        let file = File::open(&path)?;
        let id = super::node::hex(&header.id);
        Ok(Self { header, id, path, written: AtomicU64::new(HEADER), closed: AtomicBool::new(false), file })
    }

    /// Opens a segment that nobody writes any more, finds its end, and cuts off what is torn when asked to.
    ///
    /// `Ok(None)`: no whole header, so no record was ever written to it.
    ///
    /// # Errors
    /// What the disk says.
    pub fn finished(path: &Path, cut: bool) -> io::Result<Option<Self>> {
        let file = File::open(path)?;
        let mut head = [0; 64];
        match file.read_exact_at(&mut head, 0) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        }
        let Some(header) = Header::parse(&head) else { return Ok(None) };
        let id = super::node::hex(&header.id);
        let segment =
            Self { header, id, path: path.to_owned(), written: AtomicU64::new(u64::MAX), closed: true.into(), file };
        let mut reader = Reader::at(HEADER);
        while reader.skip(&segment)? {}
        segment.written.store(reader.position, Ordering::Release);
        if cut {
            let file = File::options().write(true).open(path)?;
            if file.metadata()?.len() > reader.position {
                file.set_len(reader.position)?;
                file.sync_all()?;
            }
        }
        Ok(Some(segment))
    }

    /// Readers may read up to here.
    pub fn written(&self) -> u64 {
        self.written.load(Ordering::Acquire)
    }

    /// Whether nothing more will be written.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    pub(super) fn set_written(&self, position: u64) {
        self.written.store(position, Ordering::Release);
    }

    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }
}

/// Reads a segment's records in order, a piece at a time.
#[derive(Debug)]
pub struct Reader {
    /// Where the next record begins.
    pub position: u64,
    piece: Vec<u8>,
    used: usize,
}

impl Reader {
    /// Begins at `position`, which must be a record's beginning.
    pub fn at(position: u64) -> Self {
        Self { position, piece: Vec::new(), used: 0 }
    }

    /// The next record and where it begins; `None`: no more for now (or ever, when the segment is closed).
    ///
    /// # Errors
    /// What the disk says; `InvalidData` for a whole frame that this build cannot read.
    pub fn next(&mut self, segment: &Segment) -> io::Result<Option<(u64, Record)>> {
        let Some((at, from, to)) = self.frame(segment)? else { return Ok(None) };
        let body = self.piece.get(from..to).unwrap_or_default();
        match record::decode(body) {
            Some(record) => Ok(Some((at, record))),
            None => Err(io::Error::new(io::ErrorKind::InvalidData, "a record of another build")),
        }
    }

    fn skip(&mut self, segment: &Segment) -> io::Result<bool> {
        Ok(self.frame(segment)?.is_some())
    }

    /// Steps over the next whole frame: its place in the file, and its body's in the piece.
    fn frame(&mut self, segment: &Segment) -> io::Result<Option<(u64, usize, usize)>> {
        loop {
            let rest = self.piece.get(self.used..).unwrap_or_default();
            match record::frame(rest) {
                Frame::Whole(_, length) => {
                    let (at, from) = (self.position, self.used + record::FRAME);
                    self.used += length;
                    self.position += length as u64;
                    return Ok(Some((at, from, self.used)));
                }
                Frame::End if rest.len() >= record::FRAME => return Ok(None),
                Frame::End | Frame::Partial => {
                    if !self.more(segment)? {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Reads on, keeping the unread rest; false: nothing more is there.
    fn more(&mut self, segment: &Segment) -> io::Result<bool> {
        self.piece.drain(..self.used.min(self.piece.len()));
        self.used = 0;
        let begin = self.position + self.piece.len() as u64;
        let left = segment.written().saturating_sub(begin);
        let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(PIECE.max(self.piece.len()));
        let kept = self.piece.len();
        self.piece.resize(kept + wanted, 0);
        let mut got = 0;
        while got < wanted {
            let to = self.piece.get_mut(kept + got..).unwrap_or_default();
            match segment.file.read_at(to, begin + got as u64) {
                Ok(0) => break,
                Ok(n) => got += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.piece.truncate(kept + got);
        Ok(got > 0)
    }
}
