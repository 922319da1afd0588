//! What was used: pages, file, sums, one request; and that a member sees no costs.

use super::{Call, World};
use crate::api::authorisation::Kind;
use domain::role::Role;
use http::{Method, StatusCode};
use serde_json::json;

#[tokio::test]
async fn a_request_is_listed_with_its_charge_and_a_member_sees_no_costs() {
    let world = World::new().await;
    let admin = world.get("/usage").await.json;
    let row = &admin["data"][0];
    assert_eq!(row["request_id"], world.request.to_string());
    assert_eq!(
        (row["cost_usd"].as_str(), row["provider_cost_usd"].as_str(), row["margin_usd"].as_str()),
        (Some("0.000035"), Some("0.00002"), Some("0.000015"))
    );
    assert_eq!((&row["input_tokens"], &row["output_tokens"], &row["status"]), (&json!(10), &json!(5), &json!(200)));
    for path in ["/usage", "/usage/summary?group_by=model", &format!("/requests/{}", world.request)] {
        let answer =
            world.send(Call::new(Method::GET, format!("/api/v1{path}")).from(&world, Kind::Member(Role::Owner))).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        for hidden in ["provider_cost", "margin", "decision", "tries", "crd_", "cost_price"] {
            assert!(!answer.text.contains(hidden), "{path} shows {hidden}: {}", answer.text);
        }
        assert!(answer.text.contains("\"cost_usd\":\"0.000035\""), "{path}: {}", answer.text);
    }
}

#[tokio::test]
async fn one_request_tells_its_price_timings_and_tries() {
    let world = World::new().await;
    let shown = world.get(&format!("/requests/{}", world.request)).await;
    assert_eq!(shown.status, StatusCode::OK, "{}", shown.text);
    assert_eq!(shown.json["price"]["input"], "1");
    assert_eq!(shown.json["timings"]["total_us"], 2_500);
    assert_eq!(shown.json["latency_ms"], 3);
    assert_eq!(shown.json["tries"][0]["status"], 200);
    assert_eq!(shown.json["usage"]["output"], 5);
}

