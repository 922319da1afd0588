//! An order is paid, or is over: once, whatever comes how often.

use super::{State, Told, Topup, Topups, read, told};
use crate::{
    change::{Actor, Change},
    error::{Error, Result},
    ledger::{
        accounts::{CLEARING, REVENUE},
        book::{Book, Entry, Kind},
    },
    sql, time,
};
use domain::{exchange::minor_text, ids::TopupId, money::NanoUsd};

/// What a provider says was paid.
#[derive(Debug, Clone, Copy)]
pub struct Paid<'a> {
    /// For which order.
    pub topup: TopupId,
    /// Who says so.
    pub provider: &'a str,
    /// What it calls the order; `None` where it has no name of its own for it.
    pub reference: Option<&'a str>,
    /// What it calls the payment.
    pub payment: &'a str,
    /// How much, in minor units.
    pub minor: i64,
    /// Of which currency.
    pub currency: &'a str,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// The order is as the provider says, now or already.
    Done(Box<Topup>),
    /// It is not about this order, or not as the order says; nothing was changed.
    Unmatched(String),
}

/// A top-up of what a tenant owes pays that first.
pub(crate) async fn take_what_is_owed(book: &mut Book<'_>, credited: NanoUsd, key: &str) -> Result<()> {
    book.pay_what_is_owed(credited, "what was owed", format!("owed:{key}")).await.map(drop)
}

impl Topups<'_> {
    /// Credits an order that was paid; `event` is what told so, where that has a name.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds: then try again.
    pub async fn paid(self, paid: Paid<'_>, event: Option<&Told>) -> Result<Settled> {
        let actor = Actor::system();
        let mut change = self.0.change(&actor).await?;
        let before = match read(&mut change.tx, paid.topup).await {
            Err(Error::NotFound(_)) => return Ok(Settled::Unmatched(format!("there is no order {}", paid.topup))),
            other => other?,
        };
        if let Some(why) = differs(&before, &paid) {
            return Ok(Settled::Unmatched(why));
        }
        if let Some(event) = event {
            told::keep(&mut change.tx, event, Some(before.id)).await?;
        }
        let settled = if before.state == State::Succeeded {
            before
        } else {
            match credit(&mut change, &before, paid.payment).await {
                Err(Error::Duplicate(_)) => {
                    return Ok(Settled::Unmatched(format!("{} paid another order than {}", paid.payment, before.id)));
                }
                other => other?,
            }
        };
        change.commit().await?;
        Ok(Settled::Done(Box::new(settled)))
    }

    /// The provider says that an order will not be paid. One that was paid stays so.
    ///
    /// # Errors
    /// [`Error::NotFound`], or any of the database's kinds.
    pub async fn over(self, id: TopupId, state: State, event: Option<&Told>) -> Result<Topup> {
        let actor = Actor::system();
        let mut change = self.0.change(&actor).await?;
        let before = read(&mut change.tx, id).await?;
        if let Some(event) = event {
            told::keep(&mut change.tx, event, Some(id)).await?;
        }
        let after = if before.state == State::Pending && matches!(state, State::Failed | State::Expired) {
            let update =
                sql!("UPDATE topups SET state = $2, ended_at = $3 WHERE id = $1", id, state.word(), time::now_us());
            change.tx.execute(update).await?;
            let after = read(&mut change.tx, id).await?;
            change.audit("topup.over", id, Some(&before), Some(&after)).await?;
            after
        } else {
            before
        };
        change.commit().await?;
        Ok(after)
    }
}

/// In what a payment is not the order's; `None`: in nothing.
fn differs(order: &Topup, paid: &Paid<'_>) -> Option<String> {
    let told = |what: &str, ours: &str, theirs: &str| Some(format!("{what} of {} is {ours}, not {theirs}", order.id));
    let quote = &order.quote;
    if order.provider != paid.provider {
        return told("provider", &order.provider, paid.provider);
    }
    if let (Some(ours), Some(theirs)) = (order.reference.as_deref(), paid.reference)
        && ours != theirs
    {
        return told("reference", ours, theirs);
    }
    if let Some(ours) = order.payment.as_deref()
        && ours != paid.payment
    {
        return told("payment", ours, paid.payment);
    }
    if quote.currency != paid.currency {
        return told("currency", &quote.currency, paid.currency);
    }
    if quote.pay != paid.minor {
        let text = |minor| minor_text(&quote.currency, minor);
        return told("amount", &text(quote.pay), &text(paid.minor));
    }
    None
}

async fn credit(change: &mut Change<'_>, before: &Topup, payment: &str) -> Result<Topup> {
    let (id, quote) = (before.id, &before.quote);
    let row = change.tx.fetch_one(sql!("SELECT COALESCE(MAX(receipt), 0) FROM topups")).await?;
    let receipt = row.int(0)? + 1;
    let update = "UPDATE topups SET state = 'succeeded', payment = $2, receipt = $3, ended_at = $4 WHERE id = $1";
    change.tx.execute(sql!(update, id, payment, receipt, time::now_us())).await?;
    let mut book = Book::open(&mut change.tx, before.tenant).await?;
    let (key, reference) = (format!("topup:{id}"), format!("{} {id}", before.provider));
    let entry = Entry { kind: Kind::Topup, reference: &reference, key: key.clone() };
    book.credit(CLEARING, quote.credited, entry).await?;
    if quote.fee_usd > NanoUsd::ZERO {
        let entry = Entry { kind: Kind::Topup, reference: &reference, key: format!("topup-fee:{id}") };
        book.transfer(CLEARING, REVENUE, quote.fee_usd, entry).await?;
    }
    take_what_is_owed(&mut book, quote.credited, &key).await?;
    let after = read(&mut change.tx, id).await?;
    change.audit("topup.paid", id, Some(before), Some(&after)).await?;
    Ok(after)
}
