//! Orders of credit that are paid through a provider of payments, and what goes back of them.
//!
//! An order fixes currency, rate, fee, what is paid and what is credited. It is `pending` until the provider says
//! `succeeded` (the credit is in the wallet), `failed` or `expired`. What the provider says later wins as long as it is about
//! money: an order that had failed or expired and is paid after all succeeds; one that succeeded stays so, however often and
//! in whatever order it is told. In the ledger the clearing account pays the credit into the wallet and the fee into revenue;
//! so what it holds, less what went back, is what the providers were paid, in USD at the orders' rates.

mod back;
mod refund;
mod settle;
mod told;

pub use back::{Back, Reversal, Said};
pub use refund::{OfRequest, Refund, RefundState, charged};
pub use settle::{Paid, Settled};
pub use told::Told;

pub(crate) use settle::take_what_is_owed;

use crate::{
    Store,
    change::{Actor, NOTHING},
    db::{Row, Sql, Tx},
    error::{Error, Result},
    sql,
    tenants::must_be_open,
    time,
    words::{Listing, Page},
};
use domain::{
    exchange::Quote,
    ids::{TenantId, TopupId},
    money::NanoUsd,
};
use serde::Serialize;

/// What became of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Not paid yet.
    Pending,
    /// Paid; the credit is in the wallet.
    Succeeded,
    /// The payment was refused.
    Failed,
    /// It was not paid in time.
    Expired,
}

impl State {
    /// The word for it in the database and the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Expired => "expired",
        }
    }

    fn read(word: &str) -> Result<Self> {
        let all = [Self::Pending, Self::Succeeded, Self::Failed, Self::Expired];
        all.into_iter().find(|state| state.word() == word).ok_or(Error::Corrupt("state of a top-up"))
    }
}

/// An order that is to be kept: the provider knows it already.
#[derive(Debug, Clone)]
pub struct NewTopup {
    /// Its id, which the provider was told.
    pub id: TopupId,
    /// Whose.
    pub tenant: TenantId,
    /// Through whom it is paid.
    pub provider: &'static str,
    /// How, where the order says so.
    pub method: String,
    /// What it costs.
    pub quote: Quote,
    /// What the provider calls it.
    pub reference: Option<String>,
    /// Where it is paid.
    pub pay_url: String,
    /// Until when, microseconds since 1970.
    pub expires_us: i64,
}

/// An order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Topup {
    /// Which.
    pub id: TopupId,
    /// Whose.
    pub tenant: TenantId,
    /// Through whom it is paid.
    pub provider: String,
    /// How, where the order says so.
    pub method: String,
    /// What became of it.
    pub state: State,
    /// What it costs.
    #[serde(flatten)]
    pub quote: Quote,
    /// What the provider calls the order.
    pub reference: Option<String>,
    /// What it calls the payment.
    pub payment: Option<String>,
    /// Where it is paid.
    #[serde(skip)]
    pub pay_url: String,
    /// The number of its receipt.
    pub receipt: Option<i64>,
    /// What went back of it.
    pub back: Back,
    /// Microseconds since 1970.
    pub created_us: i64,
    /// Until when it can be paid.
    pub expires_us: i64,
    /// When it was paid, or was over.
    pub ended_us: Option<i64>,
}

impl Topup {
    /// What of the credit has not gone back.
    pub fn left(&self) -> NanoUsd {
        self.quote.credited.saturating_sub(self.back.credit)
    }
}

fn topup(row: &Row) -> Result<Topup> {
    let nano = |column: &'static str| row.int(column).map(NanoUsd);
    Ok(Topup {
        id: TopupId(row.int("id")?),
        tenant: TenantId(row.int("tenant")?),
        provider: row.text("provider")?,
        method: row.text("method")?,
        state: State::read(&row.text("state")?)?,
        quote: Quote {
            currency: row.text("currency")?,
            rate: row.int("rate")?,
            pay: row.int("pay")?,
            fee: row.int("fee")?,
            credited: nano("credited")?,
            fee_usd: nano("fee_usd")?,
        },
        reference: row.opt_text("reference")?,
        payment: row.opt_text("payment")?,
        pay_url: row.text("pay_url")?,
        receipt: row.opt_int("receipt")?,
        back: Back {
            price: row.int("back_price")?,
            fee: row.int("back_fee")?,
            credit: nano("back_credit")?,
            fee_usd: nano("back_fee_usd")?,
        },
        created_us: row.int("created")?,
        expires_us: row.int("expires_at")?,
        ended_us: row.opt_int("ended_at")?,
    })
}

