//! The recordings under `tests/fixtures`: real provider traffic, one file each, with its source.

use domain::dialect::Dialect;
use protocol::request::InPath;
use serde_json::Value;
use std::{fs, path::Path};

/// The families whose answers are Chat Completions.
pub const CHAT_FAMILIES: [&str; 9] =
    ["openai-chat", "deepseek", "groq", "mistral", "qwen", "llamacpp", "openrouter", "azure", "openai-compat"];

/// The families whose answers are all Responses. Some of the other families' are too, as their documents show.
pub const RESPONSES_FAMILIES: [&str; 4] = ["openai-responses", "deepseek-responses", "xai", "vllm"];

/// One recorded answer.
pub struct Recording {
    /// `family/file#n`.
    pub name: String,
    pub dialect: Dialect,
    pub is_stream: bool,
    pub request: Option<Value>,
    pub in_path: Option<InPath>,
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// All answers of a family.
pub fn family(family: &str) -> Vec<Recording> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(family);
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut all = Vec::new();
    for file in files {
        let document: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        assert!(document["source"]["licence"].is_string(), "{file:?} keeps its source");
        for (n, interaction) in document["interactions"].as_array().unwrap().iter().enumerate() {
            let response = &interaction["response"];
            let headers = response["headers"].as_object().unwrap();
            let body = response["body"].as_str().unwrap().to_owned();
            let is_response = RESPONSES_FAMILIES.contains(&family)
                || ["\"object\": \"response\"", "\"object\":\"response\""].iter().any(|it| body.contains(it));
            let dialect = match family {
                "anthropic" => Dialect::Anthropic,
                "gemini" | "vertex" => Dialect::Gemini,
                "openai-completions" => Dialect::OpenaiCompletions,
                "embeddings" => Dialect::OpenaiEmbeddings,
                _ if is_response => Dialect::OpenaiResponses,
                _ => Dialect::OpenaiChat,
            };
            for body in answers(&body) {
                all.push(Recording {
                    name: format!("{family}/{}#{n}", file.file_name().unwrap().to_string_lossy()),
                    dialect,
                    is_stream: document["mode"] == "stream",
                    request: interaction["request"].get("body").cloned(),
                    in_path: interaction["request"]["path"].as_str().and_then(in_path),
                    status: status(response),
                    headers: headers
                        .iter()
                        .map(|(k, v)| (k.clone(), v.as_str().unwrap_or_default().to_owned()))
                        .collect(),
                    body: body.to_owned(),
                });
            }
        }
    }
    assert!(!all.is_empty(), "no recordings of {family}");
    all
}

/// One recorder wrote 200 for an error that says what it is.
fn status(response: &Value) -> u16 {
    let body: Value = serde_json::from_str(response["body"].as_str().unwrap()).unwrap_or_default();
    let told = body["error"]["code"].as_u64().filter(|code| (400..600).contains(code));
    u16::try_from(told.or(response["status"].as_u64()).unwrap()).unwrap()
}

/// `…/models/{model}:{method}`.
fn in_path(path: &str) -> Option<InPath> {
    let (model, method) = path.rsplit_once("/models/")?.1.split_once(':')?;
    Some(InPath { model: model.to_owned(), stream: method == "streamGenerateContent" })
}

/// Two recorders have put the streams of an agent's turns into one file: each is an answer.
fn answers(body: &str) -> Vec<&str> {
    let starts = body.match_indices("event: response.created").map(|(at, _)| at).collect::<Vec<_>>();
    if starts.len() < 2 {
        return vec![body];
    }
    let ends = starts.iter().skip(1).copied().chain([body.len()]);
    starts.iter().zip(ends).map(|(start, end)| &body[*start..end]).collect()
}

/// Every recorded answer of all dialects.
pub fn all() -> Vec<Recording> {
    let families = CHAT_FAMILIES.iter().chain(&RESPONSES_FAMILIES).chain(&[
        "anthropic",
        "gemini",
        "vertex",
        "openai-completions",
        "embeddings",
    ]);
    families.flat_map(|name| family(name)).collect()
}
