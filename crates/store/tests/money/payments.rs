//! Money in and out: orders, codes, refunds, chargebacks, closings. However often and in whatever order it is told, it
//! happens once, and the books say so.

use crate::support::{Bed, me, name, tenant};
use domain::{
    exchange::Currency,
    ids::{RefundId, TenantId, TopupId},
    money::NanoUsd,
};
use store::{
    Error, Page, Store,
    codes::{CodeKind, NewBatch, Redeemed},
    ids,
    ledger::changes::Posted,
    reconcile, sql,
    topups::{NewTopup, Paid, RefundState, Reversal, Said, Settled, State, Told, Topup},
};
use tokio_util::task::TaskTracker;

const USD: i64 = 1_000_000_000;

/// $10 for 72.50 yuan and a fee of 1.44.
async fn order(store: &Store, tenant: TenantId) -> Topup {
    let yuan = Currency { code: "CNY".into(), rate: 7_250_000, fee_fixed: 100, fee_ppm: 6_000 };
    let id = TopupId(ids::next());
    let new = NewTopup {
        id,
        tenant,
        provider: "stripe",
        method: String::new(),
        quote: yuan.quote(NanoUsd(10 * USD)).unwrap(),
        reference: Some(format!("cs_{id}")),
        pay_url: "https://pay.example".into(),
        expires_us: store::time::now_us() + 3_600_000_000,
    };
    store.topups().open(&me(), new).await.unwrap()
}

fn told(event: &str) -> Told {
    Told { provider: "stripe", event: event.into(), kind: "test".into() }
}

async fn pay(store: &Store, order: &Topup) -> Settled {
    let payment = format!("pi_{}", order.id);
    let paid = Paid {
        topup: order.id,
        provider: "stripe",
        reference: order.reference.as_deref(),
        payment: &payment,
        minor: order.quote.pay,
        currency: "CNY",
    };
    store.topups().paid(paid, Some(&told(&format!("evt_{}", order.id)))).await.unwrap()
}

async fn paid_order(store: &Store, tenant: TenantId) -> Topup {
    let order = order(store, tenant).await;
    match pay(store, &order).await {
        Settled::Done(paid) => *paid,
        Settled::Unmatched(why) => panic!("{why}"),
    }
}

async fn back(store: &Store, order: &Topup, chargeback: bool, reference: &str, said: Said, minor: i64) -> Settled {
    let topup = order.id;
    let reversal =
        Reversal { topup, chargeback, provider: "stripe", reference, ours: None, said, minor, currency: "CNY" };
    store.topups().reversed(reversal, None).await.unwrap()
}

/// Posted of the wallet, and what is owed.
async fn money(bed: &Bed, tenant: TenantId) -> (i64, i64) {
    let of = async |kind: &str| {
        let select = sql!("SELECT posted FROM accounts WHERE tenant = $1 AND kind = $2", tenant, kind);
        bed.db.fetch_one(select).await.unwrap().int(0).unwrap()
    };
    (of("wallet").await, -of("receivable").await)
}

async fn spend(bed: &Bed, tenant: TenantId, usd: i64) {
    store::ledger::changes::adjust(&bed.db, tenant, NanoUsd(-usd * USD), "spent", "spent").await.unwrap();
}

async fn adds_up(bed: &Bed) {
    let report = reconcile::reconcile(&bed.db, bed.dir.path()).await.unwrap();
    assert!(report.is_clean(), "{report}");
    assert!(reconcile::audit(&bed.db).await.unwrap().holds());
}

async fn batch(store: &Store, kind: CodeKind, codes: u32) -> Vec<String> {
    let new = NewBatch { kind, amount: NanoUsd(5 * USD), codes, note: "test".into(), expires_us: None };
    store.codes().create(&me(), new).await.unwrap().1
}

async fn redeem(store: &Store, tenant: TenantId, code: &str) -> Result<Posted, Error> {
    match store.codes().redeem(&me(), tenant, code).await? {
        Redeemed::Credited(posted) => Ok(posted),
        Redeemed::TooMany { .. } => panic!("too many"),
    }
}

