//! A tenant's whole history: of one moment, adding up with the ledger, and nobody else's.

use crate::{
    bed::*,
    retention::{made_ahead, used},
    support::{Bed, me, model, name, rates},
};
use domain::{budget::Budgets, ids::TenantId, money::NanoUsd, ports::Ledger as _, role::Role, secret::Password};
use futures::{StreamExt as _, TryStreamExt as _};
use std::collections::BTreeMap;
use store::{
    Actor, Email, Error, Page,
    budgets::{NewBudget, rows::Owner},
    export::{Export, Part},
    keys::NewKey,
    ledger::changes,
    retention::keep,
    sql,
    statements::{self, Letterhead},
    time::now_us,
    usage,
};

const USD: i64 = 1_000_000_000;
const DAY_US: i64 = 86_400_000_000;

/// Every file of an export, by name, in the order they came.
async fn read(export: Export) -> (Vec<String>, BTreeMap<String, String>) {
    let parts: Vec<Part> = export.parts().try_collect().await.unwrap();
    let (mut names, mut files) = (Vec::new(), BTreeMap::<String, String>::new());
    for part in parts {
        match part {
            Part::File(name) => names.push(name),
            Part::Bytes(bytes) => {
                let text = files.entry(names.last().unwrap().clone()).or_default();
                text.push_str(std::str::from_utf8(&bytes).unwrap());
            }
        }
    }
    (names, files)
}

/// The cells of a column.
fn column(text: &str, name: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let at = reader.headers().unwrap().iter().position(|it| it == name).unwrap_or_else(|| panic!("no {name}: {text}"));
    reader.records().map(|row| row.unwrap()[at].to_owned()).collect()
}

fn sum(text: &str, name: &str) -> i64 {
    column(text, name).iter().map(|cell| cell.parse::<NanoUsd>().unwrap().0).sum()
}

/// What the ledger of an export takes as usage.
fn charged(files: &BTreeMap<String, String>) -> i64 {
    let ledger = &files["ledger.csv"];
    let amounts = column(ledger, "amount_usd").into_iter().map(|cell| cell.parse::<NanoUsd>().unwrap().0);
    let lines = column(ledger, "kind").into_iter().zip(amounts);
    -lines.filter(|(kind, _)| kind == "usage").map(|(_, amount)| amount).sum::<i64>()
}

async fn export(bed: &Bed, tenant: TenantId) -> (Vec<String>, BTreeMap<String, String>) {
    read(Export::of(&bed.store(), tenant).await.unwrap()).await
}

