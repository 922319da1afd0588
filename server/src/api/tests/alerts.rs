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
    let others = [Kind::Failover, Kind::AllFailed, Kind::RateLimited, Kind::BudgetRefused];
    for kind in turns.into_iter().map(Kind::Upstream).chain(others) {
        assert!(KINDS.contains(&kind.as_str()), "{kind:?}");
    }
}

#[tokio::test]
async fn every_field_of_a_rule_can_be_changed_and_the_secret_is_told_with_its_first_webhook() {
    let world = World::new().await;
    let made = world.post("/alerts", &json!({"name": "ops", "webhook": "https://a.example.com/1"})).await;
    let path = format!("/alerts/{}", made.id());
    let change = async |body: &Value| world.admin(Method::PATCH, &path, body).await;
    assert!(made.json["secret"].as_str().unwrap().starts_with("whsec_"));
    let fields = json!({"name": "on call", "kinds": ["failover"], "threshold": 3, "window_seconds": 60,
        "webhook": "https://b.example.com/2"});
    let changed = change(&fields).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
    assert_eq!(changed.json["secret"], Value::Null, "another address is signed by the same secret");
    let listed = world.get("/alerts").await.json["data"][0].clone();
    for (field, wanted) in [
        ("name", json!("on call")),
        ("kinds", json!(["failover"])),
        ("threshold", json!(3)),
        ("window_seconds", json!(60)),
        ("webhook", json!("https://b.example.com/…")),
        ("enabled", json!(true)),
    ] {
        assert_eq!(listed[field], wanted, "{field}");
    }
    let refused = change(&json!({"webhook": null})).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST, "nobody would be told: {}", refused.text);
    assert_eq!(change(&json!({"threshold": 0})).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(change(&json!({})).await.status, StatusCode::OK, "nothing to change is no mistake");
}

#[tokio::test]
async fn a_tenants_rules_are_its_own_and_reach_nobody_elses_addresses() {
    let world = World::new().await;
    let rules = format!("/tenants/{}/alerts", world.tenant);
    let hook = json!({"name": "ours", "webhook": "https://hooks.example.com/x"});
    let made = world.post(&rules, &hook).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    assert_eq!(made.json["tenant"], world.tenant.to_string());
    for elsewhere in ["/alerts".to_owned(), format!("/tenants/{}/alerts", world.other)] {
        assert_eq!(world.get(&elsewhere).await.json["data"], json!([]), "{elsewhere}");
        let path = format!("{elsewhere}/{}", made.id());
        for (method, body) in [(Method::PATCH, json!({"enabled": false})), (Method::DELETE, Value::Null)] {
            assert_eq!(
                world.admin(method.clone(), &path, &body).await.status,
                StatusCode::NOT_FOUND,
                "{method} {path}"
            );
        }
    }
    for (body, wanted) in [
        (json!({"name": "a", "webhook": "http://10.0.0.1/x"}), "field `webhook`: must not be at a private address"),
        (json!({"name": "a", "webhook": "http://localhost/x"}), "field `webhook`: must not be at a private address"),
        (
            json!({"name": "a", "webhook": "https://example.com", "kinds": ["failover"]}),
            "field `kinds`: must be one of budget_reached",
        ),
    ] {
        let refused = world.post(&rules, &body).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{body}: {}", refused.text);
        assert!(refused.text.contains(wanted), "{body}: {}", refused.text);
    }
}
