//! Answers, as far as they say what they cost.

use crate::{
    answer::Answer,
    error,
    lenient::{Count, List, Maybe, Text, parse},
    stream::Fault,
    usage::Report,
};
use domain::dialect::Dialect;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, value::RawValue};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire<'a> {
    data: List<IgnoredAny>,
    results: List<IgnoredAny>,
    usage: Maybe<Usage>,
    meta: Maybe<Meta>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Usage {
    input_tokens: Count,
    output_tokens: Count,
    prompt_tokens: Count,
    total_tokens: Count,
    input_tokens_details: Maybe<Details>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Details {
    image_tokens: Count,
}

/// Cohere's.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Meta {
    tokens: Maybe<Usage>,
}

fn wire(dialect: Dialect, body: &[u8]) -> Result<Wire<'_>, Fault> {
    let answer = parse::<Wire<'_>>(body).ok_or(Fault::Malformed)?;
    match answer.error {
        Some(error) if error.get() != "null" => Err(Fault::UpstreamError(error::in_answer(dialect, body))),
        _ => Ok(answer),
    }
}

fn answer(report: Option<Report>, empty: bool) -> Answer {
    let report = report.filter(Report::is_complete);
    Answer::new(report, super::ALL.input_count, empty, String::new)
}

/// Pictures: what is put out is pictures, whatever else is.
pub(super) fn images(body: &[u8]) -> Result<Answer, Fault> {
    let wire = wire(Dialect::OpenaiImages, body)?;
    let pictures = wire.data.0.as_ref().ok_or(Fault::Malformed)?.len() as u64;
    let report = wire.usage.0.map(|usage| Report {
        input: usage.input_tokens.0,
        output: usage.output_tokens.0,
        image_input: usage.input_tokens_details.0.unwrap_or_default().image_tokens.or_zero(),
        image_output: usage.output_tokens.or_zero(),
        ..Report::default()
    });
    let answer = answer(report, pictures == 0);
    let uncounted = if answer.usage.is_none() { pictures } else { 0 };
    Ok(Answer { pictures: uncounted, ..answer })
}

