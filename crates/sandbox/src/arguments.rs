//! A tool call's arguments, made from the tool's JSON schema: every required property, filled by its type.
//!
//! The same schema always gives the same arguments. Understood: `type` (also as a list), `const`, `enum`, `default`,
//! `required`, `properties`, `items`, `minItems`, `minimum`, `exclusiveMinimum`, `maximum`, `minLength`, `maxLength`, common
//! `format`s, the first of `anyOf`, `oneOf`, `allOf`, and `$ref` inside the schema. Not understood: `pattern`, `multipleOf`
//! and other constraints, which the arguments may then break, as a model's would.

use serde_json::{Map, Number, Value};

/// How deep a schema may go, which ends schemas that refer to themselves.
const MAX_DEPTH: u32 = 12;
/// The most items or letters made for one `minItems` or `minLength`.
const MAX_LENGTH: u64 = 1000;

/// Arguments for a tool with this schema; `{}` without one.
pub(crate) fn from_schema(schema: Option<&Value>) -> Value {
    let Some(root) = schema else { return Value::Object(Map::new()) };
    match fill(root, root, "value", MAX_DEPTH) {
        object @ Value::Object(_) => object,
        _ => Value::Object(Map::new()),
    }
}

fn fill(root: &Value, schema: &Value, name: &str, depth: u32) -> Value {
    let Some(keywords) = schema.as_object().filter(|_| depth > 0) else { return Value::Null };
    if let Some(found) = keywords.get("$ref").and_then(Value::as_str).and_then(|path| resolve(root, path)) {
        return fill(root, found, name, depth - 1);
    }
    let first_of = |keyword: &str| keywords.get(keyword).and_then(Value::as_array).and_then(|all| all.first());
    if let Some(fixed) = keywords.get("const").or_else(|| first_of("enum")).or_else(|| keywords.get("default")) {
        return fixed.clone();
    }
    for keyword in ["anyOf", "oneOf", "allOf"] {
        if let Some(branch) = first_of(keyword) {
            return fill(root, branch, name, depth - 1);
        }
    }
    match type_of(keywords) {
        "object" => object(root, keywords, depth),
        "array" => array(root, keywords, name, depth),
        "integer" => Value::Number(integer(keywords).into()),
        "number" => number(keywords),
        "boolean" => Value::Bool(true),
        "null" => Value::Null,
        _ => Value::String(string(keywords, name)),
    }
}

/// Follows `#/a/b`; anything else is not in the schema.
fn resolve<'a>(root: &'a Value, path: &str) -> Option<&'a Value> {
    root.pointer(path.strip_prefix('#')?)
}

/// The first type that is not null, in lower case (Gemini's schemas write capitals).
fn type_of(keywords: &Map<String, Value>) -> &'static str {
    const TYPES: [&str; 7] = ["object", "array", "integer", "number", "boolean", "string", "null"];
    let known = |name: &str| TYPES.into_iter().find(|known| known.eq_ignore_ascii_case(name));
    match keywords.get("type") {
        Some(Value::String(name)) => known(name).unwrap_or("string"),
        Some(Value::Array(names)) => {
            let mut names = names.iter().filter_map(Value::as_str).filter_map(known);
            names.find(|name| *name != "null").unwrap_or("null")
        }
        _ if keywords.contains_key("properties") => "object",
        _ if keywords.contains_key("items") => "array",
        _ => "string",
    }
}

fn object(root: &Value, keywords: &Map<String, Value>, depth: u32) -> Value {
    let properties = keywords.get("properties");
    let required = keywords.get("required").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut made = Map::new();
    for name in required.iter().filter_map(Value::as_str) {
        let schema = properties.and_then(|properties| properties.get(name)).unwrap_or(&Value::Null);
        let value =
            if schema.is_object() { fill(root, schema, name, depth - 1) } else { Value::String(name.to_owned()) };
        made.insert(name.to_owned(), value);
    }
    Value::Object(made)
}

fn array(root: &Value, keywords: &Map<String, Value>, name: &str, depth: u32) -> Value {
    let at_most = unsigned(keywords, "maxItems").unwrap_or(MAX_LENGTH);
    let length = unsigned(keywords, "minItems").unwrap_or(1).min(at_most).min(MAX_LENGTH);
    let Some(item) = keywords.get("items").filter(|item| item.is_object()) else {
        return Value::Array((0..length).map(|_| Value::String(name.to_owned())).collect());
    };
    Value::Array((0..length).map(|_| fill(root, item, name, depth - 1)).collect())
}

