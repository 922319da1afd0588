//! A request: what is asked, with which tools, limits and wishes.

use super::{
    effort::Thinking,
    signature::{Maker, Signature},
};
use domain::dialect::Dialect;
use serde_json::{Map, Number, Value};

/// A request of any dialect.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Request {
    /// Whose words `rest` and opaque parts are.
    pub origin: Dialect,
    /// The conversation, system prompts included, in its order.
    pub turns: Vec<Turn>,
    pub tools: Vec<Tool>,
    /// Those that only the origin's provider runs: where they stand, and their kind.
    pub provider_tools: Vec<String>,
    pub tool_choice: Option<ToolChoice>,
    /// Whether several tools may be called at once; `None`: the model decides.
    pub parallel_tools: Option<bool>,
    /// The most output tokens.
    pub max_output: Option<u64>,
    pub temperature: Option<Number>,
    pub top_p: Option<Number>,
    pub top_k: Option<u64>,
    pub presence_penalty: Option<Number>,
    pub frequency_penalty: Option<Number>,
    pub seed: Option<Number>,
    /// Texts that end the answer.
    pub stop: Vec<String>,
    pub thinking: Option<Thinking>,
    pub output: Output,
    pub stream: bool,
    /// Whether a stream is to tell its usage in a chunk of its own.
    pub include_usage: bool,
    /// The end user, as the caller names them.
    pub user: Option<String>,
    /// Which requests are likely to share a prompt cache.
    pub cache_key: Option<String>,
    /// Fields that the form has no place for, by their name in the origin. Fields that change nothing are left out.
    pub rest: Map<String, Value>,
    /// What the caller's dialect repeats in its answers (Responses).
    pub echo: Map<String, Value>,
}

impl Request {
    /// Of nothing yet.
    pub fn new(origin: Dialect) -> Self {
        Self {
            origin,
            turns: Vec::new(),
            tools: Vec::new(),
            provider_tools: Vec::new(),
            tool_choice: None,
            parallel_tools: None,
            max_output: None,
            temperature: None,
            top_p: None,
            top_k: None,
            presence_penalty: None,
            frequency_penalty: None,
            seed: None,
            stop: Vec::new(),
            thinking: None,
            output: Output::Text,
            stream: false,
            include_usage: false,
            user: None,
            cache_key: None,
            rest: Map::new(),
            echo: Map::new(),
        }
    }

    /// Adds blocks to the last turn if it is of the same role, else as a turn of their own. Nothing is added of nothing.
    pub fn say(&mut self, role: Role, blocks: Vec<Block>) {
        if blocks.is_empty() {
            return;
        }
        match self.turns.last_mut() {
            Some(last) if last.role == role => last.blocks.extend(blocks),
            _ => self.turns.push(Turn { role, blocks }),
        }
    }

    /// The system prompts before the conversation, and the conversation.
    pub fn split_system(&self) -> (Vec<&Block>, &[Turn]) {
        let leading = self.turns.iter().take_while(|turn| turn.role == Role::System).count();
        let (system, rest) = self.turns.split_at(leading);
        (system.iter().flat_map(|turn| &turn.blocks).collect(), rest)
    }

    /// The names of tools that take free text.
    pub fn custom_tools(&self) -> Vec<String> {
        let custom = self.tools.iter().filter(|tool| tool.custom);
        custom.map(|tool| tool.name.clone()).collect()
    }
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The operator: `system` and `developer`.
    System,
    /// The person, and the results of tools.
    User,
    /// The model.
    Assistant,
}

/// What one side says at a time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Turn {
    pub role: Role,
    pub blocks: Vec<Block>,
}

/// A piece of content.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Block {
    pub what: What,
    /// The prompt up to here is to be cached.
    pub cache: Option<CacheMark>,
}

impl Block {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        What::Text(text.into()).into()
    }

    /// With a mark.
    pub fn marked(self, cache: Option<CacheMark>) -> Self {
        Self { cache, ..self }
    }

    /// The call, if it is one.
    pub fn as_tool_use(&self) -> Option<&ToolUse> {
        match &self.what {
            What::ToolUse(call) => Some(call),
            _ => None,
        }
    }
}

impl From<What> for Block {
    fn from(what: What) -> Self {
        Self { what, cache: None }
    }
}

