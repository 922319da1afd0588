//! The drain's part: adds what a batch came to to the windows its requests belong to, in the batch's transaction, after the
//! roll-ups. A step that is passed is told there, so once, however often a batch is posted.

use super::{
    owner, passed,
    rows::{self, Owner},
    steps,
    window::{self, Span},
};
use crate::{
    db::Tx,
    drain::{
        post::Source,
        row::time_us,
        values::{Bulk, Shape},
    },
    error::{Error, Result},
    events::{self, NewEvent},
    journal::record::Settled,
    sql,
};
use domain::{
    budget::{BudgetOf, Period, Window},
    ids::{BudgetId, KeyId, TenantId, UserId},
    money::NanoUsd,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

const BUDGETS: Shape = Shape {
    before: "SELECT b.id, b.tenant, b.owner_kind, b.owner, b.period, b.amount, b.steps, t.zone \
             FROM budgets b JOIN tenants t ON t.id = b.tenant WHERE b.owner IN (",
    fixed: 0,
    columns: 1,
    after: ")",
};
const MEMBERS: Shape = Shape {
    before: "SELECT id, member FROM keys WHERE member IS NOT NULL AND id IN (",
    fixed: 0,
    columns: 1,
    after: ")",
};
const WINDOWS: Shape = Shape {
    before: "SELECT w.budget, w.start_us, w.spent, w.told FROM budget_windows w JOIN (",
    fixed: 0,
    columns: 2,
    after: ") AS v ON w.budget = v.column1 AND w.start_us = v.column2 ORDER BY w.budget, w.start_us",
};
const LEASES: Shape = Shape {
    before: "WITH me AS (SELECT CAST($1 AS TEXT) AS node, CAST($2 AS BIGINT) AS epoch) \
             SELECT l.budget, l.start_us, l.granted - l.settled - l.returned FROM me, budget_leases l JOIN (",
    fixed: 2,
    columns: 2,
    after: ") AS v ON l.budget = v.column1 AND l.start_us = v.column2 WHERE l.node_id = me.node AND l.epoch = me.epoch \
            ORDER BY l.budget, l.start_us",
};
const SPENT: Shape = Shape {
    before: "UPDATE budget_windows SET spent = spent + v.column3, leased = leased - v.column4, told = v.column5 FROM (",
    fixed: 0,
    columns: 5,
    after: ") AS v WHERE budget_windows.budget = v.column1 AND budget_windows.start_us = v.column2",
};
const SETTLE: Shape = Shape {
    before: "WITH me AS (SELECT CAST($1 AS TEXT) AS node, CAST($2 AS BIGINT) AS epoch) \
             UPDATE budget_leases SET settled = settled + v.column3 FROM me, (",
    fixed: 2,
    columns: 3,
    after: ") AS v WHERE budget_leases.node_id = me.node AND budget_leases.epoch = me.epoch \
            AND budget_leases.budget = v.column1 AND budget_leases.start_us = v.column2",
};

/// The statements of this database.
#[derive(Debug)]
pub struct Poster {
    budgets: Bulk,
    members: Bulk,
    windows: Bulk,
    leases: Bulk,
    spent: Bulk,
    settle: Bulk,
}

/// A budget of somebody in the batch.
struct Found {
    id: BudgetId,
    tenant: TenantId,
    of: BudgetOf,
    owner: Owner,
    period: Period,
    amount: NanoUsd,
    steps: Vec<u32>,
    zone: String,
}

/// What a batch adds to a window.
struct Added<'a> {
    budget: &'a Found,
    span: Span,
    sale: i64,
}

/// A window as it is before the batch, but where it was made just now: then the batch is in it.
struct Now {
    spent: i64,
    told: i64,
    made: bool,
}

