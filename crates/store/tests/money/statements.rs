//! Statements: every line of a wallet on one of them, whatever is late, missed or done twice.

use crate::{bed::*, support::Bed};
use domain::{
    ids::{StatementId, TenantId},
    money::NanoUsd,
    ports::Ledger as _,
};
use futures::TryStreamExt as _;
use store::{
    Actor, Db, Error, Moment, Page,
    ledger::changes,
    sql,
    statements::{self, Issuer, Letterhead, Month, Statement},
    tenants::TenantPatch,
    time::now_us,
};

const USD: i64 = 1_000_000_000;
const DAY_US: i64 = 86_400_000_000;

fn letterhead() -> Letterhead {
    let issuer = Issuer { name: "House".into(), address: "1 Road\nTown".into(), tax: "VAT 1".into() };
    Letterhead { issuer, prefix: "S-".into() }
}

/// When this month and the days after it are over.
fn later() -> i64 {
    now_us() + 40 * DAY_US
}

/// Makes every transfer of a tenant so far so much older.
async fn age(db: &Db, tenant: TenantId, days: i64) {
    rewrite(db, sql!("UPDATE transfers SET time = time - $2 WHERE tenant = $1", tenant, days * DAY_US)).await;
}

/// When a line of a tenant's wallet was posted.
async fn posted_at(db: &Db, tenant: TenantId, line: i64, time: &str) {
    let us = us(time);
    rewrite(db, sql!("UPDATE transfers SET time = $3 WHERE tenant = $1 AND line = $2", tenant, line, us)).await;
}

fn us(time: &str) -> i64 {
    time.parse::<jiff::Timestamp>().unwrap().as_microsecond()
}

/// Changes transfers: what the append-only triggers keep everybody else from.
async fn rewrite(db: &Db, change: store::Sql) {
    let mut tx = db.begin().await.unwrap();
    let (off, on) = if tx.is_sqlite() {
        let on = "CREATE TRIGGER transfers_no_update BEFORE UPDATE ON transfers BEGIN \
                  SELECT RAISE(ABORT, 'transfers is append-only'); END";
        ("DROP TRIGGER transfers_no_update", on)
    } else {
        ("ALTER TABLE transfers DISABLE TRIGGER USER", "ALTER TABLE transfers ENABLE TRIGGER USER")
    };
    tx.execute(sql!(off)).await.unwrap();
    tx.execute(change).await.unwrap();
    tx.execute(sql!(on)).await.unwrap();
    tx.commit().await.unwrap();
}

async fn all(bed: &Bed, tenant: TenantId) -> Vec<Statement> {
    let mut rows = bed.store().statements().list(tenant, Page::first(500)).await.unwrap().rows;
    rows.reverse();
    rows
}

async fn sum_of(bed: &Bed, of: &Statement, kind: &str) -> i64 {
    let sums = bed.store().statements().sums(of.id).await.unwrap();
    sums.into_iter().find(|(word, _)| word == kind).map_or(0, |(_, amount)| amount.0)
}

/// What the ledger says a tenant's lines of usage come to.
async fn charged(bed: &Bed, tenant: TenantId) -> i64 {
    let mut moment = Moment::now(&bed.db).await.unwrap();
    let lines = moment.transfers(tenant, None, 10_000).await.unwrap();
    lines.iter().filter(|line| line.kind == "usage").map(|line| line.amount.0).sum()
}

async fn file(bed: &Bed, of: &Statement) -> String {
    let pieces: Vec<_> = statements::csv(bed.store(), of.clone()).try_collect().await.unwrap();
    String::from_utf8(pieces.concat()).unwrap()
}

