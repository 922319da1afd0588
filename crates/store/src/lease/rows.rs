//! Leases in the database: draws, returns, renewals, expiry. Each function is one transaction (or part of the caller's).
//!
//! A lease row holds running totals, so everything here can be repeated: a draw is known by its id, a return by the total
//! returned so far. Lock order: the wallet, then the lease.

use crate::{
    db::{Db, Row, Sql, Tx},
    error::{Error, Result},
    ids,
    ledger::accounts::{self, Wallet},
    sql, time,
};
use domain::{ids::TenantId, money::NanoUsd};
use std::collections::HashMap;

/// How long a recall is heeded.
const RECALL_US: i64 = 2_500_000;

/// Which node, in which of its starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The node's id.
    pub node: String,
    /// Its epoch.
    pub epoch: i64,
}

/// One draw.
#[derive(Debug, Clone, Copy)]
pub struct Draw {
    /// Known by it when asked again.
    pub id: [u8; 16],
    /// For whom.
    pub tenant: TenantId,
    /// Less is no use. 0: nothing is urgent, and the wallet's last bit is left to those who need it.
    pub need: i64,
    /// As much as this, if it is at most a tenth of what is there.
    pub want: i64,
    /// Never less than this while there is as much.
    pub at_least: i64,
    /// How long the lease lives without a renewal.
    pub lifetime_us: i64,
    /// Whether it was asked before, with an unknown outcome: if it was made, the same grant is answered; if not, it is
    /// made now, under the same id, so that the first one, should it still be on its way, cannot be made as well.
    pub again: bool,
}

/// What came of a draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drawn {
    /// So much is leased now.
    Granted {
        /// The amount.
        amount: i64,
        /// What the row says was returned so far.
        returned: i64,
    },
    /// Not enough is there; whether others have some of it.
    Short {
        /// Other nodes, or this node's earlier starts, hold leases.
        elsewhere: bool,
    },
    /// The tenant is frozen.
    Frozen,
}

/// The clock of the database, in microseconds, as an expression.
pub fn clock(sqlite: bool) -> &'static str {
    if sqlite {
        "(CAST(unixepoch('now', 'subsec') * 1000 AS INTEGER) * 1000)"
    } else {
        "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)"
    }
}

/// Draws.
///
/// # Errors
/// The database's ([`Error::Duplicate`]: it was made meanwhile); then the outcome is unknown: ask again with the same id.
pub async fn draw(db: &Db, holder: &Holder, draw: Draw) -> Result<Drawn> {
    let mut tx = db.begin().await?;
    if draw.again {
        let read = sql!("SELECT amount FROM lease_draws WHERE draw_id = $1", draw.id);
        if let Some(row) = tx.fetch_optional(read).await? {
            let lease = own(&mut tx, holder, draw.tenant).await?;
            let returned = lease.map_or(0, |(_, returned)| returned);
            return Ok(Drawn::Granted { amount: row.int(0)?, returned });
        }
    }
    let wallet = match accounts::lock_wallet(&mut tx, draw.tenant).await {
        Err(Error::NotFound(_)) => return Ok(Drawn::Short { elsewhere: false }),
        other => other?,
    };
    let frozen = tx.fetch_one(sql!("SELECT frozen FROM tenants WHERE id = $1", draw.tenant)).await?;
    if frozen.flag(0)? {
        return Ok(Drawn::Frozen);
    }
    let Some(amount) = amount(&draw, wallet.available().0) else {
        let own = own(&mut tx, holder, draw.tenant).await?.map_or(0, |(outstanding, _)| outstanding);
        return Ok(Drawn::Short { elsewhere: wallet.leased.0 > own });
    };
    let returned = grant(&mut tx, holder, &draw, &wallet, amount).await?;
    fault!(DrawBeforeCommit);
    tx.commit().await?;
    fault!(DrawAfterCommit);
    Ok(Drawn::Granted { amount, returned })
}

/// How much to grant of `room`; `None`: not enough.
fn amount(draw: &Draw, room: i64) -> Option<i64> {
    let share = draw.want.min(room / 10);
    if draw.need == 0 {
        return (share >= draw.at_least).then_some(share);
    }
    (room >= draw.need).then(|| draw.need.max(share).max(draw.at_least).min(room))
}

