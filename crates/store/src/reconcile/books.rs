//! The database against itself.

use super::Report;
use crate::{
    db::{Db, Sql, Tx},
    error::Result,
    retention::until_us,
};
use domain::{
    ids::{AccountId, BudgetId, ChannelId, KeyId, TenantId, TransferId},
    money::NanoUsd,
};

/// The invariants of the books, read in one statement, hence in one snapshot. All zero when they hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Audit {
    /// Σ posted of all accounts.
    pub sum: NanoUsd,
    /// Wallets below their credit limit.
    pub below_limit: i64,
    /// Wallets whose `leased` is not what their leases have out.
    pub leased_differs: i64,
    /// Accounts whose `posted` is not the sum of their transfers.
    pub posted_differs: i64,
}

impl Audit {
    /// Whether all hold.
    pub fn holds(&self) -> bool {
        self.sum == NanoUsd::ZERO && (self.below_limit, self.leased_differs, self.posted_differs) == (0, 0, 0)
    }
}

const AUDIT: &str = "SELECT \
    (SELECT CAST(COALESCE(SUM(posted), 0) AS BIGINT) FROM accounts), \
    (SELECT COUNT(*) FROM accounts WHERE kind = 'wallet' AND posted + credit_limit - leased < 0), \
    (SELECT COUNT(*) FROM accounts a WHERE kind = 'wallet' AND leased <> (SELECT CAST(COALESCE(SUM( \
        granted - settled - returned), 0) AS BIGINT) FROM leases l WHERE l.account_id = a.id AND l.state <> 'closed')), \
    (SELECT COUNT(*) FROM accounts a WHERE posted <> \
        (SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM transfers t WHERE t.credit_account = a.id) \
      - (SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM transfers t WHERE t.debit_account = a.id))";

/// Reads the invariants: cheap enough for ten times a second.
///
/// # Errors
/// The database's.
pub async fn audit(db: &Db) -> Result<Audit> {
    let row = db.fetch_one(Sql::new(AUDIT)).await?;
    Ok(Audit {
        sum: NanoUsd(row.int(0)?),
        below_limit: row.int(1)?,
        leased_differs: row.int(2)?,
        posted_differs: row.int(3)?,
    })
}

/// No more differences of one kind are listed; there may be millions.
const LISTED: &str = " LIMIT 20";

const POSTED: &str = "SELECT id, posted, moved FROM (SELECT a.id AS id, a.posted AS posted, \
    (SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM transfers t WHERE t.credit_account = a.id) \
  - (SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM transfers t WHERE t.debit_account = a.id) AS moved \
    FROM accounts a) AS sums WHERE posted <> moved";

const LEASED: &str = "SELECT id, leased, out FROM (SELECT a.id AS id, a.leased AS leased, (SELECT CAST(COALESCE(SUM( \
    granted - settled - returned), 0) AS BIGINT) FROM leases l WHERE l.account_id = a.id AND l.state <> 'closed') AS out \
    FROM accounts a WHERE kind = 'wallet') AS sums WHERE leased <> out";

const BELOW: &str = "SELECT id, posted + credit_limit - leased AS available FROM accounts \
    WHERE kind = 'wallet' AND posted + credit_limit - leased < 0";

/// Rows and what was frozen of them less roll-ups, where that is not zero; by the hour, and by the day before `$1`, where
/// they may be frozen.
const ROLLUPS: &str = "SELECT tenant, key_id, channel, CAST(SUM(requests) AS BIGINT) AS requests, \
    CAST(SUM(sale) AS BIGINT) AS sale, CAST(SUM(cost) AS BIGINT) AS cost, CAST(SUM(units) AS BIGINT) AS units FROM (\
    SELECT CASE WHEN time_us < $1 THEN time_us / 86400000000 * 24 ELSE time_us / 3600000000 END AS hour, \
    tenant, key_id, model, COALESCE(channel, 0) AS channel, 1 AS requests, \
    sale, cost, input + cache_read + cache_write_5m + cache_write_1h + output AS units FROM usage_events \
    UNION ALL SELECT CASE WHEN time_us < $1 THEN time_us / 86400000000 * 24 ELSE time_us / 3600000000 END, \
    tenant, key_id, model, channel, 0, 0, cost, 0 FROM attempt_costs \
    UNION ALL SELECT day_us / 3600000000, tenant, key_id, model, channel, requests, sale, cost, \
    input + cache_read + cache_write_5m + cache_write_1h + output FROM usage_days \
    UNION ALL SELECT CASE WHEN hour_us < $1 THEN hour_us / 86400000000 * 24 ELSE hour_us / 3600000000 END, \
    tenant, key_id, model, channel, -requests, -sale, -cost, \
    -(input + cache_read + cache_write_5m + cache_write_1h + output) FROM usage_hours) AS lines \
    GROUP BY hour, tenant, key_id, model, channel \
    HAVING SUM(requests) <> 0 OR SUM(sale) <> 0 OR SUM(cost) <> 0 OR SUM(units) <> 0 ORDER BY hour";

