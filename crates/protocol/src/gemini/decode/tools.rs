//! Tools and which of them to call.

use super::respell;
use crate::{
    form::{
        document::Fields,
        loss::cannot,
        provider_tools,
        request::{Request, Tool, ToolChoice},
    },
    request::BadRequest,
};
use serde_json::Value;

/// One entry of `tools`: functions, or one that Google runs itself.
pub(super) fn add(request: &mut Request, mut entry: Fields) -> Result<(), BadRequest> {
    respell(&mut entry, &["functionDeclarations", "googleSearch", "urlContext", "codeExecution", "googleMaps"]);
    for mut function in entry.objects("functionDeclarations")? {
        respell(&mut function, &["parametersJsonSchema"]);
        let mut schema = function.take("parametersJsonSchema");
        if let Some(mut older) = function.take("parameters") {
            lower_types(&mut older);
            schema = schema.or(Some(older));
        }
        request.tools.push(Tool {
            name: function.needed_text("name")?,
            description: function.text("description")?.filter(|text| !text.is_empty()),
            schema,
            strict: None,
            custom: false,
            cache: None,
        });
    }
    let path = entry.path("");
    for name in entry.rest().keys() {
        provider_tools::declared(request, path.trim_end_matches('.'), name)?;
    }
    Ok(())
}

pub(super) fn choice(mut config: Fields) -> Result<Option<ToolChoice>, BadRequest> {
    respell(&mut config, &["functionCallingConfig"]);
    let (calling, path) = (config.object("functionCallingConfig")?, config.path(""));
    if let Some(name) = config.rest().keys().next() {
        return Err(cannot(&format!("{path}{name}")));
    }
    let Some(mut calling) = calling else { return Ok(None) };
    respell(&mut calling, &["allowedFunctionNames"]);
    let names = calling.texts("allowedFunctionNames")?;
    let mode = calling.text("mode")?.unwrap_or_default().to_ascii_uppercase();
    Ok(Some(match (mode.as_str(), names.as_slice()) {
        ("" | "MODE_UNSPECIFIED" | "AUTO", _) | ("VALIDATED", []) => ToolChoice::Auto,
        ("NONE", _) => ToolChoice::Never,
        ("ANY", []) => ToolChoice::Any,
        ("ANY", [name]) => ToolChoice::Named(name.clone()),
        ("ANY", _) => ToolChoice::OneOf { names, must: true },
        ("VALIDATED", _) => ToolChoice::OneOf { names, must: false },
        _ => return Err(calling.wrong("mode", "must be AUTO, ANY, NONE or VALIDATED")),
    }))
}

/// Google's older schemas have their types in capitals, which everybody else refuses, and `nullable` for a union with null.
pub(super) fn lower_types(schema: &mut Value) {
    match schema {
        Value::Array(all) => all.iter_mut().for_each(lower_types),
        Value::Object(fields) => {
            for (key, value) in fields.iter_mut() {
                match (key.as_str(), value) {
                    ("type", Value::String(word)) => *word = word.to_ascii_lowercase(),
                    // Names of properties, not of the schema's own fields.
                    ("properties" | "$defs" | "defs", Value::Object(named)) => named.values_mut().for_each(lower_types),
                    ("enum" | "required" | "default" | "example" | "const", _) => {}
                    (_, value) => lower_types(value),
                }
            }
            if fields.get("nullable").and_then(Value::as_bool) == Some(true)
                && let Some(Value::String(word)) = fields.get("type").cloned()
            {
                fields.insert("type".into(), serde_json::json!([word, "null"]));
            }
            fields.shift_remove("nullable");
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn types_are_lowered_and_properties_called_type_stay() {
        let mut schema = json!({"type": "OBJECT", "properties": {"type": {"type": "STRING", "nullable": true,
            "enum": ["STRING"]}, "all": {"type": "ARRAY", "items": {"type": "INTEGER"}}}});
        lower_types(&mut schema);
        let want = json!({"type": "object", "properties": {"type": {"type": ["string", "null"], "enum": ["STRING"]},
            "all": {"type": "array", "items": {"type": "integer"}}}});
        assert_eq!(schema, want);
    }
}
