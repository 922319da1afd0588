//! Upstreams by a plan of faults. Every channel goes through phases, well and ill in turn; an attempt in an ill phase meets its
//! fault. Each request has a marker in its body, by which its attempts are known.

use crate::checks::Book;
use bytes::Bytes;
use domain::{channel::Channel, ids::ChannelId};
use engine::upstream::{SendFailed, Upstream};
use http::{Response, StatusCode};
use http_body::Frame;
use parking_lot::Mutex;
use protocol::upstream::UpstreamHead;
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::{
    collections::HashMap,
    collections::VecDeque,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::time::{Instant, Sleep, sleep};

/// What an attempt meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    Refuse,
    Status(u16),
    RetryAfter(u16, u64),
    Hang,
    Garbage,
    CutBefore,
    CutAfter(usize),
    StallAfter(usize),
    ErrorInStream,
    ErrorAfter(usize),
    EmptyAnswer,
}

const FAULTS: [Fault; 16] = [
    Fault::Refuse,
    Fault::Status(500),
    Fault::Status(503),
    Fault::Status(401),
    Fault::Status(402),
    Fault::Status(404),
    Fault::RetryAfter(429, 3),
    Fault::RetryAfter(529, 30),
    Fault::Hang,
    Fault::Garbage,
    Fault::CutBefore,
    Fault::CutAfter(3),
    Fault::StallAfter(2),
    Fault::ErrorInStream,
    Fault::ErrorAfter(4),
    Fault::EmptyAnswer,
];

/// One channel's phases: until when, and what an attempt meets with which chance in a thousand.
#[derive(Debug)]
struct Phases(Vec<(Duration, Fault, u32)>);

impl Phases {
    fn random(random: &mut StdRng) -> Self {
        let mut until = Duration::ZERO;
        let mut phases = Vec::new();
        for _ in 0..12 {
            until += Duration::from_millis(random.random_range(200..40_000));
            let ill = random.random_bool(0.5);
            let fault = if ill { FAULTS[random.random_range(0..FAULTS.len())] } else { Fault::None };
            phases.push((until, fault, random.random_range(200..=1_000)));
        }
        Self(phases)
    }

    fn now(&self, since: Duration) -> (Fault, u32) {
        self.0
            .iter()
            .find(|(until, ..)| since < *until)
            .map_or((Fault::None, 0), |(_, fault, chance)| (*fault, *chance))
    }
}

pub struct Planned {
    began: Instant,
    phases: Mutex<HashMap<ChannelId, Phases>>,
    random: Mutex<StdRng>,
    book: Arc<Book>,
}

impl Planned {
    pub fn new(seed: u64, book: Arc<Book>) -> Self {
        let random = Mutex::new(StdRng::seed_from_u64(seed ^ 0x5eed));
        Self { began: Instant::now(), phases: Mutex::default(), random, book }
    }

    fn meets(&self, channel: ChannelId) -> Fault {
        let mut random = self.random.lock();
        let mut phases = self.phases.lock();
        let phases = phases.entry(channel).or_insert_with(|| Phases::random(&mut random));
        let (fault, chance) = phases.now(self.began.elapsed());
        if random.random_ratio(chance, 1_000) { fault } else { Fault::None }
    }
}

impl Upstream for Planned {
    type Body = Steps;

