//! Reading what requests used: pages, one request, CSV, sums.
//!
//! Pages go by key (time and id), never by offset, so the ten-millionth row costs what the first does. Sums come from
//! the coarsest roll-ups that are exact, piece by piece, and where there are none from the rows.

#![deny(clippy::float_arithmetic)]

mod csv;
pub(crate) mod durations;
pub(crate) mod event;
mod filter;
mod group;
mod index;
mod margin;
mod pieces;
pub(crate) mod summary;

pub(crate) use csv::charged_until;
pub use csv::{COLUMNS, csv};
pub use durations::Durations;
pub use event::{Event, Place, among, get};
pub use filter::Filter;
pub use group::{GroupBy, Of, UnknownGroup};
pub use margin::{MARGIN_COLUMNS, Margins, margin_csv, margins};
pub use summary::Line;
