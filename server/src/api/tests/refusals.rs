//! What is refused, and how it is told: one shape of error for everything.

use super::{Call, World};
use crate::api::authorisation::Kind;
use http::{Method, StatusCode};
use serde_json::{Value, json};

/// `(method, path, body, status, code, part of the detail)`
type Case<'a> = (Method, &'a str, Value, u16, &'a str, &'a str);

#[tokio::test]
async fn fields_that_do_nothing_are_refused_by_name() {
    let world = World::new().await;
    let keys = format!("/tenants/{}/keys", world.tenant);
    let channel = |more: Value| {
        let mut body = json!({"name": "c", "provider": "sandbox", "models": [{"model": "m"}]});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let price = "/models/m/price";
    let cases: Vec<Case<'_>> = vec![
        (Method::POST, &keys, json!({"name": "a", "rpm": 0}), 400, "invalid_request", "limits"),
        (
            Method::POST,
            &keys,
            json!({"name": "a", "budgets": [{"period": "year", "amount": "1"}]}),
            400,
            "invalid_request",
            "budgets",
        ),
        (Method::POST, &keys, json!({"name": "a", "colour": 1}), 400, "invalid_request", "unknown field `colour`"),
        (Method::POST, "/channels", channel(json!({"proxy": "x"})), 400, "invalid_request", "proxy"),
        (Method::POST, "/channels", channel(json!({"tags": [""]})), 400, "invalid_request", "tags"),
        (
            Method::POST,
            "/channels",
            channel(json!({"params": {"set": {"model": "x"}}})),
            400,
            "invalid_request",
            "params",
        ),
        (Method::PUT, "/routes/m", json!({"strategy": "fast"}), 400, "invalid_request", "strategy"),
        (Method::PUT, "/routes/m", json!({"fallbacks": ["m"]}), 400, "invalid_request", "fallbacks"),
        (
            Method::POST,
            "/channels",
            channel(json!({"dialects": ["openai_embeddings"]})),
            400,
            "invalid_request",
            "openai_embeddings comes with openai_chat",
        ),
        (Method::POST, "/channels", channel(json!({"provider": "x"})), 400, "invalid_request", "field `provider`"),
        (
            Method::PUT,
            price,
            json!({"input": "1", "output": "1", "tiers": [{"above": 5, "input": "-1"}]}),
            400,
            "invalid_request",
            "field `tiers[0].input`",
        ),
        (Method::PUT, price, json!({"input": 1, "output": "1"}), 400, "invalid_request", "field `input`"),
        (
            Method::PUT,
            price,
            json!({"input": "-1", "output": "1"}),
            400,
            "invalid_request",
            "field `input`: must not be negative",
        ),
        (Method::PUT, price, json!({"output": "1"}), 400, "invalid_request", "missing field `input`"),
    ];
    for (method, path, body, status, code, detail) in cases {
        let answer = world.admin(method, path, &body).await;
        assert_eq!(answer.status.as_u16(), status, "{path} {body}: {}", answer.text);
        assert_eq!(answer.json["code"], code, "{path} {body}: {}", answer.text);
        assert!(answer.json["detail"].as_str().unwrap().contains(detail), "{path} {body}: {}", answer.text);
    }
}

