//! Credit that is bought, for the console.

use super::{ServerConsole, actor, failed, keys, listed, time};
use crate::payments::{NotMade, Wish};
use app::port::{Author, Failed, NewCodes, Payments};
use domain::{
    exchange::minor_text,
    ids::{BatchId, TenantId, TopupId},
    money::{NanoUsd, PicoPerUnit},
    views::{BatchLine, FeeLine, Fees, Listed, RefundLine, Selling, TopupDetail, TopupLine, Way},
};
use futures::future::BoxFuture;
use std::{collections::HashMap, time::Duration};
use store::{
    Error, Page,
    codes::{Batch, CodeKind, NewBatch, Redeemed},
    topups::{Refund, State, Topup},
};

/// Orders of one page on a tenant's wallet, and rows of one page of the lists for those who run the place.
const PAGE: u32 = 10;
const PAGE_OF_ALL: u32 = 50;

fn topup_line(order: &Topup) -> TopupLine {
    let quote = &order.quote;
    TopupLine {
        id: order.id,
        tenant: order.tenant,
        state: order.state.word().to_owned(),
        way: Way { provider: order.provider.clone(), method: order.method.clone(), currency: quote.currency.clone() },
        pay: minor_text(&quote.currency, quote.pay),
        credited: quote.credited,
        refunded: order.back.credit,
        time: time(order.created_us),
    }
}

pub(super) fn refund_line(refund: Refund) -> RefundLine {
    RefundLine {
        chargeback: refund.chargeback,
        state: refund.state.word().to_owned(),
        amount: refund.part.credit,
        reason: refund.reason,
        time: time(refund.created_us),
    }
}

fn batch_line(batch: Batch) -> BatchLine {
    BatchLine {
        id: batch.id,
        bonus: batch.kind == CodeKind::Bonus,
        amount: batch.amount,
        codes: batch.codes,
        redeemed: batch.redeemed,
        note: batch.note,
        expires_at: batch.expires_us.map(time),
        withdrawn: batch.revoked_us.is_some(),
        time: time(batch.created_us),
    }
}

/// Why no order was made, in the console's words.
fn not_made(why: NotMade) -> Failed {
    match why {
        NotMade::Invalid(field, why) => Failed::Invalid { field: field.to_owned(), why },
        NotMade::Store(error) => failed(error),
        NotMade::Provider(error) => {
            tracing::warn!(%error, "a provider of payments did not open an order");
            Failed::Conflict("the provider of payments does not answer; nothing was ordered".to_owned())
        }
    }
}

impl ServerConsole {
    async fn name_of(&self, tenant: TenantId) -> Result<String, Error> {
        Ok(self.store.tenants().get(tenant).await?.name)
    }

    async fn detail_of(&self, tenant: Option<TenantId>, id: TopupId) -> Result<TopupDetail, Error> {
        let order = self.store.topups().get(id).await?;
        if tenant.is_some_and(|theirs| theirs != order.tenant) {
            return Err(Error::NotFound("top-up"));
        }
        let order = self.api.payments.look(order).await?;
        let quote = &order.quote;
        Ok(TopupDetail {
            line: topup_line(&order),
            tenant: self.name_of(order.tenant).await?,
            rate: PicoPerUnit(quote.rate).to_string(),
            price: minor_text(&quote.currency, quote.price()),
            fee: minor_text(&quote.currency, quote.fee),
            pay_url: (order.state == State::Pending).then(|| order.pay_url.clone()),
            expires_at: time(order.expires_us),
            receipt: order.receipt,
            ended_at: order.ended_us.map(time),
        })
    }

    async fn orders_with_names(&self, cursor: Option<String>) -> Result<Listed<(String, TopupLine)>, Error> {
        let (mut names, mut lines) = (HashMap::new(), Vec::new());
        let listing = self.store.topups().list(None, Page::parse(Some(PAGE_OF_ALL), cursor.as_deref())?).await?;
        for order in listing.rows {
            let name = match names.get(&order.tenant) {
                Some(name) => String::clone(name),
                None => self.name_of(order.tenant).await?,
            };
            names.insert(order.tenant, name.clone());
            lines.push((name, topup_line(&order)));
        }
        Ok(Listed { lines, next: listing.next_cursor })
    }

    async fn orders_of(&self, tenant: TenantId, cursor: Option<String>) -> Result<Listed<TopupLine>, Error> {
        let page = Page::parse(Some(PAGE), cursor.as_deref())?;
        let listing = self.store.topups().list(Some(&[tenant]), page).await?;
        Ok(listed(listing, |order| topup_line(&order)))
    }

