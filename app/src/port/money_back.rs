//! Money that those who run the place give back, as the console asks for it.

use super::{Author, Failed};
use domain::{
    ids::{RequestId, TenantId, TopupId},
    money::NanoUsd,
    views::{Listed, RefundLine},
};
use futures::future::BoxFuture;

/// What is given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundOf {
    /// An order of credit: out of the wallet, through its provider.
    Topup(TopupId),
    /// A request: into the wallet.
    Request(RequestId),
}

impl RefundOf {
    /// What a form names.
    pub fn parse(id: &str) -> Option<Self> {
        id.parse().map(Self::Topup).or_else(|_| id.parse().map(Self::Request)).ok()
    }

    /// As a form names it.
    pub fn id(self) -> String {
        match self {
            Self::Topup(id) => id.to_string(),
            Self::Request(id) => id.to_string(),
        }
    }

    /// Its page.
    pub fn page(self) -> String {
        match self {
            Self::Topup(id) => format!("/topups/{id}"),
            Self::Request(id) => format!("/requests/{id}"),
        }
    }
}

/// What can be given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refundable {
    /// What is left of it.
    pub left: NanoUsd,
    /// What went back.
    pub refunds: Listed<RefundLine>,
    /// What one form is known by, however often it is sent.
    pub once: String,
}

/// What closing a tenant comes to, or came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closing {
    /// Nobody asks.
    Open,
    /// Closing it now would come to this.
    Would(ClosingWould),
    /// It is closed.
    Closed(TenantClosed),
}

/// What closing a tenant now would come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosingWould {
    /// What people call it.
    pub name: String,
    /// What is in the wallet.
    pub posted: NanoUsd,
    /// Of it, at work for running requests.
    pub leased: NanoUsd,
    /// What it paid in, less what went back.
    pub paid_in: NanoUsd,
    /// What it owes beside the wallet.
    pub owed: NanoUsd,
    /// Of that, what the wallet can pay.
    pub set_off: NanoUsd,
    /// What is paid out.
    pub pay_out: NanoUsd,
    /// Given credit that ends.
    pub ends: NanoUsd,
    /// Keys that are revoked.
    pub keys: i64,
    /// Orders that are not paid yet.
    pub pending: i64,
}

/// How a tenant was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantClosed {
    /// When (RFC 3339, UTC).
    pub time: String,
    /// Paid out.
    pub paid: NanoUsd,
    /// Given credit that ended.
    pub ended: NanoUsd,
    /// Of what it owed, paid by the wallet.
    pub set_off: NanoUsd,
    /// Why, and how it was paid out.
    pub reference: String,
}

/// Money back. All of it is for those who run the place; what went back of an order, also for its tenant.
pub trait MoneyBack: Send + Sync + 'static {
    /// What can be given back, and what went back: of this tenant's, or of any; from the cursor on.
    fn refundable(
        &self,
        tenant: Option<TenantId>,
        of: RefundOf,
        cursor: Option<String>,
    ) -> BoxFuture<'_, Result<Refundable, Failed>>;

    /// Gives it back, once for each `once`.
    fn refund(
        &self,
        by: Author,
        of: RefundOf,
        amount: NanoUsd,
        reason: String,
        once: String,
    ) -> BoxFuture<'_, Result<(), Failed>>;

    /// What closing it comes to, where it is `asked`, or came to.
    fn closing(&self, tenant: TenantId, asked: bool) -> BoxFuture<'_, Result<Closing, Failed>>;

    /// Closes it.
    fn close_tenant(
        &self,
        by: Author,
        tenant: TenantId,
        name: String,
        pay_out: NanoUsd,
        reference: String,
    ) -> BoxFuture<'_, Result<(), Failed>>;
}
