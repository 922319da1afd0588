//! A stream, in pieces: every byte comes out again, and the same stream told in another dialect ends at most once.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use protocol::stream::{Kind, StreamTap};
use protocol_fuzz::{USAGE, chosen, way_back};

/// Feeds the bytes in pieces; the raw bytes that came out, and how many ends.
fn fed(mut tap: StreamTap, body: &[u8], size: usize) -> Option<(Vec<u8>, usize)> {
    let (mut out, mut ends) = (Vec::new(), 0);
    let mut take = |tap: &mut StreamTap| {
        while let Some(event) = tap.next_event() {
            out.extend_from_slice(&event.raw);
            if event.kind == Kind::Terminal {
                ends += 1;
                tap.close(&USAGE);
            }
        }
    };
    for piece in body.chunks(size) {
        tap.push(Bytes::copy_from_slice(piece)).ok()?;
        take(&mut tap);
    }
    let end = tap.finish();
    take(&mut tap);
    let _ = (tap.reported(), tap.take_output_text());
    end.ok().map(|()| (out, ends))
}

fuzz_target!(|data: &[u8]| {
    let Some((dialect, other, body)) = chosen(data) else { return };
    let size = usize::from(data.len() as u8 % 16) + 1;
    if let Some((out, ends)) = fed(StreamTap::new(dialect, false), body, size) {
        assert!(out == body && ends == 1);
    }
    if dialect != other
        && let Some(way) = way_back(dialect, other, true)
        && let Some((_, ends)) = fed(StreamTap::translating(way), body, size)
    {
        assert_eq!(ends, 1);
    }
});
