//! A closed-loop load: each connection sends its next request when it has the last answer. Lean, so that on one core it
//! and a prebuilt upstream keep ahead of the gateway on the other: answers are parsed in place, nothing is allocated per
//! request. Every answer's status and length are checked; a wrong one is counted, never averaged away.

use crate::http::Connection;
use anyhow::{Context, Result, ensure};
use bytes::{Buf, Bytes, BytesMut};
use hdrhistogram::Histogram;
use std::{
    cell::RefCell,
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::LocalSet,
};

/// What came of a load.
#[derive(Debug)]
pub struct Report {
    /// Nanoseconds from a request's first byte out to its answer's last byte in.
    pub latency: Histogram<u64>,
    /// The same of answers with another status.
    pub refused: Histogram<u64>,
    /// Answers with status 200 and the expected length.
    pub good: u64,
    /// Other answers and broken connections.
    pub bad: u64,
    /// An example of what was wrong.
    pub example: Option<String>,
    /// How long it ran.
    pub elapsed: Duration,
}

impl Report {
    fn new() -> Result<Self> {
        let latency = Histogram::new_with_bounds(1_000, 60_000_000_000, 3)?;
        Ok(Self { refused: latency.clone(), latency, good: 0, bad: 0, example: None, elapsed: Duration::ZERO })
    }

    /// Good answers a second.
    pub fn rate(&self) -> f64 {
        self.good as f64 / self.elapsed.as_secs_f64()
    }

    /// Microseconds at this quantile.
    pub fn micros(&self, quantile: f64) -> f64 {
        self.latency.value_at_quantile(quantile) as f64 / 1_000.0
    }

    fn wrong(&mut self, example: String) {
        self.bad += 1;
        self.example.get_or_insert(example);
    }
}

/// Sends `request` over `connections` connections for `duration`. The driver runs on this thread.
pub async fn closed_loop(to: SocketAddr, request: &Bytes, connections: usize, duration: Duration) -> Result<Report> {
    drive(to, request, connections, None, duration).await
}

/// The same at no more than `rate` requests a second over all connections.
pub async fn paced(
    to: SocketAddr,
    request: &Bytes,
    connections: usize,
    rate: u32,
    duration: Duration,
) -> Result<Report> {
    drive(to, request, connections, Some(rate), duration).await
}

/// Hands out the moments at which requests may begin.
#[derive(Debug)]
struct Pace {
    begun: Instant,
    rate: Option<u32>,
    given: std::cell::Cell<u64>,
}

impl Pace {
    async fn turn(&self) {
        let Some(rate) = self.rate else { return };
        let number = self.given.replace(self.given.get() + 1);
        let due = self.begun + Duration::from_micros(number * 1_000_000 / u64::from(rate));
        if due > Instant::now() {
            tokio::time::sleep_until(due.into()).await;
        }
    }
}

async fn drive(
    to: SocketAddr,
    request: &Bytes,
    connections: usize,
    rate: Option<u32>,
    duration: Duration,
) -> Result<Report> {
    let report = Rc::new(RefCell::new(Report::new()?));
    let begun = Instant::now();
    let pace = Rc::new(Pace { begun, rate, given: std::cell::Cell::new(0) });
    let local = LocalSet::new();
    for _ in 0..connections {
        let (report, request, pace) = (report.clone(), request.clone(), pace.clone());
        local.spawn_local(async move {
            while begun.elapsed() < duration {
                if let Err(error) = one_connection(to, &request, begun + duration, &pace, &report).await {
                    report.borrow_mut().wrong(format!("{error:#}"));
                    // A refused connection must not become a busy loop.
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            }
        });
    }
    local.await;
    let mut report = Rc::into_inner(report).context("a connection outlived its load")?.into_inner();
    report.elapsed = begun.elapsed();
    Ok(report)
}

async fn one_connection(
    to: SocketAddr,
    request: &Bytes,
    end: Instant,
    pace: &Pace,
    report: &RefCell<Report>,
) -> Result<()> {
    let mut stream = TcpStream::connect(to).await?;
    stream.set_nodelay(true)?;
    let mut buffer = BytesMut::with_capacity(16 * 1024);
    while Instant::now() < end {
        pace.turn().await;
        let sent = Instant::now();
        stream.write_all(request).await?;
        let status = answer(&mut stream, &mut buffer).await?;
        let mut report = report.borrow_mut();
        if status == 200 {
            report.good += 1;
            report.latency.saturating_record(u64::try_from(sent.elapsed().as_nanos())?);
        } else {
            report.refused.saturating_record(u64::try_from(sent.elapsed().as_nanos())?);
            report.wrong(format!("status {status}"));
        }
    }
    Ok(())
}

/// Reads one answer with a content length and gives its status.
async fn answer(stream: &mut TcpStream, buffer: &mut BytesMut) -> Result<u16> {
    loop {
        if let Some((status, length)) = head(buffer)? {
            while buffer.len() < length {
                ensure!(stream.read_buf(buffer).await? > 0, "an answer was cut");
            }
            buffer.advance(length);
            return Ok(status);
        }
        ensure!(stream.read_buf(buffer).await? > 0, "closed before an answer");
    }
}

/// The status of the answer in the buffer, and its length with the head.
fn head(buffer: &[u8]) -> Result<Option<(u16, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 48];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(used) = response.parse(buffer)? else { return Ok(None) };
    let length = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length: usize = std::str::from_utf8(length.context("an answer without content-length")?.value)?.parse()?;
    Ok(Some((response.code.unwrap_or(0), used + length)))
}

/// `concurrent` streams at a time for `duration`; the report's latency is the time to the first body byte, and an answer
/// is good if it came to its proper end with the dialect's terminal event.
pub async fn streams(to: SocketAddr, request: &Bytes, concurrent: usize, duration: Duration) -> Result<Report> {
    let report = Rc::new(RefCell::new(Report::new()?));
    let begun = Instant::now();
    let local = LocalSet::new();
    for _ in 0..concurrent {
        let (report, request) = (report.clone(), request.clone());
        local.spawn_local(async move {
            if let Err(error) = stream_after_stream(to, &request, begun + duration, &report).await {
                report.borrow_mut().wrong(format!("{error:#}"));
            }
        });
    }
    local.await;
    let mut report = Rc::into_inner(report).context("a connection outlived its load")?.into_inner();
    report.elapsed = begun.elapsed();
    Ok(report)
}

async fn stream_after_stream(to: SocketAddr, request: &Bytes, end: Instant, report: &RefCell<Report>) -> Result<()> {
    let mut connection = Connection::to(to).await?;
    while Instant::now() < end {
        let sent = Instant::now();
        connection.write(request).await?;
        let head = connection.head().await?;
        let mut first = None;
        let mut ended = false;
        while let Some(piece) = connection.piece().await? {
            first.get_or_insert_with(|| sent.elapsed());
            ended |= crate::answers::has_end(&piece);
        }
        let mut report = report.borrow_mut();
        match first {
            Some(first) if head.status == 200 && ended => {
                report.good += 1;
                report.latency.saturating_record(u64::try_from(first.as_nanos())?);
            }
            _ => report.wrong(format!("status {}, first {first:?}, ended {ended}", head.status)),
        }
    }
    Ok(())
}
