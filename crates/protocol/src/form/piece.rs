//! Parts of a streamed answer, as an upstream tells them.

use super::{answer::Stop, request::Opaque, signature::Signature};
use crate::stream::SseEvent;
use domain::usage::Usage;
use std::fmt::Debug;

/// What one event says. Content comes in slots: an upstream may fill several at a time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Piece {
    /// A slot begins. A decoder begins each slot once, and never uses a number again.
    Begin(Slot, Begin),
    /// More of a text, a reasoning or a refusal.
    Text(Slot, String),
    /// More of a call's arguments.
    Arguments(Slot, String),
    /// The signature of a reasoning, whole.
    Sign(Slot, Signature),
    /// A slot is complete. Where an upstream does not say it, the sequence does.
    End(Slot),
    /// The answer is complete, and why.
    Stop(Stop),
}

/// A block's place while it is streamed.
pub(crate) type Slot = u32;

/// What begins.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Begin {
    Text,
    /// With the item's id, where it has one.
    Reasoning(Option<String>),
    Refusal,
    /// With its signature, where the call has one (Gemini).
    ToolUse {
        id: String,
        name: String,
        custom: bool,
        signature: Option<Signature>,
    },
    /// A block of its maker's alone, whole.
    Opaque(Opaque),
}

/// Reads the stream of one answer. Errors and usage are read elsewhere.
pub(crate) trait Decode: Send + Debug {
    /// Adds what an event says. What it does not understand says nothing.
    fn event(&mut self, event: &SseEvent<'_>, pieces: &mut Vec<Piece>);
}

/// Blocks one after the other: what [`super::sequence::Sequence`] makes of pieces, for encoders. Exactly one block is
/// open between its beginning and its end.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Step {
    Begin(Begin),
    Text(String),
    Arguments(String),
    Sign(Signature),
    End,
    /// After the last block's end.
    Stop(Stop),
    /// The last one, with the usage of the whole answer. Never comes in a stream that breaks off.
    Over(Usage),
}

/// Writes the stream of one answer.
pub(crate) trait Encode: Send + Debug {
    /// Adds the bytes of a step. The first step's bytes begin with the dialect's own beginning.
    fn step(&mut self, step: Step, out: &mut Vec<u8>);
}