impl Poster {
    /// For SQLite or PostgreSQL.
    pub fn new(sqlite: bool) -> Self {
        let bulk = |shape| Bulk::new(sqlite, shape);
        let locked =
            |shape: Shape, after| Bulk::new(sqlite, Shape { after: if sqlite { shape.after } else { after }, ..shape });
        Self {
            budgets: bulk(BUDGETS),
            members: bulk(MEMBERS),
            windows: locked(
                WINDOWS,
                concat!(
                    ") AS v ON w.budget = v.column1 AND w.start_us = v.column2 ",
                    "ORDER BY w.budget, w.start_us FOR UPDATE OF w"
                ),
            ),
            leases: locked(
                LEASES,
                concat!(
                    ") AS v ON l.budget = v.column1 AND l.start_us = v.column2 ",
                    "WHERE l.node_id = me.node AND l.epoch = me.epoch ORDER BY l.budget, l.start_us FOR UPDATE OF l"
                ),
            ),
            spent: bulk(SPENT),
            settle: bulk(SETTLE),
        }
    }

    /// Adds what these rows, which are new, came to.
    ///
    /// # Errors
    /// The database's; roll back, and post the same again.
    pub async fn post(&self, tx: &mut Tx, source: Source<'_>, new: &[&Settled]) -> Result<()> {
        if tx.fetch_optional(sql!("SELECT 1 FROM budgets LIMIT 1")).await?.is_none() {
            return Ok(());
        }
        let members = self.members_of(tx, new).await?;
        let found = self.budgets_of(tx, new, &members).await?;
        let added = add(&found, &members, new);
        if added.is_empty() {
            return Ok(());
        }
        let now = self.windows_now(tx, &added).await?;
        let leases = self.leased(tx, source, &added).await?;
        let mut told = BTreeMap::new();
        for (window, added) in &added {
            let now = now.get(window).ok_or(Error::Corrupt("window of a budget"))?;
            told.insert(*window, tell(tx, added, now).await?);
        }
        let covered = |window: &Window, sale: i64| sale.min(leases.get(window).copied().unwrap_or(0));
        let spent = self.spent.statements(&[], added.iter(), |(window, added), out| {
            let more = if now.get(window).is_some_and(|now| now.made) { 0 } else { added.sale };
            out.extend([window.budget.into(), window.start_us.into(), more.into()]);
            out.extend([covered(window, added.sale).into(), told.get(window).copied().unwrap_or(0).into()]);
        });
        let settled = self.settle.statements(&source.values(), added.iter(), |(window, added), out| {
            out.extend([window.budget.into(), window.start_us.into(), covered(window, added.sale).into()]);
        });
        for statement in spent.into_iter().chain(settled) {
            tx.execute(statement).await?;
        }
        Ok(())
    }

    async fn members_of(&self, tx: &mut Tx, new: &[&Settled]) -> Result<HashMap<KeyId, UserId>> {
        let keys: BTreeSet<i64> = new.iter().map(|end| end.opened.key.0).collect();
        let mut members = HashMap::new();
        for statement in self.members.statements(&[], keys.into_iter(), |key, out| out.push(key.into())) {
            for row in tx.fetch_all(statement).await? {
                members.insert(KeyId(row.int(0)?), UserId(row.int(1)?));
            }
        }
        Ok(members)
    }

    async fn budgets_of(&self, tx: &mut Tx, new: &[&Settled], members: &HashMap<KeyId, UserId>) -> Result<Vec<Found>> {
        let mut owners: BTreeSet<i64> = members.values().map(|member| member.0).collect();
        owners.extend(new.iter().flat_map(|end| [end.opened.tenant.0, end.opened.key.0]));
        let mut found = Vec::new();
        for statement in self.budgets.statements(&[], owners.into_iter(), |owner, out| out.push(owner.into())) {
            for row in tx.fetch_all(statement).await? {
                let of = row.text(2)?;
                found.push(Found {
                    id: BudgetId(row.int(0)?),
                    tenant: TenantId(row.int(1)?),
                    owner: owner(&of, row.int(3)?)?,
                    of: super::word(&of)?,
                    period: super::word(&row.text(4)?)?,
                    amount: NanoUsd(row.int(5)?),
                    steps: steps(&row.text(6)?)?,
                    zone: row.text(7)?,
                });
            }
        }
        Ok(found)
    }

