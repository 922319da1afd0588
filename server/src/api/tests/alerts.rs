//! Alert rules: what is refused, by which field, and what of a webhook is kept and shown.

use super::World;
use domain::event::KINDS;
use engine::{health::Turn, notices::Kind};
use http::{Method, StatusCode};
use serde_json::{Value, json};

#[tokio::test]
async fn a_rule_that_cannot_work_is_refused_by_its_field() {
    let world = World::new().await;
    let rule = |more: &Value| {
        let mut body = json!({"name": "ops", "webhook": "https://hooks.example.com/?room=1"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    for (more, detail) in [
        (json!({"kinds": ["failover", "credential_of"]}), "field `kinds`: must be one of failover, all_failed,"),
        (json!({"emails": ["ops@example.com"]}), "field `emails`: no mail server is configured"),
        (json!({"threshold": 0}), "field `threshold`: must be 1 or more"),
        (json!({"window_seconds": 0}), "field `window_seconds`: must be 1 to 86400"),
        (json!({"window_seconds": 86_401}), "field `window_seconds`: must be 1 to 86400"),
        (json!({"webhook": "hooks"}), "field `webhook`: must be an http or https URL"),
        (json!({"webhook": "ftp://example.com/?a=1"}), "field `webhook`: must be an http or https URL"),
        (json!({"webhook": "https://a:b@example.com/?a=1"}), "field `webhook`: must not hold a user name"),
        (json!({"webhook": "https://example.com/?a=1#b"}), "field `webhook`: must not hold a fragment"),
        (json!({"webhook": "http://169.254.169.254/?a=1"}), "field `webhook`: must not be at an address"),
    ] {
        let answer = world.post("/alerts", &rule(&more)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{more}: {}", answer.text);
        assert!(answer.json["detail"].as_str().unwrap().contains(detail), "{more}: {}", answer.text);
    }
    let made = world.post("/alerts", &rule(&json!({"kinds": KINDS}))).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
}

#[tokio::test]
async fn of_a_webhook_only_scheme_and_host_are_shown_and_kept_readable() {
    let world = World::new().await;
    let rule = json!({"name": "ops", "webhook": "https://hooks.example.com/T0/planted?x=planted"});
    let made = world.post("/alerts", &rule).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let path = format!("/alerts/{}", made.id());
    let patched = world.admin(Method::PATCH, &path, &json!({"enabled": false})).await;
    let listed = world.get("/alerts").await;
    for shown in [&made.json, &patched.json, &listed.json["data"][0]] {
        assert_eq!(shown["webhook"], "https://hooks.example.com/…", "{shown}");
    }
    assert_eq!(world.admin(Method::DELETE, &path, &Value::Null).await.status, StatusCode::NO_CONTENT);
    let audit = world.get("/audit").await.text;
    assert!(audit.contains("alert.delete") && audit.contains("https://hooks.example.com/…"), "{audit}");
    assert!(!world.database_holds("planted").await);
}

#[test]
fn every_notice_has_a_word_that_rules_may_name() {
    let turns =
        [Turn::Opened, Turn::Closed, Turn::Cooling, Turn::CredentialOff, Turn::CredentialBack, Turn::ModelMissing];
    let others = [Kind::Failover, Kind::AllFailed, Kind::RateLimited];
    for kind in turns.into_iter().map(Kind::Upstream).chain(others) {
        assert!(KINDS.contains(&kind.as_str()), "{kind:?}");
    }
}
