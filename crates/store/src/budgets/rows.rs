//! Windows and leases of budgets in the database. Each function is one transaction, or part of the caller's.
//!
//! A node tells what it knows to be granted and returned, in running totals: a call whose answer was lost is simply made
//! again, and what it granted is found then. Lock order: the window, then the lease; the drain takes windows in order.

use super::window::Span;
use crate::{
    db::{Db, Sql, Tx, Value},
    error::Result,
    lease::rows::{Holder, clock},
    sql, time,
};
use domain::ids::{BudgetId, KeyId, TenantId, UserId};

/// How long a lease lives without a renewal.
const LIFETIME_US: i64 = 120_000_000;
const HOUR_US: i64 = 3_600_000_000;
/// Leases that are looked up at once to be closed.
const CLOSED: usize = 1_000;

/// What a node asks of a window.
#[derive(Debug, Clone, Copy)]
pub struct Ask {
    /// Of which budget.
    pub budget: BudgetId,
    /// Which window.
    pub span: Span,
    /// Granted so far, as far as the node knows; `None`: it has not asked yet, or has forgotten what was all spent.
    pub known: Option<i64>,
    /// Returned so far, in total, where `known` is known.
    pub returned: i64,
    /// Less is no use; 0: only returns.
    pub need: i64,
    /// As much as this, if it is at most a tenth of what is left.
    pub want: i64,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// So it stands now.
    Granted {
        /// Granted, in total.
        total: i64,
        /// Returned, in total.
        returned: i64,
        /// What of the grants the node did not know of.
        fresh: i64,
        /// Others took the node for lost and closed its lease: what was there is not its own any more.
        anew: bool,
    },
    /// Not enough is left; whether other nodes have some of it.
    Short {
        /// Whether it makes sense to ask them.
        elsewhere: bool,
    },
    /// There is no such hard budget any more.
    Gone,
}

/// Whose spend a window counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Owner {
    /// All keys' of the tenant.
    Tenant,
    /// One key's.
    Key(KeyId),
    /// All keys' of a member.
    Member(UserId),
}

struct Lease {
    granted: i64,
    settled: i64,
    returned: i64,
}

impl Lease {
    fn outstanding(&self) -> i64 {
        self.granted - self.settled - self.returned
    }
}

/// Draws and returns.
///
/// # Errors
/// The database's; then the outcome is unknown: ask again.
pub async fn ask(db: &Db, holder: &Holder, ask: Ask) -> Result<Answer> {
    let mut tx = db.begin().await?;
    let select = sql!("SELECT tenant, owner_kind, owner, amount, hard FROM budgets WHERE id = $1", ask.budget);
    let Some(budget) = tx.fetch_optional(select).await? else { return Ok(Answer::Gone) };
    let (tenant, owner) = (TenantId(budget.int(0)?), super::owner(&budget.text(1)?, budget.int(2)?)?);
    let (amount, hard) = (budget.int(3)?, budget.flag(4)?);
    if !hard && ask.need > 0 {
        return Ok(Answer::Gone);
    }
    open(&mut tx, ask.budget, ask.span, tenant, owner).await?;
    let text =
        format!("SELECT spent, leased FROM budget_windows WHERE budget = $1 AND start_us = $2{}", tx.for_update());
    let window = tx.fetch_one(Sql::built(text).bind(ask.budget).bind(ask.span.start_us)).await?;
    let (spent, mut leased) = (window.int(0)?, window.int(1)?);
    let found = lease(&mut tx, holder, &ask).await?;
    let anew = found.is_none() && ask.known.is_some_and(|known| known > 0);
    if found.is_none() && ask.need <= 0 {
        // Its lease is closed, so there is nothing to return; no reason to make another.
        return Ok(Answer::Granted { total: 0, returned: 0, fresh: 0, anew });
    }
    let mut own = found.unwrap_or(Lease { granted: 0, settled: 0, returned: 0 });
    let known = if anew { 0 } else { ask.known.unwrap_or(own.granted) };
    let told = if anew || ask.known.is_none() { own.returned } else { ask.returned };
    let back = (told - own.returned).clamp(0, own.outstanding());
    own.returned += back;
    leased -= back;
    // Over what it knows: a grant whose answer was lost.
    let missing = ask.need - (own.granted - known);
    let mut short = false;
    if missing > 0 {
        let left = amount - spent - leased;
        let more = missing.max(ask.want.min(left / 10)).min(left);
        short = more < missing;
        if !short {
            own.granted += more;
            leased += more;
        }
    }
    write(&mut tx, holder, &ask, &own).await?;
    let update = "UPDATE budget_windows SET leased = $3 WHERE budget = $1 AND start_us = $2";
    tx.execute(sql!(update, ask.budget, ask.span.start_us, leased)).await?;
    tx.commit().await?;
    if short {
        return Ok(Answer::Short { elsewhere: leased > own.outstanding() });
    }
    Ok(Answer::Granted { total: own.granted, returned: own.returned, fresh: own.granted - known, anew })
}

