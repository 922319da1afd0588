//! Content blocks of a request.

use crate::{
    form::{
        document::Fields,
        request::{Block, CacheMark, Media, MediaKind, Opaque, Reasoning, Source, ToolResult, ToolUse, What},
        signature::{Maker, Signature},
    },
    request::BadRequest,
};
use serde_json::Value;

/// `cache_control`.
pub(super) fn mark(fields: &mut Fields) -> Result<Option<CacheMark>, BadRequest> {
    let Some(mut control) = fields.object("cache_control")? else { return Ok(None) };
    let hour = control.text("ttl")?.as_deref() == Some("1h");
    Ok(Some(if hour { CacheMark::OneHour } else { CacheMark::FiveMinutes }))
}

/// A text, or blocks.
pub(super) fn blocks(owner: &mut Fields, name: &str) -> Result<Vec<Block>, BadRequest> {
    match owner.take(name) {
        None => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(vec![Block::text(text)]),
        Some(Value::Array(all)) => {
            let path = owner.path(name);
            let all = all.into_iter().enumerate();
            all.map(|(index, value)| block(Fields::of(format!("{path}[{index}]"), value)?)).collect()
        }
        Some(_) => Err(owner.wrong(name, "must be a string or an array")),
    }
}

fn block(mut block: Fields) -> Result<Block, BadRequest> {
    let cache = mark(&mut block)?;
    let kind = block.needed_text("type")?;
    let what = match kind.as_str() {
        "text" => What::Text(block.needed_text("text")?),
        "image" => media(MediaKind::Image, &mut block)?,
        "document" => media(MediaKind::Document, &mut block)?,
        "thinking" => {
            let text = block.text("thinking")?.unwrap_or_default();
            let field = block.text("signature")?.unwrap_or_default();
            let signature = Signature::from_field_of(Maker::Anthropic, &field);
            What::Reasoning(Reasoning { text, signature, id: None })
        }
        "redacted_thinking" => {
            let signature =
                Signature { redacted: true, ..Signature::new(Maker::Anthropic, block.needed_text("data")?) };
            What::Reasoning(Reasoning { signature: Some(signature), ..Reasoning::default() })
        }
        "tool_use" => What::ToolUse(tool_use(&mut block)?),
        "tool_result" => What::ToolResult(ToolResult {
            id: block.needed_text("tool_use_id")?,
            name: None,
            is_error: block.switch("is_error")?.unwrap_or(false),
            content: blocks(&mut block, "content")?,
        }),
        _ => {
            block.put("type", kind.as_str().into());
            What::Opaque(Opaque { maker: Maker::Anthropic, kind, value: block.into_value() })
        }
    };
    Ok(Block { what, cache })
}

fn tool_use(block: &mut Fields) -> Result<ToolUse, BadRequest> {
    let id = block.needed_text("id")?;
    let (_, signature) = Signature::from_id(&id);
    let name = block.needed_text("name")?;
    let arguments = block.take("input").map_or_else(|| "{}".to_owned(), |input| input.to_string());
    Ok(ToolUse { id, name, arguments, signature, custom: false })
}

fn media(kind: MediaKind, block: &mut Fields) -> Result<What, BadRequest> {
    let missing = block.wrong("source", "is missing");
    let mut source = block.object("source")?.ok_or(missing)?;
    let title = block.text("title")?;
    let source = match source.needed_text("type")?.as_str() {
        "base64" => Source::Inline { mime: source.needed_text("media_type")?, data: source.needed_text("data")? },
        "url" => Source::Url { url: source.needed_text("url")?, mime: None },
        "file" => Source::File { id: source.needed_text("file_id")? },
        "text" => Source::Plain(source.needed_text("data")?),
        "content" => {
            let texts = blocks(&mut source, "content")?.into_iter().filter_map(|inner| match inner.what {
                What::Text(text) => Some(text),
                _ => None,
            });
            Source::Plain(texts.collect::<Vec<_>>().join("\n\n"))
        }
        _ => return Err(source.wrong("type", "must be base64, url, file, text or content")),
    };
    Ok(What::Media(Media { kind, source, detail: None, title }))
}