    async fn send(
        &self,
        channel: &Arc<Channel>,
        _: UpstreamHead,
        body: Bytes,
        _: Duration,
    ) -> Result<Response<Steps>, SendFailed> {
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let marker = body["user"].as_str().unwrap().to_owned();
        let stream = body["stream"].as_bool().unwrap_or_default();
        self.book.attempt(&marker, channel.id);
        let (fault, think, gap, words) = {
            let fault = self.meets(channel.id);
            let mut random = self.random.lock();
            (fault, random.random_range(1..800), random.random_range(0..200), random.random_range(1..12_usize))
        };
        sleep(Duration::from_millis(think)).await;
        let refused = || SendFailed { what: "refused".into(), refused: false };
        let error = |status: u16, text: &str| Ok(answer(status, "application/json", vec![Step::Send(text.to_owned())]));
        match fault {
            Fault::Refuse => return Err(refused()),
            Fault::Hang => return std::future::pending().await,
            Fault::Garbage => return error(200, "<html>"),
            Fault::EmptyAnswer if !stream => return error(200, r#"{"choices":[]}"#),
            Fault::Status(404) => {
                return error(404, r#"{"error":{"message":"The model `x` does not exist","code":"model_not_found"}}"#);
            }
            Fault::Status(status) => return error(status, r#"{"error":{"message":"no","type":"server_error"}}"#),
            Fault::RetryAfter(status, seconds) => {
                let text = r#"{"error":{"message":"slow down","type":"rate_limit_error"}}"#.to_owned();
                let mut response = answer(status, "application/json", vec![Step::Send(text)]);
                response.headers_mut().insert("retry-after", seconds.to_string().parse().unwrap());
                return Ok(response);
            }
            _ => {}
        }
        if !stream {
            return error(200, &whole(words));
        }
        Ok(answer(200, "text/event-stream", steps(fault, words, Duration::from_millis(gap), &marker)))
    }
}

fn answer(status: u16, content_type: &'static str, steps: Vec<Step>) -> Response<Steps> {
    let mut response = Response::new(Steps { steps: steps.into(), waiting: None });
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response.headers_mut().insert("content-type", content_type.parse().unwrap());
    response
}

fn whole(words: usize) -> String {
    format!(
        r#"{{"id":"c","object":"chat.completion","model":"u","choices":[{{"index":0,"message":{{"role":"assistant","content":"{}"}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":9,"completion_tokens":{words},"total_tokens":{}}}}}"#,
        "w ".repeat(words),
        words + 9
    )
}

fn event(delta: &str, finish: &str) -> String {
    format!(
        "data: {{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{finish}}}]}}\n\n"
    )
}

/// Words are numbered, so that one that is lost, doubled or out of order is seen.
fn steps(fault: Fault, words: usize, gap: Duration, marker: &str) -> Vec<Step> {
    let error = "data: {\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\"}}\n\n";
    let mut steps = vec![Step::Send(event(r#"{"role":"assistant","content":""}"#, "null"))];
    match fault {
        Fault::CutBefore => return [steps, vec![Step::Break]].concat(),
        Fault::ErrorInStream => return [steps, vec![Step::Send(error.to_owned())]].concat(),
        Fault::EmptyAnswer => return [steps, vec![Step::Send("data: [DONE]\n\n".to_owned())]].concat(),
        _ => {}
    }
    for word in 0..words {
        match fault {
            Fault::CutAfter(after) if word == after => return [steps, vec![Step::Break]].concat(),
            Fault::StallAfter(after) if word == after => return [steps, vec![Step::Forever]].concat(),
            Fault::ErrorAfter(after) if word == after => return [steps, vec![Step::Send(error.to_owned())]].concat(),
            _ => steps
                .extend([Step::Wait(gap), Step::Send(event(&format!(r#"{{"content":"{marker}.{word} "}}"#), "null"))]),
        }
    }
    let usage = format!(
        "data: {{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[],\"usage\":{{\"prompt_tokens\":9,\"completion_tokens\":{words},\"total_tokens\":{}}}}}\n\n",
        words + 9
    );
    steps.extend([event("{}", "\"stop\""), usage, "data: [DONE]\n\n".to_owned()].map(Step::Send));
    steps
}

#[derive(Debug, Clone)]
enum Step {
    Send(String),
    Wait(Duration),
    Forever,
    Break,
}

pub struct Steps {
    steps: VecDeque<Step>,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl http_body::Body for Steps {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        loop {
            if let Some(waiting) = self.waiting.as_mut() {
                ready!(waiting.as_mut().poll(cx));
                self.waiting = None;
            }
            match self.steps.pop_front() {
                None => return Poll::Ready(None),
                Some(Step::Send(text)) => return Poll::Ready(Some(Ok(Frame::data(text.into())))),
                Some(Step::Wait(time)) => self.waiting = Some(Box::pin(sleep(time))),
                Some(Step::Forever) => self.waiting = Some(Box::pin(sleep(Duration::from_secs(1 << 30)))),
                Some(Step::Break) => return Poll::Ready(Some(Err(std::io::Error::other("reset")))),
            }
        }
    }
}