/// Usage transfers and the rows they charged, where they differ. Of transfers from before `$1` rows may be frozen: those are
/// in the sums per tenant.
const CHARGES: &str = "SELECT transfer, CAST(SUM(rows_sale) AS BIGINT) AS rows_sale, CAST(SUM(amount) AS BIGINT) AS amount, \
    MAX(known) AS known FROM (SELECT COALESCE(transfer, 0) AS transfer, sale AS rows_sale, 0 AS amount, \
    CASE WHEN time_us < $1 THEN 0 ELSE 1 END AS known FROM usage_events WHERE sale > 0 \
    UNION ALL SELECT transfer, sale, 0, 0 FROM usage_frozen_charges \
    UNION ALL SELECT id, 0, amount, CASE WHEN time < $1 THEN -1 ELSE 1 END FROM transfers WHERE kind = 'usage') AS lines \
    GROUP BY transfer HAVING SUM(rows_sale) <> SUM(amount) AND MIN(known) >= 0 AND MAX(known) > 0 ORDER BY transfer";

/// The same per tenant, so that a row moved from one tenant to another is found, with what is frozen.
const TENANTS: &str = "SELECT tenant, CAST(SUM(rows_sale) AS BIGINT) AS rows_sale, CAST(SUM(amount) AS BIGINT) AS amount \
    FROM (SELECT tenant, sale AS rows_sale, 0 AS amount FROM usage_events \
    UNION ALL SELECT tenant, sale, 0 FROM usage_days \
    UNION ALL SELECT tenant, 0, amount FROM transfers WHERE kind = 'usage') AS lines \
    GROUP BY tenant HAVING SUM(rows_sale) <> SUM(amount) ORDER BY tenant";

/// Windows of budgets whose `leased` is not what nodes have out of them.
const BUDGETS_LEASED: &str = "SELECT budget, leased, out FROM (SELECT w.budget AS budget, w.leased AS leased, \
    (SELECT CAST(COALESCE(SUM(granted - settled - returned), 0) AS BIGINT) FROM budget_leases l \
     WHERE l.budget = w.budget AND l.start_us = w.start_us) AS out FROM budget_windows w) AS sums WHERE leased <> out";

/// Windows of whole hours, not long over, whose `spent` is not the sum of their requests.
const BUDGETS_SPENT: &str = "SELECT budget, spent, charged FROM (SELECT w.budget AS budget, w.spent AS spent, \
    (SELECT CAST(COALESCE(SUM(h.sale), 0) AS BIGINT) FROM usage_hours h WHERE h.tenant = b.tenant \
     AND h.hour_us >= w.start_us AND h.hour_us < w.end_us AND (b.owner_kind = 'tenant' \
     OR (b.owner_kind = 'key' AND h.key_id = b.owner) OR (b.owner_kind = 'member' \
     AND h.key_id IN (SELECT k.id FROM keys k WHERE k.member = b.owner)))) AS charged \
    FROM budget_windows w JOIN budgets b ON b.id = w.budget WHERE w.start_us % 3600000000 = 0 \
    AND (w.end_us % 3600000000 = 0 OR w.end_us = 9223372036854775807) AND w.end_us > $1) AS sums WHERE spent <> charged";

