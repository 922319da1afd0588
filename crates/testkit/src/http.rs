//! A small HTTP/1.1 client that shows what came over the wire: bodies byte for byte, pieces as they arrive, the
//! difference between a whole answer and a cut one. Plain TCP only; every address under test is on loopback.

use anyhow::{Context, Result, bail, ensure};
use bytes::{Buf, Bytes, BytesMut};
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Largest head read.
const MAX_HEAD: usize = 64 * 1024;

/// One request to send.
#[derive(Debug, Clone)]
pub struct Request {
    method: &'static str,
    path: String,
    headers: Vec<(String, String)>,
    body: Bytes,
}

impl Request {
    /// A request without a body.
    pub fn new(method: &'static str, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), headers: Vec::new(), body: Bytes::new() }
    }

    /// With a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With `authorization: Bearer`.
    pub fn bearer(self, secret: &str) -> Self {
        self.header("authorization", &format!("Bearer {secret}"))
    }

    /// With these bytes as JSON body.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.header("content-type", "application/json")
    }

    /// With the fields of a form as body.
    pub fn form(mut self, fields: String) -> Self {
        self.body = fields.into();
        self.header("content-type", "application/x-www-form-urlencoded")
    }

    /// As it goes over the wire.
    pub fn bytes(&self, host: SocketAddr) -> Bytes {
        let mut text = format!("{} {} HTTP/1.1\r\nhost: {host}\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        if !self.body.is_empty() || self.method != "GET" {
            text.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        text.push_str("\r\n");
        let mut bytes = BytesMut::from(text.as_bytes());
        bytes.extend_from_slice(&self.body);
        bytes.freeze()
    }

    /// Sends on a connection of its own and reads the whole answer.
    pub async fn send(&self, to: SocketAddr) -> Result<Answer> {
        self.open(to).await?.whole().await
    }

    /// Sends on a connection of its own and reads the head; the body follows piece by piece.
    pub async fn open(&self, to: SocketAddr) -> Result<Open> {
        let mut connection = Connection::to(to).await?;
        connection.write(&self.bytes(to)).await?;
        let head = connection.head().await?;
        Ok(Open { connection, head })
    }
}

/// Status and headers of an answer.
#[derive(Debug, Clone)]
pub struct Head {
    /// Its status.
    pub status: u16,
    /// Its headers, names in lower case.
    pub headers: Vec<(String, String)>,
}

impl Head {
    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// An answer whose body is being read.
#[derive(Debug)]
pub struct Open {
    connection: Connection,
    /// Its head.
    pub head: Head,
}

impl Open {
    /// The next piece of the body; `None` at its proper end. A cut is an error.
    pub async fn piece(&mut self) -> Result<Option<Bytes>> {
        self.connection.piece().await
    }

    /// Everything that is left, with the head.
    pub async fn whole(mut self) -> Result<Answer> {
        let mut body = BytesMut::new();
        while let Some(piece) = self.piece().await? {
            body.extend_from_slice(&piece);
        }
        Ok(Answer { head: self.head, body: body.freeze() })
    }

    /// What came until the end or the cut, and whether the end was proper.
    pub async fn remains(&mut self) -> (Bytes, bool) {
        let mut body = BytesMut::new();
        loop {
            match self.piece().await {
                Ok(Some(piece)) => body.extend_from_slice(&piece),
                Ok(None) => return (body.freeze(), true),
                Err(_) => return (body.freeze(), false),
            }
        }
    }
}

/// A whole answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Status and headers.
    pub head: Head,
    /// The body, decoded from its framing and otherwise untouched.
    pub body: Bytes,
}

impl Answer {
    /// Its status.
    pub fn status(&self) -> u16 {
        self.head.status
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> Result<serde_json::Value> {
        serde_json::from_slice(&self.body).with_context(|| format!("not JSON ({}): {}", self.status(), self.text()))
    }
}

/// How the body now being read ends.
#[derive(Debug, Clone, Copy)]
enum Framing {
    Done,
    Length(u64),
    ChunkHead,
    Chunk(u64),
    Close,
}

/// One connection, for any number of requests, one after another.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    buffer: BytesMut,
    framing: Framing,
}