    /// The windows, locked in their order; those that are not there yet are made.
    async fn windows_now(&self, tx: &mut Tx, added: &BTreeMap<Window, Added<'_>>) -> Result<BTreeMap<Window, Now>> {
        let mut now = self.read_windows(tx, added.keys()).await?;
        let missing: Vec<&Added<'_>> =
            added.iter().filter(|(window, _)| !now.contains_key(window)).map(|(_, added)| added).collect();
        for added in missing {
            let budget = added.budget;
            let made = rows::open(tx, budget.id, added.span, budget.tenant, budget.owner).await?;
            let window = Window { budget: budget.id, start_us: added.span.start_us };
            let mut read = self.read_windows(tx, [window].iter()).await?;
            let mut one = read.remove(&window).ok_or(Error::Corrupt("window of a budget"))?;
            one.made = made;
            now.insert(window, one);
        }
        Ok(now)
    }

    async fn read_windows<'a>(
        &self,
        tx: &mut Tx,
        windows: impl ExactSizeIterator<Item = &'a Window>,
    ) -> Result<BTreeMap<Window, Now>> {
        let mut now = BTreeMap::new();
        for statement in self.windows.statements(&[], windows, |window, out| {
            out.extend([window.budget.into(), window.start_us.into()]);
        }) {
            for row in tx.fetch_all(statement).await? {
                let window = Window { budget: BudgetId(row.int(0)?), start_us: row.int(1)? };
                now.insert(window, Now { spent: row.int(2)?, told: row.int(3)?, made: false });
            }
        }
        Ok(now)
    }

    /// What this node's epoch has out of the windows.
    async fn leased(
        &self,
        tx: &mut Tx,
        source: Source<'_>,
        added: &BTreeMap<Window, Added<'_>>,
    ) -> Result<BTreeMap<Window, i64>> {
        let mut leased = BTreeMap::new();
        for statement in self.leases.statements(&source.values(), added.keys(), |window, out| {
            out.extend([window.budget.into(), window.start_us.into()]);
        }) {
            for row in tx.fetch_all(statement).await? {
                leased.insert(Window { budget: BudgetId(row.int(0)?), start_us: row.int(1)? }, row.int(2)?);
            }
        }
        Ok(leased)
    }
}

/// Sums the batch by window.
fn add<'a>(found: &'a [Found], members: &HashMap<KeyId, UserId>, new: &[&Settled]) -> BTreeMap<Window, Added<'a>> {
    let mut added: BTreeMap<Window, Added<'a>> = BTreeMap::new();
    let mut spans: HashMap<BudgetId, Span> = HashMap::new();
    let mut of_owner: HashMap<(TenantId, Owner), Vec<&'a Found>> = HashMap::new();
    found.iter().for_each(|budget| of_owner.entry((budget.tenant, budget.owner)).or_default().push(budget));
    for end in new.iter().filter(|end| end.settlement.sale.0 > 0) {
        let (tenant, key) = (end.opened.tenant, end.opened.key);
        let time = time_us(end.opened.request);
        let owners =
            [Some(Owner::Tenant), Some(Owner::Key(key)), members.get(&key).map(|member| Owner::Member(*member))];
        let theirs = owners.into_iter().flatten().filter_map(|owner| of_owner.get(&(tenant, owner))).flatten();
        for budget in theirs.copied() {
            let span = spans.get(&budget.id).copied().filter(|span| span.holds(time));
            let span = span.unwrap_or_else(|| window::at(&budget.zone, budget.period, time));
            spans.insert(budget.id, span);
            let window = Window { budget: budget.id, start_us: span.start_us };
            added.entry(window).or_insert(Added { budget, span, sale: 0 }).sale += end.settlement.sale.0;
        }
    }
    added
}

/// Tells the highest step that was passed just now, if any was; the highest that was ever told.
async fn tell(tx: &mut Tx, added: &Added<'_>, now: &Now) -> Result<i64> {
    let budget = added.budget;
    let spent = if now.made { now.spent } else { now.spent.saturating_add(added.sale) };
    let highest = passed(spent, budget.amount, &budget.steps);
    if highest > now.told {
        let detail = format!(
            "{} % of the {} budget of {} USD of this {}: {} USD",
            highest / 10_000,
            budget.period,
            budget.amount,
            budget.of,
            NanoUsd(spent)
        );
        let key = if let Owner::Key(key) = budget.owner { Some(key) } else { None };
        let event = NewEvent { tenant: Some(budget.tenant), key, ..NewEvent::now("budget_reached", detail) };
        events::insert(tx, &event).await?;
    }
    Ok(highest.max(now.told))
}
