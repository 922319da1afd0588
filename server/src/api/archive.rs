//! A ZIP that is written as it is read: what was packed of one piece is sent before the next piece is asked for, so memory
//! stays flat however large it gets, and dropping the stream ends it all.
//!
//! Packing is work of milliseconds a piece and is done beside the runtime. Sizes stand behind each file, in 64 bits: nobody
//! knows them before.

use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use parking_lot::Mutex;
use std::{
    io::{self, Write},
    pin::Pin,
    sync::Arc,
};
use store::{Error, Result, export::Part};
use zip::{
    CompressionMethod, DateTime, ZipWriter,
    result::ZipError,
    write::{SimpleFileOptions, StreamWriter},
};

/// Quick rather than small: the same core relays requests.
const LEVEL: i64 = 1;

/// Parts as a ZIP whose files are of this time, in microseconds since 1970.
pub fn zipped(
    parts: impl Stream<Item = Result<Part>> + Send + 'static,
    at_us: i64,
) -> impl Stream<Item = Result<Bytes>> + Send + 'static {
    let state = Some((Box::pin(parts), Archive::new(at_us)));
    stream::try_unfold(state, |state| async move {
        let Some((mut parts, mut archive)) = state else { return Ok(None) };
        loop {
            let Some(part) = next(&mut parts).await? else {
                return Ok(Some((beside(move || archive.end()).await?, None)));
            };
            let packed;
            (archive, packed) = beside(move || archive.take(&part)).await?;
            if !packed.is_empty() {
                return Ok(Some((packed, Some((parts, archive)))));
            }
        }
    })
}

async fn next(parts: &mut Pin<Box<impl Stream<Item = Result<Part>>>>) -> Result<Option<Part>> {
    parts.next().await.transpose()
}

async fn beside<T: Send + 'static>(work: impl FnOnce() -> Result<T, ZipError> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await.map_err(|_| Error::Unavailable(None))?;
    done.map_err(|error| Error::File("archive".to_owned(), error.into()))
}

/// What was packed and not sent yet.
#[derive(Clone, Default)]
struct Packed(Arc<Mutex<Vec<u8>>>);

impl Packed {
    fn take(&self) -> Bytes {
        std::mem::take(&mut *self.0.lock()).into()
    }
}

impl Write for Packed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Archive {
    writer: ZipWriter<StreamWriter<Packed>>,
    packed: Packed,
    options: SimpleFileOptions,
}

impl Archive {
    fn new(at_us: i64) -> Self {
        let packed = Packed::default();
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(LEVEL))
            .large_file(true)
            .last_modified_time(date(at_us));
        Self { writer: ZipWriter::new_stream(packed.clone()), packed, options }
    }

    fn take(mut self, part: &Part) -> Result<(Self, Bytes), ZipError> {
        match part {
            Part::File(name) => self.writer.start_file(name.as_str(), self.options)?,
            Part::Bytes(bytes) => self.writer.write_all(bytes)?,
        }
        let packed = self.packed.take();
        Ok((self, packed))
    }

    fn end(self) -> Result<Bytes, ZipError> {
        self.writer.finish()?;
        Ok(self.packed.take())
    }
}

