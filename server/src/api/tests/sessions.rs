//! A person signed in at the console calls the management API with their cookie: as themselves, and only from this site.

use super::World;
use axum::{Router, body::Body};
use http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

const ORIGIN: (&str, &str) = ("origin", "http://relay.example.com");

struct Browser {
    router: Router,
    cookie: String,
}

impl Browser {
    async fn sign_in(world: &World, email: &str) -> Self {
        let router = crate::console::around(world.state.clone(), None);
        let form = format!("email={email}&password=correct%20horse%20battery").replace('@', "%40");
        let request = Request::post("/fn/sign_in")
            .header("host", "relay.example.com")
            .header(ORIGIN.0, ORIGIN.1)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form))
            .unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let cookie = response.headers().get(header::SET_COOKIE).expect("a session").to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        Self { router, cookie }
    }

    async fn call(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> (StatusCode, Value) {
        let mut request = Request::builder().method(&method).uri(format!("/api/v1{path}"));
        request = request.header("host", "relay.example.com").header("cookie", &self.cookie);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = if method == Method::GET { Body::empty() } else { Body::from(r#"{"name":"by session"}"#) };
        let request = request.header("content-type", "application/json").body(body).unwrap();
        let (head, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        (head.status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }
}

#[tokio::test]
async fn an_admin_changes_things_from_this_site_only() {
    let world = World::new().await;
    let admin = Browser::sign_in(&world, "admin@example.com").await;
    assert_eq!(admin.call(Method::GET, "/tenants", &[]).await.0, StatusCode::OK);
    for headers in [&[][..], &[("origin", "https://evil.example")], &[ORIGIN, ("sec-fetch-site", "cross-site")]] {
        let (status, body) = admin.call(Method::POST, "/tenants", headers).await;
        assert_eq!((status, body["code"].as_str()), (StatusCode::FORBIDDEN, Some("foreign_origin")), "{headers:?}");
    }
    let (status, made) = admin.call(Method::POST, "/tenants", &[ORIGIN]).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let log = world.get(&format!("/audit?target={}", made["id"].as_str().unwrap())).await.json;
    assert_eq!(log["data"][0]["actor"], world.admin.to_string());
}

#[tokio::test]
async fn a_member_sees_their_tenant_and_no_other() {
    let world = World::new().await;
    let member = Browser::sign_in(&world, "member@example.com").await;
    for (path, status) in [
        (format!("/tenants/{}/balance", world.tenant), StatusCode::OK),
        (format!("/tenants/{}/balance", world.other), StatusCode::NOT_FOUND),
        (format!("/requests/{}", world.request), StatusCode::OK),
        ("/channels".to_owned(), StatusCode::FORBIDDEN),
    ] {
        assert_eq!(member.call(Method::GET, &path, &[]).await.0, status, "{path}");
    }
    let keys = format!("/tenants/{}/keys", world.tenant);
    assert_eq!(member.call(Method::POST, &keys, &[ORIGIN]).await.0, StatusCode::CREATED);
    let foreign = format!("/tenants/{}/keys", world.other);
    assert_eq!(member.call(Method::POST, &foreign, &[ORIGIN]).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn without_a_session_there_is_nobody() {
    let world = World::new().await;
    let nobody =
        Browser { router: crate::console::around(world.state.clone(), None), cookie: "turnpike_session=forged".into() };
    assert_eq!(nobody.call(Method::GET, "/tenants", &[]).await.0, StatusCode::UNAUTHORIZED);
}
