//! Money that goes back because the provider says so: refunds made there, and chargebacks.
//!
//! It always posts: the wallet pays what it can (leases are asked back first, for two seconds at most), the rest is owed and
//! the next top-up pays it. Each is known by the provider's name for it, and goes one way: taken, then perhaps undone (the
//! refund failed, the dispute was won). What was undone stays so, also when the provider tells the beginning last. A
//! chargeback freezes the tenant; thawing it is for people.

use super::{
    Settled, State, Told, Topup, Topups, read,
    refund::{Refund, RefundState, refund},
    told,
};
use crate::{
    NOTHING,
    change::{Actor, Announce, Change},
    db::Tx,
    error::{Error, Result},
    events::{self, NewEvent},
    ids,
    lease::rows,
    ledger::{
        accounts::{CLEARING, REVENUE},
        book::{Book, Entry, Kind},
        changes::Recall,
    },
    sql, time,
};
use domain::{
    exchange::share,
    ids::{RefundId, TopupId},
    money::NanoUsd,
};
use serde::Serialize;

/// What went back, or is to go back, of an order: the price and the fee in minor units, the same in USD.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Back {
    /// Of what was paid for the credit.
    pub price: i64,
    /// Of the fee.
    pub fee: i64,
    /// Of the credit.
    pub credit: NanoUsd,
    /// Of the fee, in USD.
    pub fee_usd: NanoUsd,
}

/// What the provider says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// The money is gone, or on its way.
    Taken,
    /// It is back.
    Undone,
}

/// Money that a provider says goes back.
#[derive(Debug, Clone, Copy)]
pub struct Reversal<'a> {
    /// Of which order.
    pub topup: TopupId,
    /// Whether the payer's bank took it; otherwise it was refunded.
    pub chargeback: bool,
    /// Who says so.
    pub provider: &'a str,
    /// What it calls it.
    pub reference: &'a str,
    /// What we called it, where we asked for it.
    pub ours: Option<RefundId>,
    /// What became of it.
    pub said: Said,
    /// How much, in minor units.
    pub minor: i64,
    /// Of which currency.
    pub currency: &'a str,
}

impl Topup {
    /// What `minor` units going back are of this order: first of the price, then of the fee. `None`: more than is left.
    pub(super) fn part(&self, minor: i64) -> Option<Back> {
        let (quote, back) = (&self.quote, &self.back);
        let (price_left, fee_left) = (quote.price() - back.price, quote.fee - back.fee);
        let price = minor.min(price_left);
        let fee = minor - price;
        if minor <= 0 || fee > fee_left {
            return None;
        }
        let usd = |all: NanoUsd, gone: NanoUsd, part: i64, whole: i64, left: i64| {
            let rest = all.saturating_sub(gone);
            if part == left { rest } else { share(all, part, whole).min(rest) }
        };
        Some(Back {
            price,
            fee,
            credit: usd(quote.credited, back.credit, price, quote.price(), price_left),
            fee_usd: if fee == 0 { NanoUsd::ZERO } else { usd(quote.fee_usd, back.fee_usd, fee, quote.fee, fee_left) },
        })
    }
}

impl Topups<'_> {
    /// Posts what a provider says of money that goes back; `event` is what told so.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds: then try again.
    pub async fn reversed(self, reversal: Reversal<'_>, event: Option<&Told>) -> Result<Settled> {
        let actor = Actor::system();
        let tenant = match self.get(reversal.topup).await {
            Err(Error::NotFound(_)) => return Ok(Settled::Unmatched(format!("there is no order {}", reversal.topup))),
            other => other?.tenant,
        };
        let mut waiting = Recall::new(self.0.db(), tenant);
        let mut in_part = false;
        let done = loop {
            let mut change = self.0.change(&actor).await?;
            match reverse(&mut change, &reversal, event, in_part).await {
                Ok(done) => {
                    change.commit().await?;
                    break done;
                }
                Err(short @ Error::Insufficient { .. }) => {
                    change.tx.rollback().await?;
                    match waiting.wait_or(short).await {
                        Err(Error::Insufficient { .. }) => in_part = true,
                        other => other?,
                    }
                }
                Err(error) => return Err(error),
            }
        };
        if reversal.chargeback {
            // Only a hint: nothing is drawn any more, and idle leases go back by themselves.
            rows::recall(self.0.db(), tenant, "").await?;
        }
        Ok(done)
    }
}

