//! Which versions hold, and which will: `models.sale_price` and `channel_models.cost_price` point at what began at once,
//! rows of `standing_prices` at what begins later and at groups' own.
//!
//! What began at once holds by being pointed at, whatever the clocks of the nodes say; only what is scheduled goes by them.

use super::{PriceVersion, Scope, version};
use crate::{
    db::{Sql, Tx},
    error::Result,
    sql,
};
use domain::ids::{ChannelId, PriceId};

/// A version that holds, or will.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Microseconds since 1970 from which it does; 0: from when it was set.
    pub begins_us: i64,
    /// Which.
    pub version: PriceVersion,
}

/// In the order in which they begin; of two that begin together, the one set later last.
const SELECT: &str = "SELECT p.*, w.begins FROM prices p JOIN ( \
        SELECT sale_price AS id, CAST(0 AS BIGINT) AS begins FROM models WHERE sale_price IS NOT NULL \
        UNION ALL SELECT cost_price, CAST(0 AS BIGINT) FROM channel_models WHERE cost_price IS NOT NULL \
        UNION ALL SELECT price, begins FROM standing_prices) w ON w.id = p.id";

/// All of them; of one model or one channel, where these are named.
pub(crate) async fn read(tx: &mut Tx, model: Option<&str>, channel: Option<ChannelId>) -> Result<Vec<Standing>> {
    let order = "ORDER BY w.begins, p.version";
    let select = match (model, channel) {
        (Some(model), _) => Sql::built(format!("{SELECT} WHERE p.model = $1 {order}")).bind(model),
        (None, Some(channel)) => Sql::built(format!("{SELECT} WHERE p.channel = $1 {order}")).bind(channel),
        (None, None) => Sql::built(format!("{SELECT} {order}")),
    };
    let rows = tx.fetch_all(select).await?;
    rows.iter().map(|row| Ok(Standing { begins_us: row.int("begins")?, version: version(row)? })).collect()
}

/// What holds at this moment of one model's prices in one scope.
pub fn holding<'a>(all: &'a [Standing], model: &str, scope: &Scope, now_us: i64) -> Option<&'a PriceVersion> {
    let of = |it: &&Standing| it.version.model == model && it.version.scope == *scope && it.begins_us <= now_us;
    all.iter().rev().find(of).map(|it| &it.version)
}

/// Adds a row.
pub(super) async fn add(tx: &mut Tx, price: PriceId, begins_us: i64) -> Result<()> {
    let insert = sql!("INSERT INTO standing_prices (price, begins) VALUES ($1, $2)", price, begins_us);
    tx.execute(insert).await.map(drop)
}

/// Takes away what began by this moment, since another version has begun; `i64::MAX`: what has not begun too.
pub(crate) async fn forget(tx: &mut Tx, model: &str, scope: &Scope, until_us: i64) -> Result<u64> {
    let delete = sql!(
        "DELETE FROM standing_prices WHERE begins <= $1 AND price IN (SELECT id FROM prices \
         WHERE scope = $2 AND model = $3 AND COALESCE(channel, 0) = $4 AND tenant_group = $5)",
        until_us,
        scope.word(),
        model,
        scope.channel().map_or(0, |channel| channel.0),
        scope.group()
    );
    tx.execute(delete).await
}

/// Takes away all of a channel's, or all of a group's.
pub(crate) async fn forget_all(tx: &mut Tx, scope: &Scope) -> Result<()> {
    let delete = sql!(
        "DELETE FROM standing_prices WHERE price IN (SELECT id FROM prices \
         WHERE scope = $1 AND COALESCE(channel, 0) = $2 AND tenant_group = $3)",
        scope.word(),
        scope.channel().map_or(0, |channel| channel.0),
        scope.group()
    );
    tx.execute(delete).await.map(drop)
}