async fn grant(tx: &mut Tx, holder: &Holder, draw: &Draw, wallet: &Wallet, amount: i64) -> Result<i64> {
    tx.execute(sql!("UPDATE accounts SET leased = leased + $2 WHERE id = $1", wallet.id, amount)).await?;
    let text = format!(
        "INSERT INTO leases (node_id, epoch, tenant, account_id, granted, expires_at, state) \
         VALUES ($1, $2, $3, $4, $5, {} + $6, 'open') ON CONFLICT (node_id, epoch, tenant) DO UPDATE SET \
         granted = leases.granted + excluded.granted, expires_at = excluded.expires_at, state = 'open' \
         RETURNING returned",
        clock(tx.is_sqlite())
    );
    let upsert = Sql::built(text).bind(holder.node.as_str()).bind(holder.epoch).bind(draw.tenant);
    let row = tx.fetch_one(upsert.bind(wallet.id).bind(amount).bind(draw.lifetime_us)).await?;
    let insert =
        "INSERT INTO lease_draws (draw_id, node_id, epoch, tenant, amount, time) VALUES ($1, $2, $3, $4, $5, $6)";
    let node = holder.node.as_str();
    tx.execute(sql!(insert, draw.id, node, holder.epoch, draw.tenant, amount, time::now_us())).await?;
    row.int(0)
}

/// This holder's lease: outstanding and returned.
async fn own(tx: &mut Tx, holder: &Holder, tenant: TenantId) -> Result<Option<(i64, i64)>> {
    let text = "SELECT granted - settled - returned, returned FROM leases \
                WHERE node_id = $1 AND epoch = $2 AND tenant = $3";
    let row = tx.fetch_optional(sql!(text, holder.node.as_str(), holder.epoch, tenant)).await?;
    row.map(|row| Ok((row.int(0)?, row.int(1)?))).transpose()
}

/// Tells how much was returned so far, in total.
///
/// # Errors
/// The database's; then tell it again.
pub async fn give_back(db: &Db, holder: &Holder, tenant: TenantId, returned: i64) -> Result<()> {
    let mut tx = db.begin().await?;
    let wallet = accounts::lock_wallet(&mut tx, tenant).await?;
    let Some((outstanding, before)) = own(&mut tx, holder, tenant).await? else { return Ok(()) };
    let more = (returned - before).clamp(0, outstanding);
    if more > 0 {
        let text = "UPDATE leases SET returned = returned + $4 WHERE node_id = $1 AND epoch = $2 AND tenant = $3";
        tx.execute(sql!("UPDATE accounts SET leased = leased - $2 WHERE id = $1", wallet.id, more)).await?;
        tx.execute(sql!(text, holder.node.as_str(), holder.epoch, tenant, more)).await?;
    }
    fault!(ReturnBeforeCommit);
    tx.commit().await?;
    fault!(ReturnAfterCommit);
    Ok(())
}

/// Renews all of the holder's leases; those that live, with what was returned of each, and how far the database's clock is
/// ahead (µs).
///
/// # Errors
/// The database's.
pub async fn renew(db: &Db, holder: &Holder, lifetime_us: i64) -> Result<(HashMap<TenantId, i64>, i64)> {
    let text = format!(
        "UPDATE leases SET expires_at = {0} + $3, state = 'open' \
         WHERE node_id = $1 AND epoch = $2 AND state <> 'closed' RETURNING tenant, returned",
        clock(db.is_sqlite())
    );
    let before = time::now_us();
    let mut tx = db.begin().await?;
    let now = tx.fetch_one(Sql::built(format!("SELECT {}", clock(db.is_sqlite())))).await?.int(0)?;
    let middle = before + (time::now_us() - before) / 2;
    let update = Sql::built(text).bind(holder.node.as_str()).bind(holder.epoch).bind(lifetime_us);
    let rows = tx.fetch_all(update).await?;
    fault!(RenewBeforeCommit);
    tx.commit().await?;
    fault!(RenewAfterCommit);
    let live: Result<_> = rows.iter().map(|row| Ok((TenantId(row.int(0)?), row.int(1)?))).collect();
    Ok((live?, now - middle))
}

/// What was returned of the holder's lease on this wallet, should it be closed.
///
/// # Errors
/// The database's.
pub async fn closed(db: &Db, holder: &Holder, tenant: TenantId) -> Result<Option<i64>> {
    let text = "SELECT returned FROM leases WHERE node_id = $1 AND epoch = $2 AND tenant = $3 AND state = 'closed'";
    let row = db.fetch_optional(sql!(text, holder.node.as_str(), holder.epoch, tenant)).await?;
    row.map(|row| row.int(0)).transpose()
}