/// As ZIP keeps it: in UTC, to two seconds, from 1980 on.
fn date(us: i64) -> DateTime {
    let at = jiff::Timestamp::from_microsecond(us).unwrap_or_default().to_zoned(jiff::tz::TimeZone::UTC);
    let byte = |number: i8| u8::try_from(number).unwrap_or_default();
    let year = u16::try_from(at.year()).unwrap_or_default();
    let (month, day, hour) = (byte(at.month()), byte(at.day()), byte(at.hour()));
    DateTime::from_date_and_time(year, month, day, hour, byte(at.minute()), byte(at.second())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::TryStreamExt as _;
    use std::{
        io::{Cursor, Read as _},
        sync::atomic::{AtomicUsize, Ordering},
    };
    use zip::ZipArchive;

    const PIECES: usize = 300;
    const PIECE: usize = 32 << 10;

    /// A piece that does not pack well.
    fn noise(seed: usize) -> Bytes {
        let mut state = u64::try_from(seed).unwrap() | 1;
        let mut byte = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state.to_be_bytes()[0]
        };
        (0..PIECE).map(|_| byte()).collect()
    }

    /// One file of ten megabytes, counting how much of it was asked for.
    fn long(asked: Arc<AtomicUsize>) -> impl Stream<Item = Result<Part>> + Send + 'static {
        let pieces = stream::iter(0..PIECES).map(move |at| {
            asked.fetch_add(1, Ordering::Relaxed);
            Ok(Part::Bytes(noise(at)))
        });
        stream::iter([Ok(Part::File("long".to_owned()))]).chain(pieces)
    }

    #[tokio::test]
    async fn files_are_read_again_as_they_were() {
        let parts = ["a", "folder/b"].into_iter().flat_map(|name| {
            let bytes = |text: &'static str| Part::Bytes(Bytes::from_static(text.as_bytes()));
            [Part::File(name.to_owned()), bytes("one,"), bytes(""), bytes("two\r\n")]
        });
        let parts = parts.chain([Part::File("empty".to_owned())]).map(Ok);
        let pieces: Vec<Bytes> = zipped(stream::iter(parts), 1_764_000_000_000_000).try_collect().await.unwrap();
        assert!(pieces.iter().all(|piece| !piece.is_empty()), "an empty piece would end the body");
        let mut archive = ZipArchive::new(Cursor::new(pieces.concat())).unwrap();
        let mut read = |name: &str| {
            let (mut file, mut text) = (archive.by_name(name).unwrap(), String::new());
            file.read_to_string(&mut text).unwrap();
            (text, file.last_modified().unwrap().to_string())
        };
        let made = "2025-11-24 16:00:00".to_owned();
        assert_eq!(read("a"), ("one,two\r\n".to_owned(), made.clone()));
        assert_eq!(read("folder/b"), ("one,two\r\n".to_owned(), made.clone()));
        assert_eq!(read("empty"), (String::new(), made));
    }

    #[tokio::test]
    async fn nothing_is_gathered_whoever_reads_slowly() {
        let asked = Arc::new(AtomicUsize::new(0));
        let mut archive = Box::pin(zipped(long(asked.clone()), 0));
        let (mut sent, mut largest) = (0, 0);
        while let Some(piece) = archive.next().await {
            let piece = piece.unwrap();
            (sent, largest) = (sent + piece.len(), largest.max(piece.len()));
            let taken = asked.load(Ordering::Relaxed) * PIECE;
            assert!(taken.saturating_sub(sent) <= 256 << 10, "{taken} bytes asked for, {sent} sent");
        }
        assert!(sent > PIECES * PIECE * 9 / 10, "{sent}");
        assert!(largest <= 256 << 10, "{largest}");
    }

    #[tokio::test]
    async fn whoever_leaves_frees_everything() {
        let asked = Arc::new(AtomicUsize::new(0));
        let mut archive = Box::pin(zipped(long(asked.clone()), 0));
        for _ in 0..3 {
            archive.next().await.unwrap().unwrap();
        }
        drop(archive);
        assert_eq!(Arc::strong_count(&asked), 1, "the source is dropped");
        assert!(asked.load(Ordering::Relaxed) < 20);
    }

    #[tokio::test]
    async fn a_source_that_fails_ends_the_archive_with_its_error() {
        let parts = [Ok(Part::File("a".to_owned())), Err(Error::conflict("frozen"))];
        let pieces: Vec<_> = zipped(stream::iter(parts), 0).collect().await;
        assert!(matches!(pieces.last(), Some(Err(Error::Conflict(_)))), "{pieces:?}");
    }
}