async fn reverse(
    change: &mut Change<'_>,
    reversal: &Reversal<'_>,
    event: Option<&Told>,
    in_part: bool,
) -> Result<Settled> {
    let order = read(&mut change.tx, reversal.topup).await?;
    let known = known(&mut change.tx, reversal).await?;
    if order.provider != reversal.provider || order.quote.currency != reversal.currency {
        return Ok(Settled::Unmatched(format!("{} of {} is not in its currency", reversal.reference, order.id)));
    }
    if order.state != State::Succeeded {
        return Ok(Settled::Unmatched(format!("{} of {} goes back, which is not paid", reversal.reference, order.id)));
    }
    let state = match (known.as_ref().map(|refund| refund.state), reversal.said) {
        (Some(RefundState::Undone), _) => RefundState::Undone,
        (_, Said::Undone) => RefundState::Undone,
        (_, Said::Taken) => RefundState::Done,
    };
    let refund = match known {
        Some(refund) => refund,
        None => {
            let none = Back::default();
            let part = if reversal.said == Said::Undone { Some(none) } else { order.part(reversal.minor) };
            let Some(part) = part else {
                return Ok(Settled::Unmatched(format!("more than is left of {} went back", order.id)));
            };
            let refund = begin(change, &order, part, Some(reversal), "told by the provider").await?;
            if part != none {
                take(change, &order, &refund, in_part).await?;
            }
            refund
        }
    };
    if let Some(event) = event {
        told::keep(&mut change.tx, event, Some(order.id)).await?;
    }
    finish(change, &order, &refund, state, Some(reversal.reference)).await?;
    Ok(Settled::Done(Box::new(read(&mut change.tx, order.id).await?)))
}

async fn known(tx: &mut Tx, reversal: &Reversal<'_>) -> Result<Option<Refund>> {
    let select = sql!(
        "SELECT * FROM refunds WHERE topup = $1 AND ((provider = $2 AND reference = $3) OR (id = $4 AND reference IS NULL))",
        reversal.topup,
        reversal.provider,
        reversal.reference,
        reversal.ours.map_or(0, |id| id.0)
    );
    tx.fetch_optional(select).await?.as_ref().map(refund).transpose()
}

/// Writes down that money goes back, and takes it off what is left of the order.
pub(super) async fn begin(
    change: &mut Change<'_>,
    order: &Topup,
    part: Back,
    by_provider: Option<&Reversal<'_>>,
    reason: &str,
) -> Result<Refund> {
    let made = Refund {
        id: RefundId(ids::next()),
        tenant: order.tenant,
        chargeback: by_provider.is_some_and(|reversal| reversal.chargeback),
        topup: Some(order.id),
        request: None,
        state: RefundState::Pending,
        reference: by_provider.map(|reversal| reversal.reference.to_owned()),
        part,
        reason: reason.to_owned(),
        created_us: time::now_us(),
    };
    made.insert(&mut change.tx, Some(&order.provider)).await?;
    add(&mut change.tx, order.id, part, 1).await?;
    Ok(made)
}

/// Adds to (or with -1 takes off) what went back of an order.
async fn add(tx: &mut Tx, order: TopupId, part: Back, times: i64) -> Result<()> {
    let update = sql!(
        "UPDATE topups SET back_price = back_price + $2, back_fee = back_fee + $3, back_credit = back_credit + $4, \
         back_fee_usd = back_fee_usd + $5 WHERE id = $1",
        order,
        part.price * times,
        part.fee * times,
        part.credit.0 * times,
        part.fee_usd.0 * times
    );
    tx.execute(update).await.map(drop)
}

