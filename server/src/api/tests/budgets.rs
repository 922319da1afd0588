//! Budgets over the API: set with a key or by themselves, shown with what is spent, changed, taken away; what is wrong is named.

use super::World;
use http::{Method, StatusCode};
use serde_json::{Value, json};

#[tokio::test]
async fn a_key_is_made_with_its_budgets_and_they_are_listed_changed_and_taken_away() {
    let world = World::new().await;
    let (keys, budgets) = (format!("/tenants/{}/keys", world.tenant), format!("/tenants/{}/budgets", world.tenant));
    let fields =
        json!({"name": "app", "budgets": [{"period": "day", "amount": "1.5"}, {"period": "total", "amount": "20"}]});
    let key = world.post(&keys, &fields).await;
    assert_eq!(key.status, StatusCode::CREATED, "{}", key.text);
    let tenant = world.post(&budgets, &json!({"period": "month", "amount": "100", "hard": false, "steps": [90]})).await;
    assert_eq!((&tenant.json["of"], &tenant.json["owner"]), (&"tenant".into(), &Value::Null), "{}", tenant.text);
    let listed = world.get(&budgets).await.json["data"].clone();
    let listed: Vec<_> = listed.as_array().unwrap().iter().map(|it| (it["of"].clone(), it["period"].clone())).collect();
    let of = |of: &str, period: &str| (Value::from(of), Value::from(period));
    assert_eq!(listed, [of("tenant", "month"), of("key", "total"), of("key", "day")]);
    let day = world.get(&budgets).await.json["data"][2].clone();
    assert_eq!((&day["owner"], &day["amount"], &day["spent"]), (&key.json["id"], &"1.5".into(), &"0".into()));
    assert_eq!((&day["hard"], &day["steps"]), (&true.into(), &json!([50, 80, 100])));
    let path = format!("{budgets}/{}", day["id"].as_str().unwrap());
    let changed = world.admin(Method::PATCH, &path, &json!({"amount": "3", "steps": [100]})).await;
    assert_eq!((&changed.json["amount"], &changed.json["steps"]), (&"3".into(), &json!([100])), "{}", changed.text);
    assert_eq!(world.admin(Method::DELETE, &path, &Value::Null).await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.admin(Method::DELETE, &path, &Value::Null).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_no_budget_can_be_is_refused_by_its_name() {
    let world = World::new().await;
    let budgets = format!("/tenants/{}/budgets", world.tenant);
    let cases = [
        (json!({"period": "year", "amount": "1"}), "period"),
        (json!({"period": "day", "amount": "-1"}), "amount"),
        (json!({"period": "day", "amount": 1}), "amount"),
        (json!({"period": "day", "amount": "1", "steps": [0]}), "steps"),
        (json!({"period": "day", "amount": "1", "steps": [1001]}), "steps"),
        (json!({"period": "day", "amount": "1", "hard": false, "steps": []}), "steps"),
        (json!({"period": "day", "amount": "1", "key": "key_0000000000001"}), "owner"),
        (json!({"period": "day", "amount": "1", "member": "usr_0000000000001"}), "owner"),
    ];
    for (fields, named) in cases {
        let refused = world.post(&budgets, &fields).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{fields}");
        assert!(refused.text.contains(named), "{fields}: {}", refused.text);
    }
    assert_eq!(world.post(&budgets, &json!({"period": "day", "amount": "1"})).await.status, StatusCode::CREATED);
    assert_eq!(world.post(&budgets, &json!({"period": "day", "amount": "2"})).await.status, StatusCode::CONFLICT);
    let zone = world.admin(Method::PATCH, &format!("/tenants/{}", world.tenant), &json!({"zone": "Mars/Base"})).await;
    assert_eq!(zone.status, StatusCode::BAD_REQUEST);
}
