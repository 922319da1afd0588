//! Tenants with their wallets and recent spend: what a list of customers shows, in one statement.

use crate::{
    Store,
    db::{Row, Sql},
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

const SELECT: &str = "SELECT t.id, t.name, t.frozen, t.created, a.credit_limit, a.posted, a.leased, \
    CAST(COALESCE((SELECT SUM(h.sale) FROM usage_hours h WHERE h.tenant = t.id AND h.hour_us >= $1), 0) AS BIGINT) AS spend \
    FROM tenants t JOIN accounts a ON a.tenant = t.id AND a.kind = 'wallet'";

fn overview(row: &Row) -> Result<Overview> {
    Ok(Overview {
        tenant: tenants::tenant(row)?,
        posted: NanoUsd(row.int("posted")?),
        leased: NanoUsd(row.int("leased")?),
        spend: NanoUsd(row.int("spend")?),
    })
}

impl tenants::Tenants<'_> {
    /// Tenants, newest first, with what they spent since `since_us`.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn overviews(self, since_us: i64, page: Page) -> Result<Listing<Overview>> {
        let select = Sql::built(format!("{SELECT} WHERE t.id < $2 ORDER BY t.id DESC LIMIT $3"));
        let select = select.bind(since_us).bind(page.before()).bind(page.fetch());
        let rows = self.store().db().fetch_all(select).await?;
        Ok(page.cut(rows.iter().map(overview).collect::<Result<_>>()?, |row| row.tenant.id.0))
    }

    /// One tenant with what it spent since `since_us`.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn overview(self, since_us: i64, id: TenantId) -> Result<Overview> {
        let select = Sql::built(format!("{SELECT} WHERE t.id = $2")).bind(since_us).bind(id);
        let row = self.store().db().fetch_optional(select).await?;
        row.as_ref().map_or(Err(Error::NotFound("tenant")), overview)
    }

    fn store(&self) -> &Store {
        self.0
    }
}
