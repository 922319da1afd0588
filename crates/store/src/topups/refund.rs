//! Refunds that admins make: of an order, through its provider, or of a request.
//!
//! Of an order: the money leaves the wallet first (leases are asked back; what then is not there is refused with what is),
//! then the provider is asked. If it refuses, the money comes back; if nobody knows, it stays `pending` and is asked again
//! under the same name. Of a request: from revenue into the wallet. Neither exceeds what it names.

use super::{
    State, Topup, Topups,
    back::{Back, begin, finish, take},
    read, topup,
};
use crate::{
    Listing, NOTHING, Page, Store,
    change::{Actor, Change},
    db::{Row, Sql, Tx},
    error::{Error, Result},
    ids,
    ledger::{
        accounts::REVENUE,
        book::{Book, Entry, Kind},
        changes::{Posted, when_available},
    },
    sql, time, usage,
};
use domain::{
    exchange::minor_share,
    ids::{RefundId, RequestId, TenantId, TopupId},
    money::NanoUsd,
};
use serde::Serialize;

/// What became of money that was to go back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RefundState {
    /// The provider has not said yet.
    Pending,
    /// It went back.
    Done,
    /// It did not, and was put back.
    Undone,
}

impl RefundState {
    /// The word for it in the database and the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Done => "done",
            Self::Undone => "undone",
        }
    }

    fn read(word: &str) -> Result<Self> {
        let all = [Self::Pending, Self::Done, Self::Undone];
        all.into_iter().find(|state| state.word() == word).ok_or(Error::Corrupt("state of a refund"))
    }
}

/// Money that goes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refund {
    /// Which.
    pub id: RefundId,
    /// Whose.
    pub tenant: TenantId,
    /// Whether the payer's bank took it.
    pub chargeback: bool,
    /// Of which order.
    pub topup: Option<TopupId>,
    /// Of which request.
    pub request: Option<RequestId>,
    /// What became of it.
    pub state: RefundState,
    /// What the provider calls it.
    pub reference: Option<String>,
    /// How much.
    pub part: Back,
    /// Why.
    pub reason: String,
    /// Microseconds since 1970.
    pub created_us: i64,
}

pub(super) fn refund(row: &Row) -> Result<Refund> {
    let request = row.opt_bytes("request")?.map(|bytes| bytes.try_into().map(RequestId));
    let request = request.transpose().map_err(|_| Error::Corrupt("request"))?;
    Ok(Refund {
        id: RefundId(row.int("id")?),
        tenant: TenantId(row.int("tenant")?),
        chargeback: row.text("kind")? == "chargeback",
        topup: row.opt_int("topup")?.map(TopupId),
        request,
        state: RefundState::read(&row.text("state")?)?,
        reference: row.opt_text("reference")?,
        part: Back {
            price: row.int("price")?,
            fee: row.int("fee")?,
            credit: NanoUsd(row.int("credit")?),
            fee_usd: NanoUsd(row.int("fee_usd")?),
        },
        reason: row.text("reason")?,
        created_us: row.int("created")?,
    })
}

impl Refund {
    pub(super) async fn insert(&self, tx: &mut Tx, provider: Option<&str>) -> Result<()> {
        let insert = sql!(
            "INSERT INTO refunds (id, tenant, kind, topup, request, state, provider, reference, price, fee, credit, fee_usd, \
             reason, created, looked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)",
            self.id,
            self.tenant,
            if self.chargeback { "chargeback" } else { "refund" },
            self.topup,
            self.request,
            self.state.word(),
            provider.map(str::to_owned),
            self.reference.clone(),
            self.part.price,
            self.part.fee,
            self.part.credit,
            self.part.fee_usd,
            &self.reason,
            self.created_us
        );
        tx.execute(insert).await.map(drop)
    }
}

/// A request that is to be refunded, as its usage row has it.
#[derive(Debug, Clone, Copy)]
pub struct OfRequest {
    /// Which.
    pub request: RequestId,
    /// Whose.
    pub tenant: TenantId,
    /// What it was charged.
    pub sale: NanoUsd,
}

