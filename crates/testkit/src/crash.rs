//! C1: `kill -9` at random moments under load, and what the books must say afterwards about every single request.
//!
//! Callers note what they saw of each request: its id, how many content events came, whether the end came. After each
//! kill the node is started again on the same files, and at the end every note is held against the usage rows.

use crate::{
    amount,
    answers::{self, WORD, chat_events, has_end, stream},
    api::Row,
    bed::Bed,
    upstream::Script,
    wait::until,
};
use anyhow::{Context, Result, ensure};
use parking_lot::Mutex;
use rand::Rng;
use serde_json::json;
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::task::JoinSet;

/// Events of one scripted stream, and so its output tokens.
pub const WORDS: usize = 150;
/// Between two events.
const GAP: Duration = Duration::from_millis(4);
/// A model whose vocabulary is known, so that a cut stream is counted and not estimated.
const MODEL: &str = "gpt-4o";
/// The model that answers in JSON, after as long as half a stream takes.
const WHOLE: &str = "gpt-4o-whole";
/// Price of an output token in nano-USD; input is free.
const TOKEN: i128 = 1_000;
/// Callers at a time.
const CALLERS: usize = 24;
/// How far a charge may lag behind what was sent: 64 events or one second, whichever is less; here the events are.
const LAG_EVENTS: usize = 64;
/// A node must be ready again within this.
const READY: Duration = Duration::from_secs(2);

/// What a caller saw of one request.
#[derive(Debug, Clone)]
struct Note {
    request: String,
    words: usize,
    ended: bool,
}

/// What a crash run found.
#[derive(Debug)]
pub struct Outcome {
    /// Times killed.
    pub kills: usize,
    /// Requests whose end a caller saw.
    pub ended: usize,
    /// Requests cut by a kill.
    pub cut: usize,
    /// Of those, how many have a row.
    pub cut_charged: usize,
    /// The slowest restart.
    pub slowest_ready: Duration,
    /// The median restart.
    pub median_ready: Duration,
}

/// Kills the bed's node `kills` times under load, restarts it each time, and checks C1 and M6.
pub async fn storm(bed: &mut Bed, kills: usize) -> Result<Outcome> {
    prepare(bed).await?;
    let notes = Arc::new(Mutex::new(Vec::new()));
    let stop = Arc::new(AtomicBool::new(false));
    let mut callers = JoinSet::new();
    for number in 0..CALLERS {
        let (model, stream) = if number % 3 == 0 { (WHOLE, false) } else { (MODEL, true) };
        let request = bed.chat(model, &json!({"stream": stream, "max_tokens": WORDS}));
        let (address, notes, stop) = (bed.node.address(), notes.clone(), stop.clone());
        callers.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                if let Some(note) = call(&request, address).await {
                    notes.lock().push(note);
                } else {
                    // The node is down: ask again in a moment, as callers do.
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        });
    }
    let mut restarts = Vec::new();
    for _ in 0..kills {
        let before = notes.lock().len();
        until("load to flow", Duration::from_secs(20), async || Ok((notes.lock().len() > before + 4).then_some(())))
            .await?;
        let moment = Duration::from_millis(rand::rng().random_range(0..400));
        tokio::time::sleep(moment).await;
        bed.node.kill().await?;
        restarts.push(bed.node.start().await?);
    }
    stop.store(true, Ordering::Relaxed);
    while callers.join_next().await.is_some() {}
    bed.books_agree().await?;
    restarts.sort();
    let slowest = restarts.last().copied().unwrap_or_default();
    let rows = bed.api.usage("").await?;
    let outcome = judge(&notes.lock(), &rows, restarts)?;
    no_hold_left(bed).await?;
    ensure!(slowest <= READY, "C1: a restart took {slowest:?}, at most {READY:?} is allowed");
    Ok(outcome)
}

async fn prepare(bed: &Bed) -> Result<()> {
    bed.upstream.remember(false);
    let words = u64::try_from(WORDS)?;
    bed.upstream.on_model(MODEL, stream(chat_events(MODEL, WORDS, 8, words), GAP));
    if let Script::Answer(mut play) = answers::chat(WHOLE, 8, words) {
        play.before = GAP * u32::try_from(WORDS)? / 2;
        bed.upstream.on_model(WHOLE, Script::Answer(play));
    }
    for model in [MODEL, WHOLE] {
        bed.model(model, "openai", &json!({"input": "0", "output": "1"})).await?;
    }
    Ok(())
}

/// One request; `None` when no answer began.
async fn call(request: &crate::http::Request, address: std::net::SocketAddr) -> Option<Note> {
    let mut open = request.open(address).await.ok()?;
    if open.head.status != 200 {
        return None;
    }
    let request = open.head.header("x-request-id")?.to_owned();
    let mut note = Note { request, words: 0, ended: false };
    let stream = open.head.header("content-type").is_some_and(|kind| kind.starts_with("text/event-stream"));
    let (body, proper) = open.remains().await;
    note.words = memchr::memmem::find_iter(&body, format!("\"{WORD}\"").as_bytes()).count();
    // The terminal event is the end, whether or not the connection's own came too.
    note.ended = if stream { has_end(&body) } else { proper };
    Some(note)
}

fn judge(notes: &[Note], rows: &[Row], restarts: Vec<Duration>) -> Result<Outcome> {
    let mut by_request: HashMap<&str, Vec<&Row>> = HashMap::new();
    for row in rows {
        by_request.entry(row.get("request_id").context("no request_id")?.as_str()).or_default().push(row);
    }
    let (mut ended, mut cut, mut cut_charged) = (0, 0, 0);
    let full = i128::try_from(WORDS)? * TOKEN;
    for note in notes {
        let found = by_request.get(note.request.as_str()).map_or(&[][..], Vec::as_slice);
        ensure!(found.len() <= 1, "M5: request {} is charged {} times", note.request, found.len());
        let charged =
            found.first().map(|row| amount::nano(row.get("cost_usd").map_or("", String::as_str))).transpose()?;
        if note.ended {
            ended += 1;
            ensure!(charged == Some(full), "M5: {note:?} was delivered whole, and charged {charged:?} of {full}");
            continue;
        }
        cut += 1;
        cut_charged += usize::from(charged.is_some());
        let charged = charged.unwrap_or(0);
        ensure!(charged <= full, "C1: {note:?} is charged {charged}, beyond its hold {full}");
        let least = i128::try_from(note.words.saturating_sub(LAG_EVENTS))? * TOKEN;
        ensure!(charged >= least, "C1: {note:?} is charged {charged}, over {LAG_EVENTS} events behind what was sent");
    }
    let median_ready = restarts.get(restarts.len() / 2).copied().unwrap_or_default();
    let slowest_ready = restarts.last().copied().unwrap_or_default();
    Ok(Outcome { kills: restarts.len(), ended, cut, cut_charged, slowest_ready, median_ready })
}

/// Every lease goes back once nothing runs: no hold is left. The node stops cleanly, which returns leases.
async fn no_hold_left(bed: &mut Bed) -> Result<()> {
    bed.node.stop().await?;
    let reader = bed.reader().await?;
    let leased = reader.integer("SELECT CAST(SUM(leased) AS BIGINT) FROM accounts").await?;
    ensure!(leased == 0, "{leased} nano-USD are still leased after a clean stop");
    bed.node.start().await.map(|_| ())
}
