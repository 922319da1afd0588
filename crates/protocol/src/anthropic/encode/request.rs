//! A request. Source: <https://docs.anthropic.com/en/api/messages>.

use super::{
    messages::{self, Marks},
    thinking::{self, Plan},
};
use crate::{
    form::{
        loss::{Losses, cannot},
        request::{Output, Request, Tool, ToolChoice},
        target::Target,
    },
    request::{BadRequest, VERTEX_VERSION},
};
use domain::dialect::Provider;
use serde_json::{Map, Number, Value, json};

/// Where neither caller nor catalogue tells a limit; every current model gives this many.
const MAX_TOKENS: u64 = 8_192;
/// What an answer without a schema is asked for, which Anthropic has no field for.
const JSON_ONLY: &str = "Answer with one JSON object and nothing else: no prose, no code fence.";

pub(in crate::anthropic) fn request(
    request: &Request,
    target: &Target<'_>,
    losses: &mut Losses,
) -> Result<Value, BadRequest> {
    losses.judge_rest(&request.rest)?;
    let max_tokens = request.max_output.or(target.max_output).unwrap_or(MAX_TOKENS);
    let plan = thinking::plan(request, target, max_tokens, losses);
    let mut marks = Marks::of(request);
    let mut body = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            body.insert(name.to_owned(), value);
        }
    };
    match target.provider {
        Provider::Vertex => put("anthropic_version", Some(VERTEX_VERSION.into())),
        _ => put("model", Some(target.model.into())),
    }
    put("max_tokens", Some(max_tokens.into()));
    // Marks are counted in the order in which the prompt is cached.
    let tools: Vec<Value> = request.tools.iter().map(|tool| self::tool(tool, &mut marks)).collect();
    let mut system = messages::system(request, &mut marks)?;
    if request.output == Output::Json {
        losses.note("response_format", "json_object is asked for in the system prompt");
        system.push(json!({"type": "text", "text": JSON_ONLY}));
    }
    put("system", (!system.is_empty()).then_some(Value::Array(system)));
    put("messages", Some(messages::all(request, &mut marks, losses)?));
    if marks.dropped {
        losses.note("cache_control", "more than four; the first were left out");
    }
    if !tools.is_empty() {
        put("tools", Some(Value::Array(tools)));
        put("tool_choice", tool_choice(request, &plan, losses)?);
    }
    if !request.stop.is_empty() {
        put("stop_sequences", Some(json!(request.stop)));
    }
    let (temperature, top_p, top_k) = sampling(request, &plan, losses);
    put("temperature", temperature);
    put("top_p", top_p);
    put("top_k", top_k);
    for name in ["presence_penalty", "frequency_penalty", "seed"] {
        let value = match name {
            "presence_penalty" => &request.presence_penalty,
            "frequency_penalty" => &request.frequency_penalty,
            _ => &request.seed,
        };
        if value.as_ref().is_some_and(|value| name == "seed" || value.as_f64() != Some(0.0)) {
            losses.dropped(name);
        }
    }
    put("thinking", plan.field.clone());
    put("output_config", output_config(&request.output, &plan));
    put("metadata", request.user.as_ref().map(|user| json!({ "user_id": user })));
    if request.stream {
        put("stream", Some(true.into()));
    }
    Ok(Value::Object(body))
}

fn tool(tool: &Tool, marks: &mut Marks) -> Value {
    let mut entry = Map::new();
    entry.insert("name".into(), tool.name.as_str().into());
    if let Some(description) = &tool.description {
        entry.insert("description".into(), description.as_str().into());
    }
    entry.insert("input_schema".into(), input_schema(tool.parameters()));
    if tool.strict == Some(true) {
        entry.insert("strict".into(), true.into());
    }
    marks.put(tool.cache, &mut entry);
    Value::Object(entry)
}

/// Anthropic wants an object; a schema of nothing is one without properties.
fn input_schema(mut schema: Value) -> Value {
    match schema.as_object_mut() {
        Some(object) if object.contains_key("type") => {}
        Some(object) => {
            object.insert("type".into(), "object".into());
        }
        None => return json!({"type": "object", "properties": {}}),
    }
    schema
}

/// A choice of some of the tools cannot be said; with thinking, none can be forced.
fn tool_choice(request: &Request, plan: &Plan, losses: &mut Losses) -> Result<Option<Value>, BadRequest> {
    let thinks = plan.thinks;
    let forced = matches!(
        request.tool_choice,
        Some(ToolChoice::Any | ToolChoice::Named(_) | ToolChoice::OneOf { must: true, .. })
    );
    let mut choice = match &request.tool_choice {
        _ if forced && thinks => {
            losses.note("tool_choice", "a tool cannot be forced while the model thinks; auto");
            json!({"type": "auto"})
        }
        None => json!({"type": "auto"}),
        Some(ToolChoice::Auto) => json!({"type": "auto"}),
        Some(ToolChoice::Never) => return Ok(Some(json!({"type": "none"}))),
        Some(ToolChoice::Any) => json!({"type": "any"}),
        Some(ToolChoice::Named(name)) => json!({"type": "tool", "name": name}),
        Some(ToolChoice::OneOf { names, must }) => match names.as_slice() {
            [name] if *must => json!({"type": "tool", "name": name}),
            all if all.len() == request.tools.len() => json!({"type": if *must { "any" } else { "auto" }}),
            _ => return Err(cannot("tool_choice.allowed_tools")),
        },
    };
    match (request.parallel_tools, choice.as_object_mut()) {
        (Some(false), Some(choice)) => {
            choice.insert("disable_parallel_tool_use".into(), true.into());
        }
        _ if request.tool_choice.is_none() => return Ok(None),
        _ => {}
    }
    Ok(Some(choice))
}

/// Anthropic's temperature ends at 1, its newer models take only one of temperature and `top_p`, and none while they think.
fn sampling(request: &Request, plan: &Plan, losses: &mut Losses) -> (Option<Value>, Option<Value>, Option<Value>) {
    let number = |number: &Option<Number>| number.clone().map(Value::Number);
    let (mut temperature, mut top_p) = (number(&request.temperature), number(&request.top_p));
    let mut top_k = request.top_k.map(Value::from);
    if plan.thinks || plan.fixed_sampling {
        let is_one = |value: &Value| value.as_f64() == Some(1.0);
        for (name, value) in [("temperature", &mut temperature), ("top_p", &mut top_p), ("top_k", &mut top_k)] {
            if value.take().is_some_and(|value| !is_one(&value)) {
                losses.note(name, "left out; this model does not take it here");
            }
        }
        return (None, None, None);
    }
    if temperature.as_ref().and_then(Value::as_f64).is_some_and(|it| it > 1.0) {
        losses.note("temperature", "lowered to 1");
        temperature = Some(1.into());
    }
    if temperature.is_some() && top_p.take().is_some_and(|top_p| top_p.as_f64() != Some(1.0)) {
        losses.note("top_p", "left out beside temperature");
    }
    (temperature, top_p, top_k)
}

fn output_config(output: &Output, plan: &Plan) -> Option<Value> {
    let mut config = Map::new();
    if let Output::Schema { schema, .. } = output {
        config.insert("format".into(), json!({"type": "json_schema", "schema": schema}));
    }
    if let Some(effort) = plan.effort {
        config.insert("effort".into(), effort.into());
    }
    (!config.is_empty()).then_some(Value::Object(config))
}
