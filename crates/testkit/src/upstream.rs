//! A scripted upstream: an HTTP server on loopback that answers as it is told, down to single bytes, resets and
//! silence, and remembers every request and connection. Raw TCP, because a well-behaved server library cannot
//! misbehave.

use anyhow::{Context, Result};
use bytes::{Bytes, BytesMut};
use parking_lot::Mutex;
use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::{AbortHandle, JoinSet},
};

/// What an upstream does with one request.
#[derive(Debug, Clone)]
pub enum Script {
    /// Answers.
    Answer(Play),
    /// Reads the request and resets the connection.
    Reset,
    /// Reads the request and never says a word.
    BlackHole,
    /// Sends these bytes in place of HTTP and closes.
    Garbage(Bytes),
}

/// One scripted answer.
#[derive(Debug, Clone)]
pub struct Play {
    /// Its status.
    pub status: u16,
    /// Its headers, content type among them.
    pub headers: Vec<(String, String)>,
    /// The body, written piece by piece, each its own chunk if there is more than one.
    pub pieces: Vec<Bytes>,
    /// The wait before the head.
    pub before: Duration,
    /// The wait before each piece but the first.
    pub gap: Duration,
    /// Whether every byte is written by itself.
    pub byte_by_byte: bool,
    /// What follows the last piece.
    pub end: End,
}

/// How a scripted answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Properly.
    Whole,
    /// By a connection closed in the middle of the body.
    Cut,
    /// By a reset.
    Reset,
    /// Never: the connection stays open in silence.
    Hang,
}

impl Play {
    /// An answer of this status, content type and body, sent at once.
    pub fn new(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: vec![("content-type".into(), content_type.into())],
            pieces: vec![body.into()],
            before: Duration::ZERO,
            gap: Duration::ZERO,
            byte_by_byte: false,
            end: End::Whole,
        }
    }

    /// A stream of these events, each written by itself after `gap`.
    pub fn events(events: Vec<Bytes>, gap: Duration) -> Self {
        Self { pieces: events, gap, ..Self::new(200, "text/event-stream", Bytes::new()) }
    }

    /// With one more header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Only the first `count` pieces, then a cut.
    pub fn cut_after(mut self, count: usize) -> Self {
        self.pieces.truncate(count);
        self.end = End::Cut;
        self
    }
}

/// A request that came.
#[derive(Debug, Clone)]
pub struct Seen {
    /// When its last byte came.
    pub at: Instant,
    /// Its method.
    pub method: String,
    /// Its path with query.
    pub path: String,
    /// Its headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Bytes,
}

impl Seen {
    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The model its body names.
    pub fn model(&self) -> Option<String> {
        let body: serde_json::Value = serde_json::from_slice(&self.body).ok()?;
        Some(body.get("model")?.as_str()?.to_owned())
    }
}

#[derive(Debug, Default)]
struct State {
    by_model: Mutex<HashMap<String, Script>>,
    queue: Mutex<VecDeque<Script>>,
    seen: Mutex<Vec<Seen>>,
    served: AtomicU64,
    connections: AtomicU64,
    remember: std::sync::atomic::AtomicBool,
}

/// A running scripted upstream; it ends when dropped.
#[derive(Debug)]
pub struct Upstream {
    address: SocketAddr,
    state: Arc<State>,
    accepting: AbortHandle,
}

