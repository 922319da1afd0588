//! Redemption codes: made in batches, shown once, kept as hashes like keys, redeemed once.
//!
//! A batch says what its codes are: sold (`topup`: the money came in elsewhere, so the clearing account pays) or given away
//! (`bonus`: promotions pay, and it is not paid out when a tenant is closed). A code is 25 digits of Crockford's base 32,
//! 125 random bits; it is read without regard to case, dashes, and letters that look like digits. Redeeming a code again
//! for the same tenant gives the same answer. Tries that find nothing are counted per tenant and per address.

use crate::{
    Store,
    change::{Actor, Change, NOTHING},
    db::{Row, Sql},
    error::{Error, Result},
    ids,
    ledger::{
        accounts::{CLEARING, PROMOTIONS},
        book::{Book, Entry, Kind},
        changes::Posted,
    },
    seal, sign_in, sql,
    tenants::must_be_open,
    time,
    topups::take_what_is_owed,
    words::{Listing, Page},
};
use domain::{
    ids::{BatchId, TenantId, TransferId},
    money::NanoUsd,
    secret::SecretHash,
};
use serde::Serialize;
use std::{net::IpAddr, time::Duration};
use zeroize::Zeroizing;

const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// 25 × 5 bits.
const LENGTH: usize = 25;
/// The most codes of one batch: its answer holds them all.
pub const MOST: u32 = 10_000;
/// Codes written in one statement.
const CHUNK: usize = 200;
/// Tries for one tenant, and from one address, that may fail in a quarter of an hour.
const PER_TENANT: i64 = 20;
const PER_ADDRESS: i64 = 50;

/// What the codes of a batch are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CodeKind {
    /// Sold.
    Topup,
    /// Given away.
    Bonus,
}

impl CodeKind {
    /// The word for it in the database and the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Topup => "topup",
            Self::Bonus => "bonus",
        }
    }
}

impl std::str::FromStr for CodeKind {
    type Err = &'static str;

    fn from_str(word: &str) -> std::result::Result<Self, Self::Err> {
        match word {
            "topup" => Ok(Self::Topup),
            "bonus" => Ok(Self::Bonus),
            _ => Err("must be topup (sold) or bonus (given away)"),
        }
    }
}

/// A batch to be made.
#[derive(Debug, Clone)]
pub struct NewBatch {
    /// What its codes are.
    pub kind: CodeKind,
    /// What each is worth.
    pub amount: NanoUsd,
    /// How many.
    pub codes: u32,
    /// What for; the tenant does not see it.
    pub note: String,
    /// Until when they can be redeemed, microseconds since 1970.
    pub expires_us: Option<i64>,
}

/// A batch as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Batch {
    /// Which.
    pub id: BatchId,
    /// What its codes are.
    pub kind: CodeKind,
    /// What each is worth.
    pub amount: NanoUsd,
    /// How many there are.
    pub codes: i64,
    /// How many are redeemed.
    pub redeemed: i64,
    /// What for.
    pub note: String,
    /// Until when they can be redeemed, microseconds since 1970.
    pub expires_us: Option<i64>,
    /// Since when they cannot, microseconds since 1970.
    pub revoked_us: Option<i64>,
    /// Microseconds since 1970.
    pub created_us: i64,
}

/// Why a code was not redeemed, beside what the database says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redeemed {
    /// It is in the wallet.
    Credited(Posted),
    /// Too many tries that found nothing.
    TooMany {
        /// When to come back.
        retry_after: Duration,
    },
}

#[derive(Serialize)]
struct Redemption {
    batch: BatchId,
    last4: String,
    amount: NanoUsd,
    transfer: TransferId,
}

/// Codes. From [`Store::codes`].
#[derive(Debug, Clone, Copy)]
pub struct Codes<'a>(pub(crate) &'a Store);

const SELECT: &str = "SELECT b.*, (SELECT COUNT(*) FROM codes c WHERE c.batch = b.id AND c.redeemed_at IS NOT NULL) \
    AS redeemed FROM code_batches b";

fn batch(row: &Row) -> Result<Batch> {
    Ok(Batch {
        id: BatchId(row.int("id")?),
        kind: row.text("kind")?.parse().map_err(|_| Error::Corrupt("kind of codes"))?,
        amount: NanoUsd(row.int("amount")?),
        codes: row.int("codes")?,
        redeemed: row.int("redeemed")?,
        note: row.text("note")?,
        expires_us: row.opt_int("expires_at")?,
        revoked_us: row.opt_int("revoked_at")?,
        created_us: row.int("created")?,
    })
}

