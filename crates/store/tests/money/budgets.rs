//! Budgets: who fits is admitted and nobody else, on any number of nodes; what is spent counts once, in the window of its
//! admission; what nodes hold comes back.

use crate::{bed::*, support::Bed};
use domain::{
    budget::{BudgetOf, Budgets, Period},
    ids::{KeyId, TenantId, UserId},
    money::NanoUsd,
    ports::{HoldRefused, Ledger as _},
};
use futures::future::join_all;
use std::sync::Arc;
use store::{
    Actor, Db, Email, Name, Page, Sealer, Store,
    budgets::{
        BudgetNow, BudgetPatch, NewBudget,
        node::NodeBudgets,
        rows::{self, Owner},
    },
    events::Wanted,
    keys::NewKey,
    lease::rows::Holder,
    sql,
};

struct World {
    store: Store,
    tenant: TenantId,
}

impl World {
    async fn new(db: &Db, wallet: i64) -> Self {
        let store = Store::new(db.clone(), Sealer::new(&[7; 32]));
        Self { store, tenant: tenant(db, wallet).await }
    }

    async fn set(&self, owner: Owner, period: Period, amount: i64) -> domain::ids::BudgetId {
        let new = NewBudget::hard(owner, period, NanoUsd(amount));
        self.store.budgets().create(&Actor::system(), self.tenant, &new).await.unwrap().id
    }

    async fn key(&self, member: Option<UserId>, budgets: Vec<(Period, NanoUsd)>) -> KeyId {
        let new = NewKey { member, budgets, ..NewKey::named(Name::parse("name", "k").unwrap()) };
        self.store.keys().create(&Actor::system(), self.tenant, new).await.unwrap().0.id
    }

    async fn list(&self) -> Vec<BudgetNow> {
        self.store.budgets().list(self.tenant, Page::first(100)).await.unwrap().rows
    }

    async fn only(&self) -> BudgetNow {
        let mut all = self.list().await;
        assert_eq!(all.len(), 1);
        all.remove(0)
    }

    /// What the relay would ask for this tenant's requests.
    async fn budgets(&self) -> Budgets {
        let all = self.list().await;
        let hard = all.iter().filter(|it| it.budget.hard).map(|it| domain::budget::Budget {
            id: it.budget.id,
            of: it.budget.of,
            period: it.budget.period,
        });
        let tenants = sql!("SELECT zone FROM tenants WHERE id = $1", self.tenant);
        let zone = self.store.db().fetch_one(tenants).await.unwrap().text(0).unwrap();
        Budgets { zone: zone.into(), tenant: hard.collect(), key: Arc::default() }
    }

    async fn told(&self) -> Vec<String> {
        let wanted = Wanted { kind: "budget_reached".into(), ..Wanted::default() };
        let mut events = self.store.events().list(&wanted, Page::first(100)).await.unwrap().rows;
        events.reverse();
        events.into_iter().map(|it| it.event.detail).collect()
    }
}

async fn spend(node: &Node, world: &World, budgets: &Budgets, key: KeyId, sale: i64) {
    let mut opened = opened(world.tenant, sale);
    opened.key = key;
    let held = node.hold_within(budgets, opened).await.unwrap();
    node.settle(held, sale).await;
}

/// 500 requests at once on these nodes, within a budget for exactly ten holds of a full wallet.
async fn crowd(db: &Db, nodes: &[Node], hold: i64) {
    let world = World::new(db, 1_000 * hold).await;
    world.set(Owner::Tenant, Period::Month, 10 * hold).await;
    let budgets = world.budgets().await;
    let asking = (0..500).map(|i| {
        let (node, opened) = (&nodes[i % nodes.len()], opened(world.tenant, hold));
        let budgets = &budgets;
        async move {
            match node.hold_within(budgets, opened).await {
                Ok(held) => {
                    node.settle(held, hold).await;
                    true
                }
                Err(refused) => {
                    let (of, period) = (BudgetOf::Tenant, Period::Month);
                    assert_eq!(refused, HoldRefused::Budget { of, period, needed: NanoUsd(hold) });
                    false
                }
            }
        }
    });
    let admitted = join_all(asking).await.into_iter().filter(|admitted| *admitted).count();
    assert_eq!(admitted, 10, "at {hold}");
    for node in nodes {
        node.ledger.flush().await;
    }
    let now = world.only().await;
    assert_eq!((now.spent.0, now.leased.0), (10 * hold, 0), "at {hold}");
    let balance = nodes[0].balance(world.tenant).await;
    assert_eq!(balance.posted.0, 990 * hold);
}

