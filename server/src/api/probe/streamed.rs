//! The same test with a streamed answer, whose text is told as it arrives.

use super::{MAX_ANSWER, Outcome, PATIENCE, Probe, TestFields, millis, prepare};
use crate::api::{ApiState, problem::Problem};
use bytes::Bytes;
use domain::{
    dialect::Dialect,
    ids::ChannelId,
    views::{ChannelTested, TestNews},
};
use futures::{
    StreamExt as _,
    channel::mpsc::{UnboundedSender, unbounded},
    future::ready,
    stream::{self, Stream},
};
use http_body_util::{BodyExt as _, Limited};
use protocol::stream::{Kind, StreamTap};
use serde_json::json;
use tokio::time::{Instant, timeout};

/// Some words, so that there is something to see arriving.
const ASK: &str = "Say in one short sentence that you are ready to work.";
/// Output tokens asked for, where the dialect must be told a number.
const MAX_TOKENS: u32 = 64;

/// Begins a test. It goes on for as long as the stream is read.
///
/// # Errors
/// As [`super::run`].
pub async fn begin(state: ApiState, id: ChannelId) -> Result<impl Stream<Item = TestNews> + Send + use<>, Problem> {
    let probe = prepare(&state, id, TestFields::default()).await?;
    let (tell, heard) = unbounded();
    let asking = async move {
        let mut answer = Answer { tell, began: Instant::now(), first_token_ms: None, held: String::new() };
        let outcome = timeout(PATIENCE, answer.read(&probe, &state)).await;
        answer.over(&probe, outcome.unwrap_or_else(|_| Outcome::failed(None, "no answer in time")));
    };
    // What is told comes only from the channel; the other side drives it.
    let driver = stream::once(asking).filter_map(|()| ready(None));
    Ok(stream::select(heard, driver))
}

/// An answer while it arrives.
struct Answer {
    tell: UnboundedSender<TestNews>,
    began: Instant,
    first_token_ms: Option<u64>,
    /// Text that may be the beginning of a secret.
    held: String,
}

impl Answer {
    async fn read(&mut self, probe: &Probe, state: &ApiState) -> Outcome {
        let response = match probe.ask(state, body(probe), true).await {
            Ok(response) => response,
            Err(outcome) => return outcome,
        };
        let (head, body) = response.into_parts();
        let status = head.status.as_u16();
        let mut body = Limited::new(body, MAX_ANSWER);
        if !head.status.is_success() {
            let text = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
            return probe.refusal(status, &head.headers, &text);
        }
        let broken = |why: String| Outcome::failed(Some(status), why);
        let mut tap = StreamTap::new(probe.dialect, false);
        while let Some(frame) = body.frame().await {
            let chunk = match frame {
                Ok(frame) => frame.into_data().unwrap_or_default(),
                Err(error) => return broken(format!("the answer broke off: {error}")),
            };
            if let Err(fault) = tap.push(chunk) {
                return broken(fault.to_string());
            }
            if let Some(failed) = self.events(probe, &mut tap) {
                return broken(failed);
            }
        }
        let ended = tap.finish();
        if let Some(failed) = self.events(probe, &mut tap) {
            return broken(failed);
        }
        match ended {
            Err(fault) => broken(fault.to_string()),
            Ok(()) if self.first_token_ms.is_none() => broken("the answer is empty".to_owned()),
            Ok(()) => Outcome { status: Some(status), usage: tap.reported(), error: None, class: None },
        }
    }

    /// Tells what has come; an error that the stream holds.
    fn events(&mut self, probe: &Probe, tap: &mut StreamTap) -> Option<String> {
        while let Some(event) = tap.next_event() {
            match event.kind {
                Kind::Content => {
                    self.first_token_ms.get_or_insert_with(|| millis(self.began));
                }
                Kind::Error(error) => return Some(format!("{:?}: {}", error.class, error.message)),
                _ => {}
            }
        }
        self.held.push_str(&tap.take_output_text());
        let secrets: Vec<&str> = probe.channel.credentials.iter().map(|one| one.secret.expose()).collect();
        self.say(|held| release(held, &secrets));
        None
    }

