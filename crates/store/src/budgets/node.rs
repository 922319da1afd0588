//! This node's share of all budgets: holds in windows, draws when a window's share does not reach, returns of what lies idle.
//!
//! The same idea as [`crate::lease`], with less at stake: a budget is no money, so nothing is written off and a settlement
//! may overshoot. What is strict is admission: no request is admitted unless it fits into what all nodes have left.

use super::{
    purse::{Books, Purse},
    rows::{self, Answer, Ask},
    window::{self, Span},
};
use crate::{
    db::Db,
    lease::{
        RECALL_LOOK, RECALL_WAIT,
        rows::{self as leases, Holder},
    },
    time,
};
use domain::{
    budget::{Budget, Budgets, Period, Window},
    ids::TenantId,
    money::NanoUsd,
    ports::HoldRefused,
};
use parking_lot::RwLock;
use std::{collections::HashMap, sync::Arc, time::Instant};

/// A draw asks for so many times the need, at first; quick ones after it for twice the one before.
const AHEAD: i64 = 8;
/// What was refused is refused again for so long without asking; others may have returned something by then.
const REFUSED_MS: u64 = 250;

/// Budgets on this node.
#[derive(Debug)]
pub struct NodeBudgets {
    db: Db,
    holder: Holder,
    started: Instant,
    purses: RwLock<HashMap<Window, Arc<Purse>>>,
    /// The windows that are open now, by zone and period.
    spans: RwLock<HashMap<(Arc<str>, Period), Span>>,
}

impl NodeBudgets {
    /// Nothing held yet.
    pub fn new(db: Db, holder: Holder) -> Self {
        Self { db, holder, started: Instant::now(), purses: RwLock::default(), spans: RwLock::default() }
    }

    /// Whose leases they are.
    pub fn holder(&self) -> &Holder {
        &self.holder
    }

    pub(super) fn db(&self) -> &Db {
        &self.db
    }

    /// Milliseconds since this node started, monotonic.
    pub fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Sets `amount` aside in every budget, in the windows of `time_us`; in all of them or in none. A request that holds
    /// nothing is in these windows too: what it asks for later counts there.
    ///
    /// # Errors
    /// [`HoldRefused::Budget`] for the first that does not cover it; [`HoldRefused::Unavailable`] while the database is away
    /// and this node's share does not reach.
    pub async fn hold(
        &self,
        budgets: &Budgets,
        tenant: TenantId,
        time_us: i64,
        amount: i64,
    ) -> Result<Vec<Window>, HoldRefused> {
        let mut claim = Claim { budgets: self, windows: Vec::new(), amount, enters: true };
        for budget in budgets.iter() {
            let span = self.span(&budgets.zone, budget.period, time_us);
            self.hold_in(budget, tenant, span, amount).await?;
            claim.windows.push(Window { budget: budget.id, start_us: span.start_us });
        }
        Ok(claim.kept())
    }

    /// Sets more aside where a hold is already.
    ///
    /// # Errors
    /// As [`NodeBudgets::hold`]; then nothing more is held anywhere.
    pub async fn extend(&self, windows: &[Window], more: i64) -> Result<(), HoldRefused> {
        let mut claim = Claim { budgets: self, windows: Vec::new(), amount: more, enters: false };
        for window in windows {
            let Some(purse) = self.find(*window) else { continue };
            self.hold_purse(&purse, more).await?;
            claim.windows.push(*window);
        }
        claim.kept();
        Ok(())
    }

    /// Ends a request that held `amount` with what it used.
    pub fn end(&self, windows: &[Window], amount: i64, used: i64) {
        for purse in windows.iter().filter_map(|window| self.find(*window)) {
            purse.settle(amount, used);
            purse.leave();
        }
    }

    fn span(&self, zone: &Arc<str>, period: Period, time_us: i64) -> Span {
        let key = (zone.clone(), period);
        if let Some(span) = self.spans.read().get(&key).filter(|span| span.holds(time_us)) {
            return *span;
        }
        let span = window::at(zone, period, time_us);
        self.spans.write().insert(key, span);
        span
    }

    fn find(&self, window: Window) -> Option<Arc<Purse>> {
        self.purses.read().get(&window).cloned()
    }

    /// Every purse there is.
    pub(super) fn all(&self) -> Vec<Arc<Purse>> {
        self.purses.read().values().cloned().collect()
    }

    /// Forgets a purse that has nothing in it and whose books nobody else has.
    pub(super) fn forget(&self, purse: &Arc<Purse>) {
        let mut purses = self.purses.write();
        // Two: the map's and the caller's. Whoever finds it from now on would have to take this lock first.
        let told = purse.books.try_lock().is_ok_and(|books| books.told);
        if told && purse.is_empty() && Arc::strong_count(purse) <= 2 {
            purses.remove(&purse.window());
        }
    }

