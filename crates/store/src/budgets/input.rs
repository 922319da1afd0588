//! What of a budget people may set.

use super::{BudgetRow, rows::Owner};
use crate::{
    db::Tx,
    error::{Error, Result},
    sql,
};
use domain::{
    budget::{BudgetOf, Period},
    ids::TenantId,
    money::NanoUsd,
};

/// What is told where nobody says otherwise: at half, at four fifths, at the whole.
pub const USUAL_STEPS: [u32; 3] = [500_000, 800_000, 1_000_000];
/// The most steps.
const STEPS: usize = 10;
/// The highest: ten times the amount, for budgets that only tell.
const HIGHEST: u32 = 10_000_000;

/// A budget to be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBudget {
    /// Whose.
    pub owner: Owner,
    /// How long its windows are.
    pub period: Period,
    /// So much may be spent in each.
    pub amount: NanoUsd,
    /// Whether requests that do not fit are refused.
    pub hard: bool,
    /// Parts per million of the amount; passing one is told.
    pub steps: Vec<u32>,
}

/// What of a budget is to change; `None` leaves it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BudgetPatch {
    /// So much may be spent in each window.
    pub amount: Option<NanoUsd>,
    /// Whether requests that do not fit are refused.
    pub hard: Option<bool>,
    /// What is told.
    pub steps: Option<Vec<u32>>,
}

fn check(amount: NanoUsd, hard: bool, steps: &[u32]) -> Result<()> {
    if amount < NanoUsd::ZERO {
        return Err(Error::invalid("amount", "must not be negative"));
    }
    if steps.len() > STEPS || !steps.iter().all(|step| (1..=HIGHEST).contains(step)) {
        return Err(Error::invalid("steps", "must be at most 10, each over 0 and up to 1000 percent"));
    }
    if !hard && steps.is_empty() {
        return Err(Error::invalid("steps", "must not be empty for a budget that does not stop: it would do nothing"));
    }
    Ok(())
}

impl NewBudget {
    /// A hard one, with the usual steps.
    pub fn hard(owner: Owner, period: Period, amount: NanoUsd) -> Self {
        Self { owner, period, amount, hard: true, steps: USUAL_STEPS.to_vec() }
    }

    /// Refuses what no budget can be.
    pub(super) fn check(&self) -> Result<()> {
        check(self.amount, self.hard, &self.steps)
    }

    /// What it is of.
    pub(super) fn of(&self) -> BudgetOf {
        match self.owner {
            Owner::Tenant => BudgetOf::Tenant,
            Owner::Key(_) => BudgetOf::Key,
            Owner::Member(_) => BudgetOf::Member,
        }
    }

    pub(super) fn owner_id(&self, tenant: TenantId) -> i64 {
        match self.owner {
            Owner::Tenant => tenant.0,
            Owner::Key(key) => key.0,
            Owner::Member(user) => user.0,
        }
    }
}

impl BudgetPatch {
    pub(super) fn applied(self, mut to: BudgetRow) -> Result<BudgetRow> {
        to.amount = self.amount.unwrap_or(to.amount);
        to.hard = self.hard.unwrap_or(to.hard);
        to.steps = self.steps.unwrap_or(to.steps);
        check(to.amount, to.hard, &to.steps)?;
        Ok(to)
    }
}

/// Refuses a key of another tenant, and whoever is no member.
pub(super) async fn must_be_theirs(tx: &mut Tx, tenant: TenantId, owner: Owner) -> Result<()> {
    let (find, what) = match owner {
        Owner::Tenant => return Ok(()),
        Owner::Key(key) => {
            let text = "SELECT id FROM keys WHERE id = $1 AND tenant = $2 AND revoked_at IS NULL";
            (sql!(text, key, tenant), "must be a key of this tenant")
        }
        Owner::Member(user) => {
            let text = "SELECT user_id FROM memberships WHERE user_id = $1 AND tenant = $2";
            (sql!(text, user, tenant), "must be a member of this tenant")
        }
    };
    tx.fetch_optional(find).await?.map(drop).ok_or_else(|| Error::invalid("owner", what))
}
