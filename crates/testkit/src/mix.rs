//! The storm of M1 and M5: every kind of request at once from several tenants, some whole, some failing, some left by
//! their callers, some beyond the balance, while admins move money. Each delivered answer is noted and held against the
//! usage rows afterwards.

use crate::{
    amount,
    answers::{self, chat_events, has_end, message_events, stream},
    api::Row,
    bed::{Bed, chat, message},
    http::Request,
    upstream::{Play, Script},
};
use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use parking_lot::Mutex;
use rand::Rng;
use serde_json::json;
use std::{
    collections::HashMap,
    fmt,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// Callers at a time.
const CALLERS: usize = 32;
/// Words of a scripted stream.
const WORDS: usize = 30;

/// What one caller saw of one answer it was given.
#[derive(Debug, Clone)]
struct Note {
    request: String,
    model: &'static str,
    whole: bool,
}

/// What came of a storm.
#[derive(Debug, Default)]
pub struct Outcome {
    notes: Vec<Note>,
    statuses: HashMap<u16, usize>,
    left: usize,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.notes.iter().filter(|note| note.whole).count();
        let mut statuses: Vec<_> = self.statuses.iter().collect();
        statuses.sort();
        write!(f, "{whole} answers delivered whole, {} left, statuses {statuses:?}", self.left)
    }
}

/// Models of the storm: name, provider, charge in nano-USD of a whole answer (`None`: it never comes whole).
const MODELS: [(&str, &str, Option<i128>); 6] = [
    ("mix-json", "openai", Some(20_000)),
    ("mix-stream", "openai", Some(30_000)),
    ("mix-message", "anthropic", Some(20_000)),
    ("mix-events", "anthropic", Some(30_000)),
    ("mix-broken", "openai", None),
    ("mix-cut", "openai", None),
];

async fn prepare(bed: &Bed) -> Result<()> {
    bed.upstream.remember(false);
    let gap = Duration::from_millis(2);
    let words = u64::try_from(WORDS)?;
    bed.upstream.on_model("mix-json", answers::chat("mix-json", 10, 20));
    bed.upstream.on_model("mix-stream", stream(chat_events("mix-stream", WORDS, 10, words), gap));
    bed.upstream.on_model("mix-message", answers::message("mix-message", 10, 20));
    bed.upstream.on_model("mix-events", stream(message_events("mix-events", WORDS, 10, words), gap));
    bed.upstream.on_model("mix-broken", answers::error(500, &json!({"error": {"message": "broken"}})));
    let cut: Vec<Bytes> = chat_events("mix-cut", WORDS, 10, words);
    bed.upstream.on_model("mix-cut", Script::Answer(Play::events(cut, gap).cut_after(WORDS / 2)));
    for (model, provider, _) in MODELS {
        bed.model(model, provider, &json!({"input": "0", "output": "1"})).await?;
    }
    Ok(())
}

/// Runs the storm for `duration`.
pub async fn storm(bed: &Bed, duration: Duration) -> Result<Outcome> {
    prepare(bed).await?;
    let mut secrets = vec![bed.key.secret.clone()];
    let mut tenants = vec![bed.tenant.clone()];
    for (name, usd) in [("well off", "50"), ("nearly empty", "0.0005"), ("topped up all the time", "0.0001")] {
        let tenant = bed.api.tenant(name).await?;
        bed.api.credit(&tenant, usd).await?;
        secrets.push(bed.api.key(&tenant, &json!({})).await?.secret);
        tenants.push(tenant);
    }
    let outcome = Arc::new(Mutex::new(Outcome::default()));
    let end = Instant::now() + duration;
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let (secrets, outcome, address) = (secrets.clone(), outcome.clone(), bed.node.address());
        callers.spawn(async move {
            while Instant::now() < end {
                one(&secrets, address, &outcome).await?;
            }
            anyhow::Ok(())
        });
    }
    let api = bed.api.clone();
    callers.spawn(async move {
        let mut tick = tokio::time::interval(Duration::from_millis(40));
        while Instant::now() < end {
            tick.tick().await;
            let tenant = &tenants[3];
            api.credit(tenant, "0.0003").await?;
            // Takes some away again; 409 where it is not there any more.
            let away = json!({"amount": "-0.0001", "reason": "test"});
            let answer = api.call("POST", &format!("/tenants/{tenant}/adjustments"), Some(&away)).await?;
            ensure!([201, 409].contains(&answer.status()), "taking away: {} {}", answer.status(), answer.text());
        }
        Ok(())
    });
    while let Some(ended) = callers.join_next().await {
        ended??;
    }
    Ok(Arc::into_inner(outcome).context("a caller outlived the storm")?.into_inner())
}

fn request(secret: &str, model: &'static str) -> Request {
    match model {
        "mix-json" => chat(secret, model, &json!({"max_tokens": 20})),
        "mix-message" => message(secret, model, &json!({})),
        "mix-events" => message(secret, model, &json!({"stream": true})),
        _ => chat(secret, model, &json!({"stream": true, "max_tokens": 100})),
    }
}

async fn one(secrets: &[String], address: SocketAddr, outcome: &Mutex<Outcome>) -> Result<()> {
    let (secret, (model, ..), leave) = {
        let mut rng = rand::rng();
        (
            &secrets[rng.random_range(0..secrets.len())],
            MODELS[rng.random_range(0..MODELS.len())],
            rng.random_ratio(1, 8),
        )
    };
    let mut open = request(secret, model).open(address).await?;
    let status = open.head.status;
    *outcome.lock().statuses.entry(status).or_default() += 1;
    if status != 200 {
        ensure!([402, 502].contains(&status), "{model}: status {status}: {:?}", open.remains().await);
        return Ok(());
    }
    if leave {
        open.piece().await?;
        outcome.lock().left += 1;
        return Ok(());
    }
    let request = open.head.header("x-request-id").context("no x-request-id")?.to_owned();
    let stream = open.head.header("content-type").is_some_and(|kind| kind.starts_with("text/event-stream"));
    let (body, proper) = open.remains().await;
    let whole = proper && (!stream || has_end(&body));
    outcome.lock().notes.push(Note { request, model, whole });
    Ok(())
}

impl Outcome {
    /// M5: every whole answer has exactly one row, at its full charge; none is charged twice.
    pub fn check(&self, rows: &[Row]) -> Result<()> {
        let mut charges: HashMap<&str, Vec<i128>> = HashMap::new();
        for row in rows {
            let cost = amount::nano(row.get("cost_usd").map_or("", String::as_str))?;
            charges.entry(row.get("request_id").map_or("", String::as_str)).or_default().push(cost);
        }
        for note in &self.notes {
            let found = charges.get(note.request.as_str()).map_or(&[][..], Vec::as_slice);
            ensure!(found.len() <= 1, "M5: {note:?} is charged twice: {found:?}");
            let full = MODELS.iter().find(|(name, ..)| *name == note.model).and_then(|(_, _, full)| *full);
            if note.whole && full.is_some() {
                ensure!(
                    found.first().copied() == full,
                    "M5: {note:?} was delivered, and charged {found:?} of {full:?}"
                );
            }
        }
        ensure!(self.notes.iter().any(|note| note.whole), "no answer came whole");
        Ok(())
    }
}
