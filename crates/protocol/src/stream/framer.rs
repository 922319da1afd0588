//! Cuts a stream of bytes into events, keeping every byte. Where a dialect sends documents, a line each, a line is one. An event ends after a blank line; lines end with LF, CRLF or CR
//! (WHATWG HTML, "Parsing an event stream"). An event that lies whole in one chunk is a slice of it, not a copy.
//!
//! A CR at the very end of a chunk ends its line at once; if the next chunk begins with LF, that byte belongs to the same
//! line end and stands at the head of the next event, where it means nothing. So no event waits for the byte after it.

use super::{Fault, MAX_EVENT};
use bytes::{Bytes, BytesMut};
use std::collections::VecDeque;

/// The framer of one stream.
#[derive(Debug, Default)]
pub(super) struct Framer {
    /// Events are documents, a line each.
    lines: bool,
    frames: VecDeque<Bytes>,
    /// The beginning of an event whose end has not come.
    tail: BytesMut,
    /// The current line has no bytes yet.
    line_has_bytes: bool,
    /// The last byte was a CR, which has ended its line already.
    after_cr: bool,
    /// Something other than blank lines and a byte order mark has come.
    begun: bool,
    broken: Option<Fault>,
}

impl Framer {
    /// Of a stream of documents, a line each, or of events.
    pub fn of(lines: bool) -> Self {
        Self { lines, ..Self::default() }
    }

    /// Takes bytes; complete events can then be taken.
    pub fn push(&mut self, mut chunk: Bytes) -> Result<(), Fault> {
        if let Some(fault) = &self.broken {
            return Err(fault.clone());
        }
        if !self.begun {
            self.check_beginning(&chunk)?;
        }
        while let Some(end) = self.end_of_event(&chunk) {
            let piece = chunk.split_to(end);
            if self.tail.len() + piece.len() > MAX_EVENT {
                return Err(self.fail(Fault::EventTooLarge));
            }
            let frame = self.join(piece);
            self.frames.push_back(frame);
        }
        if self.tail.len() + chunk.len() > MAX_EVENT {
            return Err(self.fail(Fault::EventTooLarge));
        }
        self.tail.extend_from_slice(&chunk);
        Ok(())
    }

    /// The next complete event's bytes.
    pub fn next_frame(&mut self) -> Option<Bytes> {
        self.frames.pop_front()
    }

    /// Complete events that were not taken.
    pub fn frames(&self) -> impl Iterator<Item = &Bytes> {
        self.frames.iter()
    }

    /// The bytes after the last complete event.
    pub fn tail(&self) -> &[u8] {
        &self.tail
    }

    /// Makes what is left at the end an event of its own.
    pub fn release_tail(&mut self) {
        if !self.tail.is_empty() {
            let tail = self.tail.split().freeze();
            self.frames.push_back(tail);
        }
    }

    fn join(&mut self, piece: Bytes) -> Bytes {
        if self.tail.is_empty() {
            return piece;
        }
        self.tail.extend_from_slice(&piece);
        self.tail.split().freeze()
    }

    fn fail(&mut self, fault: Fault) -> Fault {
        self.broken = Some(fault.clone());
        fault
    }