/// Marks leases past their time `suspect`, and closes those that have been so for `lost_after_us`. How many were closed.
///
/// # Errors
/// The database's.
pub async fn expire(db: &Db, lost_after_us: i64) -> Result<usize> {
    let now = clock(db.is_sqlite());
    let mark = format!("UPDATE leases SET state = 'suspect' WHERE state = 'open' AND expires_at < {now}");
    db.execute(Sql::built(mark)).await?;
    let find = format!(
        "SELECT node_id, epoch, tenant FROM leases WHERE state = 'suspect' AND expires_at < {now} - $1 \
         ORDER BY tenant, node_id, epoch LIMIT 1000"
    );
    let lost = db.fetch_all(Sql::built(find).bind(lost_after_us)).await?;
    for row in &lost {
        close(db, row, Some(lost_after_us)).await?;
    }
    Ok(lost.len())
}

/// Closes the leases of a node's epochs before `epoch`, giving back what they did not settle: their journal is drained.
///
/// # Errors
/// The database's.
pub async fn close_before(db: &Db, node: &str, epoch: i64) -> Result<()> {
    let text = "SELECT node_id, epoch, tenant FROM leases WHERE node_id = $1 AND epoch < $2 AND state <> 'closed' \
                ORDER BY tenant, epoch";
    for row in db.fetch_all(sql!(text, node, epoch)).await? {
        close(db, &row, None).await?;
    }
    Ok(())
}

/// Closes one lease; with `lost_after_us`, only if it is still past its time by that much.
async fn close(db: &Db, lease: &Row, lost_after_us: Option<i64>) -> Result<()> {
    let (node, epoch, tenant) = (lease.text(0)?, lease.int(1)?, TenantId(lease.int(2)?));
    let mut tx = db.begin().await?;
    let wallet = accounts::lock_wallet(&mut tx, tenant).await?;
    let still = match lost_after_us {
        None => "state <> 'closed' AND expires_at <= $4".to_owned(),
        Some(_) => format!("state = 'suspect' AND expires_at < {} - $4", clock(tx.is_sqlite())),
    };
    let text = format!(
        "SELECT granted - settled - returned FROM leases WHERE node_id = $1 AND epoch = $2 AND tenant = $3 AND {still}{}",
        tx.for_update()
    );
    let find = Sql::built(text).bind(node.as_str()).bind(epoch).bind(tenant).bind(lost_after_us.unwrap_or(i64::MAX));
    let Some(row) = tx.fetch_optional(find).await? else { return Ok(()) };
    let outstanding = NanoUsd(row.int(0)?);
    let update = "UPDATE leases SET returned = returned + $4, state = 'closed' \
                  WHERE node_id = $1 AND epoch = $2 AND tenant = $3";
    tx.execute(sql!("UPDATE accounts SET leased = leased - $2 WHERE id = $1", wallet.id, outstanding)).await?;
    tx.execute(sql!(update, node.as_str(), epoch, tenant, outstanding)).await?;
    if lost_after_us.is_some() && outstanding > NanoUsd::ZERO {
        tracing::warn!(%node, epoch, %tenant, amount = %outstanding, "a lost node's lease was closed");
    }
    fault!(CloseBeforeCommit);
    tx.commit().await?;
    fault!(CloseAfterCommit);
    Ok(())
}

/// Asks all nodes but `node` to return what lies idle of the tenant's leases.
///
/// # Errors
/// The database's.
pub async fn recall(db: &Db, tenant: TenantId, node: &str) -> Result<()> {
    let text = format!(
        "INSERT INTO recalls (id, tenant, node_id, expires_at) VALUES ($1, $2, $3, {} + $4)",
        clock(db.is_sqlite())
    );
    db.execute(Sql::built(text).bind(ids::next()).bind(tenant).bind(node).bind(RECALL_US)).await?;
    Ok(())
}

/// The tenants whose idle leases others need.
///
/// # Errors
/// The database's.
pub async fn recalled(db: &Db, node: &str) -> Result<Vec<TenantId>> {
    let now = clock(db.is_sqlite());
    let text = format!("SELECT DISTINCT tenant FROM recalls WHERE expires_at > {now} AND node_id <> $1");
    let rows = db.fetch_all(Sql::built(text).bind(node)).await?;
    rows.iter().map(|row| Ok(TenantId(row.int(0)?))).collect()
}

/// Deletes what nobody asks for again: old recalls, and draws of more than a week ago.
///
/// # Errors
/// The database's.
pub async fn tidy(db: &Db) -> Result<()> {
    let now = clock(db.is_sqlite());
    db.execute(Sql::built(format!("DELETE FROM recalls WHERE expires_at < {now} - 60000000"))).await?;
    db.execute(Sql::built(format!("DELETE FROM lease_draws WHERE time < {now} - 604800000000"))).await?;
    Ok(())
}
