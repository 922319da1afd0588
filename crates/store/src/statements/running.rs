//! What is on no statement yet: the month that runs, and what was not frozen before it.

use super::{
    Month, Statements,
    draft::{self, Range},
};
use crate::{error::Result, sql, time};
use domain::{ids::TenantId, money::NanoUsd};

/// With more lines than this the usage is not added up: a page waits for it.
const MOST_LINES: i64 = 100_000;

/// What the next statement would say so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// The month that runs.
    pub month: Month,
    /// The balance after the last statement.
    pub opening: NanoUsd,
    /// The balance now.
    pub closing: NanoUsd,
    /// What usage came to, negative; `None`: too many lines.
    pub usage: Option<NanoUsd>,
}

impl Statements<'_> {
    /// What of a tenant is on no statement; `None`: nothing.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`] for the tenant, or the database's.
    pub async fn running(self, tenant: TenantId) -> Result<Option<Running>> {
        let zone = self.0.tenants().get(tenant).await?.zone;
        let month = Month::of(time::now_us(), &draft::zone(&zone).0)?;
        let mut tx = self.0.db().moment().await?;
        let text = "SELECT last_line, closing FROM statements WHERE tenant = $1 ORDER BY first_line DESC LIMIT 1";
        let (covered, opening) = match tx.fetch_optional(sql!(text, tenant)).await? {
            Some(row) => (row.int(0)?, NanoUsd(row.int(1)?)),
            None => (0, NanoUsd::ZERO),
        };
        let text = "SELECT line, balance FROM transfers WHERE tenant = $1 AND line > $2 ORDER BY line DESC LIMIT 1";
        let Some(newest) = tx.fetch_optional(sql!(text, tenant, covered)).await? else { return Ok(None) };
        let (last_line, closing) = (newest.int(0)?, NanoUsd(newest.int(1)?));
        let usage = if last_line - covered > MOST_LINES {
            None
        } else {
            let sums = Range { tenant, first_line: covered + 1, last_line }.sums(&mut tx).await?;
            Some(sums.iter().filter(|(kind, _)| kind == "usage").map(|(_, amount)| *amount).sum())
        };
        Ok(Some(Running { month, opening, closing, usage }))
    }
}
