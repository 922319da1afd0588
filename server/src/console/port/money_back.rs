//! Money that is given back, for the console. What a form asks for runs to its end even if its sender leaves: who clicks
//! twice leaves the first time.

use super::{ServerConsole, actor, failed, listed, payments::refund_line, time};
use app::port::{Author, Closing, ClosingWould, Failed, MoneyBack, RefundOf, Refundable, TenantClosed};
use domain::{ids::TenantId, money::NanoUsd, secret::SecretHash};
use futures::future::BoxFuture;
use store::{
    Actor, Error, Name, Page,
    closing::{Closed, Preview},
    idempotency::Begun,
    topups::{State, charged},
};

/// Refunds of one page.
const PAGE: u32 = 20;

impl ServerConsole {
    async fn left(&self, tenant: Option<TenantId>, of: RefundOf, cursor: Option<String>) -> Result<Refundable, Error> {
        let topups = self.store.topups();
        let page = Page::parse(Some(PAGE), cursor.as_deref())?;
        let (whose, left, refunds) = match of {
            RefundOf::Topup(id) => {
                let order = topups.get(id).await?;
                let left = if order.state == State::Succeeded { order.left() } else { NanoUsd::ZERO };
                (order.tenant, left, topups.refund_page(id, page).await?)
            }
            RefundOf::Request(id) => {
                let (of, back) = (charged(&self.store, id).await?, topups.back_of_request(id).await?);
                (of.tenant, of.sale.saturating_sub(back), topups.request_refund_page(id, page).await?)
            }
        };
        if tenant.is_some_and(|theirs| theirs != whose) {
            return Err(Error::NotFound("refund"));
        }
        let once = store::ids::next_request().to_string();
        Ok(Refundable { left, refunds: listed(refunds, refund_line), once })
    }

    async fn give_back(&self, actor: Actor, of: RefundOf, amount: NanoUsd, reason: &str) -> Result<(), Error> {
        match of {
            RefundOf::Topup(id) => self.api.payments.refund(&actor, id, amount, reason).await.map(drop),
            RefundOf::Request(id) => {
                let of = charged(&self.store, id).await?;
                self.store.topups().refund_request(&actor, of, Some(amount), reason).await.map(drop)
            }
        }
    }

    /// Gives back once, however often the same form is sent.
    async fn give_back_once(
        &self,
        by: Author,
        of: RefundOf,
        amount: NanoUsd,
        reason: String,
        once: String,
    ) -> Result<(), Failed> {
        let (reason, actor) = (Name::parse("Reason", &reason).map_err(failed)?, actor(by));
        let form = SecretHash::of(&format!("refund {} {amount} {reason}", of.id()));
        let calls = self.store.idempotency();
        let attempt = match calls.begin(&actor.label(), &format!("form {once}"), form).await.map_err(failed)? {
            Begun::Replay { .. } => return Ok(()),
            Begun::Fresh(attempt) => attempt,
        };
        let done = self.give_back(actor.attempting(attempt.clone()), of, amount, reason.as_str()).await;
        let kept = if done.is_ok() { calls.finish(&attempt, 200, b"{}").await } else { calls.abandon(&attempt).await };
        if let Err(error) = kept {
            tracing::warn!(%error, "how a form ended was not kept for its repeats");
        }
        done.map_err(failed)
    }

    async fn close(
        &self,
        by: Author,
        tenant: TenantId,
        name: String,
        pay_out: NanoUsd,
        reference: String,
    ) -> Result<(), Failed> {
        let reference = Name::parse("Reason", &reference).map_err(failed)?;
        if self.store.tenants().get(tenant).await.map_err(failed)?.name != name.trim() {
            return Err(Failed::Invalid { field: "Name".to_owned(), why: "is not this tenant's".to_owned() });
        }
        // This node at once; others at their next look.
        let frozen = || self.api.ledger.set_frozen(tenant, true);
        let closed = self.store.closing().close(&actor(by), tenant, Some(pay_out), reference.as_str(), frozen).await;
        closed.map(drop).map_err(|error| match error {
            Error::Insufficient { .. } => Failed::Conflict(
                "requests still run; the tenant is frozen now, so close it again in a few seconds".to_owned(),
            ),
            other => failed(other),
        })
    }

    async fn to_its_end<F>(&self, run: F) -> Result<(), Failed>
    where
        F: Future<Output = Result<(), Failed>> + Send + 'static,
    {
        self.api.tracker.spawn(run).await.unwrap_or(Err(Failed::Unavailable))
    }
}

impl MoneyBack for ServerConsole {
    fn refundable(
        &self,
        tenant: Option<TenantId>,
        of: RefundOf,
        cursor: Option<String>,
    ) -> BoxFuture<'_, Result<Refundable, Failed>> {
        Box::pin(async move { self.left(tenant, of, cursor).await.map_err(failed) })
    }

    fn refund(
        &self,
        by: Author,
        of: RefundOf,
        amount: NanoUsd,
        reason: String,
        once: String,
    ) -> BoxFuture<'_, Result<(), Failed>> {
        let console = self.clone();
        let run = async move { console.give_back_once(by, of, amount, reason, once).await };
        Box::pin(self.to_its_end(run))
    }

    fn closing(&self, tenant: TenantId, asked: bool) -> BoxFuture<'_, Result<Closing, Failed>> {
        Box::pin(async move {
            let closing = self.store.closing();
            if let Some(closed) = closing.closed(tenant).await.map_err(failed)? {
                let Closed { paid, ended, set_off, reference, time_us, .. } = closed;
                return Ok(Closing::Closed(TenantClosed { time: time(time_us), paid, ended, set_off, reference }));
            }
            if !asked {
                return Ok(Closing::Open);
            }
            let name = self.store.tenants().get(tenant).await.map_err(failed)?.name;
            let Preview { posted, leased, paid_in, owed, set_off, pay_out, ends, keys, pending_topups: pending } =
                closing.preview(tenant).await.map_err(failed)?;
            let would = ClosingWould { name, posted, leased, paid_in, owed, set_off, pay_out, ends, keys, pending };
            Ok(Closing::Would(would))
        })
    }

    fn close_tenant(
        &self,
        by: Author,
        tenant: TenantId,
        name: String,
        pay_out: NanoUsd,
        reference: String,
    ) -> BoxFuture<'_, Result<(), Failed>> {
        let console = self.clone();
        let run = async move { console.close(by, tenant, name, pay_out, reference).await };
        Box::pin(self.to_its_end(run))
    }
}
