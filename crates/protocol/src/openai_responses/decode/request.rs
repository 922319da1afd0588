//! A request. Source: <https://platform.openai.com/docs/api-reference/responses/create>.

use super::{items, tools};
use crate::{
    form::{
        document::Fields,
        effort::{Amount, Effort, Thinking},
        request::{Block, Output, Request, Role},
    },
    request::BadRequest,
};
use domain::dialect::Dialect;
use serde_json::{Map, Value};

/// What an answer repeats of its request.
const ECHOED: [&str; 16] = [
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "parallel_tool_calls",
    "prompt_cache_key",
    "reasoning",
    "safety_identifier",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
];

pub(in crate::openai_responses) fn request(body: Value) -> Result<Request, BadRequest> {
    let mut request = Request::new(Dialect::OpenaiResponses);
    request.echo = echo(&body);
    let mut body = Fields::of("", body)?;
    if let Some(instructions) = body.text("instructions")? {
        request.say(Role::System, vec![Block::text(instructions)]);
    }
    match body.take("input") {
        Some(Value::String(text)) => request.say(Role::User, vec![Block::text(text)]),
        Some(list @ Value::Array(_)) => {
            body.put("input", list);
            for item in body.some_objects("input")? {
                items::add(&mut request, item)?;
            }
        }
        _ => return Err(body.wrong("input", "must be a string or an array")),
    }
    for tool in body.objects("tools")? {
        tools::add(&mut request, tool)?;
    }
    let choice = body.take("tool_choice");
    request.tool_choice = choice.map(tools::choice).transpose()?;
    request.parallel_tools = body.switch("parallel_tool_calls")?;
    request.stream = body.switch("stream")?.unwrap_or(false);
    request.include_usage = true;
    request.max_output = body.positive("max_output_tokens")?;
    request.temperature = body.number("temperature")?;
    request.top_p = body.number("top_p")?;
    request.thinking = thinking(&mut body)?;
    request.output = output(&mut body)?;
    request.user = body.text("user")?;
    request.cache_key = body.text("prompt_cache_key")?;
    for name in ["model", "stream_options", "max_tool_calls"] {
        body.take(name);
    }
    drop_defaults(&mut body);
    request.rest = body.rest();
    Ok(request)
}

fn echo(body: &Value) -> Map<String, Value> {
    let fields = ECHOED.into_iter().filter_map(|name| Some((name.to_owned(), body.get(name)?.clone())));
    fields.collect()
}

/// Fields that ask for what happens anyway. Thoughts' signatures are always told.
fn drop_defaults(body: &mut Fields) {
    match body.take("include") {
        Some(Value::Array(mut all)) => {
            all.retain(|it| it != "reasoning.encrypted_content");
            if !all.is_empty() {
                body.put("include", Value::Array(all));
            }
        }
        Some(other) => body.put("include", other),
        None => {}
    }
    body.drop_defaults([("top_logprobs", Value::from(0)), ("background", Value::Bool(false))]);
}

fn thinking(body: &mut Fields) -> Result<Option<Thinking>, BadRequest> {
    let Some(mut reasoning) = body.object("reasoning")? else { return Ok(None) };
    let told = reasoning.take_any(&["summary", "generate_summary"]).map(|_| true);
    let amount = match reasoning.text("effort")?.as_deref() {
        None => return Ok(told.map(|_| Thinking { amount: Amount::Adaptive, told })),
        Some("none") => Amount::Off,
        Some(word) => {
            Amount::Effort(Effort::of(word).ok_or_else(|| reasoning.wrong("effort", "is no effort this relay knows"))?)
        }
    };
    Ok(Some(Thinking { amount, told }))
}

/// `text.format`; how many words to make of it is no more than a wish.
fn output(body: &mut Fields) -> Result<Output, BadRequest> {
    let Some(mut text) = body.object("text")? else { return Ok(Output::Text) };
    let Some(mut format) = text.object("format")? else { return Ok(Output::Text) };
    match format.needed_text("type")?.as_str() {
        "text" => Ok(Output::Text),
        "json_object" => Ok(Output::Json),
        "json_schema" => Ok(Output::Schema {
            name: format.text("name")?,
            description: format.text("description")?,
            schema: format.take("schema").ok_or_else(|| format.wrong("schema", "is missing"))?,
            strict: format.switch("strict")?,
        }),
        _ => Err(format.wrong("type", "must be text, json_object or json_schema")),
    }
}
