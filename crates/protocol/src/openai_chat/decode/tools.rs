//! Tools and which of them to call.

use super::content::mark;
use crate::{
    form::{
        document::{Fields, wrong},
        request::{Tool, ToolChoice},
    },
    request::BadRequest,
};
use serde_json::Value;

/// One entry of `tools`.
pub(super) fn tool(mut entry: Fields) -> Result<Tool, BadRequest> {
    let cache = mark(&mut entry)?;
    // Mistral's callers leave it out.
    let kind = entry.text("type")?.unwrap_or_else(|| "function".to_owned());
    if kind != "function" && kind != "custom" {
        // A tool that the provider runs itself.
        return Err(crate::form::loss::cannot(&entry.path("type")));
    }
    let missing = entry.wrong(&kind, "is missing");
    let inner = entry.object(&kind)?.ok_or(missing)?;
    let tool = if kind == "custom" { custom(inner)? } else { function(inner)? };
    Ok(Tool { cache: cache.or(tool.cache), ..tool })
}

/// A function.
pub(super) fn function(mut function: Fields) -> Result<Tool, BadRequest> {
    Ok(Tool {
        name: function.needed_text("name")?,
        description: function.text("description")?,
        schema: function.take("parameters"),
        strict: function.switch("strict")?,
        custom: false,
        cache: mark(&mut function)?,
    })
}

fn custom(mut tool: Fields) -> Result<Tool, BadRequest> {
    let (name, description) = (tool.needed_text("name")?, tool.text("description")?);
    Ok(Tool { name, description, schema: None, strict: None, custom: true, cache: None })
}

/// `tool_choice`, or the older `function_call`.
pub(super) fn choice(body: &Fields, choice: Value) -> Result<ToolChoice, BadRequest> {
    let path = body.path("tool_choice");
    let word = match choice {
        Value::String(word) => word,
        object => return chosen(&path, object),
    };
    match word.as_str() {
        "auto" => Ok(ToolChoice::Auto),
        "none" => Ok(ToolChoice::Never),
        "required" | "any" => Ok(ToolChoice::Any),
        _ => Err(wrong(&path, "must be auto, none, required or an object")),
    }
}

fn chosen(path: &str, object: Value) -> Result<ToolChoice, BadRequest> {
    let mut choice = Fields::of(path, object)?;
    if let Some(mut allowed) = choice.object("allowed_tools")? {
        let must = allowed.text("mode")?.as_deref() == Some("required");
        let names = allowed.objects("tools")?.into_iter().map(name_in).collect::<Result<_, _>>()?;
        return Ok(ToolChoice::OneOf { names, must });
    }
    Ok(ToolChoice::Named(name_in(choice)?))
}

/// The name in `{"type": "function", "function": {"name": …}}`, or in the older `{"name": …}`.
fn name_in(mut entry: Fields) -> Result<String, BadRequest> {
    for kind in ["function", "custom"] {
        if let Some(mut inner) = entry.object(kind)? {
            return inner.needed_text("name");
        }
    }
    entry.needed_text("name")
}
