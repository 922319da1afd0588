//! Changed pictures and transcriptions, which are asked for by forms.
//! Shapes: <https://platform.openai.com/docs/api-reference/audio>.

use super::media::{picture_answer, pictures};
use crate::{embeddings::check_model, fault::Fault, vocabulary};
use bytes::Bytes;
use futures::stream;
use http::{HeaderMap, header::CONTENT_TYPE};
use serde_json::{Value, json};
use std::{collections::HashMap, convert::Infallible};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    ImageEdits,
    Transcriptions,
    Translations,
}

/// What a form holds.
#[derive(Default)]
struct Fields {
    texts: HashMap<String, String>,
    files: Vec<Bytes>,
}

impl Form {
    /// Of a path.
    pub(crate) fn of(path: &str) -> Option<Self> {
        match path {
            "/v1/images/edits" => Some(Self::ImageEdits),
            "/v1/audio/transcriptions" => Some(Self::Transcriptions),
            "/v1/audio/translations" => Some(Self::Translations),
            _ => None,
        }
    }

    /// The answer and its type.
    ///
    /// # Errors
    /// [`Fault`], as for a conversation.
    pub(crate) async fn answer(self, headers: &HeaderMap, body: Bytes) -> Result<(&'static str, Vec<u8>), Fault> {
        let fields = read(headers, body).await?;
        let text = |name: &str| fields.texts.get(name).map(String::as_str);
        let model = text("model").ok_or_else(|| Fault::at("model", "you must provide a model parameter"))?;
        check_model(model)?;
        if self == Self::ImageEdits {
            let n = pictures(text("n").map_or(Ok(1), str::parse).ok())?;
            let answer = picture_answer(model, text("prompt").unwrap_or_default(), fields.files.len() as u64, n);
            return Ok(("application/json", answer.to_string().into_bytes()));
        }
        let [sound] = fields.files.as_slice() else { return Err(Fault::at("file", "'file' must be one file.")) };
        let said = format!("heard {} bytes", sound.len());
        let seconds = sound.len().div_ceil(8_000);
        Ok(match text("response_format") {
            None | Some("json") => ("application/json", told(model, &said, seconds).to_string().into_bytes()),
            Some("verbose_json") => {
                let answer = json!({"task": "transcribe", "language": "english", "duration": seconds, "text": said,
                    "segments": [], "usage": {"type": "duration", "seconds": seconds}});
                ("application/json", answer.to_string().into_bytes())
            }
            Some("text") => ("text/plain; charset=utf-8", format!("{said}\n").into_bytes()),
            Some(_) => {
                return Err(Fault::at("response_format", "'response_format' must be json, verbose_json or text."));
            }
        })
    }
}

/// `echo` counts tokens, the others seconds.
fn told(model: &str, said: &str, seconds: usize) -> Value {
    let words = vocabulary::count(said);
    if model != "sandbox/echo" {
        return json!({"text": said, "usage": {"type": "duration", "seconds": seconds}});
    }
    let heard = seconds as u64 * 10;
    json!({"text": said, "usage": {
        "type": "tokens", "input_tokens": heard, "output_tokens": words, "total_tokens": heard + words,
        "input_token_details": {"text_tokens": 0, "audio_tokens": heard},
    }})
}

async fn read(headers: &HeaderMap, body: Bytes) -> Result<Fields, Fault> {
    let bad = |error: multer::Error| Fault::at("body", format!("The form cannot be read: {error}."));
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(content_type).map_err(bad)?;
    let mut form = multer::Multipart::new(stream::iter([Ok::<_, Infallible>(body)]), boundary);
    let mut fields = Fields::default();
    while let Some(field) = form.next_field().await.map_err(bad)? {
        match (field.file_name().is_some(), field.name().map(str::to_owned)) {
            (true, _) => fields.files.push(field.bytes().await.map_err(bad)?),
            (false, Some(name)) => {
                fields.texts.insert(name, field.text().await.map_err(bad)?);
            }
            (false, None) => {}
        }
    }
    Ok(fields)
}