/// The kinds of content.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum What {
    Text(String),
    Media(Media),
    Reasoning(Reasoning),
    ToolUse(ToolUse),
    ToolResult(ToolResult),
    /// The model's words for that it will not.
    Refusal(String),
    /// Something that only its maker understands: server-side tools, files in containers.
    Opaque(Opaque),
}

/// `cache_control`: how long to keep the prompt up to a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CacheMark {
    FiveMinutes,
    OneHour,
}

/// An image, a document, a sound or a film.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Media {
    pub kind: MediaKind,
    pub source: Source,
    /// How closely to look at an image.
    pub detail: Option<String>,
    /// A document's name.
    pub title: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MediaKind {
    Image,
    Document,
    Audio,
    Video,
}

/// Where media are.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Source {
    /// In the request, base64.
    Inline { mime: String, data: String },
    /// Somewhere in the web.
    Url { url: String, mime: Option<String> },
    /// Uploaded to the provider before.
    File { id: String },
    /// A document of plain text.
    Plain(String),
}

/// What a model thought.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Reasoning {
    /// The text, or a summary of it; may be empty where only a signature is told.
    pub text: String,
    /// What its maker wants back.
    pub signature: Option<Signature>,
    /// The item's id (Responses).
    pub id: Option<String>,
}

/// A call of a tool.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ToolUse {
    /// Unique within the conversation.
    pub id: String,
    pub name: String,
    /// JSON as the model wrote it, which may be malformed; free text for a custom tool. Never empty for a function: `{}`.
    pub arguments: String,
    /// What its maker wants back (Gemini).
    pub signature: Option<Signature>,
    /// The tool takes free text.
    pub custom: bool,
}

impl ToolUse {
    /// The arguments as an object; what is none stands under `_malformed`, so that nothing is lost.
    pub fn object(&self) -> Value {
        if self.custom {
            return serde_json::json!({ CUSTOM_INPUT: self.arguments });
        }
        match serde_json::from_str(&self.arguments) {
            Ok(object @ Value::Object(_)) => object,
            _ if self.arguments.trim().is_empty() => Value::Object(Map::new()),
            _ => serde_json::json!({ "_malformed": self.arguments }),
        }
    }

    /// The arguments as text for a dialect that knows only functions.
    pub fn function_arguments(&self) -> String {
        match () {
            () if self.custom => self.object().to_string(),
            () if self.arguments.trim().is_empty() => "{}".to_owned(),
            () => self.arguments.clone(),
        }
    }
}

/// The parameter that carries a custom tool's free text where only functions are known.
pub(crate) const CUSTOM_INPUT: &str = "input";

/// What a tool answered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ToolResult {
    /// Of the call.
    pub id: String,
    /// Of the tool, where the dialect tells it.
    pub name: Option<String>,
    /// Texts and media.
    pub content: Vec<Block>,
    pub is_error: bool,
}

/// A block of its maker's alone.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Opaque {
    pub maker: Maker,
    /// The kind, for messages.
    pub kind: String,
    pub value: Value,
}

/// A tool the model may call.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tool {
    pub name: String,
    pub description: Option<String>,
    /// A JSON schema; `None` for a tool without parameters.
    pub schema: Option<Value>,
    /// Whether arguments must obey the schema exactly.
    pub strict: Option<bool>,
    /// It takes free text; then `schema` is none.
    pub custom: bool,
    pub cache: Option<CacheMark>,
}

impl Tool {
    /// Its schema, for a dialect that must have one.
    pub fn parameters(&self) -> Value {
        if self.custom {
            let text = serde_json::json!({"type": "string", "description": "The tool's input, as plain text."});
            return serde_json::json!({"type": "object", "properties": {CUSTOM_INPUT: text}, "required": [CUSTOM_INPUT]});
        }
        self.schema.clone().unwrap_or_else(|| serde_json::json!({"type": "object", "properties": {}}))
    }
}

/// Which tools are to be called.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ToolChoice {
    /// The model decides.
    Auto,
    /// None.
    Never,
    /// Some tool must be called.
    Any,
    /// One of these must be called, or may (`must` false).
    OneOf { names: Vec<String>, must: bool },
    /// This one.
    Named(String),
}

/// The form the answer must have.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Output {
    Text,
    /// Any JSON object.
    Json,
    /// JSON by a schema.
    Schema {
        name: Option<String>,
        description: Option<String>,
        schema: Value,
        strict: Option<bool>,
    },
}
