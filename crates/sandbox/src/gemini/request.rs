//! Reads a `generateContent` body. The model and whether to stream stand in the path.

use crate::{
    fault::Fault,
    model::Model,
    reply::{MAX_WORDS, Prompt, Tool},
    thought::Returned,
    vocabulary,
};
use serde::Deserialize;
use serde_json::Value;

/// `…/models/{model}:{method}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InPath {
    pub(crate) model: String,
    pub(crate) stream: bool,
}

impl InPath {
    /// Of a path, if it asks for an answer.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let rest = path.strip_prefix("/v1beta/models/").or_else(|| path.strip_prefix("/v1/models/"))?;
        let (model, method) = rest.rsplit_once(':')?;
        let stream = match method {
            "generateContent" => false,
            "streamGenerateContent" => true,
            _ => return None,
        };
        Some(Self { model: model.replace("%2F", "/").replace("%2f", "/"), stream })
    }
}

// Protobuf's JSON takes camel case and snake case.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    contents: Vec<Content>,
    #[serde(default, alias = "system_instruction")]
    system_instruction: Option<Content>,
    #[serde(default)]
    tools: Vec<Tools>,
    #[serde(default, alias = "tool_config")]
    tool_config: Option<ToolConfig>,
    #[serde(default, alias = "generation_config")]
    generation_config: Option<Config>,
}

#[derive(Deserialize)]
struct Content {
    #[serde(default)]
    role: Option<String>,
    #[serde(default)]
    parts: Vec<Part>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    thought: bool,
    #[serde(default, alias = "thought_signature")]
    thought_signature: Option<String>,
    #[serde(default, alias = "function_response")]
    function_response: Option<FunctionResponse>,
}

#[derive(Deserialize)]
struct FunctionResponse {
    response: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tools {
    #[serde(default, alias = "function_declarations")]
    function_declarations: Vec<Declaration>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Declaration {
    name: String,
    #[serde(default, alias = "parameters_json_schema")]
    parameters_json_schema: Option<Value>,
    #[serde(default)]
    parameters: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToolConfig {
    #[serde(default, alias = "function_calling_config")]
    function_calling_config: Option<Calling>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Calling {
    #[serde(default)]
    mode: Option<String>,
    #[serde(default, alias = "allowed_function_names")]
    allowed_function_names: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    #[serde(default, alias = "max_output_tokens")]
    max_output_tokens: Option<u64>,
    #[serde(default, alias = "stop_sequences")]
    stop_sequences: Vec<String>,
    #[serde(default, alias = "candidate_count")]
    candidate_count: Option<u64>,
    #[serde(default, alias = "response_mime_type")]
    response_mime_type: Option<String>,
    #[serde(default, alias = "response_schema")]
    response_schema: Option<Value>,
    #[serde(default, alias = "response_json_schema")]
    response_json_schema: Option<Value>,
}

/// Reads a body.
///
/// # Errors
/// [`Fault::Malformed`] naming the field, or [`Fault::UnknownModel`].
pub(crate) fn parse(in_path: InPath, body: &[u8], seed: u64) -> Result<Prompt, Fault> {
    let InPath { model: model_name, stream } = in_path;
    let model = Model::parse(&model_name).ok_or_else(|| Fault::UnknownModel(model_name.clone()))?;
    let wire: Wire = serde_json::from_slice(body).map_err(|error| Fault::unreadable(&error))?;
    let config = wire.generation_config.as_ref();
    let max_tokens = config.and_then(|config| config.max_output_tokens);
    if max_tokens.is_some_and(|tokens| tokens == 0 || tokens > MAX_WORDS) {
        return Err(Fault::at("generation_config.max_output_tokens", format!("must be from 1 to {MAX_WORDS}")));
    }
    if config.and_then(|config| config.candidate_count).is_some_and(|count| count != 1) {
        return Err(Fault::at("generation_config.candidate_count", "must be 1"));
    }
    let Some(last) = wire.contents.last() else { return Err(Fault::at("contents", "contents are required")) };
    let form = config.and_then(form);
    let mut returned = Vec::new();
    let mut words = wire.system_instruction.as_ref().map_or(0, Content::words);
    for content in &wire.contents {
        if !matches!(content.role.as_deref(), None | Some("user" | "model")) {
            return Err(Fault::at("contents", "Please use a valid role: user, model."));
        }
        words += content.words();
        let signatures = content.parts.iter().filter_map(|part| part.thought_signature.clone());
        returned.extend(signatures.map(|signature| Returned { signature, text: None }));
    }
    let is_user = |content: &&Content| content.role.as_deref() != Some("model");
    let tool_result = Some(last).filter(is_user).and_then(Content::tool_result);
    let users = wire.contents.iter().rev().filter(is_user);
    let user_text = users.map(Content::text).find(|text| !text.is_empty()).unwrap_or_default();
    Ok(Prompt {
        stream,
        include_usage: true,
        max_tokens,
        stop: config.map(|config| config.stop_sequences.clone()).unwrap_or_default(),
        input_tokens: words,
        user_text,
        tool_result,
        tool: if model.calls() { choose_tool(wire.tools, wire.tool_config)? } else { None },
        seed,
        form,
        returned: Some(returned),
        // As Gemini 3 does.
        wants_thoughts: true,
        echo: serde_json::Map::new(),
        model,
        model_name,
    })
}

/// The schema of the answer, which Google takes in two dialects of JSON Schema.
fn form(config: &Config) -> Option<Value> {
    let given = config.response_json_schema.clone().or_else(|| config.response_schema.clone());
    let json = config.response_mime_type.as_deref() == Some("application/json");
    given.or_else(|| json.then(|| serde_json::json!({"type": "object"})))
}

impl Content {
    fn text(&self) -> String {
        let texts = self.parts.iter().filter(|part| !part.thought).filter_map(|part| part.text.as_deref());
        texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
    }

    fn results(&self) -> impl Iterator<Item = String> {
        self.parts.iter().filter_map(|part| part.function_response.as_ref()).map(FunctionResponse::text)
    }

    fn tool_result(&self) -> Option<String> {
        let results: Vec<String> = self.results().collect();
        (!results.is_empty()).then(|| results.join("\n"))
    }

    fn words(&self) -> u64 {
        let results: u64 = self.results().map(|result| vocabulary::count(&result)).sum();
        results + vocabulary::count(&self.text())
    }
}

impl FunctionResponse {
    /// What stands under `output` or `result`, or the whole object.
    fn text(&self) -> String {
        let said = ["output", "result"].iter().find_map(|name| self.response.get(*name)).unwrap_or(&self.response);
        said.as_str().map_or_else(|| said.to_string(), str::to_owned)
    }
}

/// The one function that is allowed, else the first; none in mode `NONE`.
fn choose_tool(tools: Vec<Tools>, config: Option<ToolConfig>) -> Result<Option<Tool>, Fault> {
    let calling = config.and_then(|config| config.function_calling_config);
    if calling.as_ref().is_some_and(|calling| calling.mode.as_deref() == Some("NONE")) {
        return Ok(None);
    }
    let allowed = calling.map(|calling| calling.allowed_function_names).unwrap_or_default();
    let mut declared = tools.into_iter().flat_map(|tools| tools.function_declarations);
    let chosen = declared.find(|tool| allowed.is_empty() || allowed.contains(&tool.name));
    if chosen.is_none() && !allowed.is_empty() {
        return Err(Fault::at("tool_config", "allowed_function_names names no declared function"));
    }
    Ok(chosen.map(|tool| Tool { name: tool.name, schema: tool.parameters_json_schema.or(tool.parameters) }))
}