fn unsigned(keywords: &Map<String, Value>, keyword: &str) -> Option<u64> {
    keywords.get(keyword).and_then(Value::as_u64)
}

fn integer(keywords: &Map<String, Value>) -> i64 {
    let bound = |keyword: &str| keywords.get(keyword).and_then(Value::as_i64);
    let least = bound("minimum").or_else(|| bound("exclusiveMinimum").map(|below| below.saturating_add(1)));
    let most = bound("maximum").or_else(|| bound("exclusiveMaximum").map(|above| above.saturating_sub(1)));
    let wanted = least.map_or(1, |least| least.max(1));
    most.map_or(wanted, |most| wanted.min(most))
}

fn number(keywords: &Map<String, Value>) -> Value {
    let bound = |keyword: &str| keywords.get(keyword).and_then(Value::as_f64);
    let least = bound("minimum").or_else(|| bound("exclusiveMinimum").map(|below| below + 0.5));
    let most = bound("maximum").or_else(|| bound("exclusiveMaximum").map(|above| above - 0.5));
    let wanted = least.map_or(1.5, |least| least.max(1.5));
    let wanted = most.map_or(wanted, |most| wanted.min(most));
    Number::from_f64(wanted).map_or(Value::Null, Value::Number)
}

fn string(keywords: &Map<String, Value>, name: &str) -> String {
    let of_format = match keywords.get("format").and_then(Value::as_str) {
        Some("date") => Some("2026-01-01"),
        Some("date-time") => Some("2026-01-01T00:00:00Z"),
        Some("time") => Some("00:00:00Z"),
        Some("duration") => Some("PT1S"),
        Some("email") => Some("sandbox@example.com"),
        Some("hostname") => Some("example.com"),
        Some("uri" | "url") => Some("https://example.com/"),
        Some("uuid") => Some("00000000-0000-4000-8000-000000000000"),
        Some("ipv4") => Some("192.0.2.1"),
        Some("ipv6") => Some("2001:db8::1"),
        _ => None,
    };
    if let Some(text) = of_format {
        return text.to_owned();
    }
    let mut letters: Vec<char> = name.chars().collect();
    let least = unsigned(keywords, "minLength").unwrap_or(0).min(MAX_LENGTH);
    let most = unsigned(keywords, "maxLength").unwrap_or(u64::MAX);
    letters.resize(letters.len().max(usize::try_from(least).unwrap_or(0)), 'x');
    letters.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    letters.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_required_property_is_filled_by_its_type() {
        let schema = json!({
            "type": "object",
            "properties": {
                "city": {"type": "string"}, "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
                "days": {"type": "integer", "minimum": 3}, "share": {"type": "number", "maximum": 1},
                "exact": {"type": "boolean"}, "day": {"type": "string", "format": "date"},
                "tags": {"type": "array", "items": {"type": ["null", "string"]}, "minItems": 2},
                "place": {"$ref": "#/$defs/place"}, "either": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                "unneeded": {"type": "string"}
            },
            "required": ["city", "unit", "days", "share", "exact", "day", "tags", "place", "either", "undescribed"],
            "$defs": {"place": {"type": "object", "properties": {"lat": {"type": "number"}}, "required": ["lat"]}}
        });
        assert_eq!(
            from_schema(Some(&schema)),
            json!({
                "city": "city", "unit": "celsius", "days": 3, "share": 1.0, "exact": true, "day": "2026-01-01",
                "tags": ["tags", "tags"], "place": {"lat": 1.5}, "either": 1, "undescribed": "undescribed"
            })
        );
    }

    #[test]
    fn a_schema_that_refers_to_itself_ends() {
        let schema = json!({"type": "object", "properties": {"next": {"$ref": "#"}}, "required": ["next"]});
        assert!(from_schema(Some(&schema)).to_string().len() < 200);
    }

    #[test]
    fn arguments_are_always_an_object() {
        for schema in [json!({}), json!(true), json!({"type": "string"}), json!([]), json!({"type": "object"})] {
            assert_eq!(from_schema(Some(&schema)), json!({}));
        }
        assert_eq!(from_schema(None), json!({}));
    }
}
