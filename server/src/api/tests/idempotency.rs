//! A POST with an `Idempotency-Key` happens once.

use super::{Answer, Call, World};
use crate::api::authorisation::Kind;
use domain::role::Role;
use futures::future::join_all;
use http::{Method, StatusCode};
use serde_json::{Value, json};

async fn post(world: &World, key: &str, path: &str, body: &Value) -> Answer {
    let call = Call::new(Method::POST, format!("/api/v1{path}")).json(body).header("idempotency-key", key);
    world.send(call.from(world, Kind::Admin)).await
}

#[tokio::test]
async fn a_repeat_gets_the_first_answer_and_has_no_effect() {
    let world = World::new().await;
    let path = format!("/tenants/{}/adjustments", world.tenant);
    let before = world.posted().await;
    let body = json!({"amount": "2.5", "reason": "once"});
    let first = post(&world, "k1", &path, &body).await;
    let second = post(&world, "k1", &path, &body).await;
    assert_eq!((first.status, second.status), (StatusCode::CREATED, StatusCode::CREATED), "{}", second.text);
    assert_eq!(first.text, second.text);
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    assert_eq!(world.posted().await, before + 2_500_000_000);
}

#[tokio::test]
async fn a_key_made_once_shows_its_secret_to_the_repeat_and_keeps_it_sealed() {
    let world = World::new().await;
    let path = format!("/tenants/{}/keys", world.tenant);
    let first = post(&world, "k2", &path, &json!({"name": "a"})).await;
    let second = post(&world, "k2", &path, &json!({"name": "a"})).await;
    assert_eq!(first.text, second.text);
    let secret = first.json["secret"].as_str().unwrap();
    assert!(secret.starts_with("sk-tp-"));
    assert!(!world.database_holds(secret).await, "the secret is in the database's files");
}

#[tokio::test]
async fn the_same_key_with_another_call_is_refused() {
    let world = World::new().await;
    assert_eq!(post(&world, "k3", "/tenants", &json!({"name": "a"})).await.status, StatusCode::CREATED);
    for (path, body) in [("/tenants", json!({"name": "b"})), ("/users", json!({"name": "a"}))] {
        let answer = post(&world, "k3", path, &body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path} {body}");
        assert_eq!(answer.json["code"], "idempotency_mismatch");
    }
}

#[tokio::test]
async fn concurrent_repeats_have_one_effect() {
    let world = World::new().await;
    let path = format!("/tenants/{}/adjustments", world.tenant);
    let before = world.posted().await;
    let body = json!({"amount": "1", "reason": "storm"});
    let answers = join_all((0..20).map(|_| post(&world, "k4", &path, &body))).await;
    for answer in &answers {
        assert_eq!((answer.status, &answer.text), (StatusCode::CREATED, &answers[0].text));
    }
    assert_eq!(world.posted().await, before + 1_000_000_000);
}

#[tokio::test]
async fn a_refused_call_gives_its_key_back() {
    let world = World::new().await;
    assert_eq!(post(&world, "k5", "/tenants", &json!({"name": ""})).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(post(&world, "k5", "/tenants", &json!({"name": "a"})).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn keys_belong_to_their_caller() {
    let world = World::new().await;
    let path = format!("/api/v1/tenants/{}/keys", world.tenant);
    let call = |kind| {
        Call::new(Method::POST, path.clone())
            .json(&json!({"name": "a"}))
            .header("idempotency-key", "k6")
            .from(&world, kind)
    };
    let (admins, members) = (world.send(call(Kind::Admin)).await, world.send(call(Kind::Member(Role::Owner))).await);
    assert_eq!((admins.status, members.status), (StatusCode::CREATED, StatusCode::CREATED));
    assert_ne!(admins.id(), members.id());
}

#[tokio::test]
async fn the_header_is_for_posts_and_has_one_value() {
    let world = World::new().await;
    let get = Call::new(Method::GET, "/api/v1/tenants").header("idempotency-key", "k").from(&world, Kind::Admin);
    assert_eq!(world.send(get).await.status, StatusCode::BAD_REQUEST);
    for values in [vec![""], vec!["a", "b"], vec![&"x".repeat(256)]] {
        let mut call = Call::new(Method::POST, "/api/v1/tenants").json(&json!({"name": "a"})).from(&world, Kind::Admin);
        for value in values {
            call = call.header("idempotency-key", value);
        }
        assert_eq!(world.send(call).await.status, StatusCode::BAD_REQUEST);
    }
}
