//! What an admin does to a wallet, as a [`Change`](crate::Change): with who did it, its audit row, and at most once for an
//! idempotent attempt. Waits for leases as [`super::changes`] does.

use super::changes::{Posted, adjust_in, set_credit_limit_in, when_available};
use crate::{
    NOTHING, Store,
    change::{Actor, Change},
    error::{Error, Result},
    ids,
    tenants::must_be_open,
};
use domain::{ids::TenantId, money::NanoUsd};
use serde::Serialize;

/// Wallets. From [`Store::wallets`].
#[derive(Debug, Clone, Copy)]
pub struct Wallets<'a>(&'a Store);

impl Store {
    /// Tenants' money, as admins change it.
    pub fn wallets(&self) -> Wallets<'_> {
        Wallets(self)
    }
}

#[derive(Serialize)]
struct Adjusted<'a> {
    amount: NanoUsd,
    reason: &'a str,
    transfer: domain::ids::TransferId,
    balance: NanoUsd,
}

#[derive(Serialize)]
struct Limit {
    credit_limit: NanoUsd,
}

impl Wallets<'_> {
    /// Adds `amount` to a wallet, or takes it away where it is negative, for `reason`.
    ///
    /// # Errors
    /// [`Error::Invalid`] for zero, [`Error::NotFound`], [`Error::Insufficient`] when less than the amount can be taken away.
    pub async fn adjust(&self, actor: &Actor, tenant: TenantId, amount: NanoUsd, reason: &str) -> Result<Posted> {
        if amount == NanoUsd::ZERO || amount.0 == i64::MIN {
            return Err(Error::invalid("amount", "must not be zero"));
        }
        let key = ids::next().to_string();
        when_available!(self.0, actor, tenant, |change| adjusted(&mut change, tenant, amount, reason, &key).await)
    }

    /// Sets how far below zero a wallet may go.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a negative limit, [`Error::NotFound`], [`Error::Insufficient`] when the wallet is further down
    /// or leases do not come back.
    pub async fn set_credit_limit(&self, actor: &Actor, tenant: TenantId, limit: NanoUsd) -> Result<()> {
        let before = Limit { credit_limit: self.0.tenants().get(tenant).await?.credit_limit };
        when_available!(self.0, actor, tenant, |change| limited(&mut change, tenant, &before, limit).await)
    }
}

async fn adjusted(
    change: &mut Change<'_>,
    tenant: TenantId,
    amount: NanoUsd,
    reason: &str,
    key: &str,
) -> Result<Posted> {
    must_be_open(&mut change.tx, tenant).await?;
    let posted = adjust_in(&mut change.tx, tenant, amount, reason, key).await?;
    let row = Adjusted { amount, reason, transfer: posted.id, balance: posted.balance };
    change.audit("tenant.adjust", tenant, NOTHING, Some(&row)).await?;
    Ok(posted)
}

async fn limited(change: &mut Change<'_>, tenant: TenantId, before: &Limit, limit: NanoUsd) -> Result<()> {
    set_credit_limit_in(&mut change.tx, tenant, limit).await?;
    change.audit("tenant.credit_limit", tenant, Some(before), Some(&Limit { credit_limit: limit })).await
}
