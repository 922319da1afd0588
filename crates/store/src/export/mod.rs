//! A tenant's whole history as files, written as they are read: nothing is held but one piece, and no connection between
//! two.
//!
//! All of it is of one moment without a transaction that stays open for as long as somebody downloads: lines of a wallet
//! never change, so the last one at the beginning bounds the ledger, and usage is what those lines charged. Only retention
//! could move usage from rows into days meanwhile; where it did, the file ends with an error instead of counting some of it
//! twice or not at all.

#![deny(clippy::float_arithmetic)]

mod prices;
mod rows;
mod sheets;

use crate::{
    Store,
    budgets::BudgetNow,
    db::Tx,
    error::{Error, Result},
    keys::Key,
    ledger::listing,
    members::Member,
    sheet, sql,
    statements::{self, Statement},
    time,
    topups::Topup,
    usage,
    words::{Listing, Page},
};
use bytes::Bytes;
use domain::{
    ids::{TenantId, UserId},
    money::NanoUsd,
};
use futures::{
    FutureExt as _, Stream, StreamExt as _, TryStreamExt as _,
    future::{BoxFuture, ready},
    stream::{self, BoxStream},
};
use sheets::Sheet;
use std::collections::HashSet;

/// Rows of a piece.
const PIECE: u32 = 1000;

/// What comes next of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A file of this name begins.
    File(String),
    /// More of it.
    Bytes(Bytes),
}

type Parts = BoxStream<'static, Result<Part>>;
/// One page of a list of the tenant's.
type List<T> = for<'a> fn(&'a Store, TenantId, Page) -> BoxFuture<'a, Result<Listing<T>>>;

/// A tenant's history up to this moment.
#[derive(Debug, Clone)]
pub struct Export {
    store: Store,
    tenant: TenantId,
    name: String,
    group: String,
    members: HashSet<String>,
    /// When this is, in microseconds since 1970.
    pub at_us: i64,
    last_line: i64,
    balance: NanoUsd,
    /// Requests in days: changes when usage is frozen.
    frozen: i64,
}

impl Export {
    /// A tenant's, of now.
    ///
    /// # Errors
    /// [`Error::NotFound`], or any of its database kinds.
    pub async fn of(store: &Store, tenant: TenantId) -> Result<Self> {
        let found = store.tenants().get(tenant).await?;
        let mut tx = store.db().snapshot().await?;
        let last = "SELECT line, balance FROM transfers WHERE tenant = $1 AND line > 0 ORDER BY line DESC LIMIT 1";
        let last = tx.fetch_optional(sql!(last, tenant)).await?;
        let members = tx.fetch_all(sql!("SELECT user_id FROM memberships WHERE tenant = $1", tenant)).await?;
        let members = members.iter().map(|row| Ok(UserId(row.int(0)?).to_string())).collect::<Result<_>>()?;
        let frozen = frozen(&mut tx, tenant).await?;
        tx.rollback().await?;
        let (last_line, balance) = match last {
            Some(row) => (row.int(0)?, NanoUsd(row.int(1)?)),
            None => (0, NanoUsd::ZERO),
        };
        let (store, at_us) = (store.clone(), time::now_us());
        Ok(Self { store, tenant, name: found.name, group: found.group, members, at_us, last_line, balance, frozen })
    }

