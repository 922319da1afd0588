//! Budgets of tenants, keys and members: what is set ([`Budgets`]), and how it is kept ([`node`], [`post`], [`rows`]).
//!
//! `budget_windows` has a row for every window in which something was spent: `spent` is what the drain posted, `leased` what
//! nodes have drawn and not settled. A window is made with what was spent in it before there was the budget.

#![deny(clippy::float_arithmetic)]

mod input;
pub mod keeper;
pub mod node;
pub mod post;
pub mod purse;
pub mod rows;
pub mod window;

pub use input::{BudgetPatch, NewBudget};

use crate::{
    Store,
    change::{Actor, Announce, Change, NOTHING, to_json},
    db::{Row, Sql, Tx},
    error::{Error, Result},
    ids, sql, time,
};
use domain::{
    budget::{Budget, BudgetOf, Period},
    ids::{BudgetId, KeyId, TenantId, UserId},
    money::NanoUsd,
};
use rows::Owner;
use serde::Serialize;
use std::{str::FromStr, sync::Arc};

/// The most budgets of one tenant that are not a key's: each is looked at for every request of the tenant's.
const MOST: i64 = 200;

/// A budget that is set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BudgetRow {
    /// Which.
    pub id: BudgetId,
    /// Of which tenant, or of whose key or member.
    pub tenant: TenantId,
    /// Whose.
    pub of: BudgetOf,
    /// The tenant's, the key's or the user's id.
    pub owner: i64,
    /// How long its windows are.
    pub period: Period,
    /// So much may be spent in each.
    pub amount: NanoUsd,
    /// Whether requests that do not fit are refused.
    pub hard: bool,
    /// Parts per million of the amount; passing one is told.
    pub steps: Vec<u32>,
    /// Microseconds since 1970.
    pub created_us: i64,
}

/// A budget with its window of now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetNow {
    /// The budget.
    pub budget: BudgetRow,
    /// The key's name or the member's address; the tenant's name.
    pub owner_name: String,
    /// Posted in this window.
    pub spent: NanoUsd,
    /// Set aside for running requests, and not yet posted.
    pub leased: NanoUsd,
    /// Since when the window runs; `None`: always.
    pub since_us: Option<i64>,
    /// Until when; `None`: for ever.
    pub until_us: Option<i64>,
}

/// Budgets. From [`Store::budgets`].
#[derive(Debug, Clone, Copy)]
pub struct Budgets<'a>(pub(crate) &'a Store);

/// A word of a row.
pub(crate) fn word<T: FromStr>(text: &str) -> Result<T> {
    text.parse().map_err(|_| Error::Corrupt("budget"))
}

pub(crate) fn owner(kind: &str, id: i64) -> Result<Owner> {
    Ok(match word(kind)? {
        BudgetOf::Tenant => Owner::Tenant,
        BudgetOf::Key => Owner::Key(KeyId(id)),
        BudgetOf::Member => Owner::Member(UserId(id)),
    })
}

pub(crate) fn steps(json: &str) -> Result<Vec<u32>> {
    serde_json::from_str(json).map_err(|_| Error::Corrupt("budget"))
}

/// The highest step that so much has passed; 0: none.
fn passed(spent: i64, amount: NanoUsd, steps: &[u32]) -> i64 {
    let passed = |step: &&u32| i128::from(spent) * 1_000_000 >= i128::from(amount.0) * i128::from(**step);
    steps.iter().filter(passed).max().map_or(0, |step| i64::from(*step))
}

fn budget(row: &Row) -> Result<BudgetRow> {
    Ok(BudgetRow {
        id: BudgetId(row.int("id")?),
        tenant: TenantId(row.int("tenant")?),
        of: word(&row.text("owner_kind")?)?,
        owner: row.int("owner")?,
        period: word(&row.text("period")?)?,
        amount: NanoUsd(row.int("amount")?),
        hard: row.flag("hard")?,
        steps: steps(&row.text("steps")?)?,
        created_us: row.int("created")?,
    })
}