#[tokio::test]
async fn filters_narrow_the_list() {
    let world = World::new().await;
    for (query, rows) in [
        (format!("tenant={}", world.tenant), 1),
        (format!("tenant={}", world.other), 0),
        ("model=sandbox/echo".to_owned(), 1),
        ("model=other".to_owned(), 0),
        ("status=200".to_owned(), 1),
        ("status=500".to_owned(), 0),
        ("from=2020-01-01T00:00:00Z".to_owned(), 1),
        ("to=2020-01-01T00:00:00Z".to_owned(), 0),
    ] {
        let answer = world.get(&format!("/usage?{query}")).await;
        assert_eq!(answer.json["data"].as_array().unwrap().len(), rows, "{query}: {}", answer.text);
    }
    let foreign =
        Call::new(Method::GET, format!("/api/v1/usage?tenant={}", world.tenant)).from(&world, Kind::OtherTenant);
    assert_eq!(world.send(foreign).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_file_has_the_columns_outside_tools_rely_on() {
    let world = World::new().await;
    let answer = world.get(&format!("/usage.csv?tenant={}", world.tenant)).await;
    assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8"));
    let name = format!("attachment; filename=\"usage-{}.csv\"", world.tenant);
    assert_eq!(answer.header("content-disposition"), Some(name.as_str()));
    let mut lines = answer.text.split("\r\n");
    let columns = "request_id,time,tenant,key,model,channel,dialect,status,input_tokens,output_tokens,cache_read_tokens,\
        cache_write_tokens,reasoning_tokens,unit_prices,cost_usd,latency_ms,ttft_ms,attempts,usage_source,end_state,error_code,price_version";
    assert!(lines.next().unwrap().starts_with(columns), "{}", answer.text);
    let row = lines.next().unwrap();
    assert!(row.starts_with(&world.request.to_string()) && row.contains(",0.000035,"), "{row}");
    assert_eq!((lines.next(), lines.next()), (Some(""), None));
}

#[tokio::test]
async fn the_books_of_a_used_place_add_up() {
    let world = World::new().await;
    let answer = world.get("/reconciliation").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!((&answer.json["difference"], &answer.json["differences"]), (&json!("0"), &json!([])), "{}", answer.text);
    assert_eq!(answer.json["requests"], 1);
}

#[tokio::test]
async fn news_is_followed_in_ones_own_scope_and_by_topics_that_there_are() {
    let world = World::new().await;
    let answer = world.get("/events?topics=usage").await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, Some("text/event-stream")));
    assert!(answer.text.starts_with("event: hello\n") && answer.text.contains("retry: 1000"), "{}", answer.text);
    let answer = world.get("/events?topics=usage,weather").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.text.contains("weather"), "{}", answer.text);
    let foreign =
        Call::new(Method::GET, format!("/api/v1/events?tenant={}", world.tenant)).from(&world, Kind::OtherTenant);
    assert_eq!(world.send(foreign).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn margins_are_told_by_model_channel_and_tenant_and_as_a_file_and_add_up() {
    let world = World::new().await;
    let all = world.get("/margin").await;
    assert_eq!(all.status, StatusCode::OK, "{}", all.text);
    let line = &all.json["data"][0];
    let sums = json!({"requests": 1, "sale_usd": "0.000035", "cost_usd": "0.00002", "margin_usd": "0.000015", "margin_percent": "42.8571"});
    assert_eq!(all.json["total"], sums);
    for (name, value) in sums.as_object().unwrap() {
        assert_eq!(&line[name], value, "{name}");
    }
    let of = [&line["model"], &line["tenant"]].map(|it| it.as_str().unwrap().to_owned());
    assert_eq!(of, ["sandbox/echo".to_owned(), world.tenant.to_string()]);
    assert_eq!(world.get("/margin?group_by=").await.json["data"], json!([sums]));
    let by_day = world.get("/margin?group_by=day,model&from=2020-01-01T00:00:00Z").await.json;
    assert_eq!(by_day["data"][0]["day"].as_str().unwrap().len(), 10, "{by_day}");
    assert_eq!(world.get("/margin?model=other").await.json["total"]["margin_percent"], json!(null));
    let file = world.get("/margin.csv?from=2020-01-01T00:00:00Z").await;
    assert_eq!(file.header("content-type"), Some("text/csv; charset=utf-8"));
    let name = "attachment; filename=\"margin-all-2020-01-01T000000Z.csv\"";
    assert_eq!(file.header("content-disposition"), Some(name));
    let rows: Vec<_> = file.text.split("\r\n").collect();
    let channel = line["channel"].as_str().unwrap();
    assert_eq!(rows[0], "day,model,channel,tenant,requests,sale_usd,cost_usd,margin_usd,margin_percent");
    let row = format!(",sandbox/echo,{channel},{},1,0.000035,0.00002,0.000015,42.8571", world.tenant);
    assert_eq!(rows[1..], [row.as_str(), ""]);
    for (query, field) in [
        ("group_by=key", "group_by"),
        ("group_by=hour", "group_by"),
        ("group_by=model,model", "group_by"),
        ("from=2020-01-01T00:30:00Z", "from"),
        ("to=2020-01-01T00:00:01Z", "to"),
        ("key=key_0000000000001", "key"),
    ] {
        let refused = world.get(&format!("/margin?{query}")).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{query}: {}", refused.text);
        assert!(refused.text.contains(field), "{query}: {}", refused.text);
    }
}

#[tokio::test]
async fn more_margins_than_an_answer_holds_are_refused_and_never_cut() {
    let world = World::new().await;
    let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10001) \
        INSERT INTO usage_hours (hour_us, tenant, key_id, model, channel, requests, errors, limited, left_early, failed, input, \
        cache_read, cache_write_5m, cache_write_1h, output, reasoning, audio_input, audio_output, image_input, image_output, \
        web_searches, sale, cost) SELECT (SELECT MAX(hour_us) FROM usage_hours), 1, 1, 'm' || i, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 3 FROM n";
    world.store.db().execute(store::Sql::built(many.to_owned())).await.unwrap();
    for path in ["/margin?group_by=model", "/margin.csv"] {
        let refused = world.get(path).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{path}");
        assert!(refused.text.contains("more than 10000 groups"), "{path}: {}", refused.text);
    }
    let by_tenant = world.get("/margin?group_by=tenant").await.json;
    assert_eq!(by_tenant["total"]["margin_usd"], "0.000035002", "of the one request too");
}
