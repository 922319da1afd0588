//! A plain HTTP/1.1 client over a byte stream and a plain reader of both dialects, sharing no code with the sandbox.
#![expect(dead_code, reason = "each test binary uses its part")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

use serde_json::Value;
use std::time::Duration;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    OpenAi,
    Anthropic,
}

/// A response as its bytes say it.
pub struct Response {
    pub raw: Vec<u8>,
    pub status: u16,
    /// Whether the body came to its promised end.
    pub whole: bool,
}

/// An answer as its dialect says it.
#[derive(Debug, Default)]
pub struct Answer {
    pub text: String,
    pub call: Option<(String, Value)>,
    pub usage: (u64, u64),
    pub finish: String,
    pub content_events: u64,
}

pub fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: sandbox\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    [head.as_bytes(), b"\r\n", body].concat()
}

pub async fn send(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
    send_through(64 * 1024, method, path, headers, body).await
}

/// Through a pipe that holds only so many bytes, as a slow reader's does.
pub async fn send_through(pipe: usize, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
    let (mut mine, theirs) = tokio::io::duplex(pipe);
    let mut raw = Vec::new();
    let asking = async {
        mine.write_all(&request(method, path, headers, body)).await.unwrap();
        while !is_whole(&raw) && read_some(&mut mine, &mut raw).await > 0 {}
        drop(mine);
    };
    tokio::join!(asking, sandbox::serve_connection(theirs));
    let status = std::str::from_utf8(&raw[9..12]).unwrap().parse().unwrap();
    Response { status, whole: is_whole(&raw), raw }
}

/// Reads what comes next, and fails the test if nothing does.
pub async fn read_some(stream: &mut (impl AsyncRead + Unpin), into: &mut Vec<u8>) -> usize {
    let limit = Duration::from_secs(60);
    timeout(limit, stream.read_buf(into)).await.expect("the sandbox says something within a minute").unwrap()
}

pub async fn ask(dialect: Dialect, body: &Value) -> Response {
    send("POST", dialect.path(), dialect.headers(), &serde_json::to_vec(body).unwrap()).await
}

fn split(raw: &[u8]) -> Option<(String, &[u8])> {
    let at = raw.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some((String::from_utf8_lossy(&raw[..at]).into_owned(), &raw[at + 4..]))
}

fn header_of(head: &str, name: &str) -> Option<String> {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
}

pub fn is_whole(raw: &[u8]) -> bool {
    let Some((head, body)) = split(raw) else { return false };
    match header_of(&head, "content-length") {
        Some(length) => body.len() == length.parse::<usize>().unwrap(),
        None => body.ends_with(b"0\r\n\r\n"),
    }
}

/// The chunks of a chunked body.
pub fn chunks(raw: &[u8]) -> Vec<String> {
    let (_, mut rest) = split(raw).unwrap();
    let mut found = Vec::new();
    while let Some(at) = rest.windows(2).position(|two| two == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..at]).unwrap(), 16).unwrap();
        if size == 0 {
            break;
        }
        found.push(String::from_utf8(rest[at + 2..at + 2 + size].to_vec()).unwrap());
        rest = &rest[at + 4 + size..];
    }
    found
}

impl Response {
    pub fn header(&self, name: &str) -> Option<&'static str> {
        let (head, _) = split(&self.raw).unwrap();
        header_of(&head, name).map(|value| &*Box::leak(value.into_boxed_str()))
    }

    pub fn text(&self) -> String {
        if self.header("transfer-encoding") == Some("chunked") {
            return chunks(&self.raw).concat();
        }
        String::from_utf8(split(&self.raw).unwrap().1.to_vec()).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text()).unwrap()
    }

    /// The JSON of each event, with its event name.
    fn events(&self) -> Vec<(String, Value)> {
        let mut found = Vec::new();
        for event in self.text().split("\n\n").filter(|event| !event.is_empty()) {
            let name = event.lines().find_map(|line| line.strip_prefix("event: ")).unwrap_or_default();
            let data = event.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
            if data != "[DONE]" {
                found.push((name.to_owned(), serde_json::from_str(data).unwrap()));
            }
        }
        found
    }
}