async fn lease(tx: &mut Tx, holder: &Holder, ask: &Ask) -> Result<Option<Lease>> {
    let text = "SELECT granted, settled, returned FROM budget_leases \
                WHERE node_id = $1 AND epoch = $2 AND budget = $3 AND start_us = $4";
    let select = sql!(text, holder.node.as_str(), holder.epoch, ask.budget, ask.span.start_us);
    let row = tx.fetch_optional(select).await?;
    row.map(|row| Ok(Lease { granted: row.int(0)?, settled: row.int(1)?, returned: row.int(2)? })).transpose()
}

async fn write(tx: &mut Tx, holder: &Holder, ask: &Ask, lease: &Lease) -> Result<()> {
    let text = format!(
        "INSERT INTO budget_leases (node_id, epoch, budget, start_us, granted, returned, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, {} + $7) ON CONFLICT (node_id, epoch, budget, start_us) DO UPDATE SET \
         granted = excluded.granted, returned = excluded.returned, expires_at = excluded.expires_at",
        clock(tx.is_sqlite())
    );
    let upsert = Sql::built(text).bind(holder.node.as_str()).bind(holder.epoch).bind(ask.budget);
    let upsert = upsert.bind(ask.span.start_us).bind(lease.granted).bind(lease.returned).bind(LIFETIME_US);
    tx.execute(upsert).await.map(drop)
}

/// Makes the window if it is not there, with what was spent in it already. Whether it was made now: then what the caller's
/// transaction has posted is in it.
///
/// # Errors
/// The database's.
pub async fn open(tx: &mut Tx, budget: BudgetId, span: Span, tenant: TenantId, owner: Owner) -> Result<bool> {
    let find = sql!("SELECT spent FROM budget_windows WHERE budget = $1 AND start_us = $2", budget, span.start_us);
    if tx.fetch_optional(find).await?.is_some() {
        return Ok(false);
    }
    let Sql { text, values } = spent(span, tenant, owner);
    let insert = format!(
        "INSERT INTO budget_windows (budget, start_us, end_us, spent) \
         SELECT CAST($5 AS BIGINT), CAST($6 AS BIGINT), CAST($7 AS BIGINT), sum FROM ({}) AS before WHERE 1 = 1 ON CONFLICT (budget, start_us) DO NOTHING",
        text.as_str()
    );
    let insert = Sql { values, ..Sql::built(insert) }.bind(budget).bind(span.start_us).bind(span.end_us);
    Ok(tx.execute(insert).await? == 1)
}

/// What was posted of an owner's requests in a window, by the hours' sums where the window has whole ones.
pub(super) fn spent(span: Span, tenant: TenantId, owner: Owner) -> Sql {
    let whole_hours = |us: i64| us % HOUR_US == 0 || us == i64::MAX;
    let (table, time) = if whole_hours(span.start_us) && whole_hours(span.end_us) {
        ("usage_hours", "hour_us")
    } else {
        ("usage_events", "time_us")
    };
    let (whose, id) = match owner {
        Owner::Tenant => ("tenant = $4", tenant.0),
        Owner::Key(key) => ("key_id = $4", key.0),
        Owner::Member(user) => ("key_id IN (SELECT id FROM keys WHERE member = $4)", user.0),
    };
    let text = format!(
        "SELECT CAST(COALESCE(SUM(sale), 0) AS BIGINT) AS sum FROM {table} \
         WHERE tenant = $1 AND {time} >= $2 AND {time} < $3 AND {whose}"
    );
    Sql::built(text).bind(tenant).bind(span.start_us).bind(span.end_us).bind(id)
}

