//! A record and its frame: length and CRC32C (both `u32`, little endian), then the body in postcard.
//!
//! A length of 0 is the preallocated rest of a segment; a frame that does not check out is a torn tail. Either ends the
//! segment. The settled record repeats the opened one, so that it can be posted by itself.
//!
//! What a later build added to a record follows its body as [`Addition`]s, so that a journal of any build can be read by any
//! other: who knows none reads the body and leaves the rest.

use domain::{
    ids::RequestId,
    money::NanoUsd,
    record::{Attempt, Checkpoint, Opened, Settlement, Spent},
};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Bytes before a body.
pub const FRAME: usize = 8;
/// No record is longer; a longer length is damage.
pub const MAX_BODY: usize = 1 << 20;

/// What the journal keeps.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub enum Record {
    /// A request was admitted.
    Open(Opened),
    /// A running request has used this much.
    Checkpoint(Checkpoint),
    /// A request ended.
    Settled(Box<Settled>),
    /// A request will have no end of its own: its task panicked. It is charged at its last checkpoint.
    Abandoned(Abandoned),
}

/// A request without an end of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Abandoned {
    /// Which.
    pub request: RequestId,
    /// The hold it had in the end.
    pub hold: NanoUsd,
    /// How much of the last checkpoint's sale the epoch's lease covers.
    pub covered: NanoUsd,
}

/// A request's end.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Settled {
    /// As admitted, with the hold it had in the end.
    pub opened: Opened,
    /// How it ended.
    pub settlement: Settlement,
    /// How much of the sale the epoch's lease covers; the drain looks for the rest in the wallet.
    pub covered: NanoUsd,
}

/// The same, borrowed, for writing. The variants stand in the order of [`Record`]'s.
#[derive(Debug, Clone, Copy, Serialize)]
pub enum RecordRef<'a> {
    /// A request was admitted.
    Open(&'a Opened),
    /// A running request has used this much.
    Checkpoint(&'a Checkpoint),
    /// A request ended.
    Settled(SettledRef<'a>),
    /// A request will have no end.
    Abandoned(Abandoned),
}

/// [`Settled`], borrowed.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct SettledRef<'a> {
    /// As admitted.
    pub opened: &'a Opened,
    /// How it ended.
    pub settlement: &'a Settlement,
    /// What the lease covers.
    pub covered: NanoUsd,
}

impl<'a> From<&'a Record> for RecordRef<'a> {
    fn from(record: &'a Record) -> Self {
        match record {
            Record::Open(opened) => Self::Open(opened),
            Record::Checkpoint(checkpoint) => Self::Checkpoint(checkpoint),
            Record::Settled(end) => {
                Self::Settled(SettledRef { opened: &end.opened, settlement: &end.settlement, covered: end.covered })
            }
            Record::Abandoned(abandoned) => Self::Abandoned(*abandoned),
        }
    }
}

/// Something that records did not have in the first build. Variants are added at the end and never change.
#[derive(Debug, Serialize, Deserialize)]
enum Addition<'a> {
    /// `unit_prices` of a checkpoint or a settlement.
    UnitPrices(Cow<'a, str>),
    /// `spent` of a settlement's attempts, each by its place.
    Spent(Vec<(u32, Cow<'a, Spent>)>),
}

impl<'a> RecordRef<'a> {
    /// What follows the body.
    fn additions(&self) -> impl Iterator<Item = Addition<'a>> + use<'a> {
        let unit_prices = match self {
            Self::Open(_) | Self::Abandoned(_) => None,
            Self::Checkpoint(checkpoint) => checkpoint.unit_prices.as_deref(),
            Self::Settled(end) => end.settlement.unit_prices.as_deref(),
        };
        let spent: Vec<_> = match self {
            Self::Settled(end) => end.settlement.spent().filter_map(placed).collect(),
            _ => Vec::new(),
        };
        let spent = (!spent.is_empty()).then_some(Addition::Spent(spent));
        unit_prices.map(|text| Addition::UnitPrices(text.into())).into_iter().chain(spent)
    }
}

fn placed<'a>((place, _, spent): (usize, &'a Attempt, &'a Spent)) -> Option<(u32, Cow<'a, Spent>)> {
    Some((u32::try_from(place).ok()?, Cow::Borrowed(spent)))
}

impl Record {
    fn add(&mut self, addition: Addition<'_>) {
        match (self, addition) {
            (Self::Checkpoint(checkpoint), Addition::UnitPrices(text)) => checkpoint.unit_prices = Some(text.into()),
            (Self::Settled(end), Addition::UnitPrices(text)) => end.settlement.unit_prices = Some(text.into()),
            (Self::Settled(end), Addition::Spent(all)) => {
                for (place, spent) in all {
                    let attempt = usize::try_from(place).ok().and_then(|place| end.settlement.attempts.get_mut(place));
                    if let Some(attempt) = attempt {
                        attempt.spent = Some(Box::new(spent.into_owned()));
                    }
                }
            }
            (Self::Open(_) | Self::Abandoned(_), _) | (Self::Checkpoint(_), Addition::Spent(_)) => {}
        }
    }
}

/// The record is longer than [`MAX_BODY`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLong;

/// Appends the record's frame and body to `out`.
pub fn encode(record: RecordRef<'_>, out: &mut Vec<u8>) -> Result<(), TooLong> {
    let start = out.len();
    let mut bytes = std::mem::take(out);
    bytes.extend_from_slice(&[0; FRAME]);
    let mut bytes = postcard::to_extend(&record, bytes).map_err(|_| TooLong)?;
    for addition in record.additions() {
        bytes = postcard::to_extend(&addition, bytes).map_err(|_| TooLong)?;
    }
    let body = bytes.get(start + FRAME..).unwrap_or_default();
    let (length, crc) = (body.len(), crc32c::crc32c(body));
    let fits = length <= MAX_BODY;
    if let (Ok(length), true) = (u32::try_from(length), fits) {
        let frame = bytes.iter_mut().skip(start);
        frame.zip(length.to_le_bytes().into_iter().chain(crc.to_le_bytes())).for_each(|(to, from)| *to = from);
    } else {
        bytes.truncate(start);
    }
    *out = bytes;
    if fits { Ok(()) } else { Err(TooLong) }
}

/// What stands at the beginning of `bytes`.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// A whole body, and the length of frame and body.
    Whole(&'a [u8], usize),
    /// The frame is cut off here; with more bytes there may be more.
    Partial,
    /// The end: untouched preallocated space, or a torn record.
    End,
}

/// Reads one frame.
pub fn frame(bytes: &[u8]) -> Frame<'_> {
    let Some((head, rest)) = bytes.split_at_checked(FRAME) else { return Frame::Partial };
    let number = |at: usize| {
        let bytes = head.get(at..at + 4).and_then(|four| four.try_into().ok());
        u32::from_le_bytes(bytes.unwrap_or_default())
    };
    let (length, crc) = (usize::try_from(number(0)).unwrap_or(usize::MAX), number(4));
    if length == 0 || length > MAX_BODY {
        return Frame::End;
    }
    match rest.get(..length) {
        None => Frame::Partial,
        Some(body) if crc32c::crc32c(body) == crc => Frame::Whole(body, FRAME + length),
        Some(_) => Frame::End,
    }
}

/// Reads a body; `None`: it is no record of this build.
pub fn decode(body: &[u8]) -> Option<Record> {
    let (mut record, mut rest) = postcard::take_from_bytes::<Record>(body).ok()?;
    // What cannot be read is a later build's.
    while let Ok((addition, after)) = postcard::take_from_bytes(rest) {
        record.add(addition);
        rest = after;
    }
    Some(record)
}
