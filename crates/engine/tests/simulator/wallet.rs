//! A wallet in memory that keeps the books of holds, and whose journal fails now and then.

use crate::checks::Book;
use domain::{
    budget::Budgets,
    ids::RequestId,
    money::NanoUsd,
    ports::{Abandoned, Hold, HoldRefused, JournalFailed, Ledger},
    record::{Checkpoint, Opened, Settlement},
};
use parking_lot::Mutex;
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

pub static LEAKED: AtomicU64 = AtomicU64::new(0);

#[derive(Debug)]
struct Leaks;

impl Abandoned for Leaks {
    fn abandoned(&self, _: &Hold) {
        LEAKED.fetch_add(1, Ordering::SeqCst);
    }
}

pub struct Wallet {
    state: Mutex<State>,
    random: Mutex<StdRng>,
    /// Chances in a thousand that the journal fails.
    failing: u32,
    book: Arc<Book>,
}

struct State {
    available: i64,
    open: HashMap<RequestId, i64>,
}

impl Wallet {
    pub fn new(seed: u64, available: i64, failing: u32, book: Arc<Book>) -> Self {
        let state = Mutex::new(State { available, open: HashMap::new() });
        Self { state, random: Mutex::new(StdRng::seed_from_u64(seed ^ 0x3a11)), failing, book }
    }

    pub fn available(&self) -> i64 {
        self.state.lock().available
    }

    pub fn open_holds(&self) -> usize {
        self.state.lock().open.len()
    }

    fn fails(&self) -> bool {
        self.random.lock().random_ratio(self.failing, 1_000)
    }

    fn take(&self, request: RequestId, amount: NanoUsd) -> Result<(), HoldRefused> {
        let mut state = self.state.lock();
        if state.available < amount.0 {
            return Err(HoldRefused::Insufficient { needed: amount });
        }
        state.available -= amount.0;
        *state.open.entry(request).or_default() += amount.0;
        Ok(())
    }
}

impl Ledger for Wallet {
    type Written = std::future::Ready<Result<(), JournalFailed>>;

    async fn hold(&self, opened: &Opened, _: &Budgets) -> Result<Hold, HoldRefused> {
        let wait = self.random.lock().random_range(0..3);
        tokio::time::sleep(Duration::from_millis(wait)).await;
        if self.fails() {
            return Err(HoldRefused::JournalFull);
        }
        self.take(opened.request, opened.hold)?;
        self.book.held(opened.request);
        Ok(Hold::new(opened.request, opened.tenant, opened.hold, Arc::new(Leaks)))
    }

    async fn extend(&self, hold: &mut Hold, more: NanoUsd) -> Result<(), HoldRefused> {
        self.take(hold.request, more)?;
        hold.grow(more);
        Ok(())
    }

    fn checkpoint(&self, _: &mut Hold, _: &Checkpoint) -> Self::Written {
        std::future::ready(if self.fails() { Err(JournalFailed) } else { Ok(()) })
    }

    async fn settle(&self, hold: Hold, opened: Opened, settlement: Settlement) -> Result<(), JournalFailed> {
        let wait = self.random.lock().random_range(0..3);
        tokio::time::sleep(Duration::from_millis(wait)).await;
        let (held, _) = hold.end();
        let sale = settlement.sale;
        {
            let mut state = self.state.lock();
            let open = state.open.remove(&opened.request).expect("a hold ends once");
            assert_eq!(open, held.0, "the hold is what was set aside");
            assert!(sale.0 <= held.0, "{sale} is more than the {held} that was held");
            state.available += held.0 - sale.0;
            assert!(state.available >= 0, "the wallet is below its limit");
        }
        self.book.settled(opened.request, &settlement);
        if self.fails() { Err(JournalFailed) } else { Ok(()) }
    }
}