impl Connection {
    /// A fresh one.
    pub async fn to(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("connecting to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: BytesMut::with_capacity(16 * 1024), framing: Framing::Done })
    }

    /// Sends raw bytes.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.stream.write_all(bytes).await?)
    }

    async fn more(&mut self) -> Result<bool> {
        Ok(self.stream.read_buf(&mut self.buffer).await? > 0)
    }

    /// Reads the head of the next answer.
    pub async fn head(&mut self) -> Result<Head> {
        loop {
            if let Some((head, used, framing)) = parse_head(&self.buffer)? {
                self.buffer.advance(used);
                self.framing = framing;
                return Ok(head);
            }
            ensure!(self.buffer.len() < MAX_HEAD, "the answer's head is too long");
            ensure!(self.more().await?, "closed before the answer's head");
        }
    }

    /// The next piece of the body; `None` at its proper end.
    pub async fn piece(&mut self) -> Result<Option<Bytes>> {
        loop {
            match self.framing {
                Framing::Done | Framing::Length(0) => {
                    self.framing = Framing::Done;
                    return Ok(None);
                }
                Framing::ChunkHead => {
                    if let Some(size) = self.chunk_size()? {
                        self.framing = if size == 0 { Framing::Done } else { Framing::Chunk(size) };
                        continue;
                    }
                }
                Framing::Length(left) if !self.buffer.is_empty() => {
                    let piece = self.take(left);
                    self.framing = Framing::Length(left - piece.len() as u64);
                    return Ok(Some(piece));
                }
                Framing::Chunk(left) if left > 0 && !self.buffer.is_empty() => {
                    let piece = self.take(left);
                    self.framing = Framing::Chunk(left - piece.len() as u64);
                    return Ok(Some(piece));
                }
                Framing::Chunk(0) if self.buffer.len() >= 2 => {
                    self.buffer.advance(2);
                    self.framing = Framing::ChunkHead;
                    continue;
                }
                Framing::Close if !self.buffer.is_empty() => return Ok(Some(self.take(u64::MAX))),
                _ => {}
            }
            if !self.more().await? {
                if matches!(self.framing, Framing::Close) {
                    self.framing = Framing::Done;
                    return Ok(None);
                }
                bail!("the answer was cut");
            }
        }
    }

    fn take(&mut self, limit: u64) -> Bytes {
        let length = usize::try_from(limit).unwrap_or(usize::MAX).min(self.buffer.len());
        self.buffer.split_to(length).freeze()
    }

    /// The size in the next chunk's head, with the head (and, for the last, the blank line) taken off the buffer.
    fn chunk_size(&mut self) -> Result<Option<u64>> {
        let Ok(httparse::Status::Complete((used, size))) = httparse::parse_chunk_size(&self.buffer) else {
            ensure!(self.buffer.len() < 1024, "not a chunk: {:?}", self.buffer);
            return Ok(None);
        };
        if size > 0 {
            self.buffer.advance(used);
            return Ok(Some(size));
        }
        if self.buffer.len() < used + 2 {
            return Ok(None);
        }
        self.buffer.advance(used + 2);
        Ok(Some(0))
    }
}

fn parse_head(buffer: &[u8]) -> Result<Option<(Head, usize, Framing)>> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(used) = response.parse(buffer)? else { return Ok(None) };
    let status = response.code.context("no status")?;
    let headers: Vec<(String, String)> = response
        .headers
        .iter()
        .map(|header| (header.name.to_ascii_lowercase(), String::from_utf8_lossy(header.value).into_owned()))
        .collect();
    let head = Head { status, headers };
    let framing = if status == 204 || status == 304 {
        Framing::Done
    } else if head.header("transfer-encoding").is_some_and(|value| value.contains("chunked")) {
        Framing::ChunkHead
    } else if let Some(length) = head.header("content-length") {
        Framing::Length(length.parse()?)
    } else {
        Framing::Close
    };
    Ok(Some((head, used, framing)))
}
