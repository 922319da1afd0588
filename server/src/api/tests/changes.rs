//! What calls change: tenants, keys, channels, prices, people; and that each change is in the audit log.

use super::{Call, World};
use crate::api::authorisation::Kind;
use http::{Method, StatusCode};
use serde_json::{Value, json};

#[tokio::test]
async fn a_tenant_is_made_changed_and_frozen() {
    let world = World::new().await;
    let made = world.post("/tenants", &json!({"name": " Northwind ", "credit_limit": "5"})).await;
    assert_eq!(made.status, StatusCode::CREATED);
    assert_eq!((made.json["name"].as_str(), made.json["credit_limit"].as_str()), (Some("Northwind"), Some("5")));
    let path = format!("/tenants/{}", made.id());
    let balance = world.get(&format!("{path}/balance")).await.json;
    for (field, value) in
        [("posted", "0"), ("leased", "0"), ("available", "5"), ("pending", "0"), ("credit_limit", "5")]
    {
        assert_eq!(balance[field], value, "{field}");
    }
    let changed =
        world.admin(Method::PATCH, &path, &json!({"name": "Southwind", "credit_limit": "7.25", "frozen": true})).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
    assert_eq!(changed.json["frozen"], true);
    let shown = world.get(&path).await.json;
    assert_eq!((shown["name"].as_str(), shown["credit_limit"].as_str()), (Some("Southwind"), Some("7.25")));
    assert_eq!(world.admin(Method::PATCH, &path, &json!({"credit_limit": "-1"})).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(world.admin(Method::PATCH, &path, &json!({})).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_adjustment_moves_the_balance_and_is_a_line_of_the_ledger() {
    let world = World::new().await;
    let path = format!("/tenants/{}", world.fresh_tenant().await);
    let adjust = |amount: &str| json!({"amount": amount, "reason": "goodwill"});
    let first = world.post(&format!("{path}/adjustments"), &adjust("12.5")).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    assert_eq!((first.json["amount"].as_str(), first.json["balance"].as_str()), (Some("12.5"), Some("12.5")));
    assert_eq!(first.json["kind"], "adjustment");
    assert_eq!(world.post(&format!("{path}/adjustments"), &adjust("-2.000000001")).await.status, StatusCode::CREATED);
    let ledger = world.get(&format!("{path}/ledger")).await.json;
    let lines: Vec<(&str, &str)> = ledger["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| (line["amount"].as_str().unwrap(), line["balance"].as_str().unwrap()))
        .collect();
    assert_eq!(lines, [("-2.000000001", "10.499999999"), ("12.5", "12.5")]);
    for bad in [adjust("0"), adjust("x"), json!({"amount": "1"}), json!({"amount": "1", "reason": ""})] {
        assert_eq!(world.post(&format!("{path}/adjustments"), &bad).await.status, StatusCode::BAD_REQUEST, "{bad}");
    }
    let too_much = world.post(&format!("{path}/adjustments"), &adjust("-11")).await;
    assert_eq!(too_much.status, StatusCode::CONFLICT, "{}", too_much.text);
    assert_eq!(too_much.json["code"], "insufficient_balance");
    assert_eq!(too_much.json["available"], "10.499999999");
}

#[tokio::test]
async fn a_key_is_shown_once_changed_and_revoked() {
    let world = World::new().await;
    let keys = format!("/tenants/{}/keys", world.tenant);
    let body = json!({"name": "app", "models": ["sandbox/echo"], "endpoints": ["messages"], "ip_allow": ["203.0.113.7", "10.0.0.0/8"],
        "expires_at": "2030-01-01T00:00:00Z"});
    let made = world.post(&keys, &body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let secret = made.json["secret"].as_str().unwrap();
    assert!(
        secret.starts_with(made.json["prefix"].as_str().unwrap())
            && secret.ends_with(made.json["last4"].as_str().unwrap())
    );
    assert_eq!(made.json["ip_allow"], json!(["203.0.113.7/32", "10.0.0.0/8"]));
    let path = format!("/keys/{}", made.id());
    assert_eq!(world.get(&path).await.json["expires_at"], "2030-01-01T00:00:00Z");
    for (shown, where_) in
        [(world.get(&path).await, "key"), (world.get(&keys).await, "list"), (world.get("/audit").await, "audit")]
    {
        assert!(!shown.text.contains(secret), "the secret is in the {where_}");
    }
    let changed =
        world.admin(Method::PATCH, &path, &json!({"enabled": false, "models": null, "expires_at": null})).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
    assert_eq!(
        (&changed.json["enabled"], &changed.json["models"], &changed.json["expires_at"]),
        (&json!(false), &Value::Null, &Value::Null)
    );
    assert_eq!(changed.json["endpoints"], json!(["messages"]), "what is not named stays");
    for bad in [
        json!({"models": []}),
        json!({"endpoints": ["chat"]}),
        json!({"ip_allow": ["x"]}),
        json!({"expires_at": "soon"}),
    ] {
        assert_eq!(world.admin(Method::PATCH, &path, &bad).await.status, StatusCode::BAD_REQUEST, "{bad}");
    }
    assert_eq!(world.admin(Method::DELETE, &path, &Value::Null).await.status, StatusCode::NO_CONTENT);
    assert!(!world.get(&keys).await.text.contains(&made.id()), "revoked keys are not listed");
    assert_eq!(world.admin(Method::PATCH, &path, &json!({"enabled": true})).await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_channel_keeps_its_secrets_to_itself() {
    let world = World::new().await;
    let body = json!({"name": "openai", "provider": "openai", "credentials": [{"name": "main", "secret": "sk-upstream-very-secret-1234"}],
        "models": [{"model": "gpt-4o-mini", "upstream": "gpt-4o-mini-2024-07-18", "cost": {"input": "0.15", "output": "0.6"}}]});
    let made = world.post("/channels", &body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    assert_eq!(made.json["base_url"], "https://api.openai.com/v1");
    assert_eq!(made.json["credentials"][0]["last4"], "1234");
    assert_eq!(made.json["models"][0]["cost"], json!({"input": "0.15", "output": "0.6"}));
    let path = format!("/channels/{}", made.id());
    let patch = json!({"priority": 3, "enabled": false, "credentials": [{"name": "main", "weight": 2}, {"name": "spare", "secret": "sk-upstream-other-secret-99"}]});
    let changed = world.admin(Method::PATCH, &path, &patch).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
    assert_eq!(changed.json["credentials"].as_array().unwrap().len(), 2);
    assert_eq!((&changed.json["priority"], &changed.json["enabled"]), (&json!(3), &json!(false)));
    for shown in [made, changed, world.get(&path).await, world.get("/channels").await, world.get("/audit").await] {
        assert!(!shown.text.contains("secret-"), "{}", shown.text);
    }
    assert!(!world.database_holds("sk-upstream-very-secret-1234").await);
    assert_eq!(world.post("/channels", &body).await.status, StatusCode::CONFLICT, "names are unique");
    assert_eq!(world.admin(Method::DELETE, &path, &Value::Null).await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.get(&path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_upstreams_models_are_listed_on_demand() {
    let world = World::new().await;
    let id = world.fresh_channel().await;
    let found = world.admin(Method::GET, &format!("/channels/{id}/upstream-models"), &Value::Null).await;
    assert_eq!(found.status, StatusCode::OK, "{}", found.text);
    assert!(found.json["data"].as_array().unwrap().contains(&"sandbox/lorem".into()), "{}", found.text);
    assert_eq!(found.json["carried"], json!(["sandbox/echo"]));
}

#[tokio::test]
async fn a_channel_is_tested_by_a_real_request() {
    let world = World::new().await;
    let channel = world.fresh_channel().await;
    let tested =
        world.send(Call::new(Method::POST, format!("/api/v1/channels/{channel}/test")).from(&world, Kind::Admin)).await;
    assert_eq!(tested.status, StatusCode::CREATED, "{}", tested.text);
    assert_eq!((&tested.json["ok"], &tested.json["status"]), (&json!(true), &json!(200)), "{}", tested.text);
    assert!(tested.json["output_tokens"].as_u64().unwrap() > 0);
    let body = json!({"name": "down", "provider": "openai_compatible", "base_url": "http://127.0.0.1:9/v1", "allow_private_network": true,
        "enabled": false, "credentials": [{"name": "a", "secret": "sk-not-to-be-shown-0000"}], "models": [{"model": "m"}]});
    let down = world.post("/channels", &body).await.id();
    let tested = world.post(&format!("/channels/{down}/test"), &json!({"model": "m"})).await;
    assert_eq!((tested.status, &tested.json["ok"]), (StatusCode::CREATED, &json!(false)), "{}", tested.text);
    assert!(tested.json["error"].is_string() && !tested.text.contains("sk-not-to-be-shown"));
    assert_eq!(
        world.post(&format!("/channels/{down}/test"), &json!({"model": "other"})).await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn a_price_is_a_new_version_each_time() {
    let world = World::new().await;
    let path = "/models/meta%2Fllama-3/price";
    let first = world.admin(Method::PUT, path, &json!({"input": "0.15", "output": "0.6", "cache_read": "0"})).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text);
    assert_eq!((first.json["model"].as_str(), &first.json["version"]), (Some("meta/llama-3"), &json!(1)));
    assert_eq!((first.json["cache_read"].as_str(), first.json.get("reasoning")), (Some("0"), None));
    let second = world.admin(Method::PUT, path, &json!({"input": "0.2", "output": "0.6"})).await;
    assert_ne!(second.json["id"], first.json["id"]);
    let versions = world.get(&format!("{path}?limit=1")).await.json;
    assert_eq!(versions["data"][0]["version"], 2);
    let rest = world.get(&format!("{path}?limit=1&cursor={}", versions["next_cursor"].as_str().unwrap())).await.json;
    assert_eq!((&rest["data"][0]["version"], &rest["next_cursor"]), (&json!(1), &Value::Null));
    world.catalog.load().await.unwrap();
    let models = world.get("/models").await.json;
    let model =
        models["data"].as_array().unwrap().iter().find(|model| model["name"] == "meta/llama-3").unwrap().clone();
    assert_eq!((&model["callable"], model["price"]["input"].as_str()), (&json!(false), Some("0.2")));
}

#[tokio::test]
async fn people_are_made_and_join_a_tenant() {
    let world = World::new().await;
    let user = world.post("/users", &json!({"email": " Ada@Example.com", "password": "correct horse battery"})).await;
    assert_eq!(
        (user.status, user.json["email"].as_str()),
        (StatusCode::CREATED, Some("ada@example.com")),
        "{}",
        user.text
    );
    let again = world.post("/users", &json!({"email": "ada@example.com", "password": "correct horse battery"})).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    for bad in
        [json!({"email": "x", "password": "correct horse battery"}), json!({"email": "a@b.c", "password": "short"})]
    {
        assert_eq!(world.post("/users", &bad).await.status, StatusCode::BAD_REQUEST, "{bad}");
    }
    let members = format!("/tenants/{}/members", world.tenant);
    let joined = world.post(&members, &json!({"user": user.id()})).await;
    assert_eq!(
        (joined.status, &joined.json["user"]["id"]),
        (StatusCode::CREATED, &json!(user.id())),
        "{}",
        joined.text
    );
    assert_eq!(world.post(&members, &json!({"user": user.id()})).await.status, StatusCode::CONFLICT);
    assert!(world.get(&members).await.text.contains(&user.id()));
    assert!(!world.get("/users").await.text.contains("password"));
}

#[tokio::test]
async fn every_change_is_audited_with_who_and_from_where() {
    let world = World::new().await;
    let key = world.fresh_key().await;
    world.admin(Method::PATCH, &format!("/keys/{key}"), &json!({"name": "renamed"})).await;
    let log = world.get(&format!("/audit?target={key}")).await.json;
    let rows = log["data"].as_array().unwrap();
    assert_eq!(rows.iter().map(|row| row["action"].as_str().unwrap()).collect::<Vec<_>>(), ["key.patch", "key.create"]);
    assert_eq!(rows[0]["address"], "203.0.113.9");
    assert!(rows[0]["actor"].as_str().unwrap().starts_with("tok_"));
    assert_eq!((&rows[0]["before"]["name"], &rows[0]["after"]["name"]), (&json!("k"), &json!("renamed")));
}

#[tokio::test]
async fn lists_go_on_where_they_stopped() {
    let world = World::new().await;
    let made: Vec<String> = vec![world.fresh_key().await, world.fresh_key().await, world.fresh_key().await];
    let path = format!("/tenants/{}/keys?limit=2", world.tenant);
    let first = world.get(&path).await.json;
    let second = world.get(&format!("{path}&cursor={}", first["next_cursor"].as_str().unwrap())).await.json;
    let ids = |page: &Value| {
        page["data"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let mut all = ids(&first);
    all.extend(ids(&second));
    all.truncate(3);
    assert_eq!(all, made.into_iter().rev().collect::<Vec<_>>());
}