async fn finish(bed: &Bed, nodes: Vec<Node>) {
    for node in nodes {
        let dir = node.dir.clone();
        node.stop().await;
        assert_clean(&bed.db, &dir).await;
    }
    assert_eq!(number(&bed.db, "SELECT COUNT(*) FROM budget_leases").await, 0, "nothing is held by nobody");
    assert_eq!(number(&bed.db, "SELECT COUNT(*) FROM budget_windows WHERE leased <> 0").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exactly_ten_of_five_hundred_fit_on_sqlite() {
    let bed = Bed::sqlite().await;
    let nodes = vec![Node::start(&bed.db, &bed.node_dir("a"))];
    for _ in 0..size("M2_REPETITIONS", 5) {
        crowd(&bed.db, &nodes, 1_000_000).await;
    }
    finish(&bed, nodes).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exactly_ten_of_five_hundred_fit_on_two_nodes_with_postgres() {
    let bed = Bed::postgres().await;
    let other = Db::connect(&bed.url).await.unwrap();
    let nodes = vec![Node::start(&bed.db, &bed.node_dir("a")), Node::start(&other, &bed.node_dir("b"))];
    for _ in 0..size("M2_REPETITIONS", 5) {
        crowd(&bed.db, &nodes, 1_000_000).await;
    }
    finish(&bed, nodes).await;
}

on_both! {
    async fn what_a_budget_refuses_is_held_nowhere(bed) {
        let node = Node::start(&bed.db, &bed.node_dir("a"));
        let world = World::new(&bed.db, 1_000).await;
        world.set(Owner::Tenant, Period::Total, 500).await;
        world.set(Owner::Tenant, Period::Day, 100).await;
        let budgets = world.budgets().await;
        let refused = node.hold_within(&budgets, opened(world.tenant, 200)).await.unwrap_err();
        let (of, period) = (BudgetOf::Tenant, Period::Day);
        assert_eq!(refused, HoldRefused::Budget { of, period, needed: NanoUsd(200) });
        // All of the wallet and all of the day is there.
        let mut held = node.hold_within(&budgets, opened(world.tenant, 60)).await.unwrap();
        node.ledger.extend(&mut held.1, NanoUsd(40)).await.unwrap();
        assert!(node.ledger.extend(&mut held.1, NanoUsd(1)).await.is_err(), "a stream grows no further than its budget");
        let elsewhere = node.hold(world.tenant, 900).await.unwrap();
        node.settle(elsewhere, 0).await;
        node.settle(held, 30).await;
        node.ledger.flush().await;
        let spent: Vec<_> = world.list().await.iter().map(|now| now.spent.0).collect();
        assert_eq!(spent, [30, 30]);
        let again = node.hold_within(&budgets, opened(world.tenant, 70)).await.unwrap();
        node.settle(again, 0).await;
        finish(&bed, vec![node]).await;
    }

    async fn what_is_spent_counts_for_the_key_its_member_and_the_tenant(bed) {
        let node = Node::start(&bed.db, &bed.node_dir("a"));
        let world = World::new(&bed.db, 1_000_000).await;
        let password = domain::secret::Password::new("a long enough password".into());
        let email = Email::parse("m@example.com").unwrap();
        let place = Some((world.tenant, domain::role::Role::Developer));
        let member = world.store.users().create(&Actor::system(), &email, &password, false, place).await.unwrap().id;
        let first = world.key(Some(member), vec![(Period::Day, NanoUsd(5_000)), (Period::Total, NanoUsd(9_000))]).await;
        let (second, nobodys) = (world.key(Some(member), Vec::new()).await, world.key(None, Vec::new()).await);
        let none = Budgets::default();
        // Before there is a budget, by a request that is on its way while it is set, and after.
        spend(&node, &world, &none, first, 10).await;
        node.ledger.flush().await;
        let mut late = opened(world.tenant, 200);
        late.key = second;
        let late = node.hold_within(&none, late).await.unwrap();
        world.set(Owner::Member(member), Period::Month, 100_000).await;
        world.set(Owner::Tenant, Period::Week, 100_000).await;
        node.settle(late, 200).await;
        spend(&node, &world, &none, nobodys, 3_000).await;
        node.ledger.flush().await;
        let now = world.list().await;
        let spent: Vec<_> = now.iter().map(|now| (now.budget.of, now.budget.period, now.spent.0)).collect();
        assert_eq!(spent, [
            (BudgetOf::Tenant, Period::Week, 3_210),
            (BudgetOf::Member, Period::Month, 210),
            (BudgetOf::Key, Period::Total, 10),
            (BudgetOf::Key, Period::Day, 10),
        ]);
        assert_eq!(now[1].owner_name, "m@example.com");
        assert!(now[0].since_us.is_some() && now[2].since_us.is_none());
        finish(&bed, vec![node]).await;
    }

    async fn a_step_is_told_once_and_again_only_past_a_higher_one(bed) {
        let node = Node::start(&bed.db, &bed.node_dir("a"));
        let world = World::new(&bed.db, 1_000_000).await;
        let soft = NewBudget { hard: false, steps: vec![500_000, 1_500_000], ..NewBudget::hard(Owner::Tenant, Period::Total, NanoUsd(1_000)) };
        let id = world.store.budgets().create(&Actor::system(), world.tenant, &soft).await.unwrap().id;
        let budgets = world.budgets().await;
        assert!(budgets.is_empty(), "a soft budget is asked by nobody");
        for (sale, told) in [(400, 0), (100, 1), (900, 1), (100, 2), (5_000, 2)] {
            spend(&node, &world, &budgets, KEY, sale).await;
            node.ledger.flush().await;
            assert_eq!(world.told().await.len(), told, "after {sale}");
        }
        assert_eq!(world.told().await[0], "50 % of the total budget of 0.000001 USD of this tenant: 0.0000005 USD");
        // Raised over what is spent: the half of the new amount is to be told again.
        let patch = BudgetPatch { amount: Some(NanoUsd(20_000)), ..BudgetPatch::default() };
        world.store.budgets().patch(&Actor::system(), world.tenant, id, patch).await.unwrap();
        spend(&node, &world, &budgets, KEY, 1_000).await;
        node.ledger.flush().await;
        assert_eq!(world.told().await.len(), 2);
        spend(&node, &world, &budgets, KEY, 2_500).await;
        node.ledger.flush().await;
        assert_eq!(world.told().await.len(), 3);
        finish(&bed, vec![node]).await;
    }

    async fn a_request_belongs_to_the_window_of_its_admission(bed) {
        let node = Node::start(&bed.db, &bed.node_dir("a"));
        let world = World::new(&bed.db, 1_000_000).await;
        world.set(Owner::Tenant, Period::Day, 100).await;
        let budgets = world.budgets().await;
        // Yesterday's window is its own: a request that began then fits though today is spent.
        spend(&node, &world, &budgets, KEY, 100).await;
        let mut yesterday = opened(world.tenant, 80);
        let before = (store::time::now_ms() - 86_400_000).to_be_bytes();
        yesterday.request.0[..6].copy_from_slice(&before[2..]);
        assert!(node.hold_within(&budgets, opened(world.tenant, 1)).await.is_err());
        let held = node.hold_within(&budgets, yesterday).await.unwrap();
        node.settle(held, 80).await;
        node.ledger.flush().await;
        let windows = "SELECT spent FROM budget_windows ORDER BY start_us";
        let rows = bed.db.fetch_all(sql!(windows)).await.unwrap();
        let spent: Vec<_> = rows.iter().map(|row| row.int(0).unwrap()).collect();
        assert_eq!(spent, [80, 100]);
        finish(&bed, vec![node]).await;
    }

    async fn a_crash_holds_nothing_back(bed) {
        let world = World::new(&bed.db, 1_000_000).await;
        world.set(Owner::Tenant, Period::Total, 1_000).await;
        let budgets = world.budgets().await;
        let dir = bed.node_dir("a");
        let node = Node::start(&bed.db, &dir);
        let mut held = node.hold_within(&budgets, opened(world.tenant, 900)).await.unwrap();
        node.ledger.checkpoint(&mut held.1, &checkpoint(held.0.request, 250)).await.unwrap();
        std::mem::forget(held);
        node.die().await;
        let node = Node::start(&bed.db, &dir);
        node.ledger.recovered().await;
        let now = world.only().await;
        assert_eq!((now.spent.0, now.leased.0), (250, 0), "charged at its last checkpoint, the rest is free");
        let held = node.hold_within(&budgets, opened(world.tenant, 750)).await.unwrap();
        node.settle(held, 0).await;
        finish(&bed, vec![node]).await;
    }

    async fn a_hold_dropped_without_an_end_holds_nothing_back(bed) {
        let world = World::new(&bed.db, 1_000_000).await;
        world.set(Owner::Tenant, Period::Total, 1_000).await;
        let budgets = world.budgets().await;
        let node = Node::start(&bed.db, &bed.node_dir("a"));
        let mut held = node.hold_within(&budgets, opened(world.tenant, 900)).await.unwrap();
        node.ledger.checkpoint(&mut held.1, &checkpoint(held.0.request, 250)).await.unwrap();
        drop(held);
        let held = node.hold_within(&budgets, opened(world.tenant, 750)).await.expect("what it did not use is free");
        node.settle(held, 0).await;
        until("both are posted", || async { world.only().await.spent.0 == 250 }).await;
        finish(&bed, vec![node]).await;
    }

    async fn a_lost_nodes_share_goes_back(bed) {
        let world = World::new(&bed.db, 1_000_000).await;
        world.set(Owner::Tenant, Period::Total, 1_000).await;
        let budgets = world.budgets().await;
        let node = Node::start(&bed.db, &bed.node_dir("a"));
        let held = node.hold_within(&budgets, opened(world.tenant, 600)).await.unwrap();
        assert!(world.only().await.leased.0 >= 600);
        // As if it had not been heard of for long.
        bed.db.execute(sql!("UPDATE budget_leases SET expires_at = 1")).await.unwrap();
        store::budgets::rows::expire(&bed.db, 1_000_000).await.unwrap();
        assert_eq!(world.only().await.leased.0, 0);
        // It was not lost after all: what it charges counts, whoever holds the rest.
        node.settle(held, 600).await;
        node.ledger.flush().await;
        let again = node.hold_within(&budgets, opened(world.tenant, 400)).await.unwrap();
        assert!(node.hold_within(&budgets, opened(world.tenant, 1)).await.is_err());
        node.settle(again, 400).await;
        node.ledger.flush().await;
        assert_eq!(world.only().await.spent.0, 1_000);
        finish(&bed, vec![node]).await;
    }

    async fn a_budget_taken_away_stops_nobody(bed) {
        let world = World::new(&bed.db, 1_000_000).await;
        let id = world.set(Owner::Tenant, Period::Total, 1_000).await;
        let budgets = world.budgets().await;
        let node = Node::start(&bed.db, &bed.node_dir("a"));
        let held = node.hold_within(&budgets, opened(world.tenant, 600)).await.unwrap();
        world.store.budgets().delete(&Actor::system(), world.tenant, id).await.unwrap();
        // This node has not seen it yet.
        let more = node.hold_within(&budgets, opened(world.tenant, 5_000)).await.unwrap();
        node.settle(held, 600).await;
        node.settle(more, 5_000).await;
        finish(&bed, vec![node]).await;
    }

    async fn days_begin_anew_where_the_tenant_moves(bed) {
        let node = Node::start(&bed.db, &bed.node_dir("a"));
        let world = World::new(&bed.db, 1_000_000).await;
        world.set(Owner::Tenant, Period::Month, 1_000).await;
        spend(&node, &world, &world.budgets().await, KEY, 100).await;
        node.ledger.flush().await;
        let zone = store::tenants::TenantPatch { zone: Some("Asia/Kolkata".into()), ..Default::default() };
        world.store.tenants().patch(&Actor::system(), world.tenant, zone).await.unwrap();
        let bad = store::tenants::TenantPatch { zone: Some("Nowhere".into()), ..Default::default() };
        assert!(world.store.tenants().patch(&Actor::system(), world.tenant, bad).await.is_err());
        spend(&node, &world, &world.budgets().await, KEY, 50).await;
        node.ledger.flush().await;
        // Half an hour off the hours that are summed up: the requests themselves are read.
        assert_eq!(world.only().await.spent.0, 150);
        finish(&bed, vec![node]).await;
    }

    async fn what_this_node_gets_back_meanwhile_is_enough(bed) {
        let world = World::new(&bed.db, 0).await;
        world.set(Owner::Tenant, Period::Total, 1_000).await;
        let budgets = world.budgets().await;
        let node = |name: &str| NodeBudgets::new(bed.db.clone(), Holder { node: name.into(), epoch: 1 });
        let (one, two) = (node("a"), node("b"));
        two.hold(&budgets, world.tenant, 1, 400).await.unwrap();
        let here = one.hold(&budgets, world.tenant, 1, 600).await.unwrap();
        // Nothing is left in the database, before and after; the first poll goes as far as asking it, then a hold ends here.
        let ends = async { one.end(&here, 600, 0) };
        let (waited, ()) = tokio::join!(one.hold(&budgets, world.tenant, 1, 600), ends);
        assert_eq!(waited.unwrap(), here);
        assert_eq!(world.only().await.leased.0, 1_000);
    }

    async fn a_request_that_holds_nothing_asks_for_more_within_its_budgets(bed) {
        let world = World::new(&bed.db, 1_000_000).await;
        world.set(Owner::Tenant, Period::Total, 1_000).await;
        let budgets = world.budgets().await;
        let node = Node::start(&bed.db, &bed.node_dir("a"));
        let (opened, mut hold) = node.hold_within(&budgets, opened(world.tenant, 0)).await.unwrap();
        let refused = node.ledger.extend(&mut hold, NanoUsd(1_001)).await.unwrap_err();
        let (of, period) = (BudgetOf::Tenant, Period::Total);
        assert_eq!(refused, HoldRefused::Budget { of, period, needed: NanoUsd(1_001) });
        node.ledger.extend(&mut hold, NanoUsd(1_000)).await.unwrap();
        node.settle((opened, hold), 1_000).await;
        finish(&bed, vec![node]).await;
        assert_eq!(world.only().await.spent.0, 1_000);
    }

    async fn leases_of_a_node_that_ends_are_closed_while_they_are_renewed(bed) {
        let holder = Holder { node: "a".into(), epoch: 1 };
        let node = NodeBudgets::new(bed.db.clone(), holder.clone());
        for _ in 0..20 {
            let world = World::new(&bed.db, 0).await;
            world.set(Owner::Tenant, Period::Total, 1_000).await;
            node.hold(&world.budgets().await, world.tenant, 1, 600).await.unwrap();
        }
        let renewed = async {
            loop {
                rows::renew(&bed.db, &holder).await.unwrap();
            }
        };
        tokio::select! {
            closed = rows::close_before(&bed.db, "a", 2) => closed.unwrap(),
            () = renewed => {}
        }
        assert_eq!(number(&bed.db, "SELECT COUNT(*) FROM budget_leases").await, 0);
        assert_eq!(number(&bed.db, "SELECT COUNT(*) FROM budget_windows WHERE leased <> 0").await, 0);
    }

    async fn what_others_hold_idle_comes_when_it_is_needed(bed) {
        let world = World::new(&bed.db, 1_000_000).await;
        world.set(Owner::Tenant, Period::Total, 1_000).await;
        let budgets = world.budgets().await;
        let (one, two) = (Node::start(&bed.db, &bed.node_dir("a")), Node::start(&bed.db, &bed.node_dir("b")));
        let held = one.hold_within(&budgets, opened(world.tenant, 500)).await.unwrap();
        one.settle(held, 0).await;
        let all = two.hold_within(&budgets, opened(world.tenant, 1_000)).await.unwrap();
        two.settle(all, 1_000).await;
        finish(&bed, vec![one, two]).await;
    }
}
