//! One tenant's side of the ledger, open for writing: its wallet, what it owes us, and the accounts of the house, locked.
//!
//! Whatever moves money for a tenant outside the drain is posted here: one place that keeps balances, lines of the wallet
//! and transfers in step. A transfer's key makes it happen once. The wallet's row is locked before the receivable's, and
//! both before those of the house.

use super::{
    accounts::{self, Wallet},
    changes::Posted,
};
use crate::{
    db::{Sql, Tx},
    error::{Error, Result},
    ids, sql, time,
};
use domain::{
    ids::{AccountId, TenantId, TransferId},
    money::NanoUsd,
};

/// What a transfer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Topup,
    Refund,
    Adjustment,
    Bonus,
    Chargeback,
}

impl Kind {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Topup => "topup",
            Self::Refund => "refund",
            Self::Adjustment => "adjustment",
            Self::Bonus => "bonus",
            Self::Chargeback => "chargeback",
        }
    }
}

/// What a transfer says of itself.
#[derive(Debug, Clone)]
pub(crate) struct Entry<'e> {
    pub(crate) kind: Kind,
    /// The tenant sees it.
    pub(crate) reference: &'e str,
    /// Unique: a transfer happens once.
    pub(crate) key: String,
}

/// See the module.
pub(crate) struct Book<'t> {
    tx: &'t mut Tx,
    tenant: TenantId,
    wallet: Wallet,
    receivable: AccountId,
    owed: NanoUsd,
}

impl<'t> Book<'t> {
    /// Locks what a transfer of this tenant may touch.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such tenant.
    pub(crate) async fn open(tx: &'t mut Tx, tenant: TenantId) -> Result<Self> {
        let wallet = accounts::lock_wallet(tx, tenant).await?;
        let text = "SELECT id, posted FROM accounts WHERE tenant = $1 AND kind = 'receivable'";
        let select = Sql::built(format!("{text}{}", tx.for_update())).bind(tenant);
        let row = tx.fetch_optional(select).await?.ok_or(Error::Corrupt("receivable"))?;
        accounts::lock_house(tx).await?;
        let (receivable, owed) = (AccountId(row.int("id")?), -NanoUsd(row.int("posted")?));
        Ok(Self { tx, tenant, wallet, receivable, owed })
    }

    /// The wallet as it is now.
    pub(crate) fn wallet(&self) -> &Wallet {
        &self.wallet
    }

    /// What the tenant owes us.
    pub(crate) fn owed(&self) -> NanoUsd {
        self.owed.max(NanoUsd::ZERO)
    }

    /// What can be taken from the wallet now, nothing less than nothing.
    pub(crate) fn available(&self) -> NanoUsd {
        self.wallet.available().max(NanoUsd::ZERO)
    }

    /// The transfer of this tenant's with this key, if it was made before.
    pub(crate) async fn made_before(&mut self, key: &str) -> Result<Option<Posted>> {
        let find = "SELECT id, time, amount, credit_account, balance FROM transfers WHERE idempotency_key = $1";
        let Some(row) = self.tx.fetch_optional(sql!(find, key)).await? else { return Ok(None) };
        let amount = NanoUsd(row.int("amount")?);
        Ok(Some(Posted {
            id: TransferId(row.int("id")?),
            time_us: row.int("time")?,
            amount: if row.int("credit_account")? == self.wallet.id.0 { amount } else { -amount },
            balance: NanoUsd(row.int("balance")?),
        }))
    }

    /// Puts `amount` into the wallet.
    pub(crate) async fn credit(&mut self, from: AccountId, amount: NanoUsd, entry: Entry<'_>) -> Result<Posted> {
        self.transfer(from, self.wallet.id, amount, entry).await
    }

    /// Takes `amount` out of the wallet.
    ///
    /// # Errors
    /// [`Error::Insufficient`] when less can be taken now.
    pub(crate) async fn debit(&mut self, to: AccountId, amount: NanoUsd, entry: Entry<'_>) -> Result<Posted> {
        if self.available() < amount {
            return Err(Error::Insufficient { available: self.wallet.available() });
        }
        self.transfer(self.wallet.id, to, amount, entry).await
    }

    /// The tenant owes `amount` more, which `to` gets.
    pub(crate) async fn owe(&mut self, to: AccountId, amount: NanoUsd, entry: Entry<'_>) -> Result<()> {
        self.transfer(self.receivable, to, amount, entry).await.map(drop)
    }

    /// The tenant owes `amount` less, which `from` pays.
    pub(crate) async fn forgive(&mut self, from: AccountId, amount: NanoUsd, entry: Entry<'_>) -> Result<()> {
        self.transfer(from, self.receivable, amount, entry).await.map(drop)
    }

    /// Pays from the wallet what is owed, as far as what was paid in goes; how much that was.
    pub(crate) async fn pay_what_is_owed(&mut self, at_most: NanoUsd, reference: &str, key: String) -> Result<NanoUsd> {
        let amount = self.owed().min(at_most).min(self.available());
        if amount > NanoUsd::ZERO {
            self.debit(self.receivable, amount, Entry { kind: Kind::Chargeback, reference, key }).await?;
        }
        Ok(amount)
    }

    /// Moves `amount` between two accounts; the wallet's line is written if it is one of them.
    pub(crate) async fn transfer(
        &mut self,
        debit: AccountId,
        credit: AccountId,
        amount: NanoUsd,
        entry: Entry<'_>,
    ) -> Result<Posted> {
        if amount <= NanoUsd::ZERO {
            return Err(Error::invalid("amount", "must be positive"));
        }
        let mut touched = false;
        for (account, more) in [(debit, -amount), (credit, amount)] {
            let lines = i64::from(account == self.wallet.id);
            if account == self.wallet.id {
                touched = true;
                let after = self.wallet.posted.checked_add(more);
                self.wallet.posted = after.ok_or(Error::invalid("amount", "too large"))?;
                self.wallet.lines += 1;
            }
            if account == self.receivable {
                self.owed = self.owed.saturating_sub(more);
            }
            let update = "UPDATE accounts SET posted = posted + $2, lines = lines + $3 WHERE id = $1";
            self.tx.execute(sql!(update, account, more, lines)).await?;
        }
        let posted = Posted {
            id: TransferId(ids::next()),
            time_us: time::now_us(),
            amount: if credit == self.wallet.id { amount } else { -amount },
            balance: self.wallet.posted,
        };
        let insert = "INSERT INTO transfers (id, time, debit_account, credit_account, amount, kind, reference, \
                      idempotency_key, tenant, line, balance) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
        let insert = sql!(insert, posted.id, posted.time_us, debit, credit, amount, entry.kind.word(), entry.reference);
        let insert = insert.bind(entry.key).bind(touched.then_some(self.tenant));
        let insert = insert.bind(touched.then_some(self.wallet.lines)).bind(touched.then_some(posted.balance));
        self.tx.execute(insert).await?;
        Ok(posted)
    }
}
