//! Statements: what is told of one, its file, and what is refused.

use super::{Call, World};
use crate::api::authorisation::Kind;
use domain::role::Role;
use http::{Method, StatusCode};
use serde_json::json;

#[tokio::test]
async fn a_statement_is_listed_told_and_kept_as_a_file_by_those_who_see_the_money() {
    let world = World::new().await;
    let frozen = world.statement().await;
    let listed = world.get(&format!("/tenants/{}/statements", world.tenant)).await;
    assert_eq!(listed.json["data"][0]["id"], frozen.id.to_string(), "{}", listed.text);
    let path = format!("/api/v1/statements/{}", frozen.id);
    let told = world.send(Call::new(Method::GET, &path).from(&world, Kind::Member(Role::Billing))).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.text);
    let shown = &told.json;
    assert_eq!((&shown["opening"], &shown["closing"]), (&json!("0"), &json!("99.999965")), "{}", told.text);
    let sums = json!([{"kind": "usage", "amount": "-0.000035"}, {"kind": "adjustment", "amount": "100"}]);
    assert_eq!(shown["sums"], sums);
    let usage = &shown["usage"][0];
    assert_eq!(
        (&usage["model"], &usage["key_name"], &usage["amount"]),
        (&json!("sandbox/echo"), &json!("k"), &json!("0.000035"))
    );
    assert_eq!((&shown["transfers"][0]["reference"], &shown["more"]), (&json!("start"), &json!(false)));

    let file =
        world.send(Call::new(Method::GET, format!("{path}.csv")).from(&world, Kind::Member(Role::Billing))).await;
    assert_eq!((file.status, file.header("content-type")), (StatusCode::OK, Some("text/csv; charset=utf-8")));
    let name = format!("attachment; filename=\"statement-{}-{}.csv\"", world.tenant, frozen.month);
    assert_eq!(file.header("content-disposition"), Some(name.as_str()));
    assert!(file.text.contains("\r\n") && file.text.contains(",0.000035,,\r\n"), "{}", file.text);
    let refused = world.send(Call::new(Method::GET, format!("{path}.csv?tenant=1")).from(&world, Kind::Admin)).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.text);
    let reconciled = world.get("/reconciliation").await;
    assert_eq!(reconciled.json["difference"], "0", "{}", reconciled.text);
}

#[tokio::test]
async fn what_cannot_be_frozen_is_refused_by_name() {
    let world = World::new().await;
    let path = format!("/tenants/{}/statements", world.tenant);
    for (month, status, told) in [
        ("2026", StatusCode::BAD_REQUEST, "month"),
        ("9999-11", StatusCode::BAD_REQUEST, "has not ended"),
        ("2001-01", StatusCode::CONFLICT, "nothing was posted"),
    ] {
        let refused = world.post(&path, &json!({"month": month})).await;
        assert_eq!(refused.status, status, "{month}: {}", refused.text);
        assert!(refused.text.contains(told), "{month}: {}", refused.text);
    }
    for path in
        ["/statements/stm_0000000000000", "/statements/none", "/statements/stm_0000000000000.csv", "/statements/.csv"]
    {
        assert_eq!(world.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}