impl Dialect {
    pub fn path(self) -> &'static str {
        match self {
            Self::OpenAi => "/v1/chat/completions",
            Self::Anthropic => "/v1/messages",
        }
    }

    pub fn headers(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::OpenAi => &[("content-type", "application/json")],
            Self::Anthropic => &[("content-type", "application/json"), ("anthropic-version", "2023-06-01")],
        }
    }

    pub fn finish(self, why: &str) -> String {
        let word = match (self, why) {
            (Self::OpenAi, "complete" | "stop") => "stop",
            (Self::OpenAi, "length") => "length",
            (Self::OpenAi, _) => "tool_calls",
            (Self::Anthropic, "complete") => "end_turn",
            (Self::Anthropic, "stop") => "stop_sequence",
            (Self::Anthropic, "length") => "max_tokens",
            (Self::Anthropic, _) => "tool_use",
        };
        word.to_owned()
    }

    pub fn terminal(self) -> &'static str {
        match self {
            Self::OpenAi => "[DONE]",
            Self::Anthropic => "message_stop",
        }
    }

    pub fn content_event(self) -> &'static str {
        match self {
            Self::OpenAi => "{\"content\":",
            Self::Anthropic => "event: content_block_delta",
        }
    }

    pub fn read(self, response: &Response) -> Answer {
        let streamed = response.header("content-type") == Some("text/event-stream; charset=utf-8");
        match (self, streamed) {
            (Self::OpenAi, false) => openai_whole(&response.json()),
            (Self::OpenAi, true) => openai_stream(response.events()),
            (Self::Anthropic, false) => anthropic_whole(&response.json()),
            (Self::Anthropic, true) => anthropic_stream(response.events()),
        }
    }
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn openai_usage(usage: &Value) -> (u64, u64) {
    let count = |name: &str| usage[name].as_u64().unwrap();
    assert_eq!(count("total_tokens"), count("prompt_tokens") + count("completion_tokens"));
    (count("prompt_tokens"), count("completion_tokens"))
}

fn openai_whole(body: &Value) -> Answer {
    let choice = &body["choices"][0];
    let call = &choice["message"]["tool_calls"][0]["function"];
    let read = |arguments: &str| serde_json::from_str(arguments).unwrap();
    Answer {
        text: text_of(&choice["message"]["content"]),
        call: call["arguments"].as_str().map(|arguments| (text_of(&call["name"]), read(arguments))),
        usage: openai_usage(&body["usage"]),
        finish: text_of(&choice["finish_reason"]),
        content_events: 0,
    }
}

fn openai_stream(events: Vec<(String, Value)>) -> Answer {
    let mut answer = Answer::default();
    let (mut name, mut arguments) = (String::new(), String::new());
    for (_, chunk) in events {
        let delta = &chunk["choices"][0]["delta"];
        if let Some(text) = delta["content"].as_str().filter(|_| delta["role"].is_null()) {
            answer.text.push_str(text);
            answer.content_events += 1;
        }
        let function = &delta["tool_calls"][0]["function"];
        name.push_str(function["name"].as_str().unwrap_or_default());
        arguments.push_str(function["arguments"].as_str().unwrap_or_default());
        answer.finish.push_str(chunk["choices"][0]["finish_reason"].as_str().unwrap_or_default());
        if !chunk["usage"].is_null() {
            assert_eq!(chunk["choices"], serde_json::json!([]));
            answer.usage = openai_usage(&chunk["usage"]);
        }
    }
    if !name.is_empty() {
        answer.call = Some((name, serde_json::from_str(&arguments).unwrap()));
    }
    answer
}

fn anthropic_usage(usage: &Value) -> (u64, u64) {
    (usage["input_tokens"].as_u64().unwrap(), usage["output_tokens"].as_u64().unwrap())
}

fn anthropic_whole(body: &Value) -> Answer {
    let block = &body["content"][0];
    Answer {
        text: text_of(&block["text"]),
        call: if block["type"] == "tool_use" { Some((text_of(&block["name"]), block["input"].clone())) } else { None },
        usage: anthropic_usage(&body["usage"]),
        finish: text_of(&body["stop_reason"]),
        content_events: 0,
    }
}

fn anthropic_stream(events: Vec<(String, Value)>) -> Answer {
    let mut answer = Answer::default();
    let (mut name, mut arguments) = (String::new(), String::new());
    let mut order = Vec::new();
    let mut started = (0, 0);
    for (event, data) in events {
        assert_eq!(data["type"], event.as_str());
        match event.as_str() {
            "message_start" => started = anthropic_usage(&data["message"]["usage"]),
            "content_block_start" => name = text_of(&data["content_block"]["name"]),
            "content_block_delta" => {
                answer.content_events += 1;
                answer.text.push_str(data["delta"]["text"].as_str().unwrap_or_default());
                arguments.push_str(data["delta"]["partial_json"].as_str().unwrap_or_default());
            }
            "message_delta" => {
                answer.finish = text_of(&data["delta"]["stop_reason"]);
                answer.usage = anthropic_usage(&data["usage"]);
                assert_eq!(answer.usage.0, started.0, "the input is known from the start");
            }
            _ => {}
        }
        if order.last() != Some(&event) {
            order.push(event);
        }
    }
    assert_eq!(order[..3], ["message_start", "content_block_start", "ping"]);
    if order.last().is_some_and(|last| last == "message_stop") {
        assert_eq!(order[3..], ["content_block_delta", "content_block_stop", "message_delta", "message_stop"]);
    }
    if !name.is_empty() {
        answer.call = Some((name, serde_json::from_str(&arguments).unwrap()));
    }
    answer
}
