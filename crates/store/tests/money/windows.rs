//! The model's budgets: what was spent and is held in each window, in plain memory.

use crate::bed::*;
use domain::{
    budget::{Budget, BudgetOf, Budgets, Period, Window},
    ids::{BudgetId, RequestId, TenantId},
    money::NanoUsd,
};
use rand::{Rng as _, rngs::StdRng};
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};
use store::{
    Actor, Db, Sealer, Store,
    budgets::{BudgetPatch, NewBudget, rows::Owner, window},
    drain::row::time_us,
    sql,
};

/// A node that was refused asks no sooner again (`budgets::node`), so for so long it need not know of more.
const REFUSED: Duration = Duration::from_millis(250);

struct Limit {
    budget: Budget,
    amount: i64,
    raised: Instant,
}

#[derive(Debug, Clone, Copy, Default)]
struct Spent {
    spent: i64,
    held: i64,
}

/// Every tenant's budgets.
pub struct Windows {
    store: Store,
    limits: HashMap<TenantId, Vec<Limit>>,
    windows: HashMap<Window, Spent>,
}

impl Windows {
    pub fn new(db: &Db) -> Self {
        let store = Store::new(db.clone(), Sealer::new(&[7; 32]));
        Self { store, limits: HashMap::new(), windows: HashMap::new() }
    }

    /// Gives the tenant a budget for ever and one for a day, which nearly always is the smaller one.
    pub async fn limit(&mut self, tenant: TenantId, rng: &mut StdRng) {
        for (period, most) in [(Period::Total, 400_000), (Period::Day, 100_000)] {
            let amount = rng.random_range(1..most);
            let new = NewBudget::hard(Owner::Tenant, period, NanoUsd(amount));
            let made = self.store.budgets().create(&Actor::system(), tenant, &new).await.unwrap();
            let budget = Budget { id: made.id, of: BudgetOf::Tenant, period };
            self.limits.entry(tenant).or_default().push(Limit { budget, amount, raised: Instant::now() });
        }
    }

    /// What the relay asks for this tenant's requests.
    pub fn of(&self, tenant: TenantId) -> Budgets {
        let tenants = self.limits.get(&tenant).into_iter().flatten().map(|limit| limit.budget).collect();
        Budgets { tenant: tenants, ..Budgets::default() }
    }

    fn amount(&self, id: BudgetId) -> i64 {
        self.limits.values().flatten().find(|limit| limit.budget.id == id).unwrap().amount
    }

    /// So much more is held in these windows: it must fit.
    pub fn held(&mut self, windows: &[Window], more: i64) {
        for window in windows {
            let amount = self.amount(window.budget);
            let now = self.windows.entry(*window).or_default();
            assert!(now.spent + now.held + more <= amount, "overspent: {more} over {now:?} of {amount}");
            now.held += more;
        }
    }

    /// A request that held `amount` ended.
    pub fn ended(&mut self, windows: &[Window], amount: i64, sale: i64) {
        for window in windows {
            let now = self.windows.get_mut(window).unwrap();
            (now.held, now.spent) = (now.held - amount, now.spent + sale);
        }
    }

    /// The tenant's budget of this period refused so much at the time of this request: it must not have fitted.
    pub fn refused(&self, tenant: TenantId, period: Period, request: RequestId, need: i64) {
        let limit = self.limits[&tenant].iter().find(|limit| limit.budget.period == period).unwrap();
        let span = window::at("", period, time_us(request));
        let now = self.windows.get(&Window { budget: limit.budget.id, start_us: span.start_us });
        let now = now.copied().unwrap_or_default();
        let fits = now.spent + now.held + need <= limit.amount;
        assert!(!fits || limit.raised.elapsed() <= 2 * REFUSED, "refused {need} over {now:?} of {}", limit.amount);
    }

    /// Raises the tenant's budget of this period.
    pub async fn raise(&mut self, tenant: TenantId, period: Period, more: i64) {
        let limits = self.limits.get_mut(&tenant).unwrap();
        let limit = limits.iter_mut().find(|limit| limit.budget.period == period).unwrap();
        let amount = limit.amount + more;
        let patch = BudgetPatch { amount: Some(NanoUsd(amount)), ..BudgetPatch::default() };
        self.store.budgets().patch(&Actor::system(), tenant, limit.budget.id, patch).await.unwrap();
        (limit.amount, limit.raised) = (amount, Instant::now());
    }

    /// With all nodes stopped: nothing is held, and what was spent is what the windows say.
    pub async fn finish(&self) {
        let db = self.store.db();
        for (window, now) in &self.windows {
            assert_eq!(now.held, 0, "{window:?}");
            let select = "SELECT spent, leased FROM budget_windows WHERE budget = $1 AND start_us = $2";
            let row = db.fetch_optional(sql!(select, window.budget, window.start_us)).await.unwrap();
            let found = row.map_or((0, 0), |row| (row.int(0).unwrap(), row.int(1).unwrap()));
            assert_eq!(found, (now.spent, 0), "{window:?}");
        }
        assert_eq!(number(db, "SELECT COUNT(*) FROM budget_leases").await, 0);
    }
}