/// A fresh code, with dashes.
fn mint() -> Result<String> {
    let mut bits = Zeroizing::new([0_u8; 16]);
    seal::fill_random(bits.as_mut())?;
    let mut number = u128::from_be_bytes(*bits);
    let mut text = String::with_capacity(LENGTH + 4);
    for place in 0..LENGTH {
        if place > 0 && place % 5 == 0 {
            text.push('-');
        }
        let digit = usize::try_from(number & 31).unwrap_or(0);
        text.push(char::from(DIGITS.get(digit).copied().unwrap_or(b'0')));
        number >>= 5;
    }
    Ok(text)
}

/// A code as it is hashed: what people type without dashes and blanks, in capitals, `O` read as 0, `I` and `L` as 1. `None`:
/// not a code.
fn plain(text: &str) -> Option<String> {
    let digit = |c: char| match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let plain: String = text.chars().filter(|c| !matches!(c, '-' | ' ')).take(LENGTH + 1).map(digit).collect();
    let digits = plain.bytes().all(|byte| DIGITS.contains(&byte));
    (plain.len() == LENGTH && digits).then_some(plain)
}

impl Codes<'_> {
    /// Makes a batch. Its codes are in the answer and nowhere else.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the field.
    pub async fn create(self, actor: &Actor, new: NewBatch) -> Result<(Batch, Vec<String>)> {
        if new.amount <= NanoUsd::ZERO {
            return Err(Error::invalid("amount", "must be positive"));
        }
        if !(1..=MOST).contains(&new.codes) {
            return Err(Error::invalid("count", format!("must be 1 to {MOST}")));
        }
        if new.amount.0.checked_mul(i64::from(new.codes)).is_none() {
            return Err(Error::invalid("amount", "too large for so many codes"));
        }
        let created_us = time::now_us();
        if new.expires_us.is_some_and(|expires| expires <= created_us) {
            return Err(Error::invalid("expires_at", "must be in the future"));
        }
        if new.note.chars().count() > 200 {
            return Err(Error::invalid("note", "must have at most 200 characters"));
        }
        let made = Batch {
            id: BatchId(ids::next()),
            kind: new.kind,
            amount: new.amount,
            codes: i64::from(new.codes),
            redeemed: 0,
            note: new.note,
            expires_us: new.expires_us,
            revoked_us: None,
            created_us,
        };
        let codes: Vec<String> = (0..new.codes).map(|_| mint()).collect::<Result<_>>()?;
        let mut change = self.0.change(actor).await?;
        let insert = sql!(
            "INSERT INTO code_batches (id, kind, amount, codes, note, expires_at, created) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            made.id,
            made.kind.word(),
            made.amount,
            made.codes,
            &made.note,
            made.expires_us,
            made.created_us
        );
        change.tx.execute(insert).await?;
        for chunk in codes.chunks(CHUNK) {
            let row = |n: usize| format!("(${}, ${}, ${})", 3 * n + 1, 3 * n + 2, 3 * n + 3);
            let rows: Vec<String> = (0..chunk.len()).map(row).collect();
            let insert = Sql::built(format!("INSERT INTO codes (hash, batch, last4) VALUES {}", rows.join(", ")));
            let insert = chunk.iter().fold(insert, |insert, code| {
                let hash = SecretHash::of(&plain(code).unwrap_or_default());
                insert.bind(hash).bind(made.id).bind(seal::last4(code))
            });
            change.tx.execute(insert).await?;
        }
        change.audit("codes.create", made.id, NOTHING, Some(&made)).await?;
        change.commit().await?;
        Ok((made, codes))
    }

    /// Batches, newest first.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn list(self, page: Page) -> Result<Listing<Batch>> {
        let select = Sql::built(format!("{SELECT} WHERE b.id < $1 ORDER BY b.id DESC LIMIT $2"));
        let rows = self.0.db().fetch_all(select.bind(page.before()).bind(page.fetch())).await?;
        Ok(page.cut(rows.iter().map(batch).collect::<Result<_>>()?, |batch| batch.id.0))
    }

    /// One batch.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn get(self, id: BatchId) -> Result<Batch> {
        let row = self.0.db().fetch_optional(Sql::built(format!("{SELECT} WHERE b.id = $1")).bind(id)).await?;
        row.as_ref().map_or(Err(Error::NotFound("batch of codes")), batch)
    }

    /// Ends a batch: what is not redeemed cannot be. Twice is no error.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn revoke(self, actor: &Actor, id: BatchId) -> Result<Batch> {
        let mut change = self.0.change(actor).await?;
        let select = Sql::built(format!("{SELECT} WHERE b.id = $1")).bind(id);
        let row = change.tx.fetch_optional(select).await?;
        let before = row.as_ref().map_or(Err(Error::NotFound("batch of codes")), batch)?;
        if before.revoked_us.is_some() {
            return Ok(before);
        }
        let after = Batch { revoked_us: Some(time::now_us()), ..before.clone() };
        let update = sql!("UPDATE code_batches SET revoked_at = $1 WHERE id = $2", after.revoked_us, id);
        change.tx.execute(update).await?;
        change.audit("codes.revoke", id, Some(&before), Some(&after)).await?;
        change.commit().await?;
        Ok(after)
    }

    /// Redeems a code for a tenant, once.
    ///
    /// # Errors
    /// [`Error::NotFound`] for what is no code, [`Error::Conflict`] for one that another tenant redeemed, that is revoked or
    /// too old, or for a closed tenant.
    pub async fn redeem(self, actor: &Actor, tenant: TenantId, code: &str) -> Result<Redeemed> {
        let subjects = subjects(tenant, actor.from);
        for (subject, allowed) in &subjects {
            if let Some(retry_after) = sign_in::too_many(self.0, subject, *allowed).await? {
                return Ok(Redeemed::TooMany { retry_after });
            }
        }
        let found = match plain(code) {
            Some(plain) => self.redeem_known(actor, tenant, SecretHash::of(&plain)).await,
            None => Err(Error::NotFound("code")),
        };
        if matches!(found, Err(Error::NotFound("code") | Error::Conflict(_))) {
            for (subject, allowed) in &subjects {
                sign_in::count(self.0, subject, *allowed).await?;
            }
        }
        found.map(Redeemed::Credited)
    }

    async fn redeem_known(self, actor: &Actor, tenant: TenantId, hash: SecretHash) -> Result<Posted> {
        let mut change = self.0.change(actor).await?;
        let posted = redeem(&mut change, tenant, hash).await?;
        change.commit().await?;
        Ok(posted)
    }
}

