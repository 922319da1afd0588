//! A request. Source: <https://ai.google.dev/api/generate-content#request-body>.

use super::{contents, schema, thinking};
use crate::{
    form::{
        loss::{Losses, cannot},
        request::{Output, Request, Tool, ToolChoice},
        target::Target,
    },
    request::BadRequest,
};
use serde_json::{Map, Value, json};

/// <https://ai.google.dev/api/generate-content#generationconfig>
const MAX_STOPS: usize = 5;

pub(in crate::gemini) fn request(
    request: &Request,
    target: &Target<'_>,
    losses: &mut Losses,
) -> Result<Value, BadRequest> {
    losses.judge_rest(&request.rest)?;
    for (name, is_there) in [("user", request.user.is_some()), ("prompt_cache_key", request.cache_key.is_some())] {
        if is_there {
            losses.dropped(name);
        }
    }
    let marked = request.tools.iter().any(|tool| tool.cache.is_some())
        || request.turns.iter().flat_map(|turn| &turn.blocks).any(|block| block.cache.is_some());
    if marked {
        losses.note("cache_control", "left out; this upstream caches by itself");
    }
    let mut body = Map::new();
    if let Some(system) = contents::system(request)? {
        body.insert("systemInstruction".into(), system);
    }
    body.insert("contents".into(), contents::all(request, target, losses)?);
    if !request.tools.is_empty() {
        let declared: Vec<Value> = request.tools.iter().map(|tool| declaration(tool, losses)).collect();
        body.insert("tools".into(), json!([{ "functionDeclarations": declared }]));
        if let Some(choice) = &request.tool_choice {
            body.insert("toolConfig".into(), json!({ "functionCallingConfig": calling(choice) }));
        }
        if request.parallel_tools == Some(false) {
            losses.note("parallel_tool_calls", "left out; this upstream may call several tools at once");
        }
    }
    let config = config(request, target, losses)?;
    if !config.is_empty() {
        body.insert("generationConfig".into(), config.into());
    }
    Ok(Value::Object(body))
}

fn declaration(tool: &Tool, losses: &mut Losses) -> Value {
    let mut entry = Map::new();
    entry.insert("name".into(), tool.name.as_str().into());
    if let Some(description) = &tool.description {
        entry.insert("description".into(), description.as_str().into());
    }
    if tool.custom || tool.schema.is_some() {
        entry.insert("parametersJsonSchema".into(), schema::clean(tool.parameters(), losses));
    }
    Value::Object(entry)
}

/// <https://ai.google.dev/api/caching#FunctionCallingConfig>
fn calling(choice: &ToolChoice) -> Value {
    match choice {
        ToolChoice::Auto => json!({"mode": "AUTO"}),
        ToolChoice::Never => json!({"mode": "NONE"}),
        ToolChoice::Any => json!({"mode": "ANY"}),
        ToolChoice::Named(name) => json!({"mode": "ANY", "allowedFunctionNames": [name]}),
        ToolChoice::OneOf { names, must } => {
            json!({"mode": if *must { "ANY" } else { "VALIDATED" }, "allowedFunctionNames": names})
        }
    }
}

fn config(request: &Request, target: &Target<'_>, losses: &mut Losses) -> Result<Map<String, Value>, BadRequest> {
    let mut config = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            config.insert(name.to_owned(), value);
        }
    };
    put("maxOutputTokens", request.max_output.map(Value::from));
    for (name, value) in [
        ("temperature", &request.temperature),
        ("topP", &request.top_p),
        ("presencePenalty", &request.presence_penalty),
        ("frequencyPenalty", &request.frequency_penalty),
        ("seed", &request.seed),
    ] {
        put(name, value.clone().map(Value::Number));
    }
    put("topK", request.top_k.map(Value::from));
    if request.stop.len() > MAX_STOPS {
        return Err(cannot("stop"));
    }
    put("stopSequences", (!request.stop.is_empty()).then(|| json!(request.stop)));
    match &request.output {
        Output::Text => {}
        Output::Json => put("responseMimeType", Some("application/json".into())),
        Output::Schema { schema, .. } => {
            put("responseMimeType", Some("application/json".into()));
            put("responseJsonSchema", Some(schema::clean(schema.clone(), losses)));
        }
    }
    put("thinkingConfig", thinking::config(request, target, losses));
    Ok(config)
}
