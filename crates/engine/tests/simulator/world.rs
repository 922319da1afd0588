//! A place made of one number: channels, limits, a wallet, callers.

use crate::{
    caller::{Caller, KEY},
    checks::{Book, Summary},
    upstream::Planned,
    wallet::{LEAKED, Wallet},
};
use domain::{
    budget::Budgets,
    channel::{Channel, ChannelSettings, Credential, Limits, Model, Offer, Snapshot, Timeouts},
    dialect::{Dialect, Provider},
    ids::{ChannelId, CredentialId, KeyId, PriceId, TenantId},
    key::KeyRecord,
    money::PicoPerUnit,
    ports::{Catalog, Unavailable},
    price::{Price, Rates},
    route::{Route, Strategy},
    secret::{CredentialSecret, SecretHash},
};
use engine::{
    config::RelayConfig,
    limits::NodeLimits,
    notices::Notices,
    relay::{Parts, Relay},
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::sync::{Arc, atomic::Ordering};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub type SimRelay = Relay<Wallet, Memory, Planned>;

pub struct Memory(Arc<Snapshot>, Arc<KeyRecord>);

impl Catalog for Memory {
    fn snapshot(&self) -> Arc<Snapshot> {
        self.0.clone()
    }

    async fn key(&self, hash: SecretHash) -> Result<Option<Arc<KeyRecord>>, Unavailable> {
        Ok((hash == SecretHash::of(KEY)).then(|| self.1.clone()))
    }
}

fn price(id: i64, input: i64, output: i64) -> Arc<Price> {
    let rates = Rates { input: PicoPerUnit(input), output: PicoPerUnit(output), ..Rates::default() };
    Arc::new(Price::new(PriceId(id), rates))
}

fn channel(id: i64, random: &mut StdRng) -> Channel {
    let credential = |n: i64| Credential {
        id: CredentialId(id * 10 + n),
        name: String::new(),
        secret: CredentialSecret::new("sk-upstream".into()),
        weight: 1,
    };
    let at_once = random.random_bool(0.2).then(|| random.random_range(1..6));
    Channel {
        id: ChannelId(id),
        name: format!("c{id}"),
        provider: Provider::OpenaiCompatible,
        base_url: "http://upstream.test/v1".into(),
        dialects: vec![Dialect::OpenaiChat],
        priority: random.random_range(0..2),
        weight: random.random_range(1..4),
        timeouts: Timeouts { first_token_ms: Some(5_000), idle_ms: Some(10_000), ..Timeouts::default() },
        allow_private_network: false,
        credentials: (0..random.random_range(1..3)).map(credential).collect(),
        settings: ChannelSettings {
            limits: Limits { concurrency: at_once, ..Limits::default() },
            ..ChannelSettings::default()
        },
        proxy: None,
    }
}

fn snapshot(random: &mut StdRng) -> Snapshot {
    let model = |first: i64, count: i64, random: &mut StdRng| {
        let offers = (first..first + count).map(|id| Offer {
            channel: Arc::new(channel(id, random)),
            upstream_model: "u".into(),
            cost: price(100 + id, random.random_range(1..900_000), 1).into(),
        });
        Model { sale: price(1, 1_000_000, 2_000_000).into(), offers: offers.collect(), ..Model::default() }
    };
    let count = random.random_range(1..5);
    let mut own = model(1, count, random);
    let strategy = Strategy::ALL[random.random_range(0..4)];
    let fallbacks = if random.random_bool(0.3) { vec!["other".to_owned()] } else { Vec::new() };
    own.route = Some(Arc::new(Route { strategy, fallbacks, rules: Vec::new() }));
    Snapshot {
        models: [("m".to_owned(), own), ("other".to_owned(), model(20, 2, random))].into(),
        ..Snapshot::default()
    }
}

pub async fn live(seed: u64) -> Summary {
    let leaked = LEAKED.load(Ordering::SeqCst);
    let mut random = StdRng::seed_from_u64(seed);
    let book = Arc::new(Book::default());
    let start = if random.random_bool(0.2) { random.random_range(0..5_000_000) } else { 1_000_000_000_000 };
    let failing = if random.random_bool(0.2) { random.random_range(0..50) } else { 0 };
    let wallet = Arc::new(Wallet::new(seed, start, failing, book.clone()));
    let limits = Limits { concurrency: random.random_bool(0.1).then_some(5), ..Limits::default() };
    let key = KeyRecord {
        id: KeyId(1),
        tenant: TenantId(1),
        enabled: true,
        tenant_frozen: false,
        response_days: 0,
        expires_at_ms: None,
        models: None,
        endpoints: None,
        ip_allow: None,
        limits,
        tenant_limits: Limits::default(),
        tenant_group: "".into(),
        budgets: Budgets::default(),
    };
    let (tracker, shutdown) = (TaskTracker::new(), CancellationToken::new());
    let relay = Relay::new(Parts {
        ledger: wallet.clone(),
        catalog: Arc::new(Memory(Arc::new(snapshot(&mut random)), Arc::new(key))),
        upstream: Arc::new(Planned::new(seed, book.clone())),
        config: RelayConfig { seed: Some(seed), ..RelayConfig::default() },
        tracker: tracker.clone(),
        shutdown: shutdown.clone(),
        notices: Notices::default(),
        limits: NodeLimits::default(),
    });
    let callers = TaskTracker::new();
    let count = random.random_range(5..60);
    let all: Vec<_> = (0..count)
        .map(|number| callers.spawn(Caller::random(number, &mut random).live(relay.clone(), book.clone())))
        .collect();
    for caller in all {
        if let Err(failed) = caller.await {
            std::panic::resume_unwind(failed.into_panic());
        }
    }
    tracker.close();
    tracker.wait().await;
    assert_eq!(wallet.open_holds(), 0, "a hold is left");
    assert_eq!(LEAKED.load(Ordering::SeqCst), leaked, "a hold was dropped without an end");
    let summary = book.close();
    assert_eq!(wallet.available(), start - summary.charged, "charged and nothing else");
    summary
}
