//! Posts one batch of ends in the caller's transaction: rows, then, for the rows that are new, one `usage` transfer per
//! wallet, the cost per provider, leases and roll-ups.
//!
//! A row that is there already adds nothing, so a batch can be posted any number of times. Locks are taken in one order on
//! every node: wallets by tenant, accounts of the house, leases by tenant, roll-ups by key, windows of budgets. What neither the lease nor the
//! wallet covers is written off; nothing here fails because of a balance.

use super::{
    durations, failed,
    rollup::{self, Rollup},
    row,
    values::{Bulk, Shape},
};
use crate::{
    budgets,
    db::{Sql, Tx, Value},
    error::{Error, Result},
    ids,
    journal::record::Settled,
    ledger::accounts::{self, COST, REVENUE, WRITEOFF, Wallet},
    rollups::stale,
    time,
};
use domain::ids::{AccountId, ChannelId, RequestId, TenantId, TransferId};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The statements of this database.
#[derive(Debug)]
pub struct Poster {
    rows: Bulk,
    failed: Bulk,
    minutes: Bulk,
    hours: Bulk,
    durations: Bulk,
    stale: Bulk,
    wallets: Bulk,
    leases: Bulk,
    accounts: Bulk,
    settle: Bulk,
    transfers: Bulk,
    budgets: budgets::post::Poster,
}

const WALLETS: Shape = Shape {
    before: "SELECT tenant, id, posted, leased, credit_limit, lines FROM accounts WHERE kind = 'wallet' AND tenant IN (",
    fixed: 0,
    columns: 1,
    after: ") ORDER BY tenant",
};
const LEASES: Shape = Shape {
    before: "SELECT tenant, granted - settled - returned FROM leases WHERE node_id = $1 AND epoch = $2 AND tenant IN (",
    fixed: 2,
    columns: 1,
    after: ") ORDER BY tenant",
};
const ACCOUNTS: Shape = Shape {
    before: "UPDATE accounts SET posted = posted + v.column2, leased = leased - v.column3, lines = lines + v.column4 FROM (",
    fixed: 0,
    columns: 4,
    after: ") AS v WHERE accounts.id = v.column1",
};
const SETTLE: Shape = Shape {
    before: "WITH me AS (SELECT CAST($1 AS TEXT) AS node, CAST($2 AS BIGINT) AS epoch) \
             UPDATE leases SET settled = settled + v.column2 FROM me, (",
    fixed: 2,
    columns: 2,
    after: ") AS v WHERE leases.node_id = me.node AND leases.epoch = me.epoch AND leases.tenant = v.column1",
};
const TRANSFERS: Shape = Shape {
    before: "INSERT INTO transfers (id, time, debit_account, credit_account, amount, kind, reference, idempotency_key, \
             tenant, line, balance)",
    fixed: 0,
    columns: 11,
    after: "",
};

/// Whose lease a batch is charged to.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The node.
    pub node: &'a str,
    /// The epoch its requests were admitted in.
    pub epoch: u64,
}

/// What a tenant owes of a batch.
#[derive(Debug)]
struct Bill {
    sale: i64,
    covered: i64,
    requests: i64,
    first: RequestId,
}

struct Transfer {
    id: TransferId,
    debit: AccountId,
    credit: AccountId,
    amount: i64,
    kind: &'static str,
    reference: String,
    key: String,
    line: Option<(TenantId, i64, i64)>,
}

/// Changes of accounts, and the transfers that explain them.
#[derive(Default)]
struct Changes {
    /// By account: posted, leased (taken off), lines.
    accounts: BTreeMap<i64, [i64; 3]>,
    transfers: Vec<Transfer>,
    settled: Vec<(TenantId, i64)>,
}

impl Changes {
    fn transfer(&mut self, transfer: Transfer) {
        self.account(transfer.debit, [-transfer.amount, 0, 0]);
        self.account(transfer.credit, [transfer.amount, 0, 0]);
        self.transfers.push(transfer);
    }

    fn account(&mut self, account: AccountId, more: [i64; 3]) {
        let sums = self.accounts.entry(account.0).or_default();
        sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
    }
}

impl Poster {
    /// For SQLite or PostgreSQL.
    pub fn new(sqlite: bool) -> Self {
        let locked = |shape: Shape, after| Shape { after: if sqlite { shape.after } else { after }, ..shape };
        Self {
            rows: Bulk::new(sqlite, row::SHAPE),
            failed: Bulk::new(sqlite, failed::SHAPE),
            minutes: Bulk::new(sqlite, rollup::MINUTES),
            hours: Bulk::new(sqlite, rollup::HOURS),
            durations: Bulk::new(sqlite, durations::SHAPE),
            stale: Bulk::new(sqlite, stale::SHAPE),
            wallets: Bulk::new(sqlite, locked(WALLETS, ") ORDER BY tenant FOR UPDATE")),
            leases: Bulk::new(sqlite, locked(LEASES, ") ORDER BY tenant FOR UPDATE")),
            accounts: Bulk::new(sqlite, ACCOUNTS),
            settle: Bulk::new(sqlite, SETTLE),
            transfers: Bulk::new(sqlite, TRANSFERS),
            budgets: budgets::post::Poster::new(sqlite),
        }
    }

