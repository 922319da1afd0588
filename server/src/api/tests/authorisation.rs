//! The table, cell by cell: every route is called by every kind of caller, and what happens is what its row says.

use super::{Call, World};
use crate::{
    api::authorisation::{Access, Cell, Door, Kind, OUTSIDE, ROUTES, Route},
    gateway::RelayPath,
    listener::Service,
};
use axum::body::Body;
use domain::role::Role;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use std::net::IpAddr;

const KINDS: [Kind; 9] = [
    Kind::Nobody,
    Kind::OtherTenant,
    Kind::Member(Role::Owner),
    Kind::Member(Role::Admin),
    Kind::Member(Role::Developer),
    Kind::Member(Role::Billing),
    Kind::Member(Role::Viewer),
    Kind::ReadOnly,
    Kind::Admin,
];

/// A call that would be served if its caller may.
async fn sample(world: &World, route: &Route) -> Call {
    let path = route.path;
    let id = if path == "/api/v1/tenants/{id}/close" && route.method == Method::POST {
        world.fresh_tenant().await
    } else if path.ends_with("/topups/{id}/refund") {
        world.paid_topup().await
    } else if path.starts_with("/api/v1/topups/") {
        world.fresh_topup().await
    } else if path.starts_with("/api/v1/codes/") {
        world.fresh_codes().await.id()
    } else if path.starts_with("/api/v1/tenants/") {
        world.tenant.to_string()
    } else if path.starts_with("/api/v1/keys/") {
        world.fresh_key().await
    } else if path.starts_with("/api/v1/alerts/") {
        world.post("/alerts", &json!({"name": "a", "webhook": "https://example.com/hook"})).await.id()
    } else if path.starts_with("/api/v1/statements/") {
        world.statement().await.id.to_string()
    } else if path.starts_with("/api/v1/channels/") {
        world.fresh_channel().await
    } else if path.starts_with("/api/v1/prices/") {
        let price = json!({"input": "1", "output": "1", "valid_from": "2999-01-01T00:00:00Z"});
        world.admin(Method::PUT, "/models/later/price", &price).await.id()
    } else {
        world.request.to_string()
    };
    match route.path {
        // The second time there is one already.
        "/api/v1/groups/{name}" => drop(world.admin(Method::POST, "/groups", &json!({"name": "sandbox/echo"})).await),
        "/api/v1/models/{name}/price" if route.method == Method::DELETE => {
            world.admin(Method::PUT, "/models/sandbox%2Fecho/price", &json!({"input": "1", "output": "5"})).await;
        }
        _ => {}
    }
    let path = path.replace("{id}", &id).replace("{name}", "sandbox%2Fecho").replace("{model}", "sandbox%2Fecho");
    if (&route.method, route.path) == (&Method::DELETE, "/api/v1/routes/{model}") {
        let made = world.admin(Method::PUT, "/routes/sandbox%2Fecho", &json!({})).await;
        assert_eq!(made.status, StatusCode::OK);
    }
    let path = if path.contains("{budget}") { path.replace("{budget}", &world.fresh_budget().await) } else { path };
    let path = if path.contains("{rule}") { path.replace("{rule}", &world.fresh_rule().await) } else { path };
    let path = if path.contains("{user}") { path.replace("{user}", &world.fresh_member().await) } else { path };
    let body = match (&route.method, route.path) {
        (&Method::POST, "/api/v1/tenants") => json!({"name": "new"}),
        (&Method::POST, "/api/v1/tenants/{id}/adjustments") => json!({"amount": "1", "reason": "test"}),
        (&Method::POST, "/api/v1/tenants/{id}/close") => json!({"reference": "SEPA 7"}),
        (&Method::POST, "/api/v1/topups") => {
            json!({"tenant": world.tenant, "amount": "10", "provider": "epay", "method": "alipay"})
        }
        (&Method::POST, "/api/v1/topups/{id}/check") => Value::Null,
        (&Method::POST, "/api/v1/topups/{id}/refund" | "/api/v1/requests/{id}/refund") => json!({"reason": "test"}),
        (&Method::POST, "/api/v1/codes") => json!({"amount": "5"}),
        (&Method::POST, "/api/v1/redeem") => {
            json!({"tenant": world.tenant, "code": world.fresh_codes().await.json["codes"][0]})
        }
        (&Method::POST, "/api/v1/tenants/{id}/statements") => json!({"month": world.statement().await.month}),
        (&Method::POST, "/api/v1/tenants/{id}/keys") => json!({"name": "new"}),
        (&Method::POST, "/api/v1/tenants/{id}/budgets") => {
            json!({"key": world.fresh_key().await, "period": "day", "amount": "5"})
        }
        (&Method::PATCH, "/api/v1/tenants/{id}/budgets/{budget}") => json!({"amount": "7"}),
        (&Method::POST, "/api/v1/tenants/{id}/members") => json!({"user": world.fresh_user().await}),
        (&Method::POST, "/api/v1/channels") => world.channel_body(),
        (&Method::POST, "/api/v1/groups") => json!({"name": world.fresh_email()}),
        (&Method::POST, "/api/v1/alerts" | "/api/v1/tenants/{id}/alerts") => {
            json!({"name": "new", "webhook": "https://example.com/hook"})
        }
        (&Method::POST, "/api/v1/users") => json!({"email": world.fresh_email(), "password": "correct horse battery"}),
        (&Method::PATCH, "/api/v1/tenants/{id}/members/{user}") => json!({"role": "viewer"}),
        (&Method::POST, "/api/v1/catalog/import") => {
            let line = world.get("/catalog/diff").await.json["data"][0].clone();
            json!({"models": [{"model": line["model"], "seen": line["seen"]}]})
        }
        (&Method::PUT, "/api/v1/routes/{model}") => json!({"strategy": "cost"}),
        (&Method::PUT, _) => json!({"input": "1", "output": "2"}),
        (&Method::GET | &Method::DELETE, _) => Value::Null,
        _ => json!({}),
    };
    let path = if route.path == "/api/v1/usage/summary" { format!("{path}?group_by=model") } else { path };
    let call = Call::new(route.method.clone(), path);
    if body.is_null() { call } else { call.json(&body) }
}