on_both! {
    async fn an_export_adds_up_with_the_ledger_of_its_moment(bed) {
        let store = bed.store();
        let (payer, other) = (tenant(&bed.db, 10 * USD).await, tenant(&bed.db, 5 * USD).await);
        let node = Node::start(&bed.db, &bed.node_dir("n"));
        for i in 0..30 {
            let mut opened = opened(payer, 9_000);
            opened.model = if i % 2 == 0 { "a/b".into() } else { "=cmd()".into() };
            let hold = node.ledger.hold(&opened, &Budgets::default()).await.unwrap();
            node.ledger.settle(hold, opened, settlement(100 + i)).await.unwrap();
        }
        node.request(other, 9_000, 777).await;
        node.ledger.flush().await;
        changes::adjust(&bed.db, payer, NanoUsd(-3), "@fee", "fee").await.unwrap();
        store.statements().freeze_due(&Letterhead::default(), now_us() + 40 * DAY_US).await.unwrap();

        let now = Export::of(&store, payer).await.unwrap();
        // Charged after the moment of the export: in none of its files.
        node.request(payer, 9_000, 5_000).await;
        node.ledger.flush().await;
        changes::adjust(&bed.db, payer, NanoUsd(USD), "later", "later").await.unwrap();
        let (names, files) = read(now).await;

        let total: i64 = (0..30).map(|i| 100 + i).sum();
        assert_eq!((sum(&files["usage.csv"], "cost_usd"), charged(&files)), (total, total));
        assert_eq!(column(&files["usage.csv"], "request_id").len(), 30);
        let ledger = &files["ledger.csv"];
        let balance = column(ledger, "balance_usd").last().unwrap().parse::<NanoUsd>().unwrap();
        assert_eq!((balance.0, sum(ledger, "amount_usd")), (10 * USD - 3 - total, balance.0));
        let lines: Vec<i64> = column(ledger, "line").iter().map(|line| line.parse().unwrap()).collect();
        assert_eq!(lines, (1..=i64::try_from(lines.len()).unwrap()).collect::<Vec<_>>(), "without gaps");
        assert!(column(ledger, "reference").contains(&"'@fee".to_owned()), "{ledger}");
        assert!(column(&files["usage.csv"], "model").contains(&"'=cmd()".to_owned()));

        let [bill] = &store.statements().list(payer, Page::first(10)).await.unwrap().rows[..] else { panic!("one bill") };
        let frozen: Vec<_> = statements::csv(store.clone(), bill.clone()).try_collect().await.unwrap();
        let frozen = String::from_utf8(frozen.concat()).unwrap();
        assert_eq!(files[&format!("statements/{}.csv", bill.month)], frozen);
        assert_eq!(column(&files["statements.csv"], "statement"), std::slice::from_ref(&bill.label));

        assert_eq!(names[0], "README.txt");
        for name in names.iter().skip(1).filter(|name| !name.starts_with("statements/")) {
            assert!(files["README.txt"].contains(name.as_str()), "{name} is not told");
            let header = files[name].lines().next().unwrap();
            assert!(header.split(',').all(|column| files["README.txt"].contains(column)), "{name}: {header}");
            assert!(!files[name].contains(&other.to_string()), "{name} tells of another tenant");
            assert!(!files[name].replace("\r\n", "").contains(['\r', '\n']), "{name}: CRLF only");
        }
        assert!(files["README.txt"].contains(&format!("balance after the last: {balance} USD")));
        node.assert_clean().await;
        node.stop().await;
    }

    async fn what_retention_froze_is_in_days_and_nothing_is_counted_twice(bed) {
        made_ahead(&bed.db).await;
        let (node, payer) = used(&bed, &[95, 94, 70, 40, 1, 0]).await;
        let frozen = keep(&bed.db, 1, now_us()).await.unwrap().frozen;
        assert!(frozen >= 6, "{frozen}");
        let (_, files) = export(&bed, payer).await;
        let days = &files["usage_days.csv"];
        let requests: u64 = column(days, "requests").iter().map(|number| number.parse::<u64>().unwrap()).sum();
        assert_eq!(requests, frozen);
        assert_eq!(sum(days, "cost_usd") + sum(&files["usage.csv"], "cost_usd"), 1_800);
        assert_eq!(charged(&files), 1_800);
        assert_eq!(column(&files["usage.csv"], "model").len(), 18 - usize::try_from(frozen).unwrap());
        node.stop().await;
    }

    async fn usage_that_is_frozen_meanwhile_ends_it_with_an_error(bed) {
        made_ahead(&bed.db).await;
        let (node, payer) = used(&bed, &[95, 94, 0]).await;
        let parts = Export::of(&bed.store(), payer).await.unwrap().parts();
        keep(&bed.db, 1, now_us()).await.unwrap();
        let parts: Vec<_> = parts.collect().await;
        let ended = parts.last().unwrap();
        assert!(matches!(ended, Err(Error::Conflict(why)) if why.contains("frozen")), "{ended:?}");
        let begun = |name: &str| parts.iter().any(|part| matches!(part, Ok(Part::File(it)) if it == name));
        assert!(begun("usage_days.csv") && !begun("ledger.csv"), "nothing after what may be wrong");
        node.stop().await;
    }

    async fn all_that_is_kept_of_a_tenant_is_told_and_no_secret(bed) {
        let store = bed.store();
        let acme = store.tenants().create(&me(), &name("Acme"), NanoUsd::ZERO).await.unwrap().id;
        let rival = store.tenants().create(&me(), &name("Rival"), NanoUsd::ZERO).await.unwrap().id;
        let (email, password) = (Email::parse("ann@acme.example").unwrap(), Password::new("correct horse battery".into()));
        let ann = store.users().create(&me(), &email, &password, false, Some((acme, Role::Owner))).await.unwrap().id;
        let from = Some("203.0.113.7".parse().unwrap());
        let (key, secret) = store.keys().create(&Actor::user(ann, from), acme, NewKey::named(name("+1"))).await.unwrap();
        store.keys().revoke(&Actor { from: Some("198.51.100.1".parse().unwrap()), ..me() }, key.id).await.unwrap();
        store.keys().create(&me(), rival, NewKey::named(name("theirs"))).await.unwrap();
        let budget = NewBudget::hard(Owner::Tenant, domain::budget::Period::Day, NanoUsd(5 * USD));
        store.budgets().create(&me(), acme, &budget).await.unwrap();
        let tariff = rates(r#"{"input": "2.5", "output": "10", "tiers": [{"above": 200000, "input": "5"}]}"#);
        store.prices().put_sale(&me(), &model("a/b"), tariff).await.unwrap();

        let (_, files) = export(&bed, acme).await;
        assert_eq!(column(&files["keys.csv"], "name"), ["'+1"]);
        assert_ne!(column(&files["keys.csv"], "revoked"), [""], "revoked ones too");
        assert_eq!(column(&files["members.csv"], "email"), ["ann@acme.example"]);
        assert_eq!(column(&files["budgets.csv"], "amount_usd"), ["5"]);
        let told = column(&files["prices.csv"], "unit_prices");
        assert!(told.len() == 2 && told.iter().any(|rates| rates.contains("above=200000")), "{told:?}");
        let audit = &files["audit.csv"];
        let mut actions = column(audit, "action");
        actions.sort();
        assert_eq!(actions, ["budget.create", "key.create", "key.revoke", "member.add", "tenant.create"]);
        let addresses: Vec<_> = column(audit, "address").into_iter().filter(|it| !it.is_empty()).collect();
        assert_eq!(addresses, ["203.0.113.7"], "a member's, and nobody else's");
        let all: String = files.values().map(String::as_str).collect();
        for hidden in [secret.expose(), &rival.to_string(), "theirs", "argon2"] {
            assert!(!all.contains(hidden), "{hidden}");
        }
        assert_eq!(column(&files["usage.csv"], "cost_usd"), Vec::<String>::new(), "nothing is an answer, too");
        assert_eq!(files["usage.csv"].trim_end(), usage::COLUMNS.join(","));
        let none = Export::of(&store, TenantId(1)).await;
        assert!(matches!(none, Err(Error::NotFound("tenant"))), "{none:?}");
    }

    async fn a_long_history_comes_in_pieces(bed) {
        let payer = tenant(&bed.db, 10 * USD).await;
        for i in 0..2_100 {
            let key = i.to_string();
            changes::adjust(&bed.db, payer, NanoUsd(1), "again and again, for a reason that is told at length", &key).await.unwrap();
        }
        let parts: Vec<Part> = Export::of(&bed.store(), payer).await.unwrap().parts().try_collect().await.unwrap();
        let sizes = parts.iter().map(|part| if let Part::Bytes(bytes) = part { bytes.len() } else { 0 });
        assert!(sizes.max().unwrap() < 512 << 10, "no piece holds it all");
        let (_, files) = export(&bed, payer).await;
        assert_eq!(column(&files["ledger.csv"], "line").len(), 2_101);
        let held = bed.db.fetch_one(sql!("SELECT COUNT(*) FROM transfers WHERE tenant = $1", payer)).await.unwrap();
        assert_eq!(held.int(0).unwrap(), 2_101);
    }
}