on_both! {
    async fn a_statement_says_what_the_ledger_says_and_is_never_changed(bed) {
        let payer = tenant(&bed.db, 10 * USD).await;
        let node = Node::start(&bed.db, &bed.node_dir("n"));
        for i in 0..20 {
            let mut opened = opened(payer, 9_000);
            opened.model = if i % 2 == 0 { "a/b".into() } else { "=cmd()".into() };
            let hold = node.ledger.hold(&opened, &domain::budget::Budgets::default()).await.unwrap();
            node.ledger.settle(hold, opened, settlement(100 + i)).await.unwrap();
        }
        node.ledger.flush().await;
        changes::adjust(&bed.db, payer, NanoUsd(-3), "-a,\"fee\"", "fee").await.unwrap();
        let made = bed.store().statements().freeze_due(&letterhead(), later()).await.unwrap();
        assert_eq!(made, 1);
        let [one] = &all(&bed, payer).await[..] else { panic!("one statement") };
        let total: i64 = (0..20).map(|i| 100 + i).sum();
        assert_eq!((one.label.as_str(), one.issuer.name.as_str(), one.opening), ("S-000001", "House", NanoUsd(0)));
        assert_eq!(one.closing, NanoUsd(10 * USD - 3 - total));
        assert_eq!(one.closing, node.balance(payer).await.posted);
        assert_eq!(sum_of(&bed, one, "usage").await, -total);
        assert_eq!(sum_of(&bed, one, "adjustment").await, 10 * USD - 3);
        let usage = bed.store().statements().usage(one.id, 0, 10).await.unwrap();
        let told: Vec<_> = usage.iter().map(|line| (line.model.as_str(), line.requests, line.amount.0)).collect();
        assert_eq!(told, [("=cmd()", 10, 1_100), ("a/b", 10, 1_090)], "each model with its own");
        assert_eq!((usage[0].key, usage[0].usage.output, usage[0].usage.cache_read), (Some(KEY), 70, 20));

        let text = file(&bed, one).await;
        assert!(text.ends_with("\r\n") && !text.replace("\r\n", "").contains(['\r']), "CRLF only");
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), statements::COLUMNS);
        let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
        let kinds: Vec<_> = rows.iter().map(|row| row[3].to_owned()).collect();
        assert_eq!(kinds, ["opening", "usage", "usage", "adjustment", "adjustment", "closing"]);
        let column = |name: &str| statements::COLUMNS.iter().position(|it| *it == name).unwrap();
        let amount = |row: &csv::StringRecord, name| row[column(name)].parse::<NanoUsd>().unwrap_or_default().0;
        let usage: i64 = rows.iter().filter(|row| &row[3] == "usage").map(|row| amount(row, "debit_usd")).sum();
        assert_eq!(usage, -charged(&bed, payer).await, "the file's total is the ledger's");
        let moved: i64 = rows.iter().map(|row| amount(row, "credit_usd") - amount(row, "debit_usd")).sum();
        assert_eq!(moved, one.closing.0 - one.opening.0);
        assert_eq!(amount(&rows[5], "balance_usd"), one.closing.0);
        assert_eq!((&rows[1][column("model")], &rows[4][column("reference")]), ("'=cmd()", "'-a,\"fee\""));

        for text in ["UPDATE statements SET closing = 0", "DELETE FROM statement_lines", "DELETE FROM statement_sums"] {
            assert!(bed.db.execute(sql!(text)).await.is_err(), "{text}");
        }
        assert_eq!(bed.store().statements().freeze_due(&letterhead(), later()).await.unwrap(), 0, "once");
        node.assert_clean().await;
        node.stop().await;
    }

    async fn what_is_on_no_statement_yet_is_what_the_next_will_say(bed) {
        let payer = tenant(&bed.db, 10 * USD).await;
        let node = Node::start(&bed.db, &bed.node_dir("n"));
        let store = bed.store();
        node.request(payer, 9_000, 500).await;
        node.ledger.flush().await;
        let now = store.statements().running(payer).await.unwrap().unwrap();
        assert_eq!((now.opening, now.closing, now.usage), (NanoUsd(0), NanoUsd(10 * USD - 500), Some(NanoUsd(-500))));
        store.statements().freeze_due(&letterhead(), later()).await.unwrap();
        assert_eq!(store.statements().running(payer).await.unwrap(), None, "all is on one");
        let [one] = &all(&bed, payer).await[..] else { panic!("one statement") };
        let charged = store.statements().charged(&[one.id, StatementId(1)]).await.unwrap();
        assert_eq!(charged.into_iter().collect::<Vec<_>>(), [(one.id, NanoUsd(-500))]);
        changes::adjust(&bed.db, payer, NanoUsd(USD), "more", "more").await.unwrap();
        node.request(payer, 9_000, 700).await;
        node.ledger.flush().await;
        let now = store.statements().running(payer).await.unwrap().unwrap();
        assert_eq!((now.opening, now.usage), (one.closing, Some(NanoUsd(-700))));
        assert_eq!(now.closing.0, one.closing.0 + USD - 700);
        node.stop().await;
    }

    async fn what_is_posted_late_is_on_the_next_statement(bed) {
        let payer = tenant(&bed.db, 10 * USD).await;
        let node = Node::start(&bed.db, &bed.node_dir("n"));
        node.request(payer, 9_000, 500).await;
        node.ledger.flush().await;
        // It began in the month that ends now, and is charged after that was frozen.
        let held = node.hold(payer, 9_000).await.unwrap();
        age(&bed.db, payer, 40).await;
        assert_eq!(bed.store().statements().freeze_due(&letterhead(), now_us()).await.unwrap(), 1);
        node.settle(held, 700).await;
        node.ledger.flush().await;
        assert_eq!(bed.store().statements().freeze_due(&letterhead(), now_us()).await.unwrap(), 0, "not over yet");
        assert_eq!(bed.store().statements().freeze_due(&letterhead(), later()).await.unwrap(), 1);
        let [first, second] = &all(&bed, payer).await[..] else { panic!("two statements") };
        assert_eq!((sum_of(&bed, first, "usage").await, sum_of(&bed, second, "usage").await), (-500, -700));
        assert_eq!((first.closing, first.last_line + 1), (second.opening, second.first_line));
        assert!(first.month < second.month && first.to_us <= second.from_us);
        node.assert_clean().await;
        node.stop().await;
    }

    async fn months_that_were_missed_are_frozen_in_order_and_all_of_them_and_what_is_open_is_the_ledger(bed) {
        let payer = tenant(&bed.db, 10 * USD).await;
        let node = Node::start(&bed.db, &bed.node_dir("n"));
        // Two months with lines, one without, one with, and this one.
        for days in [40, 80, 40, 0] {
            node.request(payer, 9_000, 100 + days).await;
            node.ledger.flush().await;
            age(&bed.db, payer, days).await;
        }
        let made = bed.store().statements().freeze_due(&letterhead(), now_us()).await.unwrap();
        let frozen = all(&bed, payer).await;
        assert_eq!((made, frozen.len()), (3, 3));
        assert!(frozen.is_sorted_by(|a, b| a.month < b.month && a.label < b.label && a.closing == b.opening));
        let mut usage = 0;
        for one in &frozen {
            usage += sum_of(&bed, one, "usage").await;
            assert_eq!(bed.store().statements().of_month(payer, one.month.parse().unwrap()).await.unwrap(), Some(one.clone()));
        }
        assert_eq!(usage - 100, charged(&bed, payer).await, "statements, and the open line of this month");
        assert_eq!(frozen[2].closing.0 - 100, node.balance(payer).await.posted.0);
        node.assert_clean().await;
        node.stop().await;
    }

    async fn two_nodes_freezing_at_once_make_one_statement_a_tenant_and_leave_no_number_out(bed) {
        let mut payers = Vec::new();
        for _ in 0..6 {
            payers.push(tenant(&bed.db, USD).await);
        }
        let (here, there) = (bed.store(), bed.other_node().await);
        let (head, when) = (letterhead(), later());
        let month = Month::of(now_us(), &jiff::tz::TimeZone::UTC).unwrap();
        let admin = Actor::system();
        let (a, b, one) = tokio::join!(
            here.statements().freeze_due(&head, when),
            there.statements().freeze_due(&head, when),
            here.statements().freeze(&admin, &head, payers[3], month, when),
        );
        let again = there.statements().freeze(&admin, &head, payers[3], month, when).await.unwrap();
        assert_eq!(one.unwrap(), again, "asked for twice, made once");
        assert!((5..=6).contains(&(a.unwrap() + b.unwrap())));
        let mut labels = Vec::new();
        for payer in payers {
            let [one] = &all(&bed, payer).await[..] else { panic!("one statement") };
            labels.push(one.label.clone());
        }
        labels.sort();
        assert_eq!(labels, (1..=6).map(|n| format!("S-{n:06}")).collect::<Vec<_>>());
    }

    async fn a_month_that_runs_or_has_no_lines_is_not_frozen(bed) {
        let payer = tenant(&bed.db, USD).await;
        let store = bed.store();
        let (head, admin) = (letterhead(), Actor::system());
        let this = Month::of(now_us(), &jiff::tz::TimeZone::UTC).unwrap();
        let freeze = |tenant, month, now| store.statements().freeze(&admin, &head, tenant, month, now);
        assert!(matches!(freeze(payer, this, now_us()).await, Err(Error::Invalid { field: "month", .. })));
        let next = this.next().unwrap();
        let frozen = freeze(payer, this, later()).await.unwrap();
        assert_eq!((frozen.month, frozen.closing), (this.to_string(), NanoUsd(USD)));
        let nothing = freeze(payer, next, later() + 40 * DAY_US).await;
        assert!(matches!(nothing, Err(Error::Conflict(_))), "{nothing:?}");
        assert!(matches!(freeze(TenantId(1), this, later()).await, Err(Error::NotFound("tenant"))));
        let poor = tenant(&bed.db, 0).await;
        assert_eq!(store.statements().freeze_due(&head, later()).await.unwrap(), 0);
        assert_eq!(all(&bed, poor).await, []);
    }

    async fn months_are_those_of_the_tenants_zone_and_go_on_when_it_moves(bed) {
        let payer = tenant(&bed.db, USD).await;
        for n in 2..=4 {
            changes::adjust(&bed.db, payer, NanoUsd(n), "more", &n.to_string()).await.unwrap();
        }
        let store = bed.store();
        let move_to = async |zone: &str| {
            let patch = TenantPatch { zone: Some(zone.into()), ..TenantPatch::default() };
            store.tenants().patch(&Actor::system(), payer, patch).await.unwrap();
        };
        move_to("Asia/Shanghai").await;
        // In UTC the first two are September's.
        for (line, time) in [
            (1, "2025-09-30T15:59:59.999999Z"),
            (2, "2025-09-30T16:00:00Z"),
            (3, "2025-10-31T15:59:59.999999Z"),
            (4, "2025-10-31T16:00:00Z"),
        ] {
            posted_at(&bed.db, payer, line, time).await;
        }
        let october = "2025-10".parse().unwrap();
        let freeze = async |month, now: &str| {
            store.statements().freeze(&Actor::system(), &letterhead(), payer, month, us(now)).await
        };
        let early = freeze(october, "2025-10-31T15:59:59Z").await;
        assert!(matches!(early, Err(Error::Invalid { field: "month", .. })), "{early:?}");
        let frozen = freeze(october, "2025-10-31T16:00:00Z").await.unwrap();
        assert_eq!((frozen.first_line, frozen.last_line, frozen.zone.as_str()), (2, 3, "Asia/Shanghai"));
        assert_eq!((frozen.from_us, frozen.to_us), (us("2025-09-30T16:00:00Z"), us("2025-10-31T16:00:00Z")));
        // Where it is still October when the last line is posted, which October's statement does not have.
        move_to("America/Los_Angeles").await;
        assert_eq!(store.statements().freeze_due(&letterhead(), now_us()).await.unwrap(), 1);
        let all: Vec<_> = all(&bed, payer).await.into_iter().map(|it| (it.month, it.first_line, it.last_line)).collect();
        assert_eq!(all, [("2025-09".into(), 1, 1), ("2025-10".into(), 2, 3), ("2025-11".into(), 4, 4)]);
    }

    async fn reconciliation_finds_a_statement_that_is_not_the_ledgers(bed) {
        let payer = tenant(&bed.db, USD).await;
        let node = Node::start(&bed.db, &bed.node_dir("n"));
        node.request(payer, 9_000, 500).await;
        node.ledger.flush().await;
        bed.store().statements().freeze_due(&letterhead(), later()).await.unwrap();
        node.assert_clean().await;
        for (table, change, told) in [
            ("statements", "UPDATE statements SET closing = closing + 7", "closing balance of stm_"),
            ("statement_sums", "UPDATE statement_sums SET amount = amount - 9 WHERE kind = 'usage'", "usage of stm_"),
            ("statements", "UPDATE statements SET first_line = first_line + 1", "first line of stm_"),
        ] {
            if bed.db.is_sqlite() {
                let drop = format!("DROP TRIGGER IF EXISTS {table}_no_update");
                bed.db.execute(store::Sql::built(drop)).await.unwrap();
            } else {
                let off = format!("ALTER TABLE {table} DISABLE TRIGGER USER");
                bed.db.execute(store::Sql::built(off)).await.unwrap();
            }
            bed.db.execute(sql!(change)).await.unwrap();
            let report = node.reconcile().await;
            assert!(report.differences.iter().any(|it| it.what.starts_with(told)), "{change}: {report}");
        }
        node.stop().await;
    }
}