    async fn batches_from(&self, cursor: Option<String>) -> Result<Listed<BatchLine>, Error> {
        let page = Page::parse(Some(PAGE_OF_ALL), cursor.as_deref())?;
        Ok(listed(self.store.codes().list(page).await?, batch_line))
    }
}

impl Payments for ServerConsole {
    fn fees(&self) -> Fees {
        let payments = &self.api.payments;
        let (min, max) = payments.limits();
        let currencies = payments.currencies().iter().map(|currency| FeeLine {
            code: currency.code.clone(),
            rate: PicoPerUnit(currency.rate).to_string(),
            fixed: (currency.fee_fixed > 0).then(|| minor_text(&currency.code, currency.fee_fixed)),
            percent: (currency.fee_ppm > 0).then(|| currency.fee_percent()),
        });
        Fees { sold: payments.providers().next().is_some(), min, max, currencies: currencies.collect() }
    }

    fn selling(&self, may: bool) -> Selling {
        let payments = &self.api.payments;
        let (min, max) = payments.limits();
        let mut ways = Vec::new();
        for provider in payments.providers() {
            for currency in payments.taken_by(provider) {
                let way = |method: &str| Way {
                    provider: provider.name().to_owned(),
                    method: method.to_owned(),
                    currency: currency.code.clone(),
                };
                match provider.methods() {
                    [] => ways.push(way("")),
                    methods => ways.extend(methods.iter().map(|method| way(method))),
                }
            }
        }
        Selling { may, ways, min, max }
    }

    fn orders(&self, tenant: TenantId, cursor: Option<String>) -> BoxFuture<'_, Result<Listed<TopupLine>, Failed>> {
        Box::pin(async move { self.orders_of(tenant, cursor).await.map_err(failed) })
    }

    fn order_credit(
        &self,
        by: Author,
        tenant: TenantId,
        amount: NanoUsd,
        way: Way,
    ) -> BoxFuture<'_, Result<TopupId, Failed>> {
        Box::pin(async move {
            let Way { provider, method, currency } = way;
            let wish = Wish { tenant, amount, currency: Some(currency), provider, method };
            Ok(self.api.payments.order(&actor(by), wish).await.map_err(not_made)?.id)
        })
    }

    fn redeem(
        &self,
        by: Author,
        tenant: TenantId,
        code: String,
    ) -> BoxFuture<'_, Result<Result<NanoUsd, Duration>, Failed>> {
        Box::pin(async move {
            match self.store.codes().redeem(&actor(by), tenant, &code).await.map_err(failed)? {
                Redeemed::Credited(posted) => Ok(Ok(posted.amount)),
                Redeemed::TooMany { retry_after } => Ok(Err(retry_after)),
            }
        })
    }

    fn topup(&self, tenant: Option<TenantId>, id: TopupId) -> BoxFuture<'_, Result<TopupDetail, Failed>> {
        Box::pin(async move { self.detail_of(tenant, id).await.map_err(failed) })
    }

    fn all_orders(&self, cursor: Option<String>) -> BoxFuture<'_, Result<Listed<(String, TopupLine)>, Failed>> {
        Box::pin(async move { self.orders_with_names(cursor).await.map_err(failed) })
    }

    fn batches(&self, cursor: Option<String>) -> BoxFuture<'_, Result<Listed<BatchLine>, Failed>> {
        Box::pin(async move { self.batches_from(cursor).await.map_err(failed) })
    }

    fn create_codes(&self, by: Author, new: NewCodes) -> BoxFuture<'_, Result<Vec<String>, Failed>> {
        Box::pin(async move {
            let NewCodes { amount, count, bonus, last_day, note } = new;
            let codes = count.trim().parse().unwrap_or(0);
            let expires_us = match last_day {
                Some(day) => Some(keys::end_of(&day)?.saturating_mul(1_000)),
                None => None,
            };
            let kind = if bonus { CodeKind::Bonus } else { CodeKind::Topup };
            let new = NewBatch { kind, amount, codes, note, expires_us };
            Ok(self.store.codes().create(&actor(by), new).await.map_err(failed)?.1)
        })
    }

    fn withdraw_codes(&self, by: Author, batch: BatchId) -> BoxFuture<'_, Result<(), Failed>> {
        Box::pin(async move { self.store.codes().revoke(&actor(by), batch).await.map(drop).map_err(failed) })
    }
}