impl Refund {
    fn kind(&self) -> Kind {
        if self.chargeback { Kind::Chargeback } else { Kind::Refund }
    }
}

/// Takes the money: out of the wallet, as far as it goes where `in_part`; the rest is owed.
///
/// # Errors
/// [`Error::Insufficient`] where it must be there and is not.
pub(super) async fn take(change: &mut Change<'_>, order: &Topup, refund: &Refund, in_part: bool) -> Result<()> {
    let (id, kind) = (refund.id, refund.kind());
    let reference = format!("{} {}", order.provider, order.id);
    let entry = |key: &str| Entry { kind, reference: &reference, key: format!("{key}:{id}") };
    let mut book = Book::open(&mut change.tx, order.tenant).await?;
    let from_wallet = if in_part { refund.part.credit.min(book.available()) } else { refund.part.credit };
    if from_wallet > NanoUsd::ZERO {
        book.debit(CLEARING, from_wallet, entry("back")).await?;
    }
    let rest = refund.part.credit.saturating_sub(from_wallet);
    if rest > NanoUsd::ZERO {
        book.owe(CLEARING, rest, entry("back-owed")).await?;
    }
    if refund.part.fee_usd > NanoUsd::ZERO {
        book.transfer(REVENUE, CLEARING, refund.part.fee_usd, entry("back-fee")).await?;
    }
    if refund.chargeback {
        freeze(change, order, refund).await?;
    }
    Ok(())
}

async fn freeze(change: &mut Change<'_>, order: &Topup, refund: &Refund) -> Result<()> {
    let update = sql!("UPDATE tenants SET frozen = 1 WHERE id = $1 AND frozen = 0", order.tenant);
    if change.tx.execute(update).await? == 1 {
        change.announce(Announce::Tenant(order.tenant)).await?;
    }
    let detail = format!("{} USD of {} were charged back; the tenant is frozen", refund.part.credit, order.id);
    let event = NewEvent { tenant: Some(order.tenant), ..NewEvent::now("chargeback", detail) };
    events::insert(&mut change.tx, &event).await
}

/// Brings a refund to its end: as it is, or undone, which puts the money back.
pub(super) async fn finish(
    change: &mut Change<'_>,
    order: &Topup,
    before: &Refund,
    state: RefundState,
    reference: Option<&str>,
) -> Result<Refund> {
    let undo = state == RefundState::Undone && before.state != RefundState::Undone;
    if undo && before.part != Back::default() {
        put_back(change, order, before).await?;
    }
    let reference = reference.map(str::to_owned).or_else(|| before.reference.clone());
    let after = Refund { state, reference, ..before.clone() };
    let update = sql!(
        "UPDATE refunds SET state = $2, reference = $3 WHERE id = $1",
        after.id,
        state.word(),
        after.reference.clone()
    );
    change.tx.execute(update).await?;
    if after != *before {
        change.audit("topup.back", order.id, NOTHING, Some(&after)).await?;
    }
    Ok(after)
}

async fn put_back(change: &mut Change<'_>, order: &Topup, refund: &Refund) -> Result<()> {
    let (id, kind) = (refund.id, refund.kind());
    let reference = format!("{} {}", order.provider, order.id);
    let entry = |key: &str| Entry { kind, reference: &reference, key: format!("{key}:{id}") };
    let mut book = Book::open(&mut change.tx, order.tenant).await?;
    if refund.part.fee_usd > NanoUsd::ZERO {
        book.transfer(CLEARING, REVENUE, refund.part.fee_usd, entry("undone-fee")).await?;
    }
    let owed = refund.part.credit.min(book.owed());
    if owed > NanoUsd::ZERO {
        book.forgive(CLEARING, owed, entry("undone-owed")).await?;
    }
    let rest = refund.part.credit.saturating_sub(owed);
    if rest > NanoUsd::ZERO {
        book.credit(CLEARING, rest, entry("undone")).await?;
    }
    add(&mut change.tx, order.id, refund.part, -1).await
}
