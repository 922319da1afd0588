//! Callers: some read to the end, some slowly, some leave.

use crate::{checks::Book, world::SimRelay};
use bytes::Bytes;
use domain::{dialect::Dialect, ids::RequestId};
use engine::{answer::AnswerBody, received::Received};
use http::HeaderMap;
use http_body_util::BodyExt;
use rand::{Rng, rngs::StdRng};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep, timeout};

pub const KEY: &str = "sk-tp-simulated";

/// What one caller will do.
#[derive(Debug)]
pub struct Caller {
    marker: String,
    begins: Duration,
    stream: bool,
    max_tokens: u32,
    /// Leaves after this, if at all.
    patience: Option<Duration>,
    /// Waits so long between two pieces.
    reads_every: Duration,
    id: RequestId,
}

impl Caller {
    pub fn random(number: u64, random: &mut StdRng) -> Self {
        let mut id = [0; 16];
        random.fill(&mut id);
        Self {
            marker: format!("r{number}"),
            begins: Duration::from_millis(random.random_range(0..180_000)),
            stream: random.random_bool(0.6),
            max_tokens: random.random_range(1..200),
            patience: random.random_bool(0.15).then(|| Duration::from_millis(random.random_range(0..5_000))),
            reads_every: Duration::from_millis(if random.random_bool(0.2) { random.random_range(0..2_000) } else { 0 }),
            id: RequestId(id),
        }
    }

    fn received(&self) -> Received {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", format!("Bearer {KEY}").parse().unwrap());
        let body = format!(
            r#"{{"model":"m","user":"{}","max_tokens":{},"stream":{},"stream_options":{},"messages":[{{"role":"user","content":"hi"}}]}}"#,
            self.marker,
            self.max_tokens,
            self.stream,
            if self.stream { r#"{"include_usage":true}"# } else { "null" }
        );
        Received {
            id: self.id,
            dialect: Dialect::OpenaiChat,
            headers,
            in_path: None,
            query_key: None,
            peer: [127, 0, 0, 1].into(),
            body: Bytes::from(body),
            started: Instant::now(),
        }
    }

    pub async fn live(self, relay: Arc<SimRelay>, book: Arc<Book>) {
        sleep(self.begins).await;
        book.asks(&self.marker, self.id);
        let call = self.call(&relay, &book);
        match self.patience {
            // Dropping the future is how the server says that the caller has left.
            Some(patience) => drop(timeout(patience, call).await),
            None => call.await,
        }
    }

    async fn call(&self, relay: &Arc<SimRelay>, book: &Book) {
        let answer = relay.answer(self.received()).await;
        let ok = answer.status == 200;
        if !ok {
            let known = [400, 401, 402, 403, 404, 429, 500, 502, 503, 504];
            assert!(known.contains(&answer.status.as_u16()), "{}: {}", self.marker, answer.status);
            if answer.status == 503 {
                assert!(answer.headers.contains_key("retry-after"), "{}: a 503 says when to come back", self.marker);
            }
        }
        match answer.body {
            AnswerBody::Full(body) => {
                let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
                if ok {
                    book.seen_end(&self.marker);
                } else {
                    assert!(body["error"]["message"].is_string(), "{}: {body}", self.marker);
                }
            }
            AnswerBody::Stream(frames) => {
                assert!(ok);
                book.committed(&self.marker);
                let mut text = String::new();
                let mut frames = frames;
                while let Some(frame) = frames.frame().await {
                    text.push_str(std::str::from_utf8(&frame.unwrap().into_data().unwrap()).unwrap());
                    sleep(self.reads_every).await;
                }
                self.judge(&text, book);
            }
        }
    }

    /// Words once and in order, and an end that is one.
    fn judge(&self, text: &str, book: &Book) {
        let words = text.matches(&format!("{}.", self.marker)).count();
        for word in 0..words {
            let told = format!("{}.{word} ", self.marker);
            assert_eq!(text.matches(&told).count(), 1, "{told} in {text}");
        }
        if text.ends_with("data: [DONE]\n\n") {
            book.seen_end(&self.marker);
        } else {
            let last = text.trim_end().rsplit("data: ").next().unwrap_or_default();
            let last: serde_json::Value = serde_json::from_str(last).unwrap();
            assert!(last["error"]["message"].is_string(), "{}: ends with {last}", self.marker);
        }
    }
}