    /// Its files, one after the other; an error is the last that comes.
    pub fn parts(self) -> impl Stream<Item = Result<Part>> + Send + 'static {
        let readme = self.clone();
        let readme = stream::once(async move { sheets::readme(&readme).map(Bytes::from) });
        let usage = usage::charged_until(self.store.db().clone(), self.tenant, self.last_line);
        let topups: List<Topup> =
            |store, tenant, page| async move { store.topups().list(Some(&[tenant]), page).await }.boxed();
        let keys: List<Key> = |store, tenant, page| store.keys().ever(tenant, page).boxed();
        let budgets: List<BudgetNow> = |store, tenant, page| store.budgets().list(tenant, page).boxed();
        let members: List<Member> = |store, tenant, page| store.members().list(tenant, page).boxed();
        let files: Vec<Parts> = vec![
            file("README.txt", readme),
            file("usage.csv", usage),
            self.days(),
            self.unfrozen(),
            self.ledger(),
            self.statements(),
            sheet_of(&sheets::TOPUPS, self.pages(topups), rows::topup),
            self.prices(),
            sheet_of(&sheets::KEYS, self.pages(keys), rows::key),
            sheet_of(&sheets::BUDGETS, self.pages(budgets), |budget| Ok(rows::budget(budget))),
            sheet_of(&sheets::MEMBERS, self.pages(members), |member| Ok(rows::member(member))),
            self.audit(),
        ];
        stream::try_unfold(stream::iter(files).flatten(), |mut parts| async move {
            Ok(parts.try_next().await?.map(|part| (part, parts)))
        })
    }

    fn days(&self) -> Parts {
        let start = (i64::MIN, 0, String::new(), 0);
        let state = Some((self.store.db().clone(), self.tenant, start));
        let pages = stream::try_unfold(state, |state| async move {
            let Some((db, tenant, after)) = state else { return Ok(None) };
            let text = "SELECT * FROM usage_days WHERE tenant = $1 AND (day_us, key_id, model, channel) > ($2, $3, $4, $5) \
                        ORDER BY day_us, key_id, model, channel LIMIT $6";
            let (day, key, model, channel) = after;
            let rows = db.fetch_all(sql!(text, tenant, day, key, model, channel, PIECE)).await?;
            let next = match rows.last().filter(|_| is_full(rows.len())) {
                Some(row) => Some((row.int("day_us")?, row.int("key_id")?, row.text("model")?, row.int("channel")?)),
                None => None,
            };
            Ok(Some((rows, next.map(|after| (db, tenant, after)))))
        });
        sheet_of(&sheets::DAYS, pages, rows::day)
    }

    /// Nothing, or the error that usage was frozen since this began.
    fn unfrozen(&self) -> Parts {
        let (db, tenant, before) = (self.store.db().clone(), self.tenant, self.frozen);
        let check = async move {
            let mut tx = db.snapshot().await?;
            let now = frozen(&mut tx, tenant).await?;
            tx.rollback().await?;
            if now == before { Ok(()) } else { Err(Error::conflict("usage was frozen meanwhile: ask again")) }
        };
        stream::once(check).try_filter_map(|()| ready(Ok(None))).boxed()
    }

    fn ledger(&self) -> Parts {
        let state = Some((self.store.db().clone(), self.tenant, 1, self.last_line));
        let pages = stream::try_unfold(state, |state| async move {
            let Some((db, tenant, from, to)) = state else { return Ok(None) };
            let lines = listing::ascending(&db, tenant, from..=to, "", PIECE).await?;
            let next = lines.last().filter(|_| is_full(lines.len())).map(|line| line.line.saturating_add(1));
            Ok(Some((lines, next.map(|from| (db, tenant, from, to)))))
        });
        sheet_of(&sheets::LEDGER, pages, rows::line)
    }

    /// The list of bills, then each.
    fn statements(&self) -> Parts {
        let list: List<Statement> = |store, tenant, page| store.statements().list(tenant, page).boxed();
        let store = self.store.clone();
        let bills = self.pages(list).map_ok(|bills| stream::iter(bills).map(Ok::<_, Error>)).try_flatten();
        let bills = bills
            .map_ok(move |bill| file(&format!("statements/{}.csv", bill.month), statements::csv(store.clone(), bill)));
        sheet_of(&sheets::STATEMENTS, self.pages(list), rows::statement).chain(bills.try_flatten()).boxed()
    }

    fn prices(&self) -> Parts {
        let (store, group) = (self.store.clone(), self.group.clone());
        let all = stream::once(async move { prices::rows(&store, &group).await });
        sheet_of(&sheets::PRICES, all, |row| Ok(row.clone()))
    }

    fn audit(&self) -> Parts {
        let members = self.members.clone();
        let pages = self.pages(|store, tenant, page| store.audit().of_tenant(tenant, page).boxed());
        sheet_of(&sheets::AUDIT, pages, move |row| rows::audit(row, &members))
    }

    /// A list, page by page.
    fn pages<T: Send + 'static>(&self, list: List<T>) -> impl Stream<Item = Result<Vec<T>>> + Send + 'static {
        let state = Some((self.store.clone(), self.tenant, Page::first(Page::MAX)));
        stream::try_unfold(state, move |state| async move {
            let Some((store, tenant, page)) = state else { return Ok(None) };
            let Listing { rows, next_cursor } = list(&store, tenant, page).await?;
            let next = next_cursor.map(|cursor| Page::parse(Some(Page::MAX), Some(&cursor))).transpose()?;
            Ok(Some((rows, next.map(|page| (store, tenant, page)))))
        })
    }
}

/// One file.
fn file(name: &str, pieces: impl Stream<Item = Result<Bytes>> + Send + 'static) -> Parts {
    stream::once(ready(Ok(Part::File(name.to_owned())))).chain(pieces.map_ok(Part::Bytes)).boxed()
}

/// One file of rows: its header, then each row's cells.
fn sheet_of<T: 'static, const N: usize>(
    sheet: &Sheet<N>,
    pages: impl Stream<Item = Result<Vec<T>>> + Send + 'static,
    cells: impl Fn(&T) -> Result<[String; N]> + Send + 'static,
) -> Parts {
    let header = stream::once(ready(sheet::piece([sheet.header()])));
    let rows = pages.map(move |rows| sheet::piece(rows?.iter().map(&cells).collect::<Result<Vec<_>>>()?));
    file(sheet.name, header.chain(rows))
}

fn is_full(rows: usize) -> bool {
    u32::try_from(rows).is_ok_and(|rows| rows == PIECE)
}

/// How many requests of a tenant are in days.
async fn frozen(tx: &mut Tx, tenant: TenantId) -> Result<i64> {
    let text = "SELECT CAST(COALESCE(SUM(requests), 0) AS BIGINT) FROM usage_days WHERE tenant = $1";
    tx.fetch_one(sql!(text, tenant)).await?.int(0)
}