/// Reads an order within a change, which nobody else's change runs beside.
async fn read(tx: &mut Tx, id: TopupId) -> Result<Topup> {
    let row = tx.fetch_optional(sql!("SELECT * FROM topups WHERE id = $1", id)).await?;
    row.as_ref().map_or(Err(Error::NotFound("top-up")), topup)
}

/// Orders. From [`Store::topups`].
#[derive(Debug, Clone, Copy)]
pub struct Topups<'a>(pub(crate) &'a Store);

impl Topups<'_> {
    /// Refuses a tenant that cannot be topped up.
    ///
    /// # Errors
    /// [`Error::NotFound`], or [`Error::Conflict`] for one that is closed.
    pub async fn may_be_made(self, tenant: TenantId) -> Result<()> {
        let mut tx = self.0.db().snapshot().await?;
        must_be_open(&mut tx, tenant).await
    }

    /// Keeps an order.
    ///
    /// # Errors
    /// As [`Topups::may_be_made`].
    pub async fn open(self, actor: &Actor, new: NewTopup) -> Result<Topup> {
        let mut change = self.0.change(actor).await?;
        must_be_open(&mut change.tx, new.tenant).await?;
        let now = time::now_us();
        let NewTopup { id, tenant, provider, method, quote, reference, pay_url, expires_us } = new;
        let insert = sql!(
            "INSERT INTO topups (id, tenant, provider, method, state, currency, rate, pay, fee, credited, fee_usd, \
             reference, pay_url, created, expires_at, looked_at) \
             VALUES ($1, $2, $3, $4, 'pending', $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 0)",
            id,
            tenant,
            provider,
            method,
            &quote.currency,
            quote.rate,
            quote.pay,
            quote.fee,
            quote.credited,
            quote.fee_usd,
            reference,
            pay_url,
            now,
            expires_us
        );
        change.tx.execute(insert).await?;
        let made = read(&mut change.tx, id).await?;
        change.audit("topup.open", id, NOTHING, Some(&made)).await?;
        change.commit().await?;
        Ok(made)
    }

    /// One order.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn get(self, id: TopupId) -> Result<Topup> {
        let row = self.0.db().fetch_optional(sql!("SELECT * FROM topups WHERE id = $1", id)).await?;
        row.as_ref().map_or(Err(Error::NotFound("top-up")), topup)
    }

    /// The order that a provider knows by this payment.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn of_payment(self, provider: &str, payment: &str) -> Result<Option<Topup>> {
        let select = sql!("SELECT * FROM topups WHERE provider = $1 AND payment = $2", provider, payment);
        self.0.db().fetch_optional(select).await?.as_ref().map(topup).transpose()
    }

    /// Orders, newest first: of these tenants, or of all.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn list(self, tenants: Option<&[TenantId]>, page: Page) -> Result<Listing<Topup>> {
        let which = match tenants {
            None => String::new(),
            Some([]) => return Ok(page.cut(Vec::new(), |_: &Topup| 0)),
            Some(tenants) => {
                let places: Vec<String> = (0..tenants.len()).map(|n| format!("${}", n + 3)).collect();
                format!(" AND tenant IN ({})", places.join(", "))
            }
        };
        let text = format!("SELECT * FROM topups WHERE id < $1{which} ORDER BY id DESC LIMIT $2");
        let select = Sql::built(text).bind(page.before()).bind(page.fetch());
        let select = tenants.unwrap_or_default().iter().fold(select, |select, tenant| select.bind(*tenant));
        let rows = self.0.db().fetch_all(select).await?;
        Ok(page.cut(rows.iter().map(topup).collect::<Result<_>>()?, |topup| topup.id.0))
    }

    /// Whether an order was not looked at for so long; then it counts as looked at now.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn may_look(self, id: TopupId, not_for_us: i64) -> Result<bool> {
        let now = time::now_us();
        let update =
            sql!("UPDATE topups SET looked_at = $2 WHERE id = $1 AND looked_at <= $3", id, now, now - not_for_us);
        Ok(self.0.db().execute(update).await? == 1)
    }

    /// Orders that are still pending and were not looked at since `before`; they count as looked at now.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn to_look_at(self, before_us: i64) -> Result<Vec<Topup>> {
        let update = sql!(
            "UPDATE topups SET looked_at = $1 WHERE id IN (SELECT id FROM topups WHERE state = 'pending' AND looked_at <= $2 \
             ORDER BY looked_at LIMIT 100) RETURNING *",
            time::now_us(),
            before_us
        );
        let mut tx = self.0.db().begin().await?;
        let rows = tx.fetch_all(update).await?;
        tx.commit().await?;
        rows.iter().map(topup).collect()
    }
}