const TOTALS: &str = "SELECT CAST(COUNT(*) AS BIGINT) AS requests, \
    CAST(COALESCE(SUM(sale), 0) AS BIGINT) AS sale, CAST(COALESCE(SUM(cost), 0) AS BIGINT) AS cost, \
    (SELECT CAST(COALESCE(SUM(requests), 0) AS BIGINT) FROM usage_days) AS frozen_requests, \
    (SELECT CAST(COALESCE(SUM(sale), 0) AS BIGINT) FROM usage_days) AS frozen_sale, \
    (SELECT CAST(COALESCE(SUM(cost), 0) AS BIGINT) FROM usage_days) AS frozen_cost, \
    (SELECT CAST(COALESCE(SUM(cost), 0) AS BIGINT) FROM attempt_costs) AS failed_cost, \
    (SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM transfers WHERE kind = 'cost') AS booked, \
    (SELECT CAST(COALESCE(SUM(posted), 0) AS BIGINT) FROM accounts) AS everything FROM usage_events";

const DAY_US: i64 = 86_400_000_000;

pub(super) fn listed(text: &str) -> Sql {
    Sql::built(format!("{text}{LISTED}"))
}

/// Compares all of it in the caller's snapshot.
pub(super) async fn compare(tx: &mut Tx, report: &mut Report) -> Result<()> {
    let until_us = until_us(tx).await?;
    report.frozen_until_us = until_us;
    let totals = tx.fetch_one(Sql::new(TOTALS)).await?;
    report.frozen_requests = u64::try_from(totals.int("frozen_requests")?).unwrap_or(0);
    report.requests = u64::try_from(totals.int("requests")?).unwrap_or(0).saturating_add(report.frozen_requests);
    report.charged = NanoUsd(totals.int("sale")?.saturating_add(totals.int("frozen_sale")?));
    let cost =
        totals.int("cost")?.saturating_add(totals.int("frozen_cost")?).saturating_add(totals.int("failed_cost")?);
    report.expect("cost of usage rows and failed attempts, against transfers", true, totals.int("booked")?, cost);
    report.expect("sum of all accounts", true, 0, totals.int("everything")?);
    for row in tx.fetch_all(listed(POSTED)).await? {
        let account = AccountId(row.int("id")?);
        report.expect(
            format!("posted of {account}, against its transfers"),
            true,
            row.int("moved")?,
            row.int("posted")?,
        );
    }
    for row in tx.fetch_all(listed(LEASED)).await? {
        let account = AccountId(row.int("id")?);
        report.expect(format!("leased of {account}, against its leases"), true, row.int("out")?, row.int("leased")?);
    }
    for row in tx.fetch_all(listed(BELOW)).await? {
        report.expect(format!("available of {}", AccountId(row.int("id")?)), true, 0, row.int("available")?);
    }
    for row in tx.fetch_all(listed(CHARGES).bind(until_us)).await? {
        let transfer = TransferId(row.int("transfer")?);
        let (found, expected) = (row.int("rows_sale")?, row.int("amount")?);
        report.expect(format!("usage rows charged by {transfer}, against it"), true, expected, found);
    }
    for row in tx.fetch_all(listed(TENANTS)).await? {
        let tenant = TenantId(row.int("tenant")?);
        let (found, expected) = (row.int("rows_sale")?, row.int("amount")?);
        report.expect(format!("usage rows of {tenant}, against its usage transfers"), true, expected, found);
    }
    for row in tx.fetch_all(listed(BUDGETS_LEASED)).await? {
        let of = format!("leased of {}, against its leases", BudgetId(row.int("budget")?));
        report.expect(of, true, row.int("out")?, row.int("leased")?);
    }
    for row in tx.fetch_all(listed(BUDGETS_SPENT).bind(report.time_us - 2 * DAY_US)).await? {
        let of = format!("spent of {}, against its requests", BudgetId(row.int("budget")?));
        report.expect(of, true, row.int("charged")?, row.int("spent")?);
    }
    rollups(tx, report, until_us).await
}

async fn rollups(tx: &mut Tx, report: &mut Report, until_us: i64) -> Result<()> {
    for row in tx.fetch_all(listed(ROLLUPS).bind(until_us)).await? {
        let (tenant, key, channel) =
            (TenantId(row.int("tenant")?), KeyId(row.int("key_id")?), ChannelId(row.int("channel")?));
        let of = format!("rows of {tenant}, {key}, {channel} in an hour, less its roll-up");
        for (name, money) in [("requests", false), ("sale", true), ("cost", true), ("units", false)] {
            report.expect(format!("{name} of {of}"), money, 0, row.int(name)?);
        }
    }
    Ok(())
}
