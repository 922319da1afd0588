//! The conversation. Calls may come without an id, and answers to them too: then they belong together by name and order.

use super::respell;
use crate::{
    form::{
        document::{Fields, wrong},
        loss::cannot,
        request::{Block, Media, MediaKind, Reasoning, Request, Role, Source, ToolResult, ToolUse, What},
    },
    gemini::sealed,
    request::BadRequest,
};
use serde_json::Value;

/// Fields of a part that add to its content without being one.
const BESIDE: [&str; 3] = ["videoMetadata", "partMetadata", "mediaResolution"];

/// `systemInstruction`: a content without a role, or a text.
pub(super) fn system(request: &mut Request, body: &mut Fields) -> Result<(), BadRequest> {
    let path = body.path("systemInstruction");
    let blocks = match body.take("systemInstruction") {
        None => return Ok(()),
        Some(Value::String(text)) => vec![Block::text(text)],
        Some(value) => parts(&mut Fields::of(path, value)?, &mut Calls::default())?,
    };
    request.say(Role::System, blocks);
    Ok(())
}

/// `contents`: turns as a rule; one turn, or a text, with some callers.
pub(super) fn all(request: &mut Request, body: &mut Fields) -> Result<(), BadRequest> {
    let contents = match body.take("contents") {
        Some(Value::Array(all)) => all,
        Some(one) => vec![one],
        None => Vec::new(),
    };
    if contents.is_empty() {
        return Err(wrong("contents", "must not be empty"));
    }
    let mut calls = Calls::default();
    for (index, content) in contents.into_iter().enumerate() {
        if let Value::String(text) = content {
            request.say(Role::User, vec![Block::text(text)]);
            continue;
        }
        let mut content = Fields::of(format!("contents[{index}]"), content)?;
        let role = match content.text("role")?.as_deref() {
            None | Some("" | "user" | "function" | "tool") => Role::User,
            Some("model") => Role::Assistant,
            Some("system") => Role::System,
            Some(_) => return Err(content.wrong("role", "must be user or model")),
        };
        let blocks = parts(&mut content, &mut calls)?;
        request.say(role, blocks);
    }
    Ok(())
}

/// Calls so far, to find what an answer without an id belongs to.
#[derive(Debug, Default)]
struct Calls {
    made: u32,
    /// Name and id of those without an answer yet.
    open: Vec<(String, String)>,
}

impl Calls {
    fn call(&mut self, name: &str, id: Option<String>) -> String {
        self.made += 1;
        let id = id.unwrap_or_else(|| format!("call_{}", self.made));
        self.open.push((name.to_owned(), id.clone()));
        id
    }

    fn answered(&mut self, name: &str, id: Option<String>) -> String {
        let at = self.open.iter().position(|(called, made)| match &id {
            Some(id) => made == id,
            None => called == name,
        });
        let open = at.map(|at| self.open.remove(at).1);
        id.or(open).unwrap_or_else(|| format!("call_of_{name}"))
    }
}

fn parts(content: &mut Fields, calls: &mut Calls) -> Result<Vec<Block>, BadRequest> {
    let mut blocks = Vec::new();
    for part in content.objects("parts")? {
        self::part(part, calls, &mut blocks)?;
    }
    Ok(blocks)
}