    /// Posts `ends`; `providers` names each channel's. How many rows were new.
    ///
    /// # Errors
    /// The database's; roll back, and post the same again.
    pub async fn post(
        &self,
        tx: &mut Tx,
        source: Source<'_>,
        ends: &[Settled],
        providers: &HashMap<i64, String>,
    ) -> Result<usize> {
        let mut charges: BTreeMap<TenantId, TransferId> = BTreeMap::new();
        for end in ends.iter().filter(|end| end.settlement.sale.0 > 0) {
            charges.entry(end.opened.tenant).or_insert_with(|| TransferId(ids::next()));
        }
        let new = self.insert(tx, ends, &charges).await?;
        fault!(DrainAfterRows);
        let mut bills: BTreeMap<TenantId, Bill> = BTreeMap::new();
        let mut costs: BTreeMap<&str, (i64, RequestId)> = BTreeMap::new();
        let mut rollup = Rollup::default();
        for end in &new {
            rollup.add(end);
            let (opened, done) = (&end.opened, &end.settlement);
            if done.sale.0 > 0 {
                let bill = Bill { sale: 0, covered: 0, requests: 0, first: opened.request };
                let bill = bills.entry(opened.tenant).or_insert(bill);
                bill.sale += done.sale.0;
                bill.covered += end.covered.0.clamp(0, done.sale.0);
                bill.requests += 1;
            }
            let mut cost = |channel: Option<ChannelId>, cost: i64| {
                let provider = channel.and_then(|channel| providers.get(&channel.0));
                costs.entry(provider.map_or("unknown", String::as_str)).or_insert((0, opened.request)).0 += cost;
            };
            if done.cost.0 > 0 {
                cost(done.channel, done.cost.0);
            }
            for failed in failed::of(end) {
                rollup.add_failed(&failed);
                cost(Some(failed.channel), failed.cost);
            }
        }
        let failed: Vec<_> = new.iter().flat_map(|end| failed::of(end)).collect();
        for statement in self.failed.statements(&[], failed.iter(), failed::values) {
            tx.execute(statement).await?;
        }
        let changes = self.charge(tx, source, &bills, &charges).await?;
        let changes = book_costs(tx, changes, costs).await?;
        self.apply(tx, source, changes).await?;
        let (minutes, hours, taken, touched) = rollup.into_rows();
        let minutes = self.minutes.statements(&[], minutes, rollup::values);
        let hours = self.hours.statements(&[], hours, rollup::values);
        let taken = self.durations.statements(&[], taken.into_rows(), durations::values);
        // Last of these: who makes roll-ups of a slot waits for the batch that has marked it, and sees all of it.
        let batch = ids::next();
        let stale = self.stale.statements(&[], touched.into_rows(), |slot, out| stale::values(slot, batch, out));
        for statement in minutes.into_iter().chain(hours).chain(taken).chain(stale) {
            tx.execute(statement).await?;
        }
        // Last: what was spent in a window before there was a budget is read from the roll-ups.
        self.budgets.post(tx, source, &new).await?;
        Ok(new.len())
    }

