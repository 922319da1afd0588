//! Slots whose roll-ups are not made yet, or not with all that was posted.

use super::Span;
use crate::{
    db::{Sql, Tx, Value},
    drain::values::Shape,
    error::Result,
};
use std::collections::{BTreeSet, HashSet};

/// The INSERT that marks. A batch has a number of its own, so whoever has read a slot can tell that another batch came.
pub(crate) const SHAPE: Shape = Shape {
    before: "INSERT INTO usage_stale (span, slot_us, batch)",
    fixed: 0,
    columns: 3,
    after: " ON CONFLICT (span, slot_us) DO UPDATE SET batch = excluded.batch",
};

/// The slots of a batch. Sorted, as every node locks them.
#[derive(Debug, Default)]
pub(crate) struct Touched(BTreeSet<(Span, i64)>);

impl Touched {
    /// Takes in a request of this time.
    pub fn add(&mut self, time_us: i64) {
        self.0.extend(Span::ALL.map(|span| (span, span.slot(time_us))));
    }

    /// The marks to write.
    pub fn into_rows(self) -> impl ExactSizeIterator<Item = (Span, i64)> {
        self.0.into_iter()
    }
}

/// One mark's values.
pub(crate) fn values((span, slot_us): (Span, i64), batch: i64, out: &mut Vec<Value>) {
    out.extend([span.id().into(), slot_us.into(), batch.into()]);
}

/// Those that lie in a range or reach into it.
pub(crate) async fn within(tx: &mut Tx, from_us: i64, to_us: i64) -> Result<HashSet<(i64, i64)>> {
    let text = "SELECT span, slot_us FROM usage_stale WHERE slot_us >= $1 AND slot_us < $2";
    let rows = tx.fetch_all(Sql::new(text).bind(Span::Month.slot(from_us)).bind(to_us)).await?;
    rows.iter().map(|row| Ok((row.int(0)?, row.int(1)?))).collect()
}