impl Topups<'_> {
    /// Begins a refund of an order: the money leaves the wallet. The provider is asked next.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Conflict`] for an order that is not paid, [`Error::Invalid`] for more than is left of it,
    /// [`Error::Insufficient`] when the wallet has less.
    pub async fn refund(self, actor: &Actor, id: TopupId, amount: NanoUsd, reason: &str) -> Result<Refund> {
        let tenant = self.get(id).await?.tenant;
        when_available!(self.0, actor, tenant, |change| start(&mut change, id, amount, reason).await)
    }

    /// Ends a refund as its provider says.
    ///
    /// # Errors
    /// [`Error::NotFound`], or any of the database's kinds: then do it again.
    pub async fn refunded(self, id: RefundId, state: RefundState, reference: Option<&str>) -> Result<Refund> {
        let actor = Actor::system();
        let mut change = self.0.change(&actor).await?;
        let row = change.tx.fetch_optional(sql!("SELECT * FROM refunds WHERE id = $1", id)).await?;
        let before = row.as_ref().map_or(Err(Error::NotFound("refund")), refund)?;
        let order = read(&mut change.tx, before.topup.ok_or(Error::NotFound("refund"))?).await?;
        if before.state == RefundState::Undone {
            return Ok(before);
        }
        let after = finish(&mut change, &order, &before, state, reference).await?;
        change.commit().await?;
        Ok(after)
    }

    /// What went back of an order, the newest first.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn refunds(self, id: TopupId) -> Result<Vec<Refund>> {
        let rows = self.0.db().fetch_all(sql!("SELECT * FROM refunds WHERE topup = $1 ORDER BY id DESC", id)).await?;
        rows.iter().map(refund).collect()
    }

    /// The same, a page of it.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn refund_page(self, id: TopupId, page: Page) -> Result<Listing<Refund>> {
        let text = "SELECT * FROM refunds WHERE topup = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
        self.page_of(sql!(text, id, page.before(), page.fetch()), &page).await
    }

    /// What went back of a request, the newest first.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn request_refund_page(self, id: RequestId, page: Page) -> Result<Listing<Refund>> {
        let text = "SELECT * FROM refunds WHERE request = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
        self.page_of(sql!(text, id, page.before(), page.fetch()), &page).await
    }

    async fn page_of(self, select: Sql, page: &Page) -> Result<Listing<Refund>> {
        let rows = self.0.db().fetch_all(select).await?;
        Ok(page.cut(rows.iter().map(refund).collect::<Result<_>>()?, |refund| refund.id.0))
    }

    /// How much went back of a request.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn back_of_request(self, id: RequestId) -> Result<NanoUsd> {
        Ok(NanoUsd(self.0.db().fetch_one(back_of_request(id)).await?.int(0)?))
    }

    /// Refunds that their providers have not answered and were not asked about since `before`, with their orders; they count
    /// as asked about now.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn refunds_to_ask(self, before_us: i64) -> Result<Vec<(Refund, Topup)>> {
        let update = sql!(
            "UPDATE refunds SET looked_at = $1 WHERE id IN (SELECT id FROM refunds WHERE state = 'pending' \
             AND looked_at <= $2 ORDER BY looked_at LIMIT 100) RETURNING *",
            time::now_us(),
            before_us
        );
        let mut tx = self.0.db().begin().await?;
        let mut due = Vec::new();
        for row in tx.fetch_all(update).await? {
            let refund = refund(&row)?;
            let order = sql!("SELECT * FROM topups WHERE id = $1", refund.topup);
            due.push((refund, topup(&tx.fetch_one(order).await?)?));
        }
        tx.commit().await?;
        Ok(due)
    }

    /// Refunds a request, as a whole or in part, from revenue into its tenant's wallet.
    ///
    /// # Errors
    /// [`Error::Invalid`] for more than is left of it.
    pub async fn refund_request(
        self,
        actor: &Actor,
        of: OfRequest,
        amount: Option<NanoUsd>,
        reason: &str,
    ) -> Result<(Refund, Posted)> {
        let mut change = self.0.change(actor).await?;
        let before = NanoUsd(change.tx.fetch_one(back_of_request(of.request)).await?.int(0)?);
        let left = of.sale.saturating_sub(before);
        let credit = amount.unwrap_or(left);
        if credit <= NanoUsd::ZERO || credit > left {
            return Err(Error::invalid("amount", format!("must be positive and at most {left}, which is left of it")));
        }
        let made = Refund {
            id: RefundId(ids::next()),
            tenant: of.tenant,
            chargeback: false,
            topup: None,
            request: Some(of.request),
            state: RefundState::Done,
            reference: None,
            part: Back { credit, ..Back::default() },
            reason: reason.to_owned(),
            created_us: time::now_us(),
        };
        made.insert(&mut change.tx, None).await?;
        let reference = format!("request {}: {reason}", of.request);
        let entry = Entry { kind: Kind::Refund, reference: &reference, key: format!("refund:{}", made.id) };
        let posted = Book::open(&mut change.tx, of.tenant).await?.credit(REVENUE, credit, entry).await?;
        change.audit("request.refund", of.request, NOTHING, Some(&made)).await?;
        change.commit().await?;
        Ok((made, posted))
    }
}

fn back_of_request(id: RequestId) -> Sql {
    sql!("SELECT CAST(COALESCE(SUM(credit), 0) AS BIGINT) FROM refunds WHERE request = $1", id)
}

async fn start(change: &mut Change<'_>, id: TopupId, amount: NanoUsd, reason: &str) -> Result<Refund> {
    let order = read(&mut change.tx, id).await?;
    if order.state != State::Succeeded {
        return Err(Error::conflict("the top-up is not paid"));
    }
    let left = order.left();
    if amount <= NanoUsd::ZERO || amount > left {
        return Err(Error::invalid("amount", format!("must be positive and at most {left}, which is left of it")));
    }
    let price_left = order.quote.price() - order.back.price;
    let price = if amount == left {
        price_left
    } else {
        minor_share(amount, order.quote.credited, order.quote.price()).min(price_left)
    };
    if price <= 0 {
        return Err(Error::invalid("amount", "too small for its currency"));
    }
    let part = Back { price, fee: 0, credit: amount, fee_usd: NanoUsd::ZERO };
    let made = begin(change, &order, part, None, reason).await?;
    take(change, &order, &made, false).await?;
    change.audit("topup.refund", id, NOTHING, Some(&made)).await?;
    Ok(made)
}

/// What a request was charged, for its refund.
///
/// # Errors
/// [`Error::NotFound`] when it has no row (yet, or any more).
pub async fn charged(store: &Store, request: RequestId) -> Result<OfRequest> {
    let event = usage::get(store.db(), request).await?.ok_or(Error::NotFound("request"))?;
    Ok(OfRequest { request, tenant: event.tenant, sale: event.sale })
}
