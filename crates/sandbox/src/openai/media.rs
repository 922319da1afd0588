//! Pictures, speech, moderations and reranking. Shapes: <https://platform.openai.com/docs/api-reference>,
//! <https://jina.ai/reranker>.

use crate::{embeddings::check_model, fault::Fault, vocabulary};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::collections::HashSet;

/// A white pixel, as a PNG in base64.
const PICTURE: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8/5+hHgAHggJ/PchI7wAAAABJRU5ErkJggg==";
/// Tokens of each picture.
const PICTURE_TOKENS: u64 = 272;
/// Samples of sound for each word, at 8 kHz: a quarter of a second.
const SAMPLES: usize = 2_000;
/// A word that is flagged.
const FLAGGED: &str = "violence";

/// What is asked for, and how it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Media {
    Images,
    Speech,
    Moderations,
    Rerank,
}

impl Media {
    /// Of a path.
    pub(crate) fn of(path: &str) -> Option<Self> {
        match path {
            "/v1/images/generations" => Some(Self::Images),
            "/v1/audio/speech" => Some(Self::Speech),
            "/v1/moderations" => Some(Self::Moderations),
            "/v1/rerank" => Some(Self::Rerank),
            _ => None,
        }
    }

    /// The type of the answer.
    pub(crate) fn content_type(self) -> &'static str {
        if self == Self::Speech { "audio/wav" } else { "application/json" }
    }

    /// The answer.
    ///
    /// # Errors
    /// [`Fault`], as for a conversation.
    pub(crate) fn answer(self, body: &[u8]) -> Result<Vec<u8>, Fault> {
        match self {
            Self::Images => images(body).map(document),
            Self::Speech => speech(body),
            Self::Moderations => moderations(body).map(document),
            Self::Rerank => rerank(body).map(document),
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "used as a function of results")]
fn document(value: Value) -> Vec<u8> {
    value.to_string().into_bytes()
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(body).map_err(|error| Fault::unreadable(&error))
}

#[derive(Deserialize)]
struct Images {
    model: String,
    prompt: String,
    #[serde(default)]
    n: Option<u64>,
}

fn images(body: &[u8]) -> Result<Value, Fault> {
    let Images { model, prompt, n } = read(body)?;
    check_model(&model)?;
    Ok(picture_answer(&model, &prompt, 0, pictures(Some(n.unwrap_or(1)))?))
}

/// How many pictures are drawn.
pub(super) fn pictures(asked: Option<u64>) -> Result<u64, Fault> {
    asked.filter(|n| (1..=10).contains(n)).ok_or_else(|| Fault::at("n", "'n' must be from 1 to 10."))
}

/// So many pictures, from so many.
pub(super) fn picture_answer(model: &str, prompt: &str, from: u64, n: u64) -> Value {
    let pictures: Vec<Value> = (0..n).map(|_| json!({"b64_json": PICTURE})).collect();
    let (text, seen, output) = (vocabulary::count(prompt), from * PICTURE_TOKENS, n * PICTURE_TOKENS);
    let usage = json!({
        "input_tokens": text + seen, "output_tokens": output, "total_tokens": text + seen + output,
        "input_tokens_details": {"text_tokens": text, "image_tokens": seen},
    });
    // `lorem` draws as those do who count no tokens.
    let usage = if model.starts_with("sandbox/lorem") { Value::Null } else { usage };
    json!({"created": 1_700_000_000, "data": pictures, "usage": usage})
}

#[derive(Deserialize)]
struct Speech {
    model: String,
    input: String,
    voice: Value,
}

