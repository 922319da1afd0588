//! Counts tokens here, for answers whose provider does not report them and streams that break off.
//!
//! A [`Counter`] takes text as it comes. Text up to the last place where every vocabulary of ours must begin a new piece is
//! encoded once and forgotten; only the open tail, a word as a rule and never more than [`MAX_TAIL`] bytes, is encoded
//! again when somebody asks. Vocabulary tables are unpacked on first use.

mod family;
mod request;

pub use family::{Family, Vocabulary};
pub use request::request_tokens;

use bytes::Bytes;
use domain::dialect::Dialect;

/// The answer to a caller who asked for a count.
pub fn counted(dialect: Dialect, tokens: u64) -> Bytes {
    (crate::dialects::cells(dialect).counted)(tokens).to_string().into()
}

/// A tail without any safe place to cut is cut anyway at this many bytes; that may count one token too many.
const MAX_TAIL: usize = 4 << 10;

/// Counts a text that comes in parts.
#[derive(Debug, Clone)]
pub struct Counter {
    family: Family,
    /// Tokens (or words) of what is encoded for good.
    done: u64,
    tail: String,
    /// The tail's count, while it is known.
    tail_count: Option<u64>,
}

impl Counter {
    /// Of nothing yet.
    pub fn new(family: Family) -> Self {
        Self { family, done: 0, tail: String::new(), tail_count: Some(0) }
    }

    /// Adds a part of the text.
    pub fn push(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        self.tail_count = None;
        let mut from = self.tail.len().saturating_sub(1);
        while !self.tail.is_char_boundary(from) {
            from -= 1;
        }
        self.tail.push_str(text);
        let cut = match self.family.last_safe_cut(&self.tail, from) {
            Some(cut) => cut,
            None if self.tail.len() > MAX_TAIL => self.tail.floor_char_boundary(self.tail.len() - 1),
            None => return,
        };
        let (complete, _) = self.tail.split_at(cut);
        self.done = self.done.saturating_add(self.family.encode(complete));
        self.tail.drain(..cut);
    }

    /// Tokens so far.
    pub fn count(&mut self) -> u64 {
        let tail = match self.tail_count {
            Some(count) => count,
            None => {
                let count = self.family.encode(&self.tail);
                self.tail_count = Some(count);
                count
            }
        };
        self.family.scale(self.done.saturating_add(tail))
    }
}
