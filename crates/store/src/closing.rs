//! Closing a tenant: what is owed either way is shown, then settled, once, and nothing moves after it.
//!
//! What the tenant owes (`receivable`) is set off first. Then what it paid in and has not spent is paid out: given credit
//! counts as spent first, so `min(balance, paid in less what went back)`, unless an admin says another amount. What is left
//! of given credit ends. Three steps that can be repeated: frozen and its keys revoked; leases back and everything posted;
//! the books closed.

use crate::{
    NOTHING, Store,
    change::{Actor, Announce, Change},
    db::{Row, Tx},
    error::{Error, Result},
    lease::rows,
    ledger::{
        accounts::{CLEARING, PROMOTIONS},
        book::{Book, Entry, Kind},
        changes::when_available,
    },
    sql,
    tenants::must_exist,
    time,
};
use domain::{
    ids::{KeyId, TenantId},
    money::NanoUsd,
};
use serde::Serialize;

/// What closing a tenant now would come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Preview {
    /// What is in the wallet.
    pub posted: NanoUsd,
    /// Of it, at work in leases: it must come back first.
    pub leased: NanoUsd,
    /// What it paid in, less what went back.
    pub paid_in: NanoUsd,
    /// What it owes us beside the wallet, which the wallet pays first.
    pub owed: NanoUsd,
    /// Of that, what the wallet can pay.
    pub set_off: NanoUsd,
    /// What is paid out.
    pub pay_out: NanoUsd,
    /// Given credit that ends.
    pub ends: NanoUsd,
    /// Keys that are revoked.
    pub keys: i64,
    /// Requests of payment that are still open; what is paid on them later is for a refund.
    pub pending_topups: i64,
}

/// How a tenant was closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Closed {
    /// Which.
    pub tenant: TenantId,
    /// Paid out.
    pub paid: NanoUsd,
    /// Given credit that ended.
    pub ended: NanoUsd,
    /// Of what it owed, paid by the wallet.
    pub set_off: NanoUsd,
    /// How it was paid out: what people find it by.
    pub reference: String,
    /// Microseconds since 1970.
    pub time_us: i64,
}

/// Closing. From [`Store::closing`].
#[derive(Debug, Clone, Copy)]
pub struct Closing<'a>(pub(crate) &'a Store);

/// What came into the wallet from the clearing account, less what went back there or paid what was owed.
const PAID_IN: &str = "SELECT CAST(COALESCE(SUM(CASE WHEN t.debit_account = 3 THEN t.amount ELSE -t.amount END), 0) AS BIGINT) \
    FROM transfers t WHERE t.tenant = $1 AND (t.debit_account = 3 OR t.credit_account = 3 \
    OR t.credit_account = (SELECT id FROM accounts WHERE tenant = $1 AND kind = 'receivable'))";

fn closed(row: &Row) -> Result<Closed> {
    Ok(Closed {
        tenant: TenantId(row.int("tenant")?),
        paid: NanoUsd(row.int("paid")?),
        ended: NanoUsd(row.int("ended")?),
        set_off: NanoUsd(row.int("set_off")?),
        reference: row.text("reference")?,
        time_us: row.int("time")?,
    })
}

async fn before(tx: &mut Tx, tenant: TenantId) -> Result<Option<Closed>> {
    let row = tx.fetch_optional(sql!("SELECT * FROM closings WHERE tenant = $1", tenant)).await?;
    row.as_ref().map(closed).transpose()
}

/// From what is in the wallet, what was paid in and what is owed.
fn shares(posted: NanoUsd, paid_in: NanoUsd, owed: NanoUsd) -> (NanoUsd, NanoUsd, NanoUsd) {
    let there = posted.max(NanoUsd::ZERO);
    let set_off = owed.min(there);
    let left = there.saturating_sub(set_off);
    let pay_out = left.min(paid_in.saturating_sub(set_off).max(NanoUsd::ZERO));
    (set_off, pay_out, left.saturating_sub(pay_out))
}

