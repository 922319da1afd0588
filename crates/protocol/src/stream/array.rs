//! A stream's documents as one JSON array: how Google tells a stream to a caller who did not ask for events.
//! <https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent>

use super::{Fault, framer::Framer, sse::SseEvent};
use bytes::{Bytes, BytesMut};

/// Turns the bytes of an event stream into those of an array, an element as soon as its event is complete.
#[derive(Debug, Default)]
pub struct ArrayOfEvents {
    framer: Framer,
    begun: bool,
}

impl ArrayOfEvents {
    /// The array's bytes that are due after these.
    ///
    /// # Errors
    /// [`Fault`] if they are no event stream.
    pub fn push(&mut self, bytes: Bytes) -> Result<Bytes, Fault> {
        self.framer.push(bytes)?;
        Ok(self.elements())
    }

    /// The rest of it: an event whose blank line never came counts.
    pub fn end(mut self) -> Bytes {
        self.framer.release_tail();
        let mut rest = BytesMut::from(&self.elements()[..]);
        rest.extend_from_slice(if self.begun { b"\n]\n" } else { b"[]\n" });
        rest.freeze()
    }

    fn elements(&mut self) -> Bytes {
        let mut out = BytesMut::new();
        while let Some(event) = self.framer.next_frame() {
            let data = SseEvent::read(&event, |event| event.data.as_deref().map(<[u8]>::to_vec));
            let Some(data) = data else { continue };
            out.extend_from_slice(if self.begun { b",\n" } else { b"[" });
            self.begun = true;
            out.extend_from_slice(&data);
        }
        out.freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_the_array_of_its_documents_however_it_is_cut() {
        let stream = b"data: {\"a\":1}\r\n\r\n: comment\r\n\r\ndata: {\"b\":\ndata: [2]}\r\n\r\ndata: {\"c\":\"\\n\"}";
        for size in 1..=stream.len() {
            let mut array = ArrayOfEvents::default();
            let mut told = Vec::new();
            for piece in stream.chunks(size) {
                told.extend_from_slice(&array.push(Bytes::copy_from_slice(piece)).unwrap());
            }
            told.extend_from_slice(&array.end());
            let read: serde_json::Value = serde_json::from_slice(&told).unwrap();
            assert_eq!(read, serde_json::json!([{"a": 1}, {"b": [2]}, {"c": "\n"}]), "in pieces of {size}");
        }
        assert_eq!(ArrayOfEvents::default().end(), "[]\n");
    }
}
