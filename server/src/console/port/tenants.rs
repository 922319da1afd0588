//! Tenants and their money for the console.

use super::{ServerConsole, actor, failed, time};
use app::port::{Author, Failed, Tenants};
use domain::{
    ids::TenantId,
    money::NanoUsd,
    views::{LedgerLine, LedgerPage, TenantDetail, TenantLine, TenantPage, WalletView},
};
use futures::future::BoxFuture;
use store::{Error, Moment, Name, Overview, Page, ledger::listing::Line, responses, tenants::TenantPatch};

/// The spend that lists show is of so long.
const SPEND_US: i64 = 30 * 86_400_000_000;
/// Lines of one page of a ledger, and of the newest on a tenant's page.
const LEDGER_PAGE: u32 = 50;
const LEDGER_NEWEST: u32 = 10;

fn since() -> i64 {
    store::time::now_us() - SPEND_US
}

/// A tenant's wallet.
pub fn wallet(overview: &Overview) -> WalletView {
    let Overview { tenant, posted, leased, .. } = overview;
    let available = posted.saturating_add(tenant.credit_limit).saturating_sub(*leased);
    WalletView { posted: *posted, leased: *leased, available, credit_limit: tenant.credit_limit }
}

fn tenant_line(overview: Overview) -> TenantLine {
    let wallet = wallet(&overview);
    let Overview { tenant, spend, .. } = overview;
    TenantLine {
        id: tenant.id,
        name: tenant.name,
        frozen: tenant.frozen,
        wallet,
        spend_30d: spend,
        created_at: time(tenant.created_us),
    }
}

pub fn ledger_line(line: Line) -> LedgerLine {
    LedgerLine {
        line: line.line,
        time: time(line.time_us),
        kind: line.kind,
        reference: line.reference,
        amount: line.amount,
        balance: line.balance,
    }
}

impl ServerConsole {
    async fn detail(&self, id: TenantId) -> Result<TenantDetail, Error> {
        let mut moment = Moment::now(self.store.db()).await?;
        let overview = moment.tenant(since(), id).await?;
        let ledger = moment.transfers(id, None, LEDGER_NEWEST).await?;
        drop(moment);
        Ok(TenantDetail {
            response_days: overview.tenant.response_days,
            line: tenant_line(overview),
            keys: self.key_lines(id).await?,
            ledger: ledger.into_iter().map(ledger_line).collect(),
        })
    }

    async fn history(&self, tenant: TenantId, before: Option<i64>) -> Result<LedgerPage, Error> {
        let mut moment = Moment::now(self.store.db()).await?;
        let wallet = wallet(&moment.tenant(since(), tenant).await?);
        let mut found = moment.transfers(tenant, before, LEDGER_PAGE + 1).await?;
        let page = usize::try_from(LEDGER_PAGE).unwrap_or(usize::MAX);
        let more = found.len() > page;
        found.truncate(page);
        let next = found.last().filter(|_| more).map(|line| line.line);
        Ok(LedgerPage { wallet, lines: found.into_iter().map(ledger_line).collect(), next })
    }
}

impl Tenants for ServerConsole {
    fn tenants(&self, cursor: Option<String>) -> BoxFuture<'_, Result<TenantPage, Failed>> {
        Box::pin(async move {
            let page = Page::parse(None, cursor.as_deref()).map_err(failed)?;
            let mut moment = Moment::now(self.store.db()).await.map_err(failed)?;
            let listing = moment.tenants(since(), page).await.map_err(failed)?;
            Ok(TenantPage { lines: listing.rows.into_iter().map(tenant_line).collect(), next: listing.next_cursor })
        })
    }

    fn tenant(&self, id: TenantId) -> BoxFuture<'_, Result<TenantDetail, Failed>> {
        Box::pin(async move { self.detail(id).await.map_err(failed) })
    }

    fn create_tenant(&self, by: Author, name: String) -> BoxFuture<'_, Result<TenantId, Failed>> {
        Box::pin(async move {
            let name = Name::parse("Name", &name).map_err(failed)?;
            let made = self.store.tenants().create(&actor(by), &name, NanoUsd::ZERO).await.map_err(failed)?;
            Ok(made.id)
        })
    }

    fn adjust(
        &self,
        by: Author,
        tenant: TenantId,
        amount: NanoUsd,
        reason: String,
    ) -> BoxFuture<'_, Result<(), Failed>> {
        Box::pin(async move {
            let reason = Name::parse("Reason", &reason).map_err(failed)?;
            let posted = self.store.wallets().adjust(&actor(by), tenant, amount, reason.as_str()).await;
            posted.map(drop).map_err(failed)
        })
    }

    fn set_credit_limit(&self, by: Author, tenant: TenantId, limit: NanoUsd) -> BoxFuture<'_, Result<(), Failed>> {
        Box::pin(async move { self.store.wallets().set_credit_limit(&actor(by), tenant, limit).await.map_err(failed) })
    }

    fn set_frozen(&self, by: Author, tenant: TenantId, frozen: bool) -> BoxFuture<'_, Result<(), Failed>> {
        Box::pin(async move {
            let patch = TenantPatch { frozen: Some(frozen), ..TenantPatch::default() };
            self.store.tenants().patch(&actor(by), tenant, patch).await.map_err(failed)?;
            // This node at once; others at their next look.
            self.api.ledger.set_frozen(tenant, frozen);
            Ok(())
        })
    }

    fn set_response_days(&self, by: Author, tenant: TenantId, days: u32) -> BoxFuture<'_, Result<(), Failed>> {
        Box::pin(async move {
            let patch = TenantPatch {
                response_days: Some(responses::days("Days", days).map_err(failed)?),
                ..TenantPatch::default()
            };
            self.store.tenants().patch(&actor(by), tenant, patch).await.map(drop).map_err(failed)
        })
    }

    fn wallet(&self, tenant: TenantId, before: Option<i64>) -> BoxFuture<'_, Result<LedgerPage, Failed>> {
        Box::pin(async move { self.history(tenant, before).await.map_err(failed) })
    }
}
