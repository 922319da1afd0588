//! C1: `kill -9` at random moments under load, and what the books must say afterwards about every single request.
//!
//! Callers note what they saw of each request: its id, how many content events came, whether the end came. After each
//! kill the node is started again on the same files, and at the end every note is held against the usage rows.

use crate::{
    amount,
    answers::{self, WORD, chat_events, has_end, stream},
    api::Row,
    bed::Bed,
    node::Node,
    upstream::Script,
    wait::until,
};
use anyhow::{Context, Result, ensure};
use bytes::BytesMut;
use parking_lot::Mutex;
use rand::Rng;
use serde_json::json;
use std::{
    collections::HashMap,
    fmt,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// One kind of request in the load. Their names' families have known vocabularies, so that a cut stream is counted and not
/// estimated.
#[derive(Debug)]
struct Kind {
    name: &'static str,
    /// Events of its answer, and so its output tokens.
    words: usize,
    /// Between two events; of an answer in JSON, its time by the word.
    gap: Duration,
    /// It answers in events, and not in JSON.
    streams: bool,
}

/// A stream whose 64 events are less than a second; one whose second is less than 64 events; and one in JSON.
const MODELS: [Kind; 3] = [
    Kind { name: "gpt-4o", words: 150, gap: Duration::from_millis(4), streams: true },
    Kind { name: "gpt-4o-whole", words: 150, gap: Duration::from_millis(2), streams: false },
    Kind { name: "gpt-4o-slow", words: 36, gap: Duration::from_millis(100), streams: true },
];
/// Price of an output token in nano-USD; input is free.
const TOKEN: i128 = 1_000;
/// Callers at a time.
const CALLERS: usize = 24;
/// How far in events a charge may lag behind what was sent …
const LAG_EVENTS: usize = 64;
/// … and in time: the second that is promised (`engine::recorded`), and as much again as a busy machine may take to show a
/// caller what was sent.
const LAG_TIME: Duration = Duration::from_secs(3);
/// A node must be ready again within this.
const READY: Duration = Duration::from_secs(2);

/// What a caller saw of one request.
#[derive(Debug, Clone)]
struct Note {
    request: String,
    kind: &'static Kind,
    words: usize,
    /// Of these, how many were there so long before the last that they must be charged.
    early: usize,
    ended: bool,
}

/// What a crash run found.
#[derive(Debug)]
pub struct Outcome {
    /// Times killed.
    pub kills: usize,
    /// What came of the requests.
    pub judged: Judged,
    /// The slowest restart.
    pub slowest_ready: Duration,
    /// The median restart.
    pub median_ready: Duration,
}

/// What came of the requests, once all were found to be charged as they must be.
#[derive(Debug, Default, Clone, Copy)]
pub struct Judged {
    /// Requests whose end a caller saw.
    pub ended: usize,
    /// Requests cut before it.
    pub cut: usize,
    /// Of those, how many have a row.
    pub cut_charged: usize,
}

impl fmt::Display for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ended, cut, cut_charged } = self;
        write!(
            f,
            "{ended} answers ended, each charged once in full; {cut} cut, {cut_charged} of them charged at a checkpoint"
        )
    }
}

/// Callers that ask on and on, whatever becomes of the nodes, and note what they see.
#[derive(Debug)]
pub struct Load {
    notes: Arc<Mutex<Vec<Note>>>,
    stop: Arc<AtomicBool>,
    callers: JoinSet<()>,
}

impl Load {
    /// Callers of these nodes, in turn.
    pub async fn start(bed: &Bed, nodes: &[SocketAddr]) -> Result<Self> {
        prepare(bed).await?;
        for node in nodes {
            bed.known_at(*node).await?;
        }
        let notes = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let mut callers = JoinSet::new();
        for (number, address) in nodes.iter().copied().cycle().take(CALLERS).enumerate() {
            let kind = MODELS.iter().cycle().nth(number / nodes.len()).context("models")?;
            let request = bed.chat(kind.name, &json!({"stream": kind.streams, "max_tokens": kind.words}));
            let (notes, stop) = (notes.clone(), stop.clone());
            callers.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    if let Some(note) = call(&request, kind, address).await {
                        notes.lock().push(note);
                    } else {
                        // The node is down: ask again in a moment, as callers do.
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                }
            });
        }
        Ok(Self { notes, stop, callers })
    }

    /// Waits until answers flow (again), from now on.
    pub async fn flows(&self) -> Result<()> {
        let before = self.notes.lock().len();
        let flows = async || Ok((self.notes.lock().len() > before + 4).then_some(()));
        until("load to flow", Duration::from_secs(20), flows).await
    }

    /// Ends the load, waits until everything is posted (by the other node too) and the books agree, and holds every note against the usage rows.
    pub async fn judge(mut self, bed: &Bed, other: Option<&Node>) -> Result<Judged> {
        self.stop.store(true, Ordering::Relaxed);
        while self.callers.join_next().await.is_some() {}
        if let Some(other) = other {
            other.settled().await?;
        }
        bed.books_agree().await?;
        let rows = bed.api.usage("").await?;
        judge(&self.notes.lock(), &rows)
    }
}

