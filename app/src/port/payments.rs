//! Credit that is bought, as the console asks for it.

use super::{Author, Failed};
use domain::{
    ids::{BatchId, TenantId, TopupId},
    money::NanoUsd,
    views::{BatchLine, Fees, Listed, Selling, TopupDetail, TopupLine, Way},
};
use futures::future::BoxFuture;
use std::time::Duration;

/// Codes as a form describes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCodes {
    /// What each is worth.
    pub amount: NanoUsd,
    /// How many.
    pub count: String,
    /// Whether they are given away.
    pub bonus: bool,
    /// The last day they can be redeemed, UTC; `None`: for ever.
    pub last_day: Option<String>,
    /// What for.
    pub note: String,
}

/// Payments.
pub trait Payments: Send + Sync + 'static {
    /// Every fee there is. For everybody.
    fn fees(&self) -> Fees;

    /// What a tenant can buy; `may`: whether this viewer may.
    fn selling(&self, may: bool) -> Selling;

    /// A page of a tenant's orders, from the cursor on.
    fn orders(&self, tenant: TenantId, cursor: Option<String>) -> BoxFuture<'_, Result<Listed<TopupLine>, Failed>>;

    /// Orders credit.
    fn order_credit(
        &self,
        by: Author,
        tenant: TenantId,
        amount: NanoUsd,
        way: Way,
    ) -> BoxFuture<'_, Result<TopupId, Failed>>;

    /// Redeems a code; `Err` inside: so long until the next try.
    fn redeem(
        &self,
        by: Author,
        tenant: TenantId,
        code: String,
    ) -> BoxFuture<'_, Result<Result<NanoUsd, Duration>, Failed>>;

    /// An order of this tenant, or of any; its provider is asked how it stands.
    fn topup(&self, tenant: Option<TenantId>, id: TopupId) -> BoxFuture<'_, Result<TopupDetail, Failed>>;

    /// A page of all orders, with their tenants' names. For those who run the place.
    fn all_orders(&self, cursor: Option<String>) -> BoxFuture<'_, Result<Listed<(String, TopupLine)>, Failed>>;

    /// A page of all batches of codes. For those who run the place.
    fn batches(&self, cursor: Option<String>) -> BoxFuture<'_, Result<Listed<BatchLine>, Failed>>;

    /// Makes codes. For those who run the place.
    fn create_codes(&self, by: Author, new: NewCodes) -> BoxFuture<'_, Result<Vec<String>, Failed>>;

    /// Withdraws a batch. For those who run the place.
    fn withdraw_codes(&self, by: Author, batch: BatchId) -> BoxFuture<'_, Result<(), Failed>>;
}