#[tokio::test]
async fn hostile_channel_addresses_are_refused() {
    let world = World::new().await;
    for url in [
        "http://169.254.169.254/v1",
        "http://127.0.0.1/v1",
        "file:///etc/passwd",
        "http://a:b@example.com",
        "http://[::1]",
    ] {
        let body = json!({"name": "c", "provider": "openai_compatible", "base_url": url, "models": [{"model": "m"}]});
        let answer = world.post("/channels", &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{url}");
        assert!(answer.json["detail"].as_str().unwrap().contains("base_url"), "{url}: {}", answer.text);
    }
    let body = json!({"name": "c", "provider": "openai_compatible", "base_url": "http://127.0.0.1:9/v1", "models": [{"model": "m"}], "allow_private_network": true});
    let made = world.post("/channels", &body).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let path = format!("/channels/{}", made.id());
    for patch in [json!({"base_url": "http://169.254.169.254/v1"}), json!({"allow_private_network": false})] {
        let answer = world.admin(Method::PATCH, &path, &patch).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{patch}: {}", answer.text);
    }
}

#[tokio::test]
async fn bodies_that_cannot_be_read_say_why() {
    let world = World::new().await;
    let post = || Call::new(Method::POST, "/api/v1/tenants").from(&world, Kind::Admin);
    let json = "application/json";
    let large = format!(r#"{{"name":"{}"}}"#, "x".repeat(1 << 20));
    let cases = [
        (post().raw(r#"{"name":"a"}"#), 415, "unsupported_media_type"),
        (post().header("content-type", "text/plain").raw(r#"{"name":"a"}"#), 415, "unsupported_media_type"),
        (post().header("content-type", json).raw("{"), 400, "invalid_request"),
        (post().header("content-type", json), 400, "invalid_request"),
        (post().header("content-type", json).raw("[]"), 400, "invalid_request"),
        (post().header("content-type", json).raw(&large), 413, "request_too_large"),
        (post().header("content-type", json).raw(r#"{"name":""}"#), 400, "invalid_request"),
        (post().header("content-type", json).raw("{\"name\":\"a\\u0000\"}"), 400, "invalid_request"),
    ];
    for (call, status, code) in cases {
        let answer = world.send(call).await;
        assert_eq!((answer.status.as_u16(), &answer.json["code"]), (status, &Value::from(code)), "{}", answer.text);
    }
}

#[tokio::test]
async fn queries_and_ids_are_read_strictly() {
    let world = World::new().await;
    for query in ["limit=0", "limit=501", "limit=x", "cursor=x", "page=2", "limit=1&limit=2"] {
        let answer = world.get(&format!("/tenants?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}: {}", answer.text);
    }
    for query in ["from=yesterday", "tenant=nobody", "status=abc", "nonsense=1", "limit=0"] {
        let answer = world.get(&format!("/usage?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}: {}", answer.text);
    }
    for path in
        [format!("/tenants/{}", world.tenant), format!("/tenants/{}/balance", world.tenant), "/reconciliation".into()]
    {
        assert_eq!(world.get(&format!("{path}?verbose=1")).await.status, StatusCode::BAD_REQUEST, "{path}");
    }
    assert_eq!(world.post("/tenants?dry_run=1", &json!({"name": "a"})).await.status, StatusCode::BAD_REQUEST);
    let other_kind = format!("/keys/{}", world.tenant);
    for path in [
        "/tenants/1",
        "/tenants/ten_0000000000001",
        "/tenants/ten_0000000000001/balance",
        "/keys/x",
        &other_kind,
        "/channels/x",
        "/channels/chn_0000000000001",
        "/requests/x",
        "/requests/00000000-0000-7000-8000-000000000000",
        "/models/sandbox/echo/price",
    ] {
        let answer = world.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}: {}", answer.text);
        assert_eq!(answer.json["code"], "not_found", "{path}");
    }
}

#[tokio::test]
async fn every_error_is_a_problem_document_with_an_id() {
    let world = World::new().await;
    let calls = [
        Call::new(Method::GET, "/api/v1/nothing"),
        Call::new(Method::GET, "/api/v2"),
        Call::new(Method::DELETE, "/api/v1/tenants").from(&world, Kind::Admin),
        Call::new(Method::GET, "/api/v1/tenants"),
        Call::new(Method::GET, "/api/v1/tenants").header("authorization", "Bearer tp-admin-wrong"),
        Call::new(Method::POST, "/api/v1/tenants").from(&world, Kind::Admin),
    ];
    for call in calls {
        let what = format!("{} {}", call.method, call.path);
        let answer = world.send(call).await;
        assert!(answer.status.is_client_error(), "{what}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{what}");
        assert_eq!(answer.json["status"], answer.status.as_u16(), "{what}");
        assert_eq!(answer.json["request_id"].as_str(), answer.header("x-request-id"), "{what}");
        for field in ["type", "title", "detail", "code"] {
            assert!(answer.json[field].is_string(), "{what} has no {field}");
        }
        if answer.status == StatusCode::METHOD_NOT_ALLOWED {
            assert_eq!(answer.header("allow"), Some("POST,GET,HEAD"), "{what}");
        }
    }
}

#[tokio::test]
async fn a_wrong_token_is_not_replaced_by_a_session() {
    let world = World::new().await;
    let call =
        Call::new(Method::GET, "/api/v1/tenants").header("authorization", "Bearer tp-admin-wrong").by_session(&world);
    assert_eq!(world.send(call).await.status, StatusCode::UNAUTHORIZED);
}