#[tokio::test]
async fn every_route_is_open_and_closed_as_the_table_says() {
    let world = World::new().await;
    for route in ROUTES {
        for kind in KINDS {
            let call = sample(&world, route).await;
            let answer = world.send(call.from(&world, kind)).await;
            let what = format!("{} {} by {kind:?}: {} {}", route.method, route.path, answer.status, answer.text);
            match route.access.of(kind) {
                Cell::Closed(status) => {
                    assert_eq!(answer.status.as_u16(), status, "{what}");
                    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{what}");
                }
                Cell::Open => assert!(answer.status.is_success(), "{what}"),
                Cell::Filtered => {
                    assert!(answer.status.is_success(), "{what}");
                    let theirs = answer.text.contains(&world.tenant.to_string())
                        || answer.text.contains(&world.request.to_string());
                    let member_sees = matches!(kind, Kind::Member(_))
                        && !matches!(route.path, "/api/v1/models" | "/api/v1/usage/summary" | "/api/v1/events");
                    assert_eq!(theirs, member_sees, "{what}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_change_by_session_needs_an_origin_of_this_site_on_every_route() {
    let world = World::new().await;
    for route in ROUTES.iter().filter(|route| route.method != Method::GET) {
        for headers in [vec![], vec![("origin", "https://evil.example")], vec![("sec-fetch-site", "cross-site")]] {
            let mut call = sample(&world, route).await.from(&world, Kind::Admin).without_origin().by_session(&world);
            for (name, value) in headers {
                call = call.header(name, value);
            }
            let answer = world.send(call).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{} {}", route.method, route.path);
            assert_eq!(answer.json["code"], "foreign_origin");
        }
    }
}

#[tokio::test]
async fn what_is_not_built_is_absent() {
    let world = World::new().await;
    for path in ["settings", "tokens", ""] {
        for method in [Method::GET, Method::POST, Method::PUT] {
            let call = Call::new(method.clone(), format!("/api/v1/{path}")).json(&json!({})).from(&world, Kind::Admin);
            assert_eq!(world.send(call).await.status, StatusCode::NOT_FOUND, "{method} {path}");
        }
    }
}

#[test]
fn rows_are_stricter_the_less_a_caller_is() {
    let open = |cell: Cell| !matches!(cell, Cell::Closed(_));
    for Route { method, path, access, .. } in ROUTES {
        let Access { nobody, other_tenant, member, read_only, admin, .. } = *access;
        assert!(open(admin), "{method} {path}");
        assert!(
            !open(nobody) || ["/api/openapi.json", "/api/v1/fees"].contains(path),
            "{method} {path}: only these are for everybody"
        );
        assert!(open(member) || !open(other_tenant), "{method} {path}");
        assert_eq!(open(read_only), *method == Method::GET, "{method} {path}: reading tokens read, and all of it");
    }
}

#[test]
fn no_route_is_listed_twice() {
    for (i, one) in ROUTES.iter().enumerate() {
        assert!(
            !ROUTES.iter().skip(i + 1).any(|other| (&other.method, other.path) == (&one.method, one.path)),
            "{}",
            one.path
        );
    }
}

#[tokio::test]
async fn what_is_served_beside_the_table_has_the_door_that_is_listed() {
    let world = World::new().await;
    let app = world.app();
    let (near, far) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([203, 0, 113, 9]));
    for (method, path, door) in OUTSIDE {
        let path = path.replace("{model}", "m");
        let status = async |peer: IpAddr| {
            let request = Request::builder().method(method).uri(&path).body(Body::empty()).unwrap();
            app.serve(peer, request).await.status().as_u16()
        };
        let (from_near, from_far) = (status(near).await, status(far).await);
        let expected = match door {
            Door::Anybody => (200, 200),
            Door::RelayKey => (401, 401),
            Door::MetricsToken => (200, 403),
            // Stripe is closed in this world, and gets the answer of what is not there.
            Door::Signature if path.ends_with("stripe") => (404, 404),
            Door::Signature => (400, 400),
            Door::SignInPage | Door::Session | Door::May(_) | Door::Admin => panic!("{path} is the console's"),
        };
        assert_eq!((from_near, from_far), expected, "{method} {path}");
        assert_eq!(RelayPath::of(&path).is_some(), *door == Door::RelayKey, "{path}");
    }
    for route in ROUTES {
        assert_eq!(RelayPath::of(route.path), None, "the relay does not shadow {}", route.path);
    }
}

#[tokio::test]
async fn what_is_not_listed_is_not_served() {
    let world = World::new().await;
    let app = world.app();
    for path in [
        "/v1",
        "/v1/audio",
        "/v1/images/variations",
        "/v1/files",
        "/v1/chat",
        "/v1beta/files",
        "/debug",
        "/metrics/x",
        "/.env",
        "/api",
        "/api/v1",
        "/api/v1/",
    ] {
        for method in [Method::GET, Method::POST] {
            let request = Request::builder().method(&method).uri(path).body(Body::empty()).unwrap();
            let status = app.serve(IpAddr::from([127, 0, 0, 1]), request).await.status();
            assert_eq!(status, StatusCode::NOT_FOUND, "{method} {path}");
        }
    }
}