/// Hard budgets as a column: `id:owner:period`, with commas between; for [`read`].
pub(crate) fn column(condition: &str) -> String {
    format!(
        "(SELECT string_agg(CAST(b.id AS TEXT) || ':' || b.owner_kind || ':' || b.period, ',') FROM budgets b \
         WHERE b.hard = 1 AND ({condition}))"
    )
}

/// Reads a [`column`].
pub(crate) fn read(text: Option<String>) -> Result<Arc<[Budget]>> {
    let Some(text) = text else { return Ok(Arc::default()) };
    let one = |part: &str| {
        let mut words = part.splitn(3, ':');
        let (Some(id), Some(of), Some(period)) = (words.next(), words.next(), words.next()) else {
            return Err(Error::Corrupt("budget"));
        };
        Ok(Budget { id: BudgetId(word(id)?), of: word(of)?, period: word(period)? })
    };
    let mut budgets: Vec<_> = text.split(',').map(one).collect::<Result<_>>()?;
    // In one order on every request, so that two never wait for each other.
    budgets.sort_by_key(|budget| budget.id);
    Ok(budgets.into())
}

/// Tells running nodes whose requests are to be looked at anew.
async fn announce(change: &mut Change<'_>, tenant: TenantId, of: BudgetOf, owner: i64) -> Result<()> {
    match of {
        BudgetOf::Tenant => change.announce(Announce::Tenant(tenant)).await,
        BudgetOf::Key => change.announce(Announce::Key(KeyId(owner))).await,
        BudgetOf::Member => {
            let keys =
                sql!("SELECT id FROM keys WHERE member = $1 AND tenant = $2 AND revoked_at IS NULL", owner, tenant);
            for key in change.tx.fetch_all(keys).await? {
                change.announce(Announce::Key(KeyId(key.int(0)?))).await?;
            }
            Ok(())
        }
    }
}

/// Sets a budget in the caller's change.
pub(crate) async fn create_in(change: &mut Change<'_>, tenant: TenantId, new: &NewBudget) -> Result<BudgetRow> {
    new.check()?;
    let owner = new.owner_id(tenant);
    input::must_be_theirs(&mut change.tx, tenant, new.owner).await?;
    let of = new.of();
    if of != BudgetOf::Key {
        let count = sql!("SELECT COUNT(*) FROM budgets WHERE tenant = $1 AND owner_kind <> 'key'", tenant);
        if change.tx.fetch_one(count).await?.int(0)? >= MOST {
            return Err(Error::conflict("there are 200 budgets already"));
        }
    }
    let made = BudgetRow {
        id: BudgetId(ids::next()),
        tenant,
        of,
        owner,
        period: new.period,
        amount: new.amount,
        hard: new.hard,
        steps: new.steps.clone(),
        created_us: time::now_us(),
    };
    let insert = sql!(
        "INSERT INTO budgets (id, tenant, owner_kind, owner, period, amount, hard, steps, created) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
        made.id,
        tenant,
        of.as_str(),
        owner,
        made.period.as_str(),
        made.amount,
        made.hard,
        to_json(&made.steps)?,
        made.created_us
    );
    if change.tx.execute(insert).await? == 0 {
        return Err(Error::conflict(format!("there is a {} budget of this {of} already", made.period)));
    }
    announce(change, tenant, of, owner).await?;
    change.audit("budget.create", made.id, NOTHING, Some(&made)).await?;
    Ok(made)
}

async fn locked(tx: &mut Tx, tenant: TenantId, id: BudgetId) -> Result<BudgetRow> {
    let select = Sql::built(format!("SELECT * FROM budgets WHERE id = $1 AND tenant = $2{}", tx.for_update()));
    let row = tx.fetch_optional(select.bind(id).bind(tenant)).await?;
    row.as_ref().map_or(Err(Error::NotFound("budget")), budget)
}

