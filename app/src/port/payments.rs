//! Credit that is bought, as the console asks for it.

use super::{Author, Failed};
use domain::{
    ids::{BatchId, TenantId, TopupId},
    money::NanoUsd,
    views::{Fees, MoneyIn, Selling, TopupDetail, Way},
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

    /// What a tenant can buy, and bought last; `may`: whether this viewer may.
    fn selling(&self, tenant: TenantId, may: bool) -> BoxFuture<'_, Result<Selling, Failed>>;

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

    /// The latest orders and codes. For those who run the place.
    fn money_in(&self) -> BoxFuture<'_, Result<MoneyIn, Failed>>;

    /// Makes codes. For those who run the place.
    fn create_codes(&self, by: Author, new: NewCodes) -> BoxFuture<'_, Result<Vec<String>, Failed>>;

    /// Withdraws a batch. For those who run the place.
    fn withdraw_codes(&self, by: Author, batch: BatchId) -> BoxFuture<'_, Result<(), Failed>>;
}
