//! A tenant's bills for the console.

use super::{ServerConsole, failed, tenants::ledger_line, time};
use app::port::{Bills, Failed};
use domain::{
    ids::{StatementId, TenantId},
    money::NanoUsd,
    views::{Bill, BillLine, BillUsage, BillsPage, RunningMonth},
};
use futures::future::BoxFuture;
use jiff::{Timestamp, tz::TimeZone};
use store::{
    Error, Page,
    statements::{Running, Statement, UsageLine},
};

/// Bills of one page of the list.
const PAGE: u32 = 24;
/// Lines of a kind on a bill; the file has all.
const LINES: u32 = 500;

fn bill_line(of: &Statement, usage: NanoUsd) -> BillLine {
    let Statement { id, label, month, opening, closing, .. } = of;
    BillLine { id: *id, number: label.clone(), month: month.clone(), opening: *opening, usage, closing: *closing }
}

fn running_month(of: Running) -> RunningMonth {
    let Running { month, opening, closing, usage } = of;
    RunningMonth { month: month.to_string(), opening, closing, usage }
}

fn usage_line(line: UsageLine) -> BillUsage {
    let UsageLine { model, key_name, requests, usage, amount, .. } = line;
    BillUsage { model, key: key_name, requests, input: usage.all_input(), output: usage.output, amount }
}

/// The day of a moment in a zone: `2026-10-01`.
fn day(us: i64, zone: &str) -> String {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    Timestamp::from_microsecond(us).unwrap_or_default().to_zoned(zone).date().to_string()
}

/// What stands under the house's name, a line each.
fn letterhead(of: &Statement) -> Vec<String> {
    let lines = of.issuer.address.lines().chain(of.issuer.tax.lines());
    lines.map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

impl ServerConsole {
    async fn list_of(&self, tenant: TenantId, may_export: bool, cursor: Option<String>) -> Result<BillsPage, Error> {
        let statements = self.store.statements();
        let running = match &cursor {
            None => statements.running(tenant).await?.map(running_month),
            Some(_) => None,
        };
        let listing = statements.list(tenant, Page::parse(Some(PAGE), cursor.as_deref())?).await?;
        let ids: Vec<StatementId> = listing.rows.iter().map(|of| of.id).collect();
        let charged = statements.charged(&ids).await?;
        let line = |of: &Statement| bill_line(of, charged.get(&of.id).copied().unwrap_or_default());
        let lines = listing.rows.iter().map(line).collect();
        Ok(BillsPage { tenant, may_export, running, lines, next: listing.next_cursor })
    }

    async fn bill_of(&self, tenant: Option<TenantId>, id: StatementId) -> Result<Bill, Error> {
        let statements = self.store.statements();
        let of = statements.get(id).await?;
        if tenant.is_some_and(|theirs| theirs != of.tenant) {
            return Err(Error::NotFound("statement"));
        }
        let charged = statements.charged(&[id]).await?.remove(&id).unwrap_or_default();
        let mut usage = statements.usage(id, 0, LINES + 1).await?;
        let mut others = statements.others(&of, 0, LINES + 1).await?;
        let shown = usize::try_from(LINES).unwrap_or(usize::MAX);
        let more = usage.len() > shown || others.len() > shown;
        usage.truncate(shown);
        others.truncate(shown);
        Ok(Bill {
            line: bill_line(&of, charged),
            letterhead: letterhead(&of),
            first_day: day(of.from_us, &of.zone),
            last_day: day(of.to_us.saturating_sub(1), &of.zone),
            created_at: time(of.created_us),
            usage: usage.into_iter().map(usage_line).collect(),
            others: others.into_iter().map(ledger_line).collect(),
            more,
            billed_to: of.billed_to,
            issuer: of.issuer.name,
            zone: of.zone,
        })
    }
}

impl Bills for ServerConsole {
    fn bills(
        &self,
        tenant: TenantId,
        may_export: bool,
        cursor: Option<String>,
    ) -> BoxFuture<'_, Result<BillsPage, Failed>> {
        Box::pin(async move { self.list_of(tenant, may_export, cursor).await.map_err(failed) })
    }

    fn bill(&self, tenant: Option<TenantId>, id: StatementId) -> BoxFuture<'_, Result<Bill, Failed>> {
        Box::pin(async move { self.bill_of(tenant, id).await.map_err(failed) })
    }
}