/// So many tasks at once, by turns on both nodes.
async fn at_once<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    nodes: &[Store],
    each: impl Fn(Store) -> F,
) -> Vec<T> {
    let tracker = TaskTracker::new();
    let tasks: Vec<_> = (0..100).map(|n| tracker.spawn(each(nodes[n % nodes.len()].clone()))).collect();
    let mut done = Vec::new();
    for task in tasks {
        done.push(task.await.unwrap());
    }
    done
}

/// One node on SQLite, two on PostgreSQL.
async fn nodes(bed: &Bed) -> Vec<Store> {
    let mut nodes = vec![bed.store()];
    if !bed.db.is_sqlite() {
        nodes.push(bed.other_node().await);
    }
    nodes
}

on_both! {
    async fn a_payment_told_a_hundred_times_at_once_is_one_credit(bed) {
        let nodes = nodes(&bed).await;
        let tenant = tenant(&nodes[0]).await;
        let order = order(&nodes[0], tenant).await;
        let told = order.clone();
        let answers = at_once(&nodes, move |node| { let order = told.clone(); async move { pay(&node, &order).await } }).await;
        assert!(answers.iter().all(|answer| *answer == answers[0]));
        let paid = nodes[0].topups().get(order.id).await.unwrap();
        assert_eq!((paid.state, paid.receipt), (State::Succeeded, Some(1)));
        assert_eq!(money(&bed, tenant).await, (10 * USD, 0));
        adds_up(&bed).await;
    }

    async fn a_code_redeemed_a_hundred_times_at_once_is_one_credit_with_equal_answers(bed) {
        let nodes = nodes(&bed).await;
        let tenant = tenant(&nodes[0]).await;
        let code = batch(&nodes[0], CodeKind::Bonus, 3).await.remove(1);
        let typed = code.clone();
        let answers = at_once(&nodes, move |node| { let code = typed.clone(); async move { redeem(&node, tenant, &code).await.unwrap() } }).await;
        assert!(answers.iter().all(|answer| *answer == answers[0]));
        assert_eq!(money(&bed, tenant).await, (5 * USD, 0));
        let listed = nodes[0].codes().list(Page::first(5)).await.unwrap().rows;
        assert_eq!((listed[0].codes, listed[0].redeemed), (3, 1));
        let other = crate::support::tenant(&nodes[0]).await;
        assert!(matches!(redeem(&nodes[0], other, &code).await, Err(Error::Conflict(_))));
        adds_up(&bed).await;
    }

    async fn codes_end_by_revoking_by_age_and_are_kept_as_hashes_only(bed) {
        let store = bed.store();
        let tenant = tenant(&store).await;
        let codes = batch(&store, CodeKind::Topup, 2).await;
        redeem(&store, tenant, &codes[0].to_lowercase().replace('-', " ")).await.unwrap();
        let id = store.codes().list(Page::first(5)).await.unwrap().rows[0].id;
        assert!(store.codes().revoke(&me(), id).await.unwrap().revoked_us.is_some());
        assert!(matches!(redeem(&store, tenant, &codes[1]).await, Err(Error::Conflict(_))));
        bed.db.execute(sql!("UPDATE code_batches SET revoked_at = NULL, expires_at = 1")).await.unwrap();
        assert!(matches!(redeem(&store, tenant, &codes[1]).await, Err(Error::Conflict(_))));
        for row in bed.db.fetch_all(sql!("SELECT hash FROM codes")).await.unwrap() {
            assert!(!codes.iter().any(|code| code.as_bytes() == row.bytes(0).unwrap()));
        }
        let far = NewBatch { kind: CodeKind::Bonus, amount: NanoUsd(i64::MAX), codes: 2, note: String::new(), expires_us: None };
        assert!(store.codes().create(&me(), far).await.is_err());
        adds_up(&bed).await;
    }

    async fn guesses_at_codes_are_throttled(bed) {
        let store = bed.store();
        let tenant = tenant(&store).await;
        for _ in 0..20 {
            assert!(matches!(redeem(&store, tenant, "AAAAA-AAAAA-AAAAA-AAAAA-AAAAA").await, Err(Error::NotFound("code"))));
        }
        let code = batch(&store, CodeKind::Bonus, 1).await.remove(0);
        assert!(matches!(store.codes().redeem(&me(), tenant, &code).await.unwrap(), Redeemed::TooMany { .. }));
        let other = crate::support::tenant(&store).await;
        redeem(&store, other, &code).await.unwrap();
        adds_up(&bed).await;
    }

    async fn what_is_not_as_the_order_says_changes_nothing(bed) {
        let store = bed.store();
        let tenant = tenant(&store).await;
        let order = order(&store, tenant).await;
        let good = Paid { topup: order.id, provider: "stripe", reference: order.reference.as_deref(), payment: "pi_1", minor: order.quote.pay, currency: "CNY" };
        for bad in [
            Paid { minor: good.minor - 1, ..good },
            Paid { minor: good.minor + 1, ..good },
            Paid { currency: "USD", ..good },
            Paid { provider: "epay", ..good },
            Paid { reference: Some("cs_other"), ..good },
            Paid { topup: TopupId(1), ..good },
        ] {
            assert!(matches!(store.topups().paid(bad, None).await.unwrap(), Settled::Unmatched(_)), "{bad:?}");
        }
        assert!(matches!(back(&store, &order, true, "dp_1", Said::Taken, 7_250).await, Settled::Unmatched(_)), "nothing was paid");
        assert_eq!(store.topups().get(order.id).await.unwrap(), order);
        assert_eq!(money(&bed, tenant).await, (0, 0));
        store.topups().paid(good, None).await.unwrap();
        let again = Paid { payment: "pi_2", ..good };
        assert!(matches!(store.topups().paid(again, None).await.unwrap(), Settled::Unmatched(_)), "paid twice is told");
        adds_up(&bed).await;
    }

    async fn an_order_that_was_over_and_is_paid_after_all_succeeds_and_stays_so(bed) {
        let store = bed.store();
        let tenant = tenant(&store).await;
        for state in [State::Failed, State::Expired] {
            let order = order(&store, tenant).await;
            assert_eq!(store.topups().over(order.id, state, None).await.unwrap().state, state);
            pay(&store, &order).await;
            assert_eq!(store.topups().over(order.id, state, None).await.unwrap().state, State::Succeeded);
        }
        assert_eq!(money(&bed, tenant).await, (20 * USD, 0));
        let receipts: Vec<_> = store.topups().list(Some(&[tenant]), Page::first(5)).await.unwrap().rows.iter().map(|order| order.receipt).collect();
        assert_eq!(receipts, [Some(2), Some(1)]);
        adds_up(&bed).await;
    }

    async fn a_refund_leaves_the_wallet_first_never_exceeds_and_comes_back_if_refused(bed) {
        let store = bed.store();
        let tenant = tenant(&store).await;
        let order = paid_order(&store, tenant).await;
        let refund = async |usd: i64| store.topups().refund(&me(), order.id, NanoUsd(usd * USD), "asked for").await;
        let first = refund(4).await.unwrap();
        assert_eq!((first.state, first.part.price, first.part.fee), (RefundState::Pending, 2_900, 0));
        assert_eq!(money(&bed, tenant).await, (6 * USD, 0));
        assert!(matches!(refund(7).await, Err(Error::Invalid { field: "amount", .. })));
        store.topups().refunded(first.id, RefundState::Undone, Some("re_1")).await.unwrap();
        store.topups().refunded(first.id, RefundState::Done, Some("re_1")).await.unwrap();
        assert_eq!(money(&bed, tenant).await, (10 * USD, 0));
        spend(&bed, tenant, 3).await;
        assert!(matches!(refund(8).await, Err(Error::Insufficient { available: NanoUsd(7_000_000_000) })));
        let second = refund(7).await.unwrap();
        store.topups().refunded(second.id, RefundState::Done, Some("re_2")).await.unwrap();
        // The provider tells of the same refund by its own name, and of ours before it was stored.
        back(&store, &order, false, "re_2", Said::Taken, second.part.price).await;
        let ours = Reversal { topup: order.id, chargeback: false, provider: "stripe", reference: "re_9", ours: Some(RefundId(1)), said: Said::Undone, minor: 1, currency: "CNY" };
        store.topups().reversed(ours, None).await.unwrap();
        assert_eq!(money(&bed, tenant).await, (0, 0));
        assert_eq!(store.topups().get(order.id).await.unwrap().left(), NanoUsd(3 * USD));
        adds_up(&bed).await;
    }

    async fn a_refund_in_the_dashboard_posts_once_fee_and_all(bed) {
        let store = bed.store();
        let tenant = tenant(&store).await;
        let order = paid_order(&store, tenant).await;
        spend(&bed, tenant, 9).await;
        for _ in 0..3 {
            assert!(matches!(back(&store, &order, false, "re_1", Said::Taken, order.quote.pay).await, Settled::Done(_)));
        }
        assert_eq!(money(&bed, tenant).await, (0, 9 * USD));
        let order = store.topups().get(order.id).await.unwrap();
        assert_eq!((order.back.price, order.back.fee, order.back.fee_usd), (7_250, 144, order.quote.fee_usd));
        assert!(matches!(back(&store, &order, false, "re_2", Said::Taken, 1).await, Settled::Unmatched(_)));
        assert!(!store.tenants().get(tenant).await.unwrap().frozen);
        adds_up(&bed).await;
    }

    async fn a_chargeback_always_posts_freezes_and_the_next_topup_pays_it_first(bed) {
        let store = bed.store();
        let tenant = tenant(&store).await;
        let order = paid_order(&store, tenant).await;
        spend(&bed, tenant, 8).await;
        for _ in 0..2 {
            back(&store, &order, true, "dp_1", Said::Taken, order.quote.pay).await;
        }
        assert_eq!(money(&bed, tenant).await, (0, 8 * USD));
        assert!(store.tenants().get(tenant).await.unwrap().frozen);
        adds_up(&bed).await;
        paid_order(&store, tenant).await;
        assert_eq!(money(&bed, tenant).await, (2 * USD, 0));
        let lines = store::Moment::now(&bed.db).await.unwrap().transfers(tenant, None, 2).await.unwrap();
        assert_eq!((lines[0].kind.as_str(), lines[0].amount, lines[1].amount), ("chargeback", NanoUsd(-8 * USD), NanoUsd(10 * USD)));
        // Won: it comes back, once, and an old word of it changes nothing.
        for said in [Said::Undone, Said::Undone, Said::Taken] {
            back(&store, &order, true, "dp_1", said, order.quote.pay).await;
        }
        assert_eq!(money(&bed, tenant).await, (12 * USD, 0));
        adds_up(&bed).await;
    }

    async fn a_won_dispute_pays_what_is_still_owed_first_and_its_end_may_come_before_its_beginning(bed) {
        let store = bed.store();
        let tenant = tenant(&store).await;
        let order = paid_order(&store, tenant).await;
        spend(&bed, tenant, 7).await;
        back(&store, &order, true, "dp_1", Said::Taken, order.quote.pay).await;
        back(&store, &order, true, "dp_1", Said::Undone, order.quote.pay).await;
        assert_eq!(money(&bed, tenant).await, (3 * USD, 0));
        back(&store, &order, true, "dp_2", Said::Undone, order.quote.pay).await;
        back(&store, &order, true, "dp_2", Said::Taken, order.quote.pay).await;
        assert_eq!(money(&bed, tenant).await, (3 * USD, 0));
        adds_up(&bed).await;
    }

    async fn what_fits_nothing_is_told_once(bed) {
        let store = bed.store();
        for _ in 0..3 {
            store.topups().unmatched(&told("evt_1"), "nobody's").await.unwrap();
        }
        assert!(store.topups().is_known(&told("evt_1")).await.unwrap());
        let wanted = store::events::Wanted { kind: "payment_unmatched".into(), ..Default::default() };
        let events = store.events().list(&wanted, Page::first(5)).await.unwrap().rows;
        assert_eq!((events.len(), events[0].event.count), (1, 1));
        assert!(events[0].event.detail.contains("nobody's"));
    }

    async fn closing_pays_out_what_was_paid_in_once_and_ends_given_credit(bed) {
        let store = bed.store();
        let tenant = tenant(&store).await;
        paid_order(&store, tenant).await;
        let code = batch(&store, CodeKind::Bonus, 1).await.remove(0);
        redeem(&store, tenant, &code).await.unwrap();
        let preview = store.closing().preview(tenant).await.unwrap();
        assert_eq!((preview.posted.0, preview.pay_out.0, preview.ends.0), (15 * USD, 10 * USD, 5 * USD));
        let typo = store.closing().close(&me(), tenant, Some(NanoUsd(15 * USD + 1)), "typo", || panic!("frozen")).await;
        assert!(matches!(typo, Err(Error::Invalid { .. })), "{typo:?}");
        assert!(!store.tenants().get(tenant).await.unwrap().frozen, "what is asked for wrongly changes nothing");
        let closed = store.closing().close(&me(), tenant, None, "SEPA 7", || {}).await.unwrap();
        assert_eq!((closed.paid.0, closed.ended.0, closed.set_off.0), (10 * USD, 5 * USD, 0));
        assert_eq!(store.closing().close(&me(), tenant, None, "again", || {}).await.unwrap(), closed);
        assert_eq!(money(&bed, tenant).await, (0, 0));
        let shown = store.tenants().get(tenant).await.unwrap();
        assert!(shown.frozen && shown.closed_us.is_some());
        let thaw = store::tenants::TenantPatch { frozen: Some(false), ..Default::default() };
        assert!(matches!(store.tenants().patch(&me(), tenant, thaw).await, Err(Error::Conflict(_))));
        let adjusted = store.wallets().adjust(&me(), tenant, NanoUsd(1), "no").await;
        assert!(matches!(adjusted, Err(Error::Conflict(_))));
        assert!(store.topups().may_be_made(tenant).await.is_err());
        let more = batch(&store, CodeKind::Bonus, 1).await.remove(0);
        assert!(matches!(redeem(&store, tenant, &more).await, Err(Error::Conflict(_))));
        adds_up(&bed).await;
    }

    async fn closing_sets_off_what_is_owed(bed) {
        let store = bed.store();
        let tenant = tenant(&store).await;
        let order = paid_order(&store, tenant).await;
        spend(&bed, tenant, 10).await;
        back(&store, &order, true, "dp_1", Said::Taken, 2_900).await;
        assert_eq!(money(&bed, tenant).await, (0, 4 * USD));
        let code = batch(&store, CodeKind::Bonus, 1).await.remove(0);
        redeem(&store, tenant, &code).await.unwrap();
        let closed = store.closing().close(&me(), tenant, None, "none", || {}).await.unwrap();
        assert_eq!((closed.set_off.0, closed.paid.0, closed.ended.0), (4 * USD, USD, 0));
        assert_eq!(money(&bed, tenant).await, (0, 0));
        adds_up(&bed).await;
    }

    async fn reconcile_finds_an_order_that_was_tampered_with(bed) {
        let store = bed.store();
        let tenant = store.tenants().create(&me(), &name("Acme"), NanoUsd::ZERO).await.unwrap().id;
        let order = paid_order(&store, tenant).await;
        bed.db.execute(sql!("UPDATE topups SET credited = credited + 1 WHERE id = $1", order.id)).await.unwrap();
        let report = reconcile::reconcile(&bed.db, bed.dir.path()).await.unwrap();
        assert_eq!(report.difference(), NanoUsd(1), "{report}");
    }
}
