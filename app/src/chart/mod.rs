//! Charts as geometry: whole numbers in, SVG paths and places in per cent out. No clock, no browser, no Leptos, so that what is
//! drawn is the same on the server and in the browser, and snapshots can hold it.
//!
//! The box is 600 wide and 100 high and stretched to its place; labels are HTML at a percentage of it.

mod fold;
mod scale;
mod shape;
mod times;

pub use fold::fold;
pub use scale::Unit;
pub use shape::share;

/// The slots of time a chart has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grid {
    /// Where the first begins, in microseconds since 1970.
    pub from_us: i64,
    /// How long one is.
    pub step_us: i64,
    /// How many there are.
    pub slots: usize,
}

/// How values are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// A line each, with gaps where nothing is known.
    Lines,
    /// Bars on top of each other.
    Bars,
}

/// A place on an axis, in hundredths of a per cent from its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At(pub u32);

impl At {
    /// `37.5%`.
    pub fn percent(self) -> String {
        format!("{}.{:02}%", self.0 / 100, self.0 % 100)
    }
}

/// What is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawing {
    /// A path a series, in their order.
    pub paths: Vec<String>,
    /// The lines of the grid, as one path.
    pub lines: String,
    /// The ticks of the values, from the bottom.
    pub y: Vec<(At, i64)>,
    /// The ticks of the time, in microseconds since 1970.
    pub x: Vec<(At, i64)>,
    /// Where nothing is known: from, and how wide.
    pub gaps: Vec<(At, At)>,
    /// The value at the top.
    pub top: i64,
}

/// Draws series of `grid.slots` values each.
pub fn draw(grid: Grid, unit: Unit, look: Look, series: &[&[Option<i64>]]) -> Drawing {
    let highest = match look {
        Look::Lines => series.iter().flat_map(|values| values.iter().flatten()).copied().max(),
        Look::Bars => (0..grid.slots).map(|slot| shape::stacked(series, slot)).max(),
    };
    let (top, ticks) = scale::ticks(highest.unwrap_or(0), unit);
    let y: Vec<(At, i64)> = ticks.into_iter().map(|value| (scale::place(value, top), value)).collect();
    Drawing {
        paths: match look {
            Look::Lines => series.iter().map(|values| shape::line(grid, top, values)).collect(),
            Look::Bars => shape::bars(grid, top, series),
        },
        lines: y
            .iter()
            .skip(1)
            .map(|(At(at), _)| format!("M0 {}H600", shape::tenths(i64::from(10_000 - at) / 10)))
            .collect(),
        x: times::ticks(grid),
        gaps: match look {
            Look::Lines => shape::gaps(grid, series),
            Look::Bars => Vec::new(),
        },
        y,
        top,
    }
}

/// The middle of a slot, where its value stands.
pub fn middle(grid: Grid, slot: usize) -> At {
    shape::share(2 * slot + 1, 2 * grid.slots)
}

#[cfg(test)]
mod tests;
