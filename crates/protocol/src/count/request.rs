//! Counts a request's input, for answers that came without usage.
//!
//! What a model reads is the text of the messages, the system prompt and the tools; how a provider frames it is not known
//! exactly, so OpenAI's published framing stands for all. Media have no text: each counts [`MEDIA_TOKENS`].

use super::{Counter, Family};
use crate::{
    openai_media::TOKENS_OF_SOUND,
    request::{MAX_DEPTH, form::Form},
};
use domain::dialect::Dialect;
use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt};

/// Tokens around each message, and before the answer.
/// <https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken>
const FRAME_TOKENS: u64 = 3;
/// An image of middling size: 765 at OpenAI for 1024×1024, 1 400 at Anthropic.
const MEDIA_TOKENS: u64 = 1_000;
/// Fields that no model reads as text.
const SILENT: [&str; 26] = [
    "model",
    "taskType",
    "task_type",
    "type",
    "role",
    "id",
    "tool_call_id",
    "tool_use_id",
    "signature",
    "data",
    "url",
    "file_id",
    "file_data",
    "media_type",
    "format",
    "detail",
    "cache_control",
    "encrypted_content",
    "is_error",
    "index",
    "thoughtSignature",
    "thought_signature",
    "mimeType",
    "mime_type",
    "fileUri",
    "file_uri",
];
/// Fields that hold media.
const MEDIA: [&str; 11] = [
    "image_url",
    "source",
    "input_audio",
    "file",
    "file_url",
    "video_url",
    "video",
    "inlineData",
    "inline_data",
    "fileData",
    "file_data",
];

/// Input tokens of a request's body.
pub fn request_tokens(dialect: Dialect, body: &[u8], family: Family) -> u64 {
    if dialect == Dialect::OpenaiSpeech {
        return characters(body);
    }
    if dialect.hears() {
        return sound(body);
    }
    let Ok(body) = std::str::from_utf8(body) else { return 0 };
    let mut json = serde_json::Deserializer::from_str(body);
    json.disable_recursion_limit();
    let words_only = family == Family::Words;
    let mut seen = Seen { counter: Counter::new(family), messages: 0, media: 0 };
    // A body that breaks off counts as far as it goes.
    let _ = Texts { seen: &mut seen, place: Place::Top, left: MAX_DEPTH }.deserialize(&mut json);
    let text = seen.counter.count();
    if words_only {
        return text;
    }
    let frames = seen.messages.saturating_add(1).saturating_mul(FRAME_TOKENS);
    text.saturating_add(frames).saturating_add(seen.media.saturating_mul(MEDIA_TOKENS))
}

/// Sound that nobody measured, at the 16 000 bytes a second of common MP3.
fn sound(body: &[u8]) -> u64 {
    let (_, bytes) = Form::read(body).map(|form| form.files()).unwrap_or_default();
    (bytes * TOKENS_OF_SOUND).div_ceil(16_000)
}

/// Speech is counted by the characters that are said: <https://platform.openai.com/docs/pricing>.
fn characters(body: &[u8]) -> u64 {
    #[derive(serde::Deserialize)]
    struct Said<'a> {
        #[serde(borrow)]
        input: Cow<'a, str>,
    }
    serde_json::from_slice::<Said<'_>>(body).map_or(0, |said| said.input.chars().count() as u64)
}

struct Seen {
    counter: Counter,
    messages: u64,
    media: u64,
}

impl Seen {
    /// Texts are counted apart: the line feed keeps the last word of one from joining the first of the next.
    fn text(&mut self, text: &str) {
        self.counter.push(text);
        self.counter.push("\n");
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Top,
    Messages,
    Text,
    Silent,
}

struct Texts<'s> {
    seen: &'s mut Seen,
    place: Place,
    left: u16,
}

impl<'a> DeserializeSeed<'a> for Texts<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Texts<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        if matches!(self.place, Place::Text | Place::Messages) {
            self.seen.text(text);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut seq: A) -> Result<(), A::Error> {
        let left = self.left.checked_sub(1).ok_or_else(|| A::Error::custom("too deep"))?;
        let place = if self.place == Place::Messages { Place::Text } else { self.place };
        while seq.next_element_seed(Texts { seen: &mut *self.seen, place, left })?.is_some() {
            self.seen.messages += u64::from(self.place == Place::Messages);
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        let left = self.left.checked_sub(1).ok_or_else(|| A::Error::custom("too deep"))?;
        while let Some(key) = map.next_key::<Cow<'a, str>>()? {
            let place = match (self.place, &*key) {
                (Place::Top, "messages" | "input" | "contents" | "content" | "requests" | "documents") => {
                    Place::Messages
                }
                (Place::Top, "prompt" | "query") => Place::Text,
                // Gemini asks for a count of a whole request too.
                (Place::Top, "generateContentRequest" | "generate_content_request") => Place::Top,
                (Place::Top, "system" | "instructions" | "systemInstruction" | "system_instruction") => Place::Text,
                (Place::Top, "tools" | "functions" | "response_format" | "text") => {
                    let tools: &RawValue = map.next_value()?;
                    self.seen.text(tools.get());
                    continue;
                }
                (Place::Text | Place::Messages, key) if MEDIA.contains(&key) => {
                    self.seen.media += 1;
                    Place::Silent
                }
                (Place::Text | Place::Messages, key) if !SILENT.contains(&key) => Place::Text,
                _ => Place::Silent,
            };
            map.next_value_seed(Texts { seen: &mut *self.seen, place, left })?;
        }
        Ok(())
    }
}