    fn say(&mut self, part: impl FnOnce(&mut String) -> String) {
        let text = part(&mut self.held);
        if !text.is_empty() {
            // Who has left does not hear it; then nobody reads on either.
            let _ = self.tell.unbounded_send(TestNews::Text(text));
        }
    }

    fn over(mut self, probe: &Probe, outcome: Outcome) {
        self.say(std::mem::take);
        let cost = outcome.usage.and_then(|usage| Some(probe.cost.as_ref()?.rates.cost(&usage)));
        let _ = self.tell.unbounded_send(TestNews::Over(ChannelTested {
            model: probe.upstream_model.clone(),
            status: outcome.status,
            latency_ms: millis(self.began),
            first_token_ms: self.first_token_ms,
            output_tokens: outcome.usage.map(|usage| usage.output),
            cost,
            error: outcome.error.map(|message| probe.without_secrets(&message)),
        }));
    }
}

fn body(probe: &Probe) -> Bytes {
    let (model, messages) = (&probe.upstream_model, json!([{"role": "user", "content": ASK}]));
    let body = match probe.dialect {
        Dialect::OpenaiChat => {
            json!({"model": model, "stream": true, "stream_options": {"include_usage": true}, "messages": messages})
        }
        Dialect::OpenaiResponses => json!({"model": model, "stream": true, "store": false, "input": ASK}),
        Dialect::Anthropic => {
            json!({"model": model, "stream": true, "max_tokens": MAX_TOKENS, "messages": messages})
        }
        Dialect::Ollama => json!({"model": model, "stream": true, "messages": messages}),
        Dialect::OpenaiCompletions => json!({"model": model, "stream": true, "prompt": ASK}),
        // No channel's main dialect.
        Dialect::OpenaiImages
        | Dialect::OpenaiImageEdits
        | Dialect::OpenaiTranscriptions
        | Dialect::OpenaiTranslations => json!({"model": model, "prompt": "ok"}),
        Dialect::OpenaiSpeech | Dialect::OpenaiModerations => json!({"model": model, "input": "ok"}),
        Dialect::Rerank => json!({"model": model, "query": "ok", "documents": ["ok"]}),
        Dialect::OpenaiEmbeddings => json!({"model": model, "input": ASK}),
        Dialect::GeminiEmbeddings => json!({"content": {"parts": [{"text": ASK}]}}),
        Dialect::GeminiBatchEmbeddings => json!({"requests": [{"content": {"parts": [{"text": ASK}]}}]}),
        Dialect::Gemini => json!({"contents": [{"role": "user", "parts": [{"text": ASK}]}]}),
    };
    Bytes::from(body.to_string())
}

/// Takes what can be shown: secrets replaced, and what may be the beginning of one kept back.
fn release(held: &mut String, secrets: &[&str]) -> String {
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        if held.contains(secret) {
            *held = held.replace(secret, "[redacted]");
        }
    }
    let begins = |end: &str| secrets.iter().any(|secret| secret.starts_with(end));
    let keep = held.char_indices().map(|(at, _)| at).find(|at| held.get(*at..).is_some_and(begins));
    let rest = held.split_off(keep.unwrap_or(held.len()));
    std::mem::replace(held, rest)
}

#[cfg(test)]
mod tests {
    use super::release;

    #[test]
    fn a_secret_is_never_told_however_it_is_cut() {
        let secret = "sk-abcab";
        let text = format!("before {secret}, sk-abc and sk");
        for cut in 0..text.len() {
            let (first, second) = text.split_at(cut);
            let mut held = first.to_owned();
            let mut told = release(&mut held, &[secret, ""]);
            held.push_str(second);
            told += &release(&mut held, &[secret, ""]);
            assert_eq!(told + &held, "before [redacted], sk-abc and sk", "{cut}");
        }
    }
}
