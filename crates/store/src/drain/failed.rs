//! What attempts that failed cost all the same: never the caller's, booked to their own channel and its provider.

use super::{row, values::Shape};
use crate::{db::Value, journal::record::Settled};
use domain::{
    ids::{ChannelId, PriceId},
    record::Attempt,
};

/// The INSERT. Only new requests bring theirs, so no row is there already.
pub const SHAPE: Shape = Shape {
    before: "INSERT INTO attempt_costs (time_us, request_id, attempt, tenant, key_id, model, channel, cost_price, cost)",
    fixed: 0,
    columns: 9,
    after: "",
};

/// One of them.
#[derive(Debug, Clone, Copy)]
pub struct Failed<'a> {
    /// Of this request.
    pub end: &'a Settled,
    /// Its place among the attempts.
    place: usize,
    /// Where.
    pub channel: ChannelId,
    cost_price: Option<PriceId>,
    /// What it cost us.
    pub cost: i64,
}

/// Those of a request that cost something.
pub fn of(end: &Settled) -> impl Iterator<Item = Failed<'_>> {
    let spent = end.settlement.spent().filter(|(.., spent)| spent.cost.0 > 0);
    spent.map(|(place, Attempt { channel, .. }, spent)| Failed {
        end,
        place,
        channel: *channel,
        cost_price: spent.cost_price,
        cost: spent.cost.0,
    })
}

/// The row's values, in the order of [`SHAPE`].
pub fn values(failed: &Failed<'_>, out: &mut Vec<Value>) {
    let opened = &failed.end.opened;
    out.extend([
        row::time_us(opened.request).into(),
        opened.request.into(),
        u32::try_from(failed.place).unwrap_or(u32::MAX).into(),
        opened.tenant.into(),
        opened.key.into(),
        opened.model.as_str().into(),
        failed.channel.into(),
        failed.cost_price.into(),
        failed.cost.into(),
    ]);
}