    /// The stream's first byte must be able to begin a field or a comment.
    fn check_beginning(&mut self, chunk: &[u8]) -> Result<(), Fault> {
        let first = chunk.iter().copied().find(|byte| !matches!(byte, b'\r' | b'\n' | b' ' | 0xEF | 0xBB | 0xBF));
        match first {
            Some(b'{') if self.lines => {
                self.begun = true;
                Ok(())
            }
            Some(_) if self.lines => Err(self.fail(Fault::NotAnEventStream)),
            Some(b'{' | b'[' | b'<') => Err(self.fail(Fault::NotAnEventStream)),
            Some(_) => {
                self.begun = true;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Where the first event in this piece of the stream ends, if it does.
    fn end_of_event(&mut self, piece: &[u8]) -> Option<usize> {
        if self.lines {
            return memchr::memchr(b'\n', piece).map(|at| at + 1);
        }
        let mut at = 0;
        if self.after_cr && !piece.is_empty() {
            self.after_cr = false;
            if piece.first() == Some(&b'\n') {
                at = 1;
            }
        }
        loop {
            let rest = piece.get(at..)?;
            let Some(found) = memchr::memchr2(b'\n', b'\r', rest) else {
                self.line_has_bytes |= !rest.is_empty();
                return None;
            };
            let blank = found == 0 && !self.line_has_bytes;
            let is_cr = rest.get(found) == Some(&b'\r');
            at += found + 1;
            if is_cr {
                match piece.get(at) {
                    Some(b'\n') => at += 1,
                    Some(_) => {}
                    None => self.after_cr = true,
                }
            }
            self.line_has_bytes = false;
            if blank {
                return Some(at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(chunks: &[&[u8]]) -> Vec<Bytes> {
        let mut framer = Framer::default();
        for chunk in chunks {
            framer.push(Bytes::copy_from_slice(chunk)).unwrap();
        }
        framer.release_tail();
        std::iter::from_fn(|| framer.next_frame()).collect()
    }

    #[test]
    fn an_event_ends_after_a_blank_line_of_any_kind() {
        for end in ["\n", "\r\n", "\r"] {
            let text = format!("event: a{end}data: 1{end}{end}: c{end}{end}data: 2{end}{end}");
            let got = frames(&[text.as_bytes()]);
            assert_eq!(got.len(), 3, "{end:?}");
            assert_eq!(got[0], format!("event: a{end}data: 1{end}{end}"));
            assert_eq!(got[1], format!(": c{end}{end}"));
        }
    }

    #[test]
    fn an_event_in_one_chunk_is_not_copied() {
        let chunk = Bytes::from_static(b"data: 1\n\ndata: 2\n\n");
        let mut framer = Framer::default();
        framer.push(chunk.clone()).unwrap();
        let first = framer.next_frame().unwrap();
        assert_eq!(first.as_ptr(), chunk.as_ptr());
        assert_eq!(framer.next_frame().unwrap().as_ptr(), chunk.slice(9..).as_ptr());
    }

    #[test]
    fn a_cr_at_the_end_of_a_chunk_ends_the_event_without_waiting() {
        let mut framer = Framer::default();
        framer.push(Bytes::from_static(b"data: 1\r\n\r")).unwrap();
        assert_eq!(framer.next_frame().unwrap(), "data: 1\r\n\r");
        framer.push(Bytes::from_static(b"\ndata: 2\r\n\r\n")).unwrap();
        assert_eq!(framer.next_frame().unwrap(), "\ndata: 2\r\n\r\n");
    }

    #[test]
    fn an_event_over_the_limit_is_refused_however_it_comes() {
        let large = vec![b'x'; MAX_EVENT];
        let mut whole = b"data: ".to_vec();
        whole.extend_from_slice(&large);
        whole.extend_from_slice(b"\n\n");
        assert_eq!(Framer::default().push(whole.into()), Err(Fault::EventTooLarge));
        let mut framer = Framer::default();
        framer.push(Bytes::from_static(b"data: ")).unwrap();
        assert_eq!(framer.push(large.into()), Err(Fault::EventTooLarge));
        assert_eq!(framer.push(Bytes::from_static(b"\n\n")), Err(Fault::EventTooLarge), "it stays broken");
    }

    #[test]
    fn a_document_is_not_an_event_stream() {
        for start in ["{\"error\":1}", "\n[1]", "<html>"] {
            let got = Framer::default().push(Bytes::copy_from_slice(start.as_bytes()));
            assert_eq!(got, Err(Fault::NotAnEventStream));
        }
        assert_eq!(Framer::default().push(Bytes::from_static("\u{feff}data: 1\n\n".as_bytes())), Ok(()));
    }
}
