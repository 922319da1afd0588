//! Prices beside the catalogue's, and taking them over.

use super::{Answer, Call, World};
use crate::api::authorisation::Kind;
use http::{Method, StatusCode};
use serde_json::{Value, json};

impl World {
    /// What the catalogue has under this name.
    async fn catalogued(&self, model: &str) -> Value {
        let entries = self.get("/catalog").await.json["data"].clone();
        entries.as_array().unwrap().iter().find(|entry| entry["model"] == model).unwrap()["rates"].clone()
    }

    /// The line of one model (on one channel).
    async fn line(&self, query: &str, model: &str, channel: Option<&str>) -> Value {
        let answer = self.get(&format!("/catalog/diff?{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let lines = answer.json["data"].as_array().unwrap().clone();
        let found = lines.into_iter().find(|line| line["model"] == model && line["channel"].as_str() == channel);
        found.unwrap_or(Value::Null)
    }

    async fn import(&self, body: &Value) -> Answer {
        self.post("/catalog/import", body).await
    }

    async fn newest(&self, model: &str) -> Value {
        self.get(&format!("/models/{}/price", model.replace('/', "%2F"))).await.json["data"][0].clone()
    }
}

fn chosen(line: &Value) -> Value {
    let mut one = json!({"model": line["model"], "seen": line["seen"]});
    if let Some(channel) = line["channel"].as_str() {
        one["channel"] = json!(channel);
    }
    one
}

#[tokio::test]
async fn what_differs_is_told_rate_by_rate_with_tiers() {
    let world = World::new().await;
    let known = world.catalogued("gpt-6.1-sol").await;
    assert_eq!(world.line("", "gpt-6.1-sol", None).await, Value::Null, "nobody sells it here");
    let new = world.line("all=true", "gpt-6.1-sol", None).await;
    assert_eq!(
        (&new["change"], &new["price_version"], &new["provider"]),
        (&json!("new"), &Value::Null, &json!("openai"))
    );
    let mut ours = known.clone();
    ours["input"] = json!("1");
    ours["tiers"][0]["output"] = json!("99");
    let ours = world.admin(Method::PUT, "/models/gpt-6.1-sol/price", &ours).await;
    let line = world.line("", "gpt-6.1-sol", None).await;
    assert_eq!((&line["change"], &line["price_version"]), (&json!("mixed"), &ours.json["id"]));
    let differ: Vec<_> =
        line["rates"].as_array().unwrap().iter().filter(|rate| rate["now"] != rate["catalogue"]).collect();
    assert_eq!(differ[0], &json!({"rate": "input", "now": "1", "catalogue": known["input"]}));
    let above = &known["tiers"][0]["above"];
    let tier = json!({"rate": "output", "above": above, "now": "99", "catalogue": known["tiers"][0]["output"]});
    assert!(differ.contains(&&tier), "{differ:?}");
    let only_here = world.admin(Method::PUT, "/models/ours/price", &json!({"input": "1", "output": "1"})).await;
    assert_eq!(only_here.status, StatusCode::OK);
    let line = world.line("", "ours", None).await;
    assert_eq!((&line["change"], &line["provider"]), (&json!("only_here"), &Value::Null));
}

#[tokio::test]
async fn what_is_chosen_becomes_versions_all_or_none_and_what_is_the_same_is_left_alone() {
    let world = World::new().await;
    let known = world.catalogued("gpt-6.1-sol").await;
    let echo = world.line("", "sandbox/echo", None).await;
    assert_eq!(echo["change"], "cheaper", "{echo}");
    let sol = world.line("all=true", "gpt-6.1-sol", None).await;
    let stale = json!({"model": "gpt-6.1-sol", "seen": echo["seen"]});
    let refused = world.import(&json!({"models": [chosen(&echo), stale]})).await;
    assert_eq!((refused.status, &refused.json["code"]), (StatusCode::CONFLICT, &json!("conflict")));
    assert_eq!(world.newest("sandbox/echo").await["id"], echo["price_version"], "none of them");
    let body = json!({"models": [chosen(&echo), chosen(&sol)]});
    let call = || {
        let call = Call::new(Method::POST, "/api/v1/catalog/import").json(&body).header("idempotency-key", "import 1");
        call.from(&world, Kind::Admin)
    };
    let made = world.send(call()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    assert_eq!((made.json["made"].as_array().unwrap().len(), &made.json["unchanged"]), (2, &json!(0)));
    for (name, rate) in known.as_object().unwrap() {
        assert_eq!(&world.newest("gpt-6.1-sol").await[name], rate);
    }
    assert_eq!(world.newest("sandbox/echo").await["output"], "2");
    let again = world.send(call()).await;
    assert_eq!((again.status, &again.json), (StatusCode::CREATED, &made.json), "once");
    assert_eq!(world.import(&body).await.status, StatusCode::CONFLICT, "it is no longer as it was shown");
    let same = world.line("", "sandbox/echo", None).await;
    assert_eq!(same["change"], "same");
    let nothing = world.import(&json!({"models": [chosen(&same)]})).await;
    assert_eq!((&nothing.json["made"], &nothing.json["unchanged"]), (&json!([]), &json!(1)), "{}", nothing.text);
    assert_eq!(world.newest("sandbox/echo").await["id"], same["price_version"]);
    let audit = world.get("/audit?limit=2").await.json;
    assert!(audit["data"].as_array().unwrap().iter().all(|row| row["action"] == "price.put"), "{audit}");
}

#[tokio::test]
async fn a_price_set_meanwhile_is_not_run_over() {
    let world = World::new().await;
    let seen = world.line("multiplier=1.2", "sandbox/echo", None).await;
    world.admin(Method::PUT, "/models/sandbox%2Fecho/price", &json!({"input": "7", "output": "7"})).await;
    let refused = world.import(&json!({"multiplier": "1.2", "models": [chosen(&seen)]})).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
    assert!(refused.text.contains("sandbox/echo"), "{}", refused.text);
    let seen = world.line("multiplier=1.2", "sandbox/echo", None).await;
    let other = world.import(&json!({"multiplier": "1.3", "models": [chosen(&seen)]})).await;
    assert_eq!(other.status, StatusCode::CONFLICT, "nor is a price that was not shown taken over");
    let made = world.import(&json!({"multiplier": "1.2", "models": [chosen(&seen)]})).await;
    assert_eq!((made.status, &made.json["made"][0]["input"]), (StatusCode::CREATED, &json!("1.2")), "{}", made.text);
}

#[tokio::test]
async fn from_a_moment_on_it_follows_what_holds_then() {
    let world = World::new().await;
    let (early, late) = ("2998-01-01T00:00:00Z", "2999-01-01T00:00:00Z");
    let price = json!({"input": "1", "output": "2", "valid_from": early});
    let scheduled = world.admin(Method::PUT, "/models/sandbox%2Fecho/price", &price).await;
    let then = world.line(&format!("valid_from={late}"), "sandbox/echo", None).await;
    assert_eq!((&then["change"], &then["price_version"]), (&json!("same"), &scheduled.json["id"]));
    let then = world.line(&format!("valid_from={late}&multiplier=2"), "sandbox/echo", None).await;
    let body = json!({"valid_from": late, "multiplier": "2", "models": [chosen(&then)]});
    let made = world.import(&body).await;
    assert_eq!(
        (made.status, &made.json["made"][0]["valid_from"]),
        (StatusCode::CREATED, &json!(late)),
        "{}",
        made.text
    );
    assert_eq!(world.newest("sandbox/echo").await["state"], "scheduled");
    assert_eq!(world.line("", "sandbox/echo", None).await["change"], "cheaper", "what holds now still does");
}

#[tokio::test]
async fn costs_go_by_the_channels_provider_and_what_would_lose_is_warned_of() {
    let world = World::new().await;
    let channel = world.fresh_channel().await;
    let cost = world.line("what=cost", "sandbox/echo", Some(&channel)).await;
    assert_eq!((&cost["change"], &cost["below_cost"]), (&json!("dearer"), &json!([])), "{cost}");
    let sale = world.line("multiplier=0.4", "sandbox/echo", None).await;
    assert!(sale["below_cost"].as_array().unwrap().contains(&json!(channel)), "{sale}");
    assert_eq!(world.line("", "sandbox/echo", None).await["below_cost"], json!([]));
    let dear = world.line("what=cost&multiplier=3", "sandbox/echo", Some(&channel)).await;
    assert_eq!(dear["below_cost"], json!([channel]));
    let made = world.import(&json!({"what": "cost", "models": [chosen(&cost)]})).await;
    assert_eq!(
        (made.status, &made.json["made"][0]["channel"]),
        (StatusCode::CREATED, &json!(channel)),
        "{}",
        made.text
    );
    assert_eq!(world.get(&format!("/channels/{channel}")).await.json["models"][0]["cost"]["output"], "2");
}

#[tokio::test]
async fn what_cannot_be_taken_over_is_refused_by_its_field() {
    let world = World::new().await;
    let echo = chosen(&world.line("", "sandbox/echo", None).await);
    let many = vec![echo.clone(); 1_001];
    for (body, field) in [
        (json!({"models": []}), "models"),
        (json!({"models": many}), "models"),
        (json!({"models": [echo, echo]}), "models[1].model"),
        (json!({"models": [{"model": "nobody's", "seen": ""}]}), "models[0].model"),
        (json!({"what": "cost", "models": [echo]}), "models[0].model"),
        (json!({"what": "both", "models": [echo]}), "what"),
        (json!({"multiplier": "0", "models": [echo]}), "multiplier"),
        (json!({"multiplier": "1001", "models": [echo]}), "multiplier"),
        (json!({"multiplier": 2, "models": [echo]}), "multiplier"),
        (json!({"valid_from": "2020-01-01T00:00:00Z", "models": [echo]}), "valid_from"),
    ] {
        let refused = world.import(&body).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{field}: {}", refused.text);
        assert!(refused.text.contains(&format!("`{field}`")), "{field}: {}", refused.text);
    }
    for query in ["what=x", "multiplier=-1", "multiplier=1e3", "valid_from=soon", "model=a"] {
        assert_eq!(world.get(&format!("/catalog/diff?{query}")).await.status, StatusCode::BAD_REQUEST, "{query}");
    }
}
