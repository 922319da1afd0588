//! Tools and which of them to call.

use crate::{
    form::{
        document::{Fields, wrong},
        loss::cannot,
        provider_tools,
        request::{Request, Tool, ToolChoice},
    },
    request::BadRequest,
};
use serde_json::Value;

/// One entry of `tools`.
pub(super) fn add(request: &mut Request, mut entry: Fields) -> Result<(), BadRequest> {
    let kind = entry.needed_text("type")?;
    let tool = match kind.as_str() {
        "function" => Tool {
            name: entry.needed_text("name")?,
            description: entry.text("description")?,
            schema: entry.take("parameters"),
            strict: entry.switch("strict")?,
            custom: false,
            cache: None,
        },
        "custom" => {
            let name = entry.needed_text("name")?;
            let description = entry.text("description")?;
            let description = with_grammar(description, entry)?;
            Tool { name, description, schema: None, strict: None, custom: true, cache: None }
        }
        _ => return provider_tools::declared(request, &entry.path("type"), &kind),
    };
    request.tools.push(tool);
    Ok(())
}

/// Where only functions are known nobody holds the model to a grammar, so it is told.
fn with_grammar(description: Option<String>, mut entry: Fields) -> Result<Option<String>, BadRequest> {
    let Some(mut format) = entry.object("format")? else { return Ok(description) };
    let Some(grammar) = format.text("definition")? else { return Ok(description) };
    let syntax = format.text("syntax")?.unwrap_or_default();
    let told = format!("The input must obey this {syntax} grammar:\n{grammar}");
    Ok(Some(match description {
        Some(description) => format!("{description}\n\n{told}"),
        None => told,
    }))
}

/// `tool_choice`.
pub(super) fn choice(choice: Value) -> Result<ToolChoice, BadRequest> {
    let word = match choice {
        Value::String(word) => word,
        object => return chosen(Fields::of("tool_choice", object)?),
    };
    match word.as_str() {
        "auto" => Ok(ToolChoice::Auto),
        "none" => Ok(ToolChoice::Never),
        "required" => Ok(ToolChoice::Any),
        _ => Err(wrong("tool_choice", "must be auto, none, required or an object")),
    }
}

fn chosen(mut choice: Fields) -> Result<ToolChoice, BadRequest> {
    match choice.needed_text("type")?.as_str() {
        "function" | "custom" => Ok(ToolChoice::Named(choice.needed_text("name")?)),
        "allowed_tools" => {
            let must = choice.text("mode")?.as_deref() == Some("required");
            let names = choice.objects("tools")?.into_iter().map(|mut tool| tool.needed_text("name"));
            Ok(ToolChoice::OneOf { names: names.collect::<Result<_, _>>()?, must })
        }
        kind => Err(cannot(&format!("tool_choice.type ({kind})"))),
    }
}
