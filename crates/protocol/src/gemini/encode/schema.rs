//! JSON schemas as Google takes them: a list of keywords, and the rest left out.
//! Source: <https://ai.google.dev/gemini-api/docs/structured-output#json-schema-support>.

use crate::form::loss::Losses;
use serde_json::{Map, Value, json};

/// What is understood.
const KEYWORDS: [&str; 24] = [
    "$id",
    "$defs",
    "$ref",
    "$anchor",
    "type",
    "format",
    "title",
    "description",
    "enum",
    "items",
    "prefixItems",
    "minItems",
    "maxItems",
    "minimum",
    "maximum",
    "anyOf",
    "oneOf",
    "properties",
    "additionalProperties",
    "required",
    "propertyOrdering",
    "minProperties",
    "maxProperties",
    "nullable",
];
/// What says nothing that an answer depends on.
const COMMENTS: [&str; 5] = ["$schema", "$comment", "default", "examples", "deprecated"];

/// A schema without what Google does not know.
pub(super) fn clean(schema: Value, losses: &mut Losses) -> Value {
    match schema {
        Value::Object(fields) => Value::Object(cleaned(fields, losses)),
        other => other,
    }
}

fn cleaned(fields: Map<String, Value>, losses: &mut Losses) -> Map<String, Value> {
    let mut clean_fields = Map::new();
    for (key, value) in fields {
        let (key, value) = match (key.as_str(), value) {
            ("properties" | "$defs", Value::Object(named)) => {
                let named = named.into_iter().map(|(name, schema)| (name, clean(schema, losses)));
                (key, Value::Object(named.collect()))
            }
            // Older drafts' name for it.
            ("definitions", Value::Object(named)) => {
                let named = named.into_iter().map(|(name, schema)| (name, clean(schema, losses)));
                ("$defs".to_owned(), Value::Object(named.collect()))
            }
            ("$ref", Value::String(to)) => (key, to.replacen("#/definitions/", "#/$defs/", 1).into()),
            ("const", only) => ("enum".to_owned(), json!([only])),
            ("anyOf" | "oneOf" | "prefixItems", Value::Array(all)) => {
                (key, all.into_iter().map(|schema| clean(schema, losses)).collect())
            }
            ("items" | "additionalProperties", value) => (key, clean(value, losses)),
            ("allOf", Value::Array(all)) => {
                for schema in all {
                    if let Value::Object(fields) = clean(schema, losses) {
                        merge(&mut clean_fields, fields, losses);
                    }
                }
                continue;
            }
            (known, value) if KEYWORDS.contains(&known) => (key, value),
            (unknown, _) => {
                if !COMMENTS.contains(&unknown) {
                    losses.note("schema", &format!("{unknown} left out; this upstream does not know it"));
                }
                continue;
            }
        };
        clean_fields.insert(key, value);
    }
    clean_fields
}

/// Adds one of `allOf`: all properties, all that are required; of anything else the first, which is told if they differ.
fn merge(into: &mut Map<String, Value>, fields: Map<String, Value>, losses: &mut Losses) {
    for (key, value) in fields {
        match (into.get_mut(&key), value) {
            (None, value) => {
                into.insert(key, value);
            }
            (Some(Value::Object(known)), Value::Object(more)) if key == "properties" || key == "$defs" => {
                known.extend(more);
            }
            (Some(Value::Array(known)), Value::Array(more)) if key == "required" => known.extend(more),
            (Some(known), value) if *known != value => {
                losses.note("schema", &format!("{key} of allOf left out; this upstream takes one only"));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keywords_go_and_properties_of_the_same_name_stay() {
        let mut losses = Losses::default();
        let schema = json!({
            "$schema": "x", "type": "object",
            "properties": {"pattern": {"type": "string", "pattern": "^a$", "default": "a"}, "kind": {"const": "b"},
                "all": {"allOf": [{"$ref": "#/definitions/A"}], "description": "d"}},
            "definitions": {"A": {"type": "integer", "exclusiveMinimum": 0}},
            "required": ["pattern"], "additionalProperties": false,
        });
        let want = json!({
            "type": "object",
            "properties": {"pattern": {"type": "string"}, "kind": {"enum": ["b"]},
                "all": {"$ref": "#/$defs/A", "description": "d"}},
            "$defs": {"A": {"type": "integer"}},
            "required": ["pattern"], "additionalProperties": false,
        });
        assert_eq!(clean(schema, &mut losses), want);
        assert_eq!(losses.warnings.len(), 2, "{losses:?}");
    }

    #[test]
    fn all_of_several_schemas_is_kept_and_what_contradicts_is_told() {
        let mut losses = Losses::default();
        let part = |name: &str, about: &str| json!({"type": "object", "properties": {name: {}}, "required": [name], "description": about});
        let merged = clean(json!({"allOf": [part("a", "x"), part("b", "y")]}), &mut losses);
        let want =
            json!({"type": "object", "properties": {"a": {}, "b": {}}, "required": ["a", "b"], "description": "x"});
        assert_eq!(merged, want);
        assert_eq!(losses.warnings.len(), 1, "{losses:?}");
    }
}