async fn redeem(change: &mut Change<'_>, tenant: TenantId, hash: SecretHash) -> Result<Posted> {
    // Changes come one after the other, so nobody redeems it meanwhile.
    let select = "SELECT c.batch, c.last4, c.tenant, b.kind, b.amount, b.expires_at, b.revoked_at \
                  FROM codes c JOIN code_batches b ON b.id = c.batch WHERE c.hash = $1";
    let row = change.tx.fetch_optional(sql!(select, hash)).await?.ok_or(Error::NotFound("code"))?;
    let (batch, last4, amount) = (BatchId(row.int("batch")?), row.text("last4")?, NanoUsd(row.int("amount")?));
    let key = hash.0.iter().fold("code:".to_owned(), |key, byte| format!("{key}{byte:02x}"));
    if let Some(by) = row.opt_int("tenant")? {
        if by != tenant.0 {
            return Err(Error::conflict("the code was redeemed already"));
        }
        return Book::open(&mut change.tx, tenant).await?.made_before(&key).await?.ok_or(Error::Corrupt("redemption"));
    }
    must_be_open(&mut change.tx, tenant).await?;
    if row.opt_int("revoked_at")?.is_some() {
        return Err(Error::conflict("the code was withdrawn"));
    }
    let now = time::now_us();
    if row.opt_int("expires_at")?.is_some_and(|expires| expires <= now) {
        return Err(Error::conflict("the code is too old"));
    }
    let (kind, from) = match row.text("kind")?.as_str() {
        "topup" => (Kind::Topup, CLEARING),
        _ => (Kind::Bonus, PROMOTIONS),
    };
    let reference = format!("code …{last4}");
    let mut book = Book::open(&mut change.tx, tenant).await?;
    let posted = book.credit(from, amount, Entry { kind, reference: &reference, key: key.clone() }).await?;
    if kind == Kind::Topup {
        take_what_is_owed(&mut book, amount, &key).await?;
    }
    let update = "UPDATE codes SET redeemed_at = $2, tenant = $3, transfer = $4 WHERE hash = $1";
    change.tx.execute(sql!(update, hash, now, tenant, posted.id)).await?;
    let row = Redemption { batch, last4, amount, transfer: posted.id };
    change.audit("code.redeem", tenant, NOTHING, Some(&row)).await?;
    Ok(posted)
}

/// Whose tries are counted, and how many may fail.
fn subjects(tenant: TenantId, from: Option<IpAddr>) -> Vec<(String, i64)> {
    let address = from.map(|from| (format!("redeem from {}", sign_in::network(from)), PER_ADDRESS));
    std::iter::once((format!("redeem for {tenant}"), PER_TENANT)).chain(address).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = mint().unwrap();
        assert_eq!((code.len(), code.matches('-').count()), (29, 4));
        let typed = format!(" {} ", code.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l"));
        assert_eq!(plain(&typed), plain(&code));
        assert!(plain(&code).is_some());
        for bad in [
            "",
            "short",
            &code[1..],
            &format!("{code}X"),
            &code.replace(&code[..1], "U"),
            &code.replace(&code[..1], "é"),
        ] {
            assert_eq!(plain(bad), None, "{bad}");
        }
    }

    #[test]
    fn codes_differ() {
        let codes: std::collections::HashSet<_> = (0..1000).map(|_| mint().unwrap()).collect();
        assert_eq!(codes.len(), 1000);
    }
}