impl Budgets<'_> {
    /// Sets one.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what no budget can be, or an owner who is not the tenant's; [`Error::Conflict`] when there is
    /// one of this owner and period, or too many.
    pub async fn create(self, actor: &Actor, tenant: TenantId, new: &NewBudget) -> Result<BudgetRow> {
        let mut change = self.0.change(actor).await?;
        crate::tenants::must_exist(&mut change.tx, tenant).await?;
        let made = create_in(&mut change, tenant, new).await?;
        change.commit().await?;
        Ok(made)
    }

    /// Changes how much it is, whether it stops, and what it tells. A step that is passed already is not told again.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] as for a new one.
    pub async fn patch(self, actor: &Actor, tenant: TenantId, id: BudgetId, patch: BudgetPatch) -> Result<BudgetRow> {
        let mut change = self.0.change(actor).await?;
        let before = locked(&mut change.tx, tenant, id).await?;
        let after = patch.applied(before.clone())?;
        let update = sql!(
            "UPDATE budgets SET amount = $1, hard = $2, steps = $3 WHERE id = $4",
            after.amount,
            after.hard,
            to_json(&after.steps)?,
            id
        );
        change.tx.execute(update).await?;
        if (after.amount, &after.steps) != (before.amount, &before.steps) {
            rows::reckon_told(&mut change.tx, id, |spent| passed(spent, after.amount, &after.steps)).await?;
        }
        announce(&mut change, tenant, after.of, after.owner).await?;
        change.audit("budget.patch", id, Some(&before), Some(&after)).await?;
        change.commit().await?;
        Ok(after)
    }

    /// Takes one away.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn delete(self, actor: &Actor, tenant: TenantId, id: BudgetId) -> Result<()> {
        let mut change = self.0.change(actor).await?;
        let before = locked(&mut change.tx, tenant, id).await?;
        change.tx.execute(sql!("DELETE FROM budgets WHERE id = $1", id)).await?;
        announce(&mut change, tenant, before.of, before.owner).await?;
        change.audit("budget.delete", id, Some(&before), NOTHING).await?;
        change.commit().await
    }

    /// A tenant's budgets, the newest first, each with its window of now.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn list(self, tenant: TenantId, page: crate::Page) -> Result<crate::Listing<BudgetNow>> {
        let select = sql!(
            "SELECT b.*, t.zone, CASE b.owner_kind WHEN 'key' THEN (SELECT name FROM keys WHERE id = b.owner) \
             WHEN 'member' THEN (SELECT email FROM users WHERE id = b.owner) ELSE t.name END AS owner_name \
             FROM budgets b JOIN tenants t ON t.id = b.tenant WHERE b.tenant = $1 AND b.id < $2 ORDER BY b.id DESC LIMIT $3",
            tenant,
            page.before(),
            page.fetch()
        );
        let mut found = Vec::new();
        for row in self.0.db().fetch_all(select).await? {
            found.push(self.with_window(budget(&row)?, row.opt_text("owner_name")?, &row.text("zone")?).await?);
        }
        Ok(page.cut(found, |it| it.budget.id.0))
    }

    async fn with_window(self, budget: BudgetRow, owner_name: Option<String>, zone: &str) -> Result<BudgetNow> {
        let span = window::at(zone, budget.period, time::now_us());
        let owner = owner(budget.of.as_str(), budget.owner)?;
        let find = "SELECT spent, leased FROM budget_windows WHERE budget = $1 AND start_us = $2";
        let find = sql!(find, budget.id, span.start_us);
        let (spent, leased) = match self.0.db().fetch_optional(find).await? {
            Some(row) => (row.int(0)?, row.int(1)?),
            None => (self.0.db().fetch_one(rows::spent(span, budget.tenant, owner)).await?.int(0)?, 0),
        };
        let bounded = budget.period != Period::Total;
        Ok(BudgetNow {
            owner_name: owner_name.unwrap_or_default(),
            spent: NanoUsd(spent),
            leased: NanoUsd(leased),
            since_us: bounded.then_some(span.start_us),
            until_us: bounded.then_some(span.end_us),
            budget,
        })
    }
}
