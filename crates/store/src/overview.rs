//! Tenants with their wallets and recent spend: what a list of customers shows, in one statement.

use crate::{
    db::{Row, Sql, Tx},
    error::{Error, Result},
    tenants::{self, Tenant},
    words::{Listing, Page},
};
use domain::{ids::TenantId, money::NanoUsd};

/// A tenant, what is in its wallet, and what it spent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// The tenant.
    pub tenant: Tenant,
    /// Credits less debits.
    pub posted: NanoUsd,
    /// Drawn by nodes and neither charged nor returned.
    pub leased: NanoUsd,
    /// Charged since the time asked for, by whole hours.
    pub spend: NanoUsd,
}

const SELECT: &str = "SELECT t.id, t.name, t.frozen, t.response_days, t.tenant_group, t.limits, t.zone, t.created, t.closed_at, \
    a.credit_limit, a.posted, a.leased, CAST(COALESCE(h.sale, 0) AS BIGINT) AS spend \
    FROM tenants t JOIN accounts a ON a.tenant = t.id AND a.kind = 'wallet' LEFT JOIN (\
    SELECT tenant, SUM(sale) AS sale FROM usage_hours WHERE hour_us >= $1 GROUP BY tenant) AS h ON h.tenant = t.id";

fn overview(row: &Row) -> Result<Overview> {
    Ok(Overview {
        tenant: tenants::tenant(row)?,
        posted: NanoUsd(row.int("posted")?),
        leased: NanoUsd(row.int("leased")?),
        spend: NanoUsd(row.int("spend")?),
    })
}

/// Tenants, newest first, with what they spent since `since_us`.
pub async fn listing(tx: &mut Tx, since_us: i64, page: Page) -> Result<Listing<Overview>> {
    let select = Sql::built(format!("{SELECT} WHERE t.id < $2 ORDER BY t.id DESC LIMIT $3"));
    let rows = tx.fetch_all(select.bind(since_us).bind(page.before()).bind(page.fetch())).await?;
    Ok(page.cut(rows.iter().map(overview).collect::<Result<_>>()?, |row| row.tenant.id.0))
}

/// One tenant with what it spent since `since_us`.
pub async fn one(tx: &mut Tx, since_us: i64, id: TenantId) -> Result<Overview> {
    let select = Sql::built(format!("{SELECT} WHERE t.id = $2")).bind(since_us).bind(id);
    tx.fetch_optional(select).await?.as_ref().map_or(Err(Error::NotFound("tenant")), overview)
}