impl Upstream {
    /// Starts one on a free port of loopback.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let state = Arc::new(State::default());
        state.remember.store(true, Ordering::Relaxed);
        let accepting = tokio_util::task::TaskTracker::new().spawn(accept(listener, state.clone())).abort_handle();
        Ok(Self { address, state, accepting })
    }

    /// A port of loopback where nothing listens.
    pub async fn refusing() -> Result<SocketAddr> {
        Ok(TcpListener::bind("127.0.0.1:0").await?.local_addr()?)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its base URL for a provider of `dialect`'s kind: with `/v1` for OpenAI's, the root for Anthropic's.
    pub fn base_url(&self, provider: &str) -> String {
        match provider {
            "anthropic" => format!("http://{}", self.address),
            _ => format!("http://{}/v1", self.address),
        }
    }

    /// Every request for `model` (the upstream's name of it) is answered so.
    pub fn on_model(&self, model: &str, script: Script) {
        self.state.by_model.lock().insert(model.to_owned(), script);
    }

    /// The next request not answered by its model is answered so; queued after others.
    pub fn next(&self, script: Script) {
        self.state.queue.lock().push_back(script);
    }

    /// Whether requests are kept; load runs switch it off.
    pub fn remember(&self, yes: bool) {
        self.state.remember.store(yes, Ordering::Relaxed);
    }

    /// Requests kept so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.state.seen.lock().clone()
    }

    /// How many requests came.
    pub fn served(&self) -> u64 {
        self.state.served.load(Ordering::SeqCst)
    }

    /// How many connections came.
    pub fn connections(&self) -> u64 {
        self.state.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    // Dropped with this future, which ends every connection.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        state.connections.fetch_add(1, Ordering::SeqCst);
        let _ = stream.set_nodelay(true);
        let state = state.clone();
        connections.spawn(async move {
            let _ = serve(stream, &state).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(mut stream: TcpStream, state: &State) -> Result<()> {
    let mut buffer = BytesMut::with_capacity(8 * 1024);
    while let Some(seen) = read_request(&mut stream, &mut buffer).await? {
        state.served.fetch_add(1, Ordering::SeqCst);
        let script = choose(state, &seen);
        if state.remember.load(Ordering::Relaxed) {
            state.seen.lock().push(seen);
        }
        match script {
            Some(Script::Answer(play)) => {
                if !perform(&mut stream, &play).await? {
                    return Ok(());
                }
            }
            Some(Script::Reset) => {
                let _ = stream.set_zero_linger();
                return Ok(());
            }
            Some(Script::BlackHole) => std::future::pending().await,
            Some(Script::Garbage(bytes)) => return Ok(stream.write_all(&bytes).await?),
            None => {
                let play = Play::new(599, "text/plain", "no script for this request");
                perform(&mut stream, &play).await?;
            }
        }
    }
    Ok(())
}

fn choose(state: &State, seen: &Seen) -> Option<Script> {
    let by_model = seen.model().and_then(|model| state.by_model.lock().get(&model).cloned());
    by_model.or_else(|| state.queue.lock().pop_front())
}

/// Plays an answer; whether the connection can carry another.
pub(crate) async fn perform(stream: &mut TcpStream, play: &Play) -> Result<bool> {
    if !play.before.is_zero() {
        tokio::time::sleep(play.before).await;
    }
    let chunked = play.pieces.len() > 1 || play.end != End::Whole;
    let mut head = format!("HTTP/1.1 {} Scripted\r\n", play.status);
    for (name, value) in &play.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    match chunked {
        true => head.push_str("transfer-encoding: chunked\r\n\r\n"),
        false => head.push_str(&format!("content-length: {}\r\n\r\n", play.pieces.first().map_or(0, Bytes::len))),
    }
    let mut waiting = BytesMut::from(head.as_bytes());
    for (index, piece) in play.pieces.iter().enumerate() {
        if index > 0 && !play.gap.is_zero() {
            write(stream, &waiting, play.byte_by_byte).await?;
            waiting.clear();
            tokio::time::sleep(play.gap).await;
        }
        if chunked && !piece.is_empty() {
            waiting.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
            waiting.extend_from_slice(piece);
            waiting.extend_from_slice(b"\r\n");
        } else {
            waiting.extend_from_slice(piece);
        }
    }
    if chunked && play.end == End::Whole {
        waiting.extend_from_slice(b"0\r\n\r\n");
    }
    write(stream, &waiting, play.byte_by_byte).await?;
    match play.end {
        End::Whole => Ok(true),
        End::Cut => Ok(false),
        End::Reset => {
            let _ = stream.set_zero_linger();
            Ok(false)
        }
        End::Hang => std::future::pending().await,
    }
}

async fn write(stream: &mut TcpStream, bytes: &[u8], byte_by_byte: bool) -> Result<()> {
    if !byte_by_byte {
        return Ok(stream.write_all(bytes).await?);
    }
    for byte in bytes.chunks(1) {
        stream.write_all(byte).await?;
        // Lets the reader have it before the next is written.
        tokio::task::yield_now().await;
    }
    Ok(())
}

/// Reads one request; `None` when the connection ended between requests.
pub(crate) async fn read_request(stream: &mut TcpStream, buffer: &mut BytesMut) -> Result<Option<Seen>> {
    let (mut seen, length, chunked) = loop {
        if let Some((seen, used, length, chunked)) = parse_request(buffer)? {
            let _ = buffer.split_to(used);
            break (seen, length, chunked);
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    };
    if chunked {
        seen.body = read_chunks(stream, buffer).await?;
    } else {
        while buffer.len() < length {
            anyhow::ensure!(stream.read_buf(buffer).await? > 0, "request cut");
        }
        seen.body = buffer.split_to(length).freeze();
    }
    seen.at = Instant::now();
    Ok(Some(seen))
}

async fn read_chunks(stream: &mut TcpStream, buffer: &mut BytesMut) -> Result<Bytes> {
    let mut body = BytesMut::new();
    loop {
        if let Ok(httparse::Status::Complete((used, size))) = httparse::parse_chunk_size(buffer) {
            let size = usize::try_from(size)?;
            if buffer.len() >= used + size + 2 {
                let _ = buffer.split_to(used);
                body.extend_from_slice(&buffer.split_to(size));
                let _ = buffer.split_to(2);
                if size == 0 {
                    return Ok(body.freeze());
                }
                continue;
            }
        }
        anyhow::ensure!(stream.read_buf(buffer).await? > 0, "request cut");
    }
}

fn parse_request(buffer: &[u8]) -> Result<Option<(Seen, usize, usize, bool)>> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(used) = request.parse(buffer)? else { return Ok(None) };
    let headers: Vec<(String, String)> = request
        .headers
        .iter()
        .map(|header| (header.name.to_ascii_lowercase(), String::from_utf8_lossy(header.value).into_owned()))
        .collect();
    let seen = Seen {
        at: Instant::now(),
        method: request.method.context("no method")?.to_owned(),
        path: request.path.context("no path")?.to_owned(),
        headers,
        body: Bytes::new(),
    };
    let length = seen.header("content-length").map_or(Ok(0), str::parse)?;
    let chunked = seen.header("transfer-encoding").is_some_and(|value| value.contains("chunked"));
    Ok(Some((seen, used, length, chunked)))
}
