//! Tenants with their wallets and recent spend: what a list of customers shows.

use crate::{
    db::{Row, Sql, Tx},
    error::{Error, Result},
    rollups::HOUR_US,
    tenants::{self, Tenant},
    usage::{Filter, GroupBy, Of, summary::summary},
    words::{Listing, Page},
};
use domain::{ids::TenantId, money::NanoUsd};
use std::collections::HashMap;

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
    a.credit_limit, a.posted, a.leased FROM tenants t JOIN accounts a ON a.tenant = t.id AND a.kind = 'wallet'";

fn overview(row: &Row) -> Result<Overview> {
    Ok(Overview {
        tenant: tenants::tenant(row)?,
        posted: NanoUsd(row.int("posted")?),
        leased: NanoUsd(row.int("leased")?),
        spend: NanoUsd::ZERO,
    })
}

/// Adds what they spent since `since_us`.
async fn with_spend(tx: &mut Tx, since_us: i64, mut all: Vec<Overview>) -> Result<Vec<Overview>> {
    let these = all.iter().map(|it| Of { tenant: Some(it.tenant.id), ..Of::default() }).collect();
    let whole = since_us.saturating_add(HOUR_US - 1).div_euclid(HOUR_US) * HOUR_US;
    let filter = Filter { from_us: Some(whole), any_of: these, ..Filter::default() };
    let lines = if all.is_empty() { Vec::new() } else { summary(tx, &filter, &[GroupBy::Tenant]).await? };
    let spent: HashMap<_, _> = lines.iter().filter_map(|line| Some((line.of.tenant?, line.sale))).collect();
    for it in &mut all {
        it.spend = spent.get(&it.tenant.id).copied().unwrap_or_default();
    }
    Ok(all)
}

/// Tenants, newest first, with what they spent since `since_us`.
pub async fn listing(tx: &mut Tx, since_us: i64, page: Page) -> Result<Listing<Overview>> {
    let select = Sql::built(format!("{SELECT} WHERE t.id < $1 ORDER BY t.id DESC LIMIT $2"));
    let rows = tx.fetch_all(select.bind(page.before()).bind(page.fetch())).await?;
    let mut found = page.cut(rows.iter().map(overview).collect::<Result<_>>()?, |row| row.tenant.id.0);
    found.rows = with_spend(tx, since_us, found.rows).await?;
    Ok(found)
}

/// One tenant with what it spent since `since_us`.
pub async fn one(tx: &mut Tx, since_us: i64, id: TenantId) -> Result<Overview> {
    let select = Sql::built(format!("{SELECT} WHERE t.id = $1")).bind(id);
    let row = tx.fetch_optional(select).await?.ok_or(Error::NotFound("tenant"))?;
    with_spend(tx, since_us, vec![overview(&row)?]).await?.pop().ok_or(Error::NotFound("tenant"))
}
