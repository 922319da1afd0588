//! Accounts: a wallet and a receivable per tenant, and those of the house.
//!
//! `posted` is credits less debits and changes only with a transfer, in its transaction; whoever locks several accounts
//! locks them in the order of their ids, and before any lease.

use crate::{
    db::{Db, Row, Tx},
    error::{Error, Result},
    ids, sql,
};
use domain::{
    ids::{AccountId, TenantId},
    money::NanoUsd,
};

/// What tenants were charged.
pub const REVENUE: AccountId = AccountId(1);
/// What upstreams cost us.
pub const COST: AccountId = AccountId(2);
/// Money on its way in or out.
pub const CLEARING: AccountId = AccountId(3);
/// Credit given away, and corrections.
pub const PROMOTIONS: AccountId = AccountId(4);
/// Charges that no wallet could cover.
pub const WRITEOFF: AccountId = AccountId(5);

/// A wallet's row, locked for the rest of the transaction where [`lock_wallet`] read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wallet {
    /// Its id.
    pub id: AccountId,
    /// Credits less debits.
    pub posted: NanoUsd,
    /// Drawn by nodes.
    pub leased: NanoUsd,
    /// How far below zero it may go.
    pub credit_limit: NanoUsd,
    /// How many lines its listing has.
    pub lines: i64,
}

impl Wallet {
    /// What can be drawn or taken away now.
    pub fn available(&self) -> NanoUsd {
        self.posted.saturating_add(self.credit_limit).saturating_sub(self.leased)
    }

    pub(crate) fn read(row: &Row) -> Result<Self> {
        Ok(Self {
            id: AccountId(row.int("id")?),
            posted: NanoUsd(row.int("posted")?),
            leased: NanoUsd(row.int("leased")?),
            credit_limit: NanoUsd(row.int("credit_limit")?),
            lines: row.int("lines")?,
        })
    }
}

/// What is posted on every account of the house, and on all wallets and receivables together, by kind (`payable:NAME` for
/// each provider). The sum is zero.
///
/// # Errors
/// The database's.
pub async fn house(db: &Db) -> Result<Vec<(String, NanoUsd)>> {
    let text = "SELECT kind, COALESCE(provider, '') AS provider, CAST(SUM(posted) AS BIGINT) AS posted FROM accounts \
                GROUP BY kind, COALESCE(provider, '') ORDER BY kind, provider";
    let rows = db.fetch_all(sql!(text)).await?;
    rows.iter()
        .map(|row| {
            let (kind, provider) = (row.text("kind")?, row.text("provider")?);
            let name = if provider.is_empty() { kind } else { format!("{kind}:{provider}") };
            Ok((name, NanoUsd(row.int("posted")?)))
        })
        .collect()
}

/// Makes a new tenant's wallet and receivable.
///
/// # Errors
/// [`Error::Invalid`] for a negative limit; otherwise the database's.
pub async fn create(tx: &mut Tx, tenant: TenantId, credit_limit: NanoUsd) -> Result<()> {
    if credit_limit < NanoUsd::ZERO {
        return Err(Error::invalid("credit_limit", "must not be negative"));
    }
    let insert = "INSERT INTO accounts (id, kind, tenant, credit_limit) VALUES ($1, $2, $3, $4)";
    tx.execute(sql!(insert, ids::next(), "wallet", tenant, credit_limit)).await?;
    tx.execute(sql!(insert, ids::next(), "receivable", tenant, NanoUsd::ZERO)).await?;
    Ok(())
}

/// Reads a tenant's wallet and locks it.
///
/// # Errors
/// [`Error::NotFound`] when there is no such tenant.
pub async fn lock_wallet(tx: &mut Tx, tenant: TenantId) -> Result<Wallet> {
    let text = "SELECT id, posted, leased, credit_limit, lines FROM accounts WHERE tenant = $1 AND kind = 'wallet'";
    let read = crate::db::Sql::built(format!("{text}{}", tx.for_update())).bind(tenant);
    let row = tx.fetch_optional(read).await?.ok_or(Error::NotFound("tenant"))?;
    Wallet::read(&row)
}

/// Locks the accounts of the house for the rest of the transaction, in the order of their ids: for whoever changes several
/// of them, after the wallets.
///
/// # Errors
/// The database's.
pub(crate) async fn lock_house(tx: &mut Tx) -> Result<()> {
    if tx.is_sqlite() {
        return Ok(());
    }
    tx.fetch_all(sql!("SELECT id FROM accounts WHERE tenant IS NULL ORDER BY id FOR UPDATE")).await.map(drop)
}

/// The account of what we owe a provider, made when it is first needed.
///
/// # Errors
/// The database's.
pub async fn payable(tx: &mut Tx, provider: &str) -> Result<AccountId> {
    let find = "SELECT id FROM accounts WHERE kind = 'payable' AND provider = $1";
    if let Some(row) = tx.fetch_optional(sql!(find, provider)).await? {
        return Ok(AccountId(row.int(0)?));
    }
    let insert = "INSERT INTO accounts (id, kind, provider) VALUES ($1, 'payable', $2) ON CONFLICT DO NOTHING";
    tx.execute(sql!(insert, ids::next(), provider)).await?;
    Ok(AccountId(tx.fetch_one(sql!(find, provider)).await?.int(0)?))
}