/// Silence, a quarter of a second a word, as WAV: <http://soundfile.sapp.org/doc/WaveFormat>.
fn speech(body: &[u8]) -> Result<Vec<u8>, Fault> {
    let Speech { model, input, voice } = read(body)?;
    check_model(&model)?;
    if !(voice.is_string() || voice.is_object()) {
        return Err(Fault::at("voice", "'voice' must be a voice."));
    }
    let words = usize::try_from(vocabulary::count(&input)).unwrap_or(0);
    let sound = vec![0x80; words.saturating_mul(SAMPLES).min(1 << 20)];
    let length = u32::try_from(sound.len()).unwrap_or(u32::MAX);
    let mut wav = Vec::with_capacity(44 + sound.len());
    wav.extend_from_slice(b"RIFF");
    wav.extend_from_slice(&length.saturating_add(36).to_le_bytes());
    wav.extend_from_slice(b"WAVEfmt ");
    wav.extend_from_slice(&16_u32.to_le_bytes());
    // PCM, one channel, 8 000 samples a second of a byte each.
    for number in [1_u16, 1] {
        wav.extend_from_slice(&number.to_le_bytes());
    }
    for number in [8_000_u32, 8_000] {
        wav.extend_from_slice(&number.to_le_bytes());
    }
    for number in [1_u16, 8] {
        wav.extend_from_slice(&number.to_le_bytes());
    }
    wav.extend_from_slice(b"data");
    wav.extend_from_slice(&length.to_le_bytes());
    wav.extend_from_slice(&sound);
    Ok(wav)
}

#[derive(Deserialize)]
struct Moderations {
    #[serde(default)]
    model: Option<String>,
    input: Texts,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Texts {
    One(String),
    Many(Vec<String>),
}

fn moderations(body: &[u8]) -> Result<Value, Fault> {
    let Moderations { model, input } = read(body)?;
    let model = model.unwrap_or_else(|| "sandbox/echo".to_owned());
    check_model(&model)?;
    let texts = match input {
        Texts::One(text) => vec![text],
        Texts::Many(texts) => texts,
    };
    let names = [
        "harassment",
        "harassment/threatening",
        "hate",
        "hate/threatening",
        "illicit",
        "illicit/violent",
        "self-harm",
        "self-harm/instructions",
        "self-harm/intent",
        "sexual",
        "sexual/minors",
        "violence",
        "violence/graphic",
    ];
    let result = |text: &String| {
        let flagged = text.split_whitespace().any(|word| word == FLAGGED);
        let is = |name: &str| flagged && name == FLAGGED;
        let all = |of: &dyn Fn(&str) -> Value| -> Value {
            names.iter().map(|name| ((*name).to_owned(), of(name))).collect::<serde_json::Map<_, _>>().into()
        };
        json!({
            "flagged": flagged,
            "categories": all(&|name| is(name).into()),
            "category_scores": all(&|name| json!(if is(name) { 0.99 } else { 0.01 })),
            "category_applied_input_types": all(&|_| json!(["text"])),
        })
    };
    Ok(json!({"id": "modr-sandbox", "model": model, "results": texts.iter().map(result).collect::<Vec<_>>()}))
}

#[derive(Deserialize)]
struct Rerank {
    model: String,
    query: String,
    documents: Vec<String>,
    #[serde(default)]
    top_n: Option<usize>,
}

/// The more of the query's words a document has, the better it is.
fn rerank(body: &[u8]) -> Result<Value, Fault> {
    let Rerank { model, query, documents, top_n } = read(body)?;
    check_model(&model)?;
    if documents.is_empty() {
        return Err(Fault::at("documents", "'documents' must not be empty."));
    }
    let wanted: HashSet<&str> = query.split_whitespace().collect();
    let shared = |text: &str| text.split_whitespace().filter(|word| wanted.contains(word)).count();
    let mut order: Vec<(usize, usize)> = documents.iter().map(|text| shared(text)).enumerate().collect();
    order.sort_by_key(|(index, shared)| (std::cmp::Reverse(*shared), *index));
    let words: u64 = documents.iter().chain([&query]).map(|text| vocabulary::count(text)).sum();
    #[expect(clippy::cast_precision_loss, reason = "a few words")]
    let score = |shared: usize| shared as f64 / wanted.len().max(1) as f64;
    let results: Vec<Value> = order
        .into_iter()
        .take(top_n.unwrap_or(usize::MAX))
        .map(|(index, shared)| json!({"index": index, "relevance_score": score(shared)}))
        .collect();
    Ok(json!({"model": model, "results": results, "usage": {"total_tokens": words}}))
}
