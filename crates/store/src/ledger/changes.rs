//! What an admin does to a wallet: adjustments and credit limits.
//!
//! Taking credit away needs it to be there: running leases are asked back, for two seconds at most, and what then is not
//! available is answered with [`Error::Insufficient`], which says how much is. Nothing is taken in part.

use super::accounts::{self, PROMOTIONS, Wallet};
use crate::{
    db::{Db, Tx},
    error::{Error, Result},
    ids,
    lease::rows,
    sql, time,
};
use domain::{
    ids::{AccountId, TenantId, TransferId},
    money::NanoUsd,
};
use std::time::{Duration, Instant};

/// How long to wait for leases to come back.
const WAIT: Duration = Duration::from_secs(2);
const LOOK: Duration = Duration::from_millis(100);

/// A transfer that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// Its id.
    pub id: TransferId,
    /// When, in microseconds since 1970.
    pub time_us: i64,
    /// Positive: to the wallet; negative: from it.
    pub amount: NanoUsd,
    /// The wallet's posted amount after it.
    pub balance: NanoUsd,
}

/// Adds `amount` to the tenant's wallet, or takes it away where it is negative, for `reason`. With the same
/// `idempotency_key` it happens once; the first transfer is answered again.
///
/// # Errors
/// [`Error::Invalid`] for zero, [`Error::NotFound`], [`Error::Insufficient`] when less than the amount can be taken away.
pub async fn adjust(db: &Db, tenant: TenantId, amount: NanoUsd, reason: &str, idempotency_key: &str) -> Result<Posted> {
    if amount == NanoUsd::ZERO || amount.0 == i64::MIN {
        return Err(Error::invalid("amount", "must not be zero"));
    }
    let mut waiting = Recall::new(db, tenant);
    loop {
        let mut tx = db.begin().await?;
        match adjust_in(&mut tx, tenant, amount, reason, idempotency_key).await {
            Ok(posted) => {
                tx.commit().await?;
                return Ok(posted);
            }
            Err(Error::Insufficient { available }) => {
                tx.rollback().await?;
                waiting.wait_or(Error::Insufficient { available }).await?;
            }
            Err(error) => return Err(error),
        }
    }
}

/// [`adjust`] in the caller's transaction, without waiting for leases.
///
/// # Errors
/// As [`adjust`].
pub async fn adjust_in(tx: &mut Tx, tenant: TenantId, amount: NanoUsd, reason: &str, key: &str) -> Result<Posted> {
    let wallet = accounts::lock_wallet(tx, tenant).await?;
    let key = format!("adjustment:{tenant}:{key}");
    if let Some(posted) = made_before(tx, &key, wallet.id).await? {
        return Ok(posted);
    }
    let left = wallet.available().0.checked_add(amount.0).ok_or(Error::invalid("amount", "too large"))?;
    if amount < NanoUsd::ZERO && left < 0 {
        return Err(Error::Insufficient { available: wallet.available() });
    }
    let balance = wallet.posted.checked_add(amount).ok_or(Error::invalid("amount", "too large"))?;
    // Credit given is our loss (promotions); credit taken away goes back there.
    let (debit, credit) = if amount > NanoUsd::ZERO { (PROMOTIONS, wallet.id) } else { (wallet.id, PROMOTIONS) };
    let update = "UPDATE accounts SET posted = posted + $2, lines = lines + $3 WHERE id = $1";
    tx.execute(sql!(update, wallet.id, amount, 1)).await?;
    tx.execute(sql!(update, PROMOTIONS, -amount, 0)).await?;
    let insert = "INSERT INTO transfers (id, time, debit_account, credit_account, amount, kind, reference, \
                  idempotency_key, tenant, line, balance) VALUES ($1, $2, $3, $4, $5, 'adjustment', $6, $7, $8, $9, $10)";
    let posted = Posted { id: TransferId(ids::next()), time_us: time::now_us(), amount, balance };
    let insert = sql!(insert, posted.id, posted.time_us, debit, credit, amount.0.abs(), reason, key);
    tx.execute(insert.bind(tenant).bind(wallet.lines + 1).bind(balance)).await?;
    Ok(posted)
}

async fn made_before(tx: &mut Tx, key: &str, wallet: AccountId) -> Result<Option<Posted>> {
    let find = "SELECT id, time, amount, credit_account, balance FROM transfers WHERE idempotency_key = $1";
    let Some(row) = tx.fetch_optional(sql!(find, key)).await? else { return Ok(None) };
    let amount = NanoUsd(row.int("amount")?);
    Ok(Some(Posted {
        id: TransferId(row.int("id")?),
        time_us: row.int("time")?,
        amount: if row.int("credit_account")? == wallet.0 { amount } else { -amount },
        balance: NanoUsd(row.int("balance")?),
    }))
}

/// Sets how far below zero the wallet may go.
///
/// # Errors
/// [`Error::Invalid`] for a negative limit, [`Error::NotFound`], [`Error::Insufficient`] when the wallet is further down or
/// leases do not come back.
pub async fn set_credit_limit(db: &Db, tenant: TenantId, limit: NanoUsd) -> Result<()> {
    let mut waiting = Recall::new(db, tenant);
    loop {
        let mut tx = db.begin().await?;
        match set_credit_limit_in(&mut tx, tenant, limit).await {
            Ok(()) => return tx.commit().await,
            Err(Error::Insufficient { available }) => {
                tx.rollback().await?;
                waiting.wait_or(Error::Insufficient { available }).await?;
            }
            Err(error) => return Err(error),
        }
    }
}

/// [`set_credit_limit`] in the caller's transaction, without waiting for leases.
///
/// # Errors
/// As [`set_credit_limit`].
pub async fn set_credit_limit_in(tx: &mut Tx, tenant: TenantId, limit: NanoUsd) -> Result<()> {
    if limit < NanoUsd::ZERO {
        return Err(Error::invalid("credit_limit", "must not be negative"));
    }
    let wallet: Wallet = accounts::lock_wallet(tx, tenant).await?;
    let left = wallet.posted.saturating_add(limit).saturating_sub(wallet.leased);
    if limit < wallet.credit_limit && left < NanoUsd::ZERO {
        return Err(Error::Insufficient { available: wallet.available() });
    }
    tx.execute(sql!("UPDATE accounts SET credit_limit = $2 WHERE id = $1", wallet.id, limit)).await.map(drop)
}

/// Asks leases back, once, and waits.
pub(super) struct Recall<'a> {
    db: &'a Db,
    tenant: TenantId,
    asked: Option<Instant>,
}

impl<'a> Recall<'a> {
    pub(super) fn new(db: &'a Db, tenant: TenantId) -> Self {
        Self { db, tenant, asked: None }
    }

    /// Waits a little; or answers with the error when nothing is leased, or the time is up.
    pub(super) async fn wait_or(&mut self, error: Error) -> Result<()> {
        let leased = "SELECT leased FROM accounts WHERE tenant = $1 AND kind = 'wallet'";
        let leased = self.db.fetch_one(sql!(leased, self.tenant)).await?.int(0)?;
        match self.asked {
            Some(asked) if asked.elapsed() >= WAIT => return Err(error),
            _ if leased == 0 => return Err(error),
            Some(_) => {}
            None => {
                rows::recall(self.db, self.tenant, "").await?;
                self.asked = Some(Instant::now());
            }
        }
        tokio::time::sleep(LOOK).await;
        Ok(())
    }
}