/// Sound, of whatever format; a document is none.
pub(super) fn speech(body: &[u8]) -> Result<Answer, Fault> {
    match serde_json::from_slice::<IgnoredAny>(body) {
        Ok(_) => {
            wire(Dialect::OpenaiSpeech, body)?;
            Err(Fault::Malformed)
        }
        Err(_) => Ok(answer(None, body.is_empty())),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Heard<'a> {
    #[serde(borrow)]
    text: Text<'a>,
    usage: Maybe<HeardUsage>,
    /// Seconds, of `verbose_json`.
    duration: Option<Value>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct HeardUsage {
    input_tokens: Count,
    output_tokens: Count,
    input_token_details: Maybe<HeardDetails>,
    seconds: Option<Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct HeardDetails {
    audio_tokens: Count,
}

/// Text, in a document or alone (`text`, `srt`, `vtt`).
pub(super) fn transcriptions(body: &[u8]) -> Result<Answer, Fault> {
    let Some(heard) = parse::<Heard<'_>>(body).filter(|_| body.starts_with(b"{")) else {
        let text = std::str::from_utf8(body).map_err(|_| Fault::Malformed)?;
        // Silence is an answer.
        return Ok(Answer::new(None, super::ALL.input_count, false, || text.to_owned()));
    };
    if heard.error.is_some_and(|error| error.get() != "null") {
        return Err(Fault::UpstreamError(error::in_answer(Dialect::OpenaiTranscriptions, body)));
    }
    let mut text = String::new();
    heard.text.add_to(&mut text);
    let usage = heard.usage.0.unwrap_or_default();
    let report = match seconds(usage.seconds.as_ref()).or_else(|| seconds(heard.duration.as_ref())) {
        _ if usage.input_tokens.0.is_some() => Some(Report {
            input: usage.input_tokens.0,
            output: usage.output_tokens.0,
            audio_input: usage.input_token_details.0.unwrap_or_default().audio_tokens.or_zero(),
            ..Report::default()
        }),
        Some(seconds) => {
            let tokens = seconds.saturating_mul(super::TOKENS_OF_SOUND);
            Some(Report { input: Some(tokens), audio_input: tokens, output: Some(0), ..Report::default() })
        }
        None => None,
    };
    let report = report.filter(Report::is_complete);
    Ok(Answer::new(report, super::ALL.input_count, false, || text))
}

/// Whole seconds, begun ones counting.
fn seconds(value: Option<&Value>) -> Option<u64> {
    let text = match value? {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return None,
    };
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let begun = u64::from(part.bytes().any(|digit| digit != b'0'));
    whole.parse::<u64>().ok()?.checked_add(begun)
}

pub(super) fn moderations(body: &[u8]) -> Result<Answer, Fault> {
    let wire = wire(Dialect::OpenaiModerations, body)?;
    let results = wire.results.0.as_ref().ok_or(Fault::Malformed)?;
    Ok(answer(None, results.is_empty()))
}

pub(super) fn rerank(body: &[u8]) -> Result<Answer, Fault> {
    let wire = wire(Dialect::Rerank, body)?;
    // Some say `data` (Voyage); no document may be good enough.
    if wire.results.0.is_none() && wire.data.0.is_none() {
        return Err(Fault::Malformed);
    }
    let told = wire.usage.0.or_else(|| wire.meta.0?.tokens.0);
    let report = told.map(|usage| Report {
        input: usage.total_tokens.or(usage.prompt_tokens).or(usage.input_tokens).0,
        output: Some(0),
        ..Report::default()
    });
    Ok(answer(report, false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_counted_by_their_tokens_or_else_one_by_one() {
        let told = br#"{"data":[{"b64_json":"x"}],"usage":{"input_tokens":50,"output_tokens":4160,"total_tokens":4210,
            "input_tokens_details":{"text_tokens":10,"image_tokens":40}}}"#;
        let answer = images(told).unwrap();
        let usage = answer.usage.unwrap();
        assert_eq!((usage.input, usage.image_input, usage.output, usage.image_output), (50, 40, 4160, 4160));
        assert_eq!(answer.pictures, 0);
        let untold = images(br#"{"data":[{"url":"a"},{"url":"b"}]}"#).unwrap();
        assert_eq!((untold.usage, untold.pictures, untold.empty), (None, 2, false));
        assert!(images(br#"{"data":[]}"#).unwrap().empty);
        assert!(matches!(images(b"{}"), Err(Fault::Malformed)));
    }

    #[test]
    fn what_was_heard_is_counted_by_tokens_or_seconds_or_not_at_all() {
        let usage =
            |body: &str| transcriptions(body.as_bytes()).unwrap().usage.map(|it| (it.input, it.audio_input, it.output));
        let tokens = r#"{"text":"hi","usage":{"type":"tokens","input_tokens":14,"input_token_details":{"text_tokens":0,"audio_tokens":14},"output_tokens":45,"total_tokens":59}}"#;
        assert_eq!(usage(tokens), Some((14, 14, 45)));
        assert_eq!(usage(r#"{"text":"hi","usage":{"type":"duration","seconds":3}}"#), Some((30, 30, 0)));
        assert_eq!(usage(r#"{"task":"transcribe","duration":2.0999,"text":"hi"}"#), Some((30, 30, 0)));
        assert_eq!(usage(r#"{"duration":"8.470000267028809","text":"hi"}"#), Some((90, 90, 0)));
        for untold in [r#"{"text":"hi"}"#, "hi", "1\n00:00:00,000 --> 00:00:01,000\nhi\n"] {
            let answer = transcriptions(untold.as_bytes()).unwrap();
            assert!(answer.usage.is_none() && answer.output_text.contains("hi"), "{untold}");
        }
        assert!(matches!(transcriptions(br#"{"error":{"message":"no"}}"#), Err(Fault::UpstreamError(_))));
    }

    #[test]
    fn sound_is_anything_but_a_document() {
        assert!(!speech(b"ID3\x04\x00").unwrap().empty);
        assert!(speech(b"").unwrap().empty);
        assert!(matches!(speech(br#"{"error":{"message":"no"}}"#), Err(Fault::UpstreamError(_))));
        assert!(matches!(speech(b"{}"), Err(Fault::Malformed)));
    }

    #[test]
    fn reranking_is_counted_however_it_is_told() {
        for body in [
            &br#"{"results":[],"usage":{"total_tokens":7}}"#[..],
            br#"{"results":[{"index":0}],"usage":{"prompt_tokens":7,"total_tokens":7}}"#,
            br#"{"results":[],"meta":{"billed_units":{"search_units":1},"tokens":{"input_tokens":7}}}"#,
            br#"{"data":[{"index":0}],"usage":{"total_tokens":7}}"#,
        ] {
            assert_eq!(rerank(body).unwrap().usage.map(|usage| usage.input), Some(7));
        }
        assert_eq!(rerank(br#"{"results":[]}"#).unwrap().usage, None);
        assert!(matches!(rerank(b"{}"), Err(Fault::Malformed)));
    }
}
