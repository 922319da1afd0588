//! Prices with tiers, dates and groups, and channels' costs.

use super::{Call, World};
use crate::api::authorisation::Kind;
use domain::role::Role;
use http::{Method, StatusCode};
use serde_json::json;

const PRICE: &str = "/models/sandbox%2Fecho/price";

#[tokio::test]
async fn a_price_with_tiers_comes_back_as_it_was_set() {
    let world = World::new().await;
    let tariff = json!({
        "input": "1.25", "output": "10", "cache_read": "0.125",
        "tiers": [{"above": 200_000, "input": "2.5", "output": "15"}],
        "service_tiers": {"flex": {"input": "0.6", "tiers": [{"above": 200_000, "input": "1.25"}]}, "priority": {"output": "20"}},
    });
    let made = world.admin(Method::PUT, PRICE, &tariff).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    let listed = world.get(PRICE).await.json;
    for (name, value) in tariff.as_object().unwrap() {
        assert_eq!((&made.json[name], &listed["data"][0][name]), (value, value));
    }
    assert_eq!((&listed["data"][0]["state"], &listed["data"][1]["state"]), (&json!("holds"), &json!("past")));
}

#[tokio::test]
async fn what_is_scheduled_is_told_and_can_be_cancelled() {
    let world = World::new().await;
    let put = async |valid_from: &str| {
        world.admin(Method::PUT, PRICE, &json!({"input": "7", "output": "7", "valid_from": valid_from})).await
    };
    let past = put("2020-01-01T00:00:00Z").await;
    assert_eq!((past.status.as_u16(), past.json["code"].as_str()), (400, Some("invalid_request")), "{}", past.text);
    assert!(past.text.contains("valid_from"));
    assert!(put("tomorrow").await.text.contains("valid_from"));
    let later = put("2999-01-01T00:00:00Z").await;
    assert_eq!(later.json["valid_from"], "2999-01-01T00:00:00Z");
    let states = world.get(PRICE).await.json;
    assert_eq!((&states["data"][0]["state"], &states["data"][1]["state"]), (&json!("scheduled"), &json!("holds")));
    let cancel = || Call::new(Method::DELETE, format!("/api/v1/prices/{}", later.id())).from(&world, Kind::Admin);
    assert_eq!(world.send(cancel()).await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.send(cancel()).await.status, StatusCode::NOT_FOUND);
    let held = states["data"][1]["id"].as_str().unwrap();
    let holds = Call::new(Method::DELETE, format!("/api/v1/prices/{held}")).from(&world, Kind::Admin);
    assert_eq!(world.send(holds).await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_group_has_terms_and_prices_of_its_own_and_its_members_see_them() {
    let world = World::new().await;
    let group = world.post("/groups", &json!({"name": "gold", "multiplier": "1.2"})).await;
    assert_eq!((group.status, &group.json["multiplier"]), (StatusCode::CREATED, &json!("1.2")), "{}", group.text);
    world.admin(Method::PATCH, &format!("/tenants/{}", world.tenant), &json!({"group": "gold"})).await;
    assert_eq!(world.get("/groups/gold").await.json["tenants"], 1);
    let own = json!({"input": "0.5", "output": "0.7", "group": "gold"});
    let own = world.admin(Method::PUT, PRICE, &own).await;
    assert_eq!((own.status, &own.json["group"]), (StatusCode::OK, &json!("gold")), "{}", own.text);
    assert_eq!(world.get(&format!("{PRICE}?group=gold")).await.json["data"][0]["input"], "0.5");
    assert_eq!(world.get(PRICE).await.json["data"][0]["input"], "1", "everybody's is another");
    let seen = async || {
        world.catalog.refresh().await.unwrap();
        let call = Call::new(Method::GET, "/api/v1/models".to_owned()).from(&world, Kind::Member(Role::Owner));
        world.send(call).await.json["data"].clone()
    };
    let first = seen().await;
    let echo = first.as_array().unwrap().iter().find(|model| model["name"] == "sandbox/echo").unwrap();
    assert_eq!(echo["price"]["input"], "0.5");
    let clear = Call::new(Method::DELETE, format!("/api/v1{PRICE}?group=gold")).from(&world, Kind::Admin);
    assert_eq!(world.send(clear).await.status, StatusCode::NO_CONTENT);
    let second = seen().await;
    let echo = second.as_array().unwrap().iter().find(|model| model["name"] == "sandbox/echo").unwrap();
    assert_eq!((&echo["price"]["input"], &echo["price"]["output"]), (&json!("1.2"), &json!("6")));
    world.admin(Method::PATCH, "/groups/gold", &json!({"models": ["other"]})).await;
    assert_eq!(seen().await, json!([]), "none that they may call");
}

#[tokio::test]
async fn a_channels_cost_is_set_beside_its_channel_and_what_cannot_be_is_refused() {
    let world = World::new().await;
    let channel = world.fresh_channel().await;
    let carried =
        world.get(&format!("/channels/{channel}")).await.json["models"][0]["model"].as_str().unwrap().to_owned();
    let path = format!("/models/{}/price", carried.replace('/', "%2F"));
    let cost = world.admin(Method::PUT, &path, &json!({"input": "0.1", "output": "0.2", "channel": channel})).await;
    assert_eq!((cost.status, &cost.json["channel"]), (StatusCode::OK, &json!(channel)), "{}", cost.text);
    assert_eq!(world.get(&format!("/channels/{channel}")).await.json["models"][0]["cost"]["input"], "0.1");
    for (body, field) in [
        (json!({"input": "1", "output": "1", "group": "no such"}), "group"),
        (json!({"input": "1", "output": "1", "group": "g", "channel": channel}), "group"),
        (json!({"input": "1", "output": "1", "channel": "x"}), "channel"),
        (json!({"input": "1", "output": "1", "tiers": [{"above": 5}, {"above": 5}]}), "tiers[1].above"),
        (json!({"input": "1", "output": "1", "service_tiers": {"flex": {"inputs": "1"}}}), "service_tiers.flex.inputs"),
        (json!({"input": "1", "output": "1", "nothing": "1"}), "nothing"),
    ] {
        let refused = world.admin(Method::PUT, PRICE, &body).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{body}: {}", refused.text);
        assert!(refused.text.contains(field), "{body}: {}", refused.text);
    }
}
