//! A request. Source: <https://docs.anthropic.com/en/api/messages>.

use super::content;
use crate::{
    form::{
        document::{Fields, wrong},
        effort::{Amount, Effort, Thinking},
        loss::cannot,
        provider_tools,
        request::{Output, Request, Role, Tool, ToolChoice},
    },
    request::BadRequest,
};
use domain::dialect::Dialect;
use serde_json::Value;

pub(in crate::anthropic) fn request(body: Value) -> Result<Request, BadRequest> {
    let mut body = Fields::of("", body)?;
    let mut request = Request::new(Dialect::Anthropic);
    let system = content::blocks(&mut body, "system")?;
    request.say(Role::System, system);
    for mut message in body.some_objects("messages")? {
        let role = match message.needed_text("role")?.as_str() {
            "user" => Role::User,
            "assistant" => Role::Assistant,
            "system" => Role::System,
            _ => return Err(message.wrong("role", "must be user or assistant")),
        };
        let blocks = content::blocks(&mut message, "content")?;
        request.say(role, blocks);
    }
    for tool in body.objects("tools")? {
        add_tool(&mut request, tool)?;
    }
    if let Some(mut choice) = body.object("tool_choice")? {
        request.parallel_tools = choice.switch("disable_parallel_tool_use")?.map(|disabled| !disabled);
        request.tool_choice = Some(tool_choice(choice)?);
    }
    request.stream = body.switch("stream")?.unwrap_or(false);
    request.max_output = body.positive("max_tokens")?;
    request.temperature = body.number("temperature")?;
    request.top_p = body.number("top_p")?;
    request.top_k = body.whole("top_k")?;
    request.stop = body.texts("stop_sequences")?;
    (request.thinking, request.output) = wishes(&mut body)?;
    if let Some(mut metadata) = body.object("metadata")? {
        request.user = metadata.text("user_id")?;
    }
    body.take("model");
    if body.take("mcp_servers").is_some_and(|servers| servers.as_array().is_none_or(|all| !all.is_empty())) {
        return Err(cannot("mcp_servers"));
    }
    request.rest = body.rest();
    Ok(request)
}

fn add_tool(request: &mut Request, mut entry: Fields) -> Result<(), BadRequest> {
    if let Some(kind) = entry.text("type")?.filter(|kind| kind != "custom") {
        return provider_tools::declared(request, &entry.path("type"), &kind);
    }
    request.tools.push(Tool {
        name: entry.needed_text("name")?,
        description: entry.text("description")?,
        schema: entry.take("input_schema"),
        strict: entry.switch("strict")?,
        custom: false,
        cache: content::mark(&mut entry)?,
    });
    Ok(())
}

fn tool_choice(mut choice: Fields) -> Result<ToolChoice, BadRequest> {
    match choice.needed_text("type")?.as_str() {
        "auto" => Ok(ToolChoice::Auto),
        "any" => Ok(ToolChoice::Any),
        "none" => Ok(ToolChoice::Never),
        "tool" => Ok(ToolChoice::Named(choice.needed_text("name")?)),
        _ => Err(choice.wrong("type", "must be auto, any, tool or none")),
    }
}

/// What is wished of thinking and of the answer's form: `thinking`, `output_config`, and `output_format` before it.
fn wishes(body: &mut Fields) -> Result<(Option<Thinking>, Output), BadRequest> {
    let mut config = body.object("output_config")?;
    let effort = config.as_mut().map(|config| config.text("effort")).transpose()?.flatten();
    let effort = match effort {
        Some(word) => {
            Some(Effort::of(&word).ok_or_else(|| wrong("output_config.effort", "is no effort this relay knows"))?)
        }
        None => None,
    };
    let thinking = body.object("thinking")?.map(thinking).transpose()?;
    let thinking = match (thinking, effort) {
        // The word says more than that it is adaptive.
        (Some(Thinking { amount: Amount::Adaptive, told }), Some(effort)) => {
            Some(Thinking { amount: Amount::Effort(effort), told })
        }
        (thinking, _) => thinking,
    };
    let inner = config.as_mut().map(|config| config.object("format")).transpose()?.flatten();
    let format = match inner {
        Some(format) => Some(format),
        None => body.object("output_format")?,
    };
    Ok((thinking, format.map(output).transpose()?.unwrap_or(Output::Text)))
}

fn thinking(mut thinking: Fields) -> Result<Thinking, BadRequest> {
    let amount = match thinking.needed_text("type")?.as_str() {
        "disabled" => Amount::Off,
        "adaptive" => Amount::Adaptive,
        "enabled" => match thinking.whole("budget_tokens")? {
            Some(budget) => Amount::Budget(budget),
            None => return Err(thinking.wrong("budget_tokens", "is missing")),
        },
        _ => return Err(thinking.wrong("type", "must be enabled, adaptive or disabled")),
    };
    let told = thinking.text("display")?.map(|display| display != "omitted");
    Ok(Thinking { amount, told })
}

fn output(mut format: Fields) -> Result<Output, BadRequest> {
    match format.needed_text("type")?.as_str() {
        "json_schema" => {
            let schema: Value = format.take("schema").ok_or_else(|| format.wrong("schema", "is missing"))?;
            // Anthropic's are always strict.
            Ok(Output::Schema { name: None, description: None, schema, strict: Some(true) })
        }
        _ => Err(format.wrong("type", "must be json_schema")),
    }
}