/// Adds what a part says, after the thoughts that ride in it.
fn part(mut part: Fields, calls: &mut Calls, blocks: &mut Vec<Block>) -> Result<(), BadRequest> {
    respell(
        &mut part,
        &[
            "inlineData",
            "fileData",
            "functionCall",
            "functionResponse",
            "thoughtSignature",
            "executableCode",
            "codeExecutionResult",
        ],
    );
    let field = part.text("thoughtSignature")?.unwrap_or_default();
    let signature = match sealed::riders(&field) {
        Some(riders) => {
            // A caller that keeps thoughts sends the words of these twice.
            while blocks.pop_if(|block| matches!(&block.what, What::Reasoning(it) if it.signature.is_none())).is_some()
            {
            }
            blocks.extend(riders.into_iter().map(|thought| What::Reasoning(thought).into()));
            None
        }
        None => sealed::read(&field),
    };
    let is_thought = part.switch("thought")?.unwrap_or(false);
    if let Some(mut call) = part.object("functionCall")? {
        let (name, id) = (call.needed_text("name")?, call.text("id")?);
        let arguments = call.take("args").map_or_else(|| "{}".to_owned(), |args| args.to_string());
        let id = calls.call(&name, id);
        blocks.push(What::ToolUse(ToolUse { id, name, arguments, signature, custom: false }).into());
        return Ok(());
    }
    if let Some(response) = part.object("functionResponse")? {
        blocks.push(What::ToolResult(result(response, calls)?).into());
        return Ok(());
    }
    for name in ["inlineData", "fileData"] {
        if let Some(data) = part.object(name)? {
            blocks.push(What::Media(media(data, name == "inlineData")?).into());
            return Ok(());
        }
    }
    let text = part.text("text")?;
    if is_thought {
        let text = text.unwrap_or_default();
        blocks.push(What::Reasoning(Reasoning { text, signature, id: None }).into());
        return Ok(());
    }
    if signature.is_some() {
        blocks.push(What::Reasoning(Reasoning { signature, ..Reasoning::default() }).into());
    }
    blocks.extend(text.map(Block::text));
    // An empty text may stand beside what only Google understands.
    let path = part.path("");
    if let Some(kind) = part.rest().keys().find(|name| !BESIDE.contains(&name.as_str())) {
        return Err(cannot(&format!("{path}{kind}")));
    }
    Ok(())
}

/// Which kind of media a type is.
fn kind_of(mime: &str) -> MediaKind {
    match mime.split('/').next() {
        Some("image") => MediaKind::Image,
        Some("audio") => MediaKind::Audio,
        Some("video") => MediaKind::Video,
        _ => MediaKind::Document,
    }
}

fn media(mut data: Fields, inline: bool) -> Result<Media, BadRequest> {
    respell(&mut data, &["mimeType", "fileUri", "displayName"]);
    let mime = data.text("mimeType")?;
    let kind = kind_of(mime.as_deref().unwrap_or_default());
    let source = if inline {
        Source::Inline { mime: mime.unwrap_or_default(), data: data.needed_text("data")? }
    } else {
        let uri = data.needed_text("fileUri")?;
        // Files kept by Google, and its own films, are known to nobody else.
        let of_googles = uri.starts_with("https://generativelanguage.googleapis.com/") || !uri.starts_with("http");
        if of_googles { Source::File { id: uri } } else { Source::Url { url: uri, mime } }
    };
    Ok(Media { kind, source, detail: None, title: data.text("displayName")? })
}

/// Google asks for the answer under `output` and for a failure under `error`, but takes any object.
fn result(mut response: Fields, calls: &mut Calls) -> Result<ToolResult, BadRequest> {
    let name = response.needed_text("name")?;
    let id = response.text("id")?;
    let id = calls.answered(&name, id);
    let mut said = response.take("response").unwrap_or(Value::Null);
    let mut is_error = false;
    if let Some(object) = said.as_object_mut()
        && object.len() == 1
    {
        is_error = object.contains_key("error");
        if let Some(only) = ["output", "result", "error"].iter().find_map(|name| object.shift_remove(*name)) {
            said = only;
        }
    }
    let text = match said {
        Value::String(text) => text,
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let mut content = vec![Block::text(text)];
    for mut part in response.objects("parts")? {
        respell(&mut part, &["inlineData", "fileData"]);
        for name in ["inlineData", "fileData"] {
            if let Some(data) = part.object(name)? {
                content.push(What::Media(media(data, name == "inlineData")?).into());
            }
        }
    }
    Ok(ToolResult { id, name: Some(name), content, is_error })
}
