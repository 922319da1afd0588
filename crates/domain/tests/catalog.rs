//! The vendored catalogue is money: every entry must be rates that the domain takes, and no number may have been a float.

#![expect(clippy::unwrap_used, reason = "a catalogue that cannot be read fails the test")]

use domain::price::Tariff;
use serde_json::Value;
use std::{collections::HashSet, fs, path::Path};

fn catalogue(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../catalog").join(name);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn entries() -> Vec<Value> {
    let files = ["prices.json", "sandbox.json"];
    files.iter().flat_map(|name| catalogue(name)["models"].as_array().unwrap().clone()).collect()
}

/// Whether there is one besides the whole number of tokens at which a tier begins.
fn holds_a_number(value: &Value) -> bool {
    match value {
        Value::Number(_) => true,
        Value::Array(values) => values.iter().any(holds_a_number),
        Value::Object(fields) => {
            fields.iter().any(|(name, value)| holds_a_number(value) && !(name == "above" && value.is_u64()))
        }
        _ => false,
    }
}

#[test]
fn every_entry_is_rates_that_a_price_takes() {
    for entry in entries() {
        let rates: Tariff = serde_json::from_value(entry["rates"].clone()).unwrap_or_else(|e| panic!("{entry}: {e}"));
        assert_eq!(rates.check(), Ok(()), "{entry}");
        assert!(rates.rates.input.0 > 0, "a model that costs nothing is a mistake of the source: {entry}");
        assert_eq!(entry["rates"]["input"], rates.rates.input.to_string(), "written as the domain writes it: {entry}");
    }
}

#[test]
fn no_price_is_a_json_number() {
    assert!(!holds_a_number(&catalogue("prices.json")));
    assert!(!holds_a_number(&catalogue("sandbox.json")));
}

#[test]
fn every_model_stands_once_and_with_its_provider() {
    let mut seen = HashSet::new();
    for entry in entries() {
        let field = |name: &str| entry[name].as_str().filter(|text| !text.is_empty()).unwrap().to_owned();
        assert!(seen.insert((field("provider"), field("model"))), "twice: {entry}");
        field("source");
        for name in ["max_input", "max_output"] {
            if let Some(count) = entry.get(name) {
                assert!(count.as_str().unwrap().parse::<u64>().is_ok(), "{entry}");
            }
        }
    }
    assert!(seen.len() > 70);
}