    /// Inserts the rows; those that are new.
    async fn insert<'a>(
        &self,
        tx: &mut Tx,
        ends: &'a [Settled],
        charges: &BTreeMap<TenantId, TransferId>,
    ) -> Result<Vec<&'a Settled>> {
        let mut inserted = HashSet::with_capacity(ends.len());
        let statements = self.rows.statements(&[], ends.iter(), |end, out| {
            let charge = if end.settlement.sale.0 > 0 { charges.get(&end.opened.tenant).copied() } else { None };
            row::values(end, charge, out);
        });
        for statement in statements {
            for row in tx.fetch_all(statement).await? {
                inserted.insert(row.bytes(0)?);
            }
        }
        // `remove`: should an end be in the batch twice, it counts once.
        Ok(ends.iter().filter(|end| inserted.remove(end.opened.request.0.as_slice())).collect())
    }

    /// Works out what every wallet and lease pays.
    async fn charge(
        &self,
        tx: &mut Tx,
        source: Source<'_>,
        bills: &BTreeMap<TenantId, Bill>,
        charges: &BTreeMap<TenantId, TransferId>,
    ) -> Result<Changes> {
        let tenant = |tenant: &TenantId, out: &mut Vec<Value>| out.push((*tenant).into());
        let mut wallets = BTreeMap::new();
        for statement in self.wallets.statements(&[], bills.keys(), tenant) {
            for row in tx.fetch_all(statement).await? {
                wallets.insert(TenantId(row.int("tenant")?), Wallet::read(&row)?);
            }
        }
        let mut leases = HashMap::new();
        for statement in self.leases.statements(&source.values(), bills.keys(), tenant) {
            for row in tx.fetch_all(statement).await? {
                leases.insert(TenantId(row.int(0)?), row.int(1)?);
            }
        }
        let mut changes = Changes::default();
        for (tenant, bill) in bills {
            let wallet = wallets.get(tenant).ok_or(Error::Corrupt("wallet"))?;
            let id = charges.get(tenant).copied().ok_or(Error::Corrupt("charge"))?;
            let lease = leases.get(tenant).copied().unwrap_or(0);
            bill_wallet(&mut changes, *tenant, bill, wallet, id, lease);
        }
        Ok(changes)
    }

    async fn apply(&self, tx: &mut Tx, source: Source<'_>, changes: Changes) -> Result<()> {
        // Wallets are locked; the house's accounts come after them, in the order of their ids.
        if !changes.accounts.is_empty() {
            accounts::lock_house(tx).await?;
        }
        let accounts =
            self.accounts.statements(&[], changes.accounts.into_iter(), |(id, [posted, leased, lines]), out| {
                out.extend([id.into(), posted.into(), leased.into(), lines.into()]);
            });
        let settled = self.settle.statements(&source.values(), changes.settled.into_iter(), |(tenant, amount), out| {
            out.extend([tenant.into(), amount.into()]);
        });
        let now = time::now_us();
        let transfers = self.transfers.statements(&[], changes.transfers.into_iter(), |it, out| {
            out.extend([it.id.into(), now.into(), it.debit.into(), it.credit.into(), it.amount.into()]);
            out.extend([it.kind.into(), it.reference.into(), it.key.into()]);
            out.push(it.line.map(|(tenant, ..)| tenant).into());
            out.push(it.line.map(|(_, line, _)| line).into());
            out.push(it.line.map(|(.., balance)| balance).into());
        });
        for statement in accounts.into_iter().chain(settled).chain(transfers) {
            tx.execute(statement).await?;
        }
        Ok(())
    }
}

impl Source<'_> {
    /// For statements with the node and the epoch first.
    pub(crate) fn values(&self) -> [Value; 2] {
        [self.node.into(), self.epoch.into()]
    }
}

/// From the lease what it covers, then from what the wallet has left, then from nobody.
fn bill_wallet(
    changes: &mut Changes,
    tenant: TenantId,
    bill: &Bill,
    wallet: &Wallet,
    usage_id: TransferId,
    lease: i64,
) {
    let from_lease = bill.covered.min(lease.max(0));
    let from_wallet = (bill.sale - from_lease).min(wallet.available().0.max(0));
    let missing = bill.sale - from_lease - from_wallet;
    let (mut line, mut balance) = (wallet.lines, wallet.posted.0);
    let reference = format!("{} request{}", bill.requests, if bill.requests == 1 { "" } else { "s" });
    if missing > 0 {
        metrics::counter!("turnpike_writeoffs_total").increment(1);
        tracing::error!(%tenant, missing = %domain::money::NanoUsd(missing), "a charge that no wallet covers is written off");
        line += 1;
        balance += missing;
        changes.transfer(Transfer {
            id: TransferId(ids::next()),
            debit: WRITEOFF,
            credit: wallet.id,
            amount: missing,
            kind: "writeoff",
            reference: reference.clone(),
            key: format!("writeoff:{}", bill.first),
            line: Some((tenant, line, balance)),
        });
    }
    line += 1;
    balance -= bill.sale;
    changes.transfer(Transfer {
        id: usage_id,
        debit: wallet.id,
        credit: REVENUE,
        amount: bill.sale,
        kind: "usage",
        reference,
        // A request is new once, so this key is used once.
        key: format!("usage:{}", bill.first),
        line: Some((tenant, line, balance)),
    });
    changes.account(wallet.id, [0, from_lease, line - wallet.lines]);
    changes.settled.push((tenant, from_lease));
}

async fn book_costs(tx: &mut Tx, mut changes: Changes, costs: BTreeMap<&str, (i64, RequestId)>) -> Result<Changes> {
    for (provider, (amount, first)) in costs {
        let payable = accounts::payable(tx, provider).await?;
        changes.transfer(Transfer {
            id: TransferId(ids::next()),
            debit: COST,
            credit: payable,
            amount,
            kind: "cost",
            reference: provider.to_owned(),
            key: format!("cost:{provider}:{first}"),
            line: None,
        });
    }
    Ok(changes)
}

/// The providers of channels.
///
/// # Errors
/// The database's.
pub async fn providers(db: &crate::Db) -> Result<HashMap<i64, String>> {
    let rows = db.fetch_all(Sql::new("SELECT id, provider FROM channels")).await?;
    rows.iter().map(|row| Ok((row.int(0)?, row.text(1)?))).collect()
}
