//! The document describes the routes of the table, all of them and no others, and every reference in it leads somewhere.

use crate::api::{authorisation::ROUTES, openapi};
use domain::price::Rates;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn document() -> Value {
    serde_json::from_str(&openapi()).expect("the document is JSON")
}

#[test]
fn it_has_the_routes_of_the_table_and_no_others() {
    let document = document();
    let described: BTreeSet<String> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            item.as_object().unwrap().keys().map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    let routes: BTreeSet<String> = ROUTES.iter().map(|route| format!("{} {}", route.method, route.path)).collect();
    assert_eq!(described, routes);
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get("$ref") {
                found.insert(reference.clone());
            }
            fields.values().for_each(|inner| references(inner, found));
        }
        Value::Array(items) => items.iter().for_each(|inner| references(inner, found)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_to_a_schema() {
    let document = document();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 20, "{found:?}");
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

#[test]
fn operations_are_named_apart_and_say_who_may_and_what_errors_look_like() {
    let document = document();
    let mut names = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name.to_owned()), "{name} twice");
            if path == "/api/openapi.json" || path == "/api/v1/fees" {
                continue;
            }
            assert_eq!(operation["security"], json!([{"token": []}, {"session": []}]), "{method} {path}");
            let problem = &operation["responses"]["default"]["content"]["application/problem+json"];
            assert_eq!(problem["schema"]["$ref"], "#/components/schemas/Problem", "{method} {path}");
            let keyed = operation["parameters"]
                .as_array()
                .is_some_and(|all| all.iter().any(|one| one["name"] == "Idempotency-Key"));
            assert_eq!(keyed, method == "post", "{method} {path}");
            let placeholders = path.matches('{').count();
            let in_path = operation["parameters"]
                .as_array()
                .map_or(0, |all| all.iter().filter(|one| one["in"] == "path").count());
            assert_eq!(placeholders, in_path, "{method} {path}");
        }
    }
    assert!(document["openapi"].as_str().unwrap().starts_with("3."));
}

#[test]
fn it_names_every_kind_of_rate() {
    let described = document()["components"]["schemas"]["Rates"]["properties"].clone();
    let described: BTreeSet<&str> =
        described.as_object().unwrap().keys().map(String::as_str).collect::<BTreeSet<_>>().into_iter().collect();
    let rates = Rates::default().named();
    assert_eq!(described, rates.iter().map(|(name, _)| *name).chain(["tiers", "service_tiers"]).collect());
}