impl Closing<'_> {
    /// What closing it now would come to; for a closed tenant, nothing more.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn preview(self, tenant: TenantId) -> Result<Preview> {
        let mut tx = self.0.db().snapshot().await?;
        must_exist(&mut tx, tenant).await?;
        let text = "SELECT (SELECT posted FROM accounts WHERE tenant = $1 AND kind = 'wallet') AS posted, \
            (SELECT leased FROM accounts WHERE tenant = $1 AND kind = 'wallet') AS leased, \
            (SELECT posted FROM accounts WHERE tenant = $1 AND kind = 'receivable') AS receivable, \
            (SELECT COUNT(*) FROM keys WHERE tenant = $1 AND revoked_at IS NULL) AS keys, \
            (SELECT COUNT(*) FROM topups WHERE tenant = $1 AND state = 'pending') AS pending";
        let row = tx.fetch_one(sql!(text, tenant)).await?;
        let posted = NanoUsd(row.int("posted")?);
        let owed = (-NanoUsd(row.int("receivable")?)).max(NanoUsd::ZERO);
        let paid_in = paid_in(&mut tx, tenant).await?;
        let (set_off, pay_out, ends) = shares(posted, paid_in, owed);
        Ok(Preview {
            posted,
            leased: NanoUsd(row.int("leased")?),
            paid_in,
            owed,
            set_off,
            pay_out,
            ends,
            keys: row.int("keys")?,
            pending_topups: row.int("pending")?,
        })
    }

    /// How it was closed, if it was.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn closed(self, tenant: TenantId) -> Result<Option<Closed>> {
        let row = self.0.db().fetch_optional(sql!("SELECT * FROM closings WHERE tenant = $1", tenant)).await?;
        row.as_ref().map(closed).transpose()
    }

    /// Closes it; `pay_out` instead of what the rule says. A tenant that is closed already is answered as it was. `frozen` is
    /// called when it is frozen: this node need not wait to hear of it.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Insufficient`] while requests still run (then it is frozen, and is to be closed again);
    /// [`Error::Invalid`] for more than there is; if there was as much before, it is frozen too.
    pub async fn close(
        self,
        actor: &Actor,
        tenant: TenantId,
        pay_out: Option<NanoUsd>,
        reference: &str,
        frozen: impl FnOnce() + Send,
    ) -> Result<Closed> {
        if let Some(done) = self.closed(tenant).await? {
            return Ok(done);
        }
        if let Some(asked) = pay_out {
            // Before any key is revoked: what is asked for wrongly changes nothing.
            let now = self.preview(tenant).await?;
            payable(asked, now.pay_out.saturating_add(now.ends))?;
        }
        // Not the attempt of an idempotent call: that is claimed by the step that counts.
        self.freeze(&Actor { attempt: None, ..actor.clone() }, tenant).await?;
        frozen();
        rows::recall(self.0.db(), tenant, "").await?;
        when_available!(self.0, actor, tenant, |change| settle(&mut change, tenant, pay_out, reference).await)
    }

    async fn freeze(self, actor: &Actor, tenant: TenantId) -> Result<()> {
        let mut change = self.0.change(actor).await?;
        must_exist(&mut change.tx, tenant).await?;
        let keys = sql!("SELECT id FROM keys WHERE tenant = $1 AND revoked_at IS NULL", tenant);
        let keys: Vec<KeyId> =
            change.tx.fetch_all(keys).await?.iter().map(|row| row.int(0).map(KeyId)).collect::<Result<_>>()?;
        let revoke =
            sql!("UPDATE keys SET revoked_at = $2 WHERE tenant = $1 AND revoked_at IS NULL", tenant, time::now_us());
        change.tx.execute(revoke).await?;
        change.tx.execute(sql!("UPDATE tenants SET frozen = 1 WHERE id = $1", tenant)).await?;
        for key in &keys {
            change.announce(Announce::Key(*key)).await?;
        }
        change.announce(Announce::Tenant(tenant)).await?;
        change.audit("tenant.closing", tenant, NOTHING, Some(&keys)).await?;
        change.commit().await
    }
}

async fn paid_in(tx: &mut Tx, tenant: TenantId) -> Result<NanoUsd> {
    Ok(NanoUsd(tx.fetch_one(sql!(PAID_IN, tenant)).await?.int(0)?))
}

/// Whether so much of what is left can be paid out.
fn payable(paid: NanoUsd, left: NanoUsd) -> Result<()> {
    let fits = (NanoUsd::ZERO..=left).contains(&paid);
    if fits { Ok(()) } else { Err(Error::invalid("pay_out", format!("must be 0 to {left}"))) }
}

async fn settle(
    change: &mut Change<'_>,
    tenant: TenantId,
    pay_out: Option<NanoUsd>,
    reference: &str,
) -> Result<Closed> {
    if let Some(done) = before(&mut change.tx, tenant).await? {
        return Ok(done);
    }
    let paid_in = paid_in(&mut change.tx, tenant).await?;
    let mut book = Book::open(&mut change.tx, tenant).await?;
    let wallet = *book.wallet();
    if wallet.leased > NanoUsd::ZERO {
        return Err(Error::Insufficient { available: wallet.available() });
    }
    let (set_off, by_rule, _) = shares(wallet.posted, paid_in, book.owed());
    let left = wallet.posted.max(NanoUsd::ZERO).saturating_sub(set_off);
    let paid = pay_out.unwrap_or(by_rule);
    payable(paid, left)?;
    book.pay_what_is_owed(set_off, "what was owed", format!("close-owed:{tenant}")).await?;
    let ended = left.saturating_sub(paid);
    if paid > NanoUsd::ZERO {
        let entry = Entry { kind: Kind::Refund, reference, key: format!("close-paid:{tenant}") };
        book.debit(CLEARING, paid, entry).await?;
    }
    if ended > NanoUsd::ZERO {
        let entry =
            Entry { kind: Kind::Bonus, reference: "given credit that ended", key: format!("close-ended:{tenant}") };
        book.debit(PROMOTIONS, ended, entry).await?;
    }
    let time_us = time::now_us();
    let done = Closed { tenant, paid, ended, set_off, reference: reference.to_owned(), time_us };
    let insert = "INSERT INTO closings (tenant, paid, ended, set_off, reference, time) VALUES ($1, $2, $3, $4, $5, $6)";
    change.tx.execute(sql!(insert, tenant, paid, ended, set_off, reference, time_us)).await?;
    change.tx.execute(sql!("UPDATE tenants SET closed_at = $2 WHERE id = $1", tenant, time_us)).await?;
    change.audit("tenant.close", tenant, NOTHING, Some(&done)).await?;
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_owed_comes_first_then_what_was_paid_in_and_the_rest_was_given() {
        let shared = |posted, paid_in, owed| {
            let (set_off, pay_out, ends) = shares(NanoUsd(posted), NanoUsd(paid_in), NanoUsd(owed));
            (set_off.0, pay_out.0, ends.0)
        };
        assert_eq!(shared(100, 60, 0), (0, 60, 40));
        assert_eq!(shared(50, 60, 0), (0, 50, 0));
        assert_eq!(shared(100, 60, 30), (30, 30, 40));
        assert_eq!(shared(20, 60, 30), (20, 0, 0));
        assert_eq!(shared(-5, 60, 30), (0, 0, 0));
        assert_eq!(shared(10, -5, 0), (0, 0, 10));
    }
}