/// Kills the bed's node, or the other one if there is one, `kills` times under load, restarts it each time, and checks C1
/// and M6.
pub async fn storm(bed: &mut Bed, mut other: Option<&mut Node>, kills: usize) -> Result<Outcome> {
    let nodes: Vec<_> = [&bed.node].into_iter().chain(other.as_deref()).map(Node::address).collect();
    let load = Load::start(bed, &nodes).await?;
    let mut restarts = Vec::new();
    for _ in 0..kills {
        load.flows().await?;
        let (moment, which) = (rand::rng().random_range(0..400), rand::rng().random_range(0..nodes.len()));
        tokio::time::sleep(Duration::from_millis(moment)).await;
        let node = match other.as_deref_mut() {
            Some(other) if which == 1 => other,
            _ => &mut bed.node,
        };
        node.kill().await?;
        restarts.push(node.start().await?);
    }
    let judged = load.judge(bed, other.as_deref()).await?;
    no_hold_left(bed, other).await?;
    restarts.sort();
    let slowest_ready = restarts.last().copied().unwrap_or_default();
    let median_ready = restarts.get(restarts.len() / 2).copied().unwrap_or_default();
    ensure!(slowest_ready <= READY, "C1: a restart took {slowest_ready:?}, at most {READY:?} is allowed");
    Ok(Outcome { kills, judged, slowest_ready, median_ready })
}

async fn prepare(bed: &Bed) -> Result<()> {
    bed.upstream.remember(false);
    for kind in &MODELS {
        let words = u64::try_from(kind.words)?;
        if kind.streams {
            bed.upstream.on_model(kind.name, stream(chat_events(kind.name, kind.words, 8, words), kind.gap));
        } else if let Script::Answer(mut play) = answers::chat(kind.name, 8, words) {
            play.before = kind.gap * u32::try_from(kind.words)?;
            bed.upstream.on_model(kind.name, Script::Answer(play));
        }
        bed.model(kind.name, "openai", &json!({"input": "0", "output": "1"})).await?;
    }
    Ok(())
}

/// One request; `None` when no answer began.
async fn call(request: &crate::http::Request, kind: &'static Kind, address: SocketAddr) -> Option<Note> {
    let mut open = request.open(address).await.ok()?;
    if open.head.status != 200 {
        return None;
    }
    let request = open.head.header("x-request-id")?.to_owned();
    let (mut body, mut arrived) = (BytesMut::new(), Vec::new());
    let proper = loop {
        match open.piece().await {
            Ok(Some(piece)) => body.extend_from_slice(&piece),
            end => break end.is_ok(),
        }
        arrived.resize(words_in(&body), Instant::now());
    };
    let last = arrived.last().copied();
    let early = arrived.iter().filter(|word| last.is_some_and(|last| last - **word >= LAG_TIME)).count();
    let mut note = Note { request, kind, words: arrived.len(), early, ended: false };
    // The terminal event is the end, whether or not the connection's own came too.
    note.ended = if kind.streams { has_end(&body) } else { proper };
    Some(note)
}

fn words_in(body: &[u8]) -> usize {
    memchr::memmem::find_iter(body, format!("\"{WORD}\"").as_bytes()).count()
}

fn judge(notes: &[Note], rows: &[Row]) -> Result<Judged> {
    let mut by_request: HashMap<&str, Vec<&Row>> = HashMap::new();
    for row in rows {
        by_request.entry(row.get("request_id").context("no request_id")?.as_str()).or_default().push(row);
    }
    let mut judged = Judged::default();
    for note in notes {
        let found = by_request.get(note.request.as_str()).map_or(&[][..], Vec::as_slice);
        ensure!(found.len() <= 1, "M5: request {} is charged {} times", note.request, found.len());
        let charged =
            found.first().map(|row| amount::nano(row.get("cost_usd").map_or("", String::as_str))).transpose()?;
        let full = i128::try_from(note.kind.words)? * TOKEN;
        if note.ended {
            judged.ended += 1;
            ensure!(charged == Some(full), "M5: {note:?} was delivered whole, and charged {charged:?} of {full}");
            continue;
        }
        judged.cut += 1;
        judged.cut_charged += usize::from(charged.is_some());
        let charged = charged.unwrap_or(0);
        ensure!(charged <= full, "C1: {note:?} is charged {charged}, beyond its hold {full}");
        let least = i128::try_from(note.words.saturating_sub(LAG_EVENTS).max(note.early))? * TOKEN;
        ensure!(charged >= least, "C1: {note:?} is charged {charged}, too far behind: {found:?}");
    }
    Ok(judged)
}

/// Every lease goes back once nothing runs: no hold is left. The nodes stop cleanly, which returns leases.
pub async fn no_hold_left(bed: &mut Bed, mut other: Option<&mut Node>) -> Result<()> {
    if let Some(other) = other.as_deref_mut() {
        other.stop().await?;
    }
    bed.node.stop().await?;
    let reader = bed.reader().await?;
    let leased = reader.integer("SELECT CAST(SUM(leased) AS BIGINT) FROM accounts").await?;
    ensure!(leased == 0, "{leased} nano-USD are still leased after a clean stop");
    bed.node.start().await?;
    if let Some(other) = other {
        other.start().await?;
    }
    Ok(())
}
