//! A tenant's export: who gets it, what it is called, and that it opens.

use super::{Call, World};
use crate::api::authorisation::Kind;
use domain::{money::NanoUsd, role::Role};
use http::{Method, StatusCode};
use std::io::{Cursor, Read as _};
use zip::ZipArchive;

#[tokio::test]
async fn an_owner_takes_everything_away_in_one_file() {
    let world = World::new().await;
    let bill = world.statement().await;
    world.paid_topup().await;
    let path = format!("/api/v1/tenants/{}/export", world.tenant);
    let answer = world.send(Call::new(Method::GET, &path).from(&world, Kind::Member(Role::Owner))).await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, Some("application/zip")));
    let today = super::super::shown::time_us(store::time::now_us());
    let name = format!("attachment; filename=\"export-{}-{}.zip\"", world.tenant, &today[..10]);
    assert_eq!(answer.header("content-disposition"), Some(name.as_str()));

    let mut archive = ZipArchive::new(Cursor::new(answer.bytes)).unwrap();
    let names: Vec<String> =
        (0..archive.len()).map(|at| archive.by_index(at).unwrap().name().unwrap().into_owned()).collect();
    let bill = format!("statements/{}.csv", bill.month);
    assert_eq!(
        names,
        [
            "README.txt",
            "usage.csv",
            "usage_days.csv",
            "ledger.csv",
            "statements.csv",
            &bill,
            "topups.csv",
            "prices.csv",
            "keys.csv",
            "budgets.csv",
            "members.csv",
            "audit.csv"
        ]
    );
    let mut read = |name: &str| {
        let mut text = String::new();
        archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    };
    let usage = world.get(&format!("/usage.csv?tenant={}", world.tenant)).await.text;
    assert_eq!(read("usage.csv"), usage, "the same file");
    let ledger = read("ledger.csv");
    let balance = NanoUsd(world.posted().await).to_string();
    assert!(ledger.ends_with(&format!(",{balance}\r\n")), "{ledger}");
    assert!(read("topups.csv").contains(",succeeded,epay,alipay,"));
    assert!(read(&bill).contains(",opening,") && read("members.csv").contains("member@example.com,owner\r\n"));
}

#[tokio::test]
async fn it_is_the_owners_and_nobody_elses() {
    let world = World::new().await;
    for (kind, status) in [
        (Kind::Nobody, 401),
        (Kind::OtherTenant, 404),
        (Kind::Member(Role::Admin), 403),
        (Kind::Member(Role::Developer), 403),
        (Kind::Member(Role::Billing), 403),
        (Kind::Member(Role::Viewer), 403),
        (Kind::ReadOnly, 200),
        (Kind::Admin, 200),
    ] {
        let path = format!("/api/v1/tenants/{}/export", world.tenant);
        let answer = world.send(Call::new(Method::GET, path).from(&world, kind)).await;
        assert_eq!(answer.status.as_u16(), status, "{kind:?}: {}", answer.text);
    }
    let unknown = world.get("/tenants/ten_0000000000001/export").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND, "{}", unknown.text);
    let asked = world.get(&format!("/tenants/{}/export?from=now", world.tenant)).await;
    assert_eq!(asked.status, StatusCode::BAD_REQUEST, "{}", asked.text);
}
