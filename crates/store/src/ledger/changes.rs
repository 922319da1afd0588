//! What an admin does to a wallet: adjustments and credit limits.
//!
//! Taking credit away needs it to be there: running leases are asked back, for two seconds at most, and what then is not
//! available is answered with [`Error::Insufficient`], which says how much is. Nothing is taken in part.

use super::{
    accounts::{self, PROMOTIONS, Wallet},
    book::{Book, Entry, Kind},
};
use crate::{
    db::{Db, Tx},
    error::{Error, Result},
    lease::rows,
    sql,
};
use domain::{
    ids::{TenantId, TransferId},
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
    let mut book = Book::open(tx, tenant).await?;
    let entry = Entry { kind: Kind::Adjustment, reference: reason, key: format!("adjustment:{tenant}:{key}") };
    if let Some(posted) = book.made_before(&entry.key).await? {
        return Ok(posted);
    }
    // Credit given is our loss (promotions); credit taken away goes back there.
    if amount > NanoUsd::ZERO {
        book.credit(PROMOTIONS, amount, entry).await
    } else {
        book.debit(PROMOTIONS, -amount, entry).await
    }
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

/// Runs a change (`$change` in `$attempt`) and commits it. While it fails for want of money that is at work in leases, they
/// are asked back and it is tried again, for two seconds at most.
macro_rules! when_available {
    ($store:expr, $actor:expr, $tenant:expr, |$change:ident| $attempt:expr) => {{
        let mut waiting = $crate::ledger::changes::Recall::new($store.db(), $tenant);
        loop {
            let mut $change = $store.change($actor).await?;
            match $attempt {
                Ok(done) => {
                    $change.commit().await?;
                    break Ok(done);
                }
                Err($crate::Error::Insufficient { available }) => {
                    $change.tx.rollback().await?;
                    waiting.wait_or($crate::Error::Insufficient { available }).await?;
                }
                Err(error) => break Err(error),
            }
        }
    }};
}
pub(crate) use when_available;

/// Asks leases back, once, and waits.
pub(crate) struct Recall<'a> {
    db: &'a Db,
    tenant: TenantId,
    asked: Option<Instant>,
}

impl<'a> Recall<'a> {
    pub(crate) fn new(db: &'a Db, tenant: TenantId) -> Self {
        Self { db, tenant, asked: None }
    }

    /// Waits a little; or answers with the error when nothing is leased, or the time is up.
    pub(crate) async fn wait_or(&mut self, error: Error) -> Result<()> {
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
