//! Rotating a key: the call, and what the relay says to each secret afterwards.

use super::{Answer, Call, World};
use crate::{api::authorisation::Kind, app::App, listener::Service};
use axum::body::Body;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use std::net::IpAddr;
use store::{Db, sql, time};

/// A fresh key: its path, and what it was made as.
async fn key(world: &World) -> (String, Answer) {
    let made = world.post(&format!("/tenants/{}/keys", world.tenant), &json!({"name": "app"})).await;
    (format!("/keys/{}", made.id()), made)
}

fn secret(answer: &Answer) -> &str {
    answer.json["secret"].as_str().unwrap_or_else(|| panic!("no secret: {}", answer.text))
}

fn ends_ms(answer: &Answer) -> i64 {
    let text = answer.json["former_secret_ends_at"].as_str().unwrap_or_else(|| panic!("no end: {}", answer.text));
    text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

/// What the relay answers to a caller with this secret, after this node's look for changes.
async fn relay(world: &World, app: &App, secret: &str) -> u16 {
    world.catalog.refresh().await.unwrap();
    let request = Request::builder().uri("/v1/models").header("authorization", format!("Bearer {secret}"));
    app.serve(IpAddr::from([203, 0, 113, 9]), request.body(Body::empty()).unwrap()).await.status().as_u16()
}

#[tokio::test]
async fn both_secrets_are_taken_until_the_overlap_is_over() {
    let world = World::new().await;
    let app = world.app();
    let (path, made) = key(&world).await;
    let old = secret(&made);
    assert_eq!(relay(&world, &app, old).await, 200);
    let rotated = world.post(&format!("{path}/rotate"), &json!({"overlap_seconds": 3600})).await;
    let new = secret(&rotated);
    assert_eq!((relay(&world, &app, old).await, relay(&world, &app, new).await), (200, 200));
    // As if the hour had passed; the change of name is what the node hears of.
    let db = Db::sqlite(&world.dir.path().join("test.db")).await.unwrap();
    db.execute(sql!("UPDATE keys SET former_ends = $1", time::now_ms())).await.unwrap();
    assert_eq!(world.admin(Method::PATCH, &path, &json!({"name": "later"})).await.status, StatusCode::OK);
    assert_eq!((relay(&world, &app, old).await, relay(&world, &app, new).await), (401, 200));
    assert_eq!(world.get(&path).await.json["former_secret_ends_at"], Value::Null);
}

#[tokio::test]
async fn without_an_overlap_the_old_secret_is_refused_at_once() {
    let world = World::new().await;
    let app = world.app();
    let (path, made) = key(&world).await;
    assert_eq!(relay(&world, &app, secret(&made)).await, 200);
    let rotated = world.post(&format!("{path}/rotate"), &json!({"overlap_seconds": 0})).await;
    assert_eq!(rotated.json["former_secret_ends_at"], Value::Null);
    assert_eq!(relay(&world, &app, secret(&made)).await, 401);
    assert_eq!(relay(&world, &app, secret(&rotated)).await, 200);
}

#[tokio::test]
async fn a_rotated_key_is_the_same_key_with_a_secret_shown_once() {
    let world = World::new().await;
    let (path, made) = key(&world).await;
    let before = time::now_ms();
    let by_default = Call::new(Method::POST, format!("/api/v1{path}/rotate")).from(&world, Kind::Admin);
    let rotated = world.send(by_default).await;
    assert_eq!((rotated.status, rotated.id()), (StatusCode::CREATED, made.id()), "{}", rotated.text);
    assert!((before..=time::now_ms()).contains(&(ends_ms(&rotated) - 86_400_000)), "a day");
    let new = secret(&rotated);
    assert_ne!(new, secret(&made));
    assert!(new.ends_with(rotated.json["last4"].as_str().unwrap()));
    let shown = world.get(&path).await;
    assert_eq!(ends_ms(&shown), ends_ms(&rotated));
    let (list, audit) = (world.get(&format!("/tenants/{}/keys", world.tenant)).await, world.get("/audit").await);
    for (answer, what) in [(&shown, "key"), (&list, "list"), (&audit, "audit")] {
        assert!(!answer.text.contains(new) && !answer.text.contains(secret(&made)), "a secret is in the {what}");
    }
    let row = &audit.json["data"][0];
    assert_eq!((&row["action"], &row["target"]), (&json!("key.rotate"), &json!(made.id())));
    assert_eq!((&row["before"]["last4"], &row["after"]["last4"]), (&made.json["last4"], &rotated.json["last4"]));
    assert_eq!(row["address"], "203.0.113.9");
}

#[tokio::test]
async fn a_rotation_with_an_idempotency_key_happens_once() {
    let world = World::new().await;
    let (path, _) = key(&world).await;
    let rotate = || {
        let call = Call::new(Method::POST, format!("/api/v1{path}/rotate")).json(&json!({"overlap_seconds": 60}));
        call.header("idempotency-key", "r1").from(&world, Kind::Admin)
    };
    let (first, second) = (world.send(rotate()).await, world.send(rotate()).await);
    assert_eq!((first.status, &second.text), (StatusCode::CREATED, &first.text));
    assert!(!world.database_holds(secret(&first)).await, "the secret is in the database's files");
}

#[tokio::test]
async fn an_overlap_that_cannot_be_taken_is_refused_by_name() {
    let world = World::new().await;
    let (path, _) = key(&world).await;
    for bad in [json!(-1), json!(604_801), json!("3600"), json!(1.5), json!(u64::MAX)] {
        let answer = world.post(&format!("{path}/rotate"), &json!({"overlap_seconds": bad})).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{bad}: {}", answer.text);
        assert!(answer.json["detail"].as_str().unwrap().contains("overlap_seconds"), "{bad}: {}", answer.text);
    }
    let unknown = world.post(&format!("{path}/rotate"), &json!({"overlap": 1})).await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST, "{}", unknown.text);
    assert_eq!(world.admin(Method::DELETE, &path, &Value::Null).await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.post(&format!("{path}/rotate"), &json!({})).await.status, StatusCode::CONFLICT);
}