/// Takes for told in each window what `passed` says of what was spent in it: its amount or its steps were changed.
///
/// # Errors
/// The database's.
pub(super) async fn reckon_told(tx: &mut Tx, budget: BudgetId, passed: impl Fn(i64) -> i64) -> Result<()> {
    // Windows that are over tell nothing any more.
    let text = format!(
        "SELECT start_us, spent FROM budget_windows WHERE budget = $1 AND end_us > $2 ORDER BY start_us{}",
        tx.for_update()
    );
    let rows = tx.fetch_all(Sql::built(text).bind(budget).bind(time::now_us())).await?;
    for row in rows {
        let update = "UPDATE budget_windows SET told = $3 WHERE budget = $1 AND start_us = $2";
        tx.execute(sql!(update, budget, row.int(0)?, passed(row.int(1)?))).await?;
    }
    Ok(())
}

/// Ends the tenant's open windows: its days begin elsewhere from now on, and every window is made anew.
///
/// # Errors
/// The database's.
pub(crate) async fn end_windows(tx: &mut Tx, tenant: TenantId) -> Result<()> {
    let text = "UPDATE budget_windows SET end_us = $2 WHERE end_us > $2 AND end_us < $3 \
                AND budget IN (SELECT id FROM budgets WHERE tenant = $1)";
    tx.execute(sql!(text, tenant, time::now_us(), i64::MAX)).await.map(drop)
}

/// Renews all leases of the holder.
///
/// # Errors
/// The database's.
pub async fn renew(db: &Db, holder: &Holder) -> Result<()> {
    let text = format!(
        "UPDATE budget_leases SET expires_at = {} + $3 WHERE node_id = $1 AND epoch = $2",
        clock(db.is_sqlite())
    );
    db.execute(Sql::built(text).bind(holder.node.as_str()).bind(holder.epoch).bind(LIFETIME_US)).await.map(drop)
}

/// Closes leases that were not renewed for `lost_after_us` after they ran out.
///
/// # Errors
/// The database's.
pub async fn expire(db: &Db, lost_after_us: i64) -> Result<()> {
    let condition = format!("expires_at < {} - $1", clock(db.is_sqlite()));
    close(db, &condition, &[lost_after_us.into()]).await
}

/// Closes the leases of a node's epochs before `epoch`, renewed or not: their journal is drained.
///
/// # Errors
/// The database's.
pub async fn close_before(db: &Db, node: &str, epoch: i64) -> Result<()> {
    close(db, "node_id = $1 AND epoch < $2", &[node.into(), epoch.into()]).await
}

/// Deletes the leases that meet the condition, one by one, where they still do; what they have out is free again.
async fn close(db: &Db, condition: &str, values: &[Value]) -> Result<()> {
    let bound = |text: String| values.iter().cloned().fold(Sql::built(text), Sql::bind);
    let find = format!("SELECT node_id, epoch, budget, start_us FROM budget_leases WHERE {condition} LIMIT {CLOSED}");
    let n = values.len();
    let delete = format!(
        "DELETE FROM budget_leases WHERE {condition} AND node_id = ${} AND epoch = ${} AND budget = ${} AND start_us = ${} \
         RETURNING granted - settled - returned",
        n + 1,
        n + 2,
        n + 3,
        n + 4
    );
    loop {
        let found = db.fetch_all(bound(find.clone())).await?;
        for row in &found {
            let (node, epoch, budget, start) = (row.text(0)?, row.int(1)?, row.int(2)?, row.int(3)?);
            let mut tx = db.begin().await?;
            let lock =
                format!("SELECT leased FROM budget_windows WHERE budget = $1 AND start_us = $2{}", tx.for_update());
            tx.fetch_optional(Sql::built(lock).bind(budget).bind(start)).await?;
            let one = bound(delete.clone()).bind(node).bind(epoch).bind(budget).bind(start);
            let Some(gone) = tx.fetch_optional(one).await? else { continue };
            let update = "UPDATE budget_windows SET leased = leased - $3 WHERE budget = $1 AND start_us = $2";
            tx.execute(sql!(update, budget, start, gone.int(0)?)).await?;
            tx.commit().await?;
        }
        if found.len() < CLOSED {
            return Ok(());
        }
    }
}
