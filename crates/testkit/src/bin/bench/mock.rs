//! The upstream of the measurements: it shares a core with the load, so it does next to nothing. It finds the end of a
//! request, looks whether a stream was asked for, and writes bytes made beforehand.

use anyhow::{Context, Result};
use bytes::{Buf, BytesMut};
use std::{net::SocketAddr, rc::Rc, time::Duration};
use testkit::answers;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::spawn_local,
};

/// Content events of a stream.
const EVENTS: usize = 20;
/// Between two of them.
const GAP: Duration = Duration::from_millis(5);

/// Answers made beforehand, framing and all.
#[derive(Debug)]
struct Prepared {
    json: Vec<u8>,
    stream_head: Vec<u8>,
    stream_events: Vec<Vec<u8>>,
}

/// Starts the mock on this thread's local set.
pub async fn start() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let prepared = Rc::new(prepare());
    spawn_local(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let prepared = prepared.clone();
            spawn_local(async move {
                let _ = serve(stream, &prepared).await;
            });
        }
    });
    Ok(address)
}

fn prepare() -> Prepared {
    let body = serde_json::json!({
        "id": "chatcmpl-Bq3hYtR8vJk2LmN5pQs7TuVw", "object": "chat.completion", "created": 1_760_000_000,
        "model": "gpt-4o-2024-08-06", "service_tier": "default", "system_fingerprint": "fp_a1b2c3d4e5",
        "choices": [{"index": 0, "finish_reason": "stop", "logprobs": null, "message": {"role": "assistant",
            "content": "Bonjour ! Comment puis-je vous aider ?", "refusal": null, "annotations": []}}],
        "usage": {"prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0}}})
    .to_string();
    let json =
        format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let chunk = |bytes: &[u8]| [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
    let events = answers::chat_events("gpt-4o-2024-08-06", EVENTS, 19, EVENTS as u64);
    // The role comes with the first word, and the last events with the end, as providers' sockets deliver them.
    let (first, rest) = events.split_at(2);
    let (words, last) = rest.split_at(EVENTS - 1);
    let mut stream_events = vec![chunk(&first.concat())];
    stream_events.extend(words.iter().map(|event| chunk(event)));
    stream_events.push([chunk(&last.concat()), b"0\r\n\r\n".to_vec()].concat());
    let stream_head =
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    Prepared { json: json.into_bytes(), stream_head, stream_events }
}

async fn serve(mut stream: TcpStream, prepared: &Prepared) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = BytesMut::with_capacity(16 * 1024);
    loop {
        let Some(length) = request_length(&buffer)? else {
            if stream.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
            continue;
        };
        let request = buffer.get(..length).context("a whole request")?;
        let is_stream = memchr::memmem::find(request, b"\"stream\":true").is_some();
        buffer.advance(length);
        if !is_stream {
            stream.write_all(&prepared.json).await?;
            continue;
        }
        for (index, event) in prepared.stream_events.iter().enumerate() {
            if index == 0 {
                stream.write_all(&[prepared.stream_head.as_slice(), event].concat()).await?;
            } else {
                tokio::time::sleep(GAP).await;
                stream.write_all(event).await?;
            }
        }
    }
}

/// The length of the whole request at the buffer's start, once it is all there.
fn request_length(buffer: &[u8]) -> Result<Option<usize>> {
    let mut headers = [httparse::EMPTY_HEADER; 48];
    let mut request = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(head) = request.parse(buffer)? else { return Ok(None) };
    let header = |name: &str| request.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
    if header("transfer-encoding").is_some() {
        let body = buffer.get(head..).unwrap_or_default();
        return Ok(memchr::memmem::find(body, b"0\r\n\r\n").map(|end| head + end + 5));
    }
    let length: usize = match header("content-length") {
        Some(header) => std::str::from_utf8(header.value)?.parse()?,
        None => 0,
    };
    Ok((buffer.len() >= head + length).then_some(head + length))
}