    async fn hold_in(&self, budget: &Budget, tenant: TenantId, span: Span, amount: i64) -> Result<(), HoldRefused> {
        let window = Window { budget: budget.id, start_us: span.start_us };
        let purse = self.find(window).unwrap_or_else(|| {
            let mut purses = self.purses.write();
            purses.entry(window).or_insert_with(|| Arc::new(Purse::new(*budget, tenant, span))).clone()
        });
        self.hold_purse(&purse, amount).await?;
        purse.enter();
        Ok(())
    }

    async fn hold_purse(&self, purse: &Purse, amount: i64) -> Result<(), HoldRefused> {
        if purse.hold(amount, self.now_ms()) {
            return Ok(());
        }
        let mut books = purse.books.lock().await;
        let refused = HoldRefused::Budget { of: purse.budget.of, period: purse.budget.period, needed: NanoUsd(amount) };
        let started = Instant::now();
        let mut asked = false;
        loop {
            // What another request gave back meanwhile, or what was drawn below.
            if purse.hold(amount, self.now_ms()) {
                return Ok(());
            }
            let need = (amount - purse.available()).max(1);
            if books.refused.is_some_and(|(at, least)| self.now_ms() < at + REFUSED_MS && least <= need) {
                return Err(refused);
            }
            match self.draw(purse, &mut books, need).await {
                Err(error) => {
                    tracing::debug!(%error, "no draw from a budget");
                    return Err(HoldRefused::Unavailable);
                }
                Ok(Answer::Granted { .. }) => {}
                // Nobody limits it any more: what the drain finds of it counts nowhere.
                Ok(Answer::Gone) => purse.put(amount),
                Ok(Answer::Short { elsewhere }) => {
                    if !elsewhere || started.elapsed() >= RECALL_WAIT {
                        books.refused = Some((self.now_ms(), need));
                        return Err(refused);
                    }
                    if !asked {
                        asked = true;
                        let recall = leases::recall(&self.db, purse.tenant, &self.holder.node).await;
                        recall.map_err(|_| HoldRefused::Unavailable)?;
                    }
                    tokio::time::sleep(RECALL_LOOK).await;
                }
            }
        }
    }

    async fn draw(&self, purse: &Purse, books: &mut Books, need: i64) -> crate::Result<Answer> {
        let now = self.now_ms();
        let quick = books.last_draw.filter(|(at, _)| now < at + 1000);
        let want = quick.map_or(need.saturating_mul(AHEAD), |(_, last)| last.saturating_mul(2));
        self.ask(purse, books, need, want).await
    }

    /// Tells what is returned, and draws where there is a need.
    async fn ask(&self, purse: &Purse, books: &mut Books, need: i64, want: i64) -> crate::Result<Answer> {
        let (budget, span) = (purse.budget.id, purse.span);
        let asked = Ask { budget, span, known: books.granted, returned: books.returned, need, want };
        // Until the answer is here: without one the keeper asks again.
        books.told = false;
        let answer = rows::ask(&self.db, &self.holder, asked).await?;
        if let Answer::Granted { total, returned, fresh, anew } = answer {
            if anew {
                purse.claim(i64::MAX);
            }
            purse.put(fresh);
            if need > 0 {
                books.last_draw = Some((self.now_ms(), fresh));
            }
            (books.granted, books.returned) = (Some(total), returned);
        }
        books.told = true;
        Ok(answer)
    }

    /// Returns what is there, unless somebody draws from it just now.
    ///
    /// # Errors
    /// The database's; the amount stays taken out, and is told again by the keeper.
    pub(super) async fn give_back(&self, purse: &Purse) -> crate::Result<()> {
        let Ok(mut books) = purse.books.try_lock() else { return Ok(()) };
        let idle = purse.claim(i64::MAX);
        if idle == 0 && books.told {
            return Ok(());
        }
        books.returned += idle;
        books.told = false;
        if idle > 0 {
            // There is more to draw from than when it was refused.
            books.refused = None;
        }
        self.ask(purse, &mut books, 0, 0).await.map(drop)
    }

    /// Whether its window is over.
    pub(super) fn is_over(&self, purse: &Purse) -> bool {
        !purse.span.holds(time::now_us())
    }
}

/// Held in some windows, on the way to all of them; goes back where the way ends, also with a caller who leaves.
struct Claim<'a> {
    budgets: &'a NodeBudgets,
    windows: Vec<Window>,
    amount: i64,
    /// Whether it is a request's first hold.
    enters: bool,
}

impl Claim<'_> {
    fn kept(mut self) -> Vec<Window> {
        std::mem::take(&mut self.windows)
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        for purse in self.windows.iter().filter_map(|window| self.budgets.find(*window)) {
            purse.settle(self.amount, 0);
            if self.enters {
                purse.leave();
            }
        }
    }
}
