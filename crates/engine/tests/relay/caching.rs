//! Upstreams that keep prompts as providers do: over several of them, conversations read from their caches nearly as much as over
//! one alone.

use crate::support::{KEY, Memory, channel, key, wallet};
use bytes::Bytes;
use domain::{
    channel::{Channel, Credential, Limits, Model, Offer, Snapshot},
    dialect::Dialect,
    ids::{ChannelId, CredentialId, PriceId},
    money::PicoPerUnit,
    price::{Price, Rates},
    route::{Route, Strategy},
    secret::CredentialSecret,
};
use engine::{
    config::RelayConfig,
    limits::NodeLimits,
    notices::Notices,
    received::{Received, new_request_id},
    relay::{Parts, Relay},
    upstream::{SendFailed, Upstream},
};
use http::{HeaderMap, Response};
use http_body_util::Full;
use parking_lot::Mutex;
use protocol::upstream::UpstreamHead;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// No provider keeps less.
const LEAST: usize = 1_024;

/// Remembers the beginnings of what each account was sent.
#[derive(Default)]
struct Caching(Mutex<HashMap<(ChannelId, String), HashSet<String>>>);

impl Upstream for Caching {
    type Body = Full<Bytes>;

    async fn send(
        &self,
        channel: &Arc<Channel>,
        head: UpstreamHead,
        body: Bytes,
        _: Duration,
    ) -> Result<Response<Full<Bytes>>, SendFailed> {
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let account = head.headers["authorization"].to_str().unwrap().to_owned();
        let mut caches = self.0.lock();
        let cache = caches.entry((channel.id, account)).or_default();
        let (mut so_far, mut cached) = (String::new(), 0);
        for message in body["messages"].as_array().unwrap() {
            so_far.push_str(&message.to_string());
            let tokens = so_far.len() / 4;
            if !cache.insert(so_far.clone()) && tokens >= LEAST {
                cached = tokens;
            }
        }
        let prompt = so_far.len() / 4;
        let answer = serde_json::json!({"id": "c", "object": "chat.completion", "model": "u",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": "ok"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": prompt, "completion_tokens": 3, "total_tokens": prompt + 3,
                "prompt_tokens_details": {"cached_tokens": cached}}});
        let mut response = Response::new(Full::from(answer.to_string()));
        response.headers_mut().insert("content-type", "application/json".parse().unwrap());
        Ok(response)
    }
}

/// So many accounts of equal channels; what their conversations read from caches.
async fn cached(channels: i64, strategy: Strategy) -> u64 {
    let rates = Rates { input: PicoPerUnit(1_000), output: PicoPerUnit(2_000), ..Rates::default() };
    let cost = Rates { cache_read: Some(PicoPerUnit(100)), ..rates };
    let offer = |n: i64| {
        let second = Credential {
            id: CredentialId(100 + n),
            name: "second".into(),
            secret: CredentialSecret::new("sk-second".into()),
            weight: 1,
        };
        let mut channel = Channel { priority: 0, ..channel(n) };
        if channels > 1 {
            channel.credentials.push(second);
        }
        Offer {
            channel: Arc::new(channel),
            upstream_model: "u".into(),
            cost: Arc::new(Price::new(PriceId(9), cost)).into(),
        }
    };
    let model = Model {
        sale: Arc::new(Price::new(PriceId(1), rates)).into(),
        offers: (1..=channels).map(offer).collect(),
        route: Some(Arc::new(Route { strategy, ..Route::default() })),
        ..Model::default()
    };
    let snapshot = Snapshot { models: [("m".to_owned(), model)].into(), ..Snapshot::default() };
    let ledger = Arc::new(wallet(1 << 60, false, false));
    let relay = Relay::new(Parts {
        ledger: ledger.clone(),
        catalog: Arc::new(Memory(Arc::new(snapshot), Arc::new(key(Limits::default())))),
        upstream: Arc::new(Caching::default()),
        config: RelayConfig { seed: Some(11), ..RelayConfig::default() },
        tracker: TaskTracker::new(),
        shutdown: CancellationToken::new(),
        notices: Notices::default(),
        limits: NodeLimits::default(),
    });
    // Forty conversations of ten turns, all going on at once. A turn is 400 tokens, so the first two are too short to be kept.
    for turn in 1..=10 {
        for conversation in 0..40 {
            let text = |n: usize| format!("{conversation}.{n} {}", "word ".repeat(320));
            let messages: Vec<_> = (0..turn).map(|n| serde_json::json!({"role": "user", "content": text(n)})).collect();
            let body = serde_json::json!({"model": "m", "max_tokens": 10, "messages": messages}).to_string();
            let mut headers = HeaderMap::new();
            headers.insert("authorization", format!("Bearer {KEY}").parse().unwrap());
            let received = Received {
                id: new_request_id(),
                dialect: Dialect::OpenaiChat,
                headers,
                in_path: None,
                query_key: None,
                peer: [127, 0, 0, 1].into(),
                body: body.into(),
                started: tokio::time::Instant::now(),
            };
            assert_eq!(relay.answer(received).await.status, 200);
        }
    }
    ledger.settled.lock().iter().map(|(_, settlement)| settlement.usage.cache_read).sum()
}

#[tokio::test(start_paused = true)]
async fn several_channels_read_at_least_nine_tenths_of_what_one_alone_reads_from_its_cache() {
    for strategy in Strategy::ALL {
        let alone = cached(1, strategy).await;
        let several = cached(4, strategy).await;
        let share = several as f64 / alone as f64;
        eprintln!("    {strategy}: eight accounts read {share:.3} of what one alone reads from its cache");
        assert!(alone > 500_000 && share >= 0.9, "{strategy}: {several} of {alone}");
    }
}
