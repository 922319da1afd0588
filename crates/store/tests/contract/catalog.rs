//! The relay's catalogue in memory: what it knows, how soon it learns, what it does while the database is away.

use crate::{
    channels::{SECRET, channel},
    keys::plain,
    support::{Bed, me, model, name, rates, tenant},
};
use domain::{
    ports::{Catalog as _, Unavailable},
    secret::SecretHash,
};
use futures::future::join_all;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use store::{
    Db, MemoryCatalog, ModelName, Sealer, Store,
    channels::{ChannelPatch, NewChannel},
    sql,
    tenants::TenantPatch,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// What a revocation may take at most, from its commit to every node's refusal.
const WITHIN: Duration = Duration::from_secs(1);

/// Another node with a running catalogue.
pub struct Node {
    /// What it knows.
    pub catalog: Arc<MemoryCatalog>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Node {
    /// Starts it on this store.
    pub async fn start(store: Store) -> Self {
        let catalog = Arc::new(MemoryCatalog::new(store, 1000));
        catalog.load().await.unwrap();
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let (running, stopped) = (catalog.clone(), stop.clone());
        tasks.spawn(async move { running.run(stopped).await });
        Self { catalog, stop, tasks }
    }

    /// Waits until `holds`, and fails if that takes over [`WITHIN`].
    pub async fn learns(&self, what: &str, holds: impl AsyncFn(&MemoryCatalog) -> bool) {
        let started = Instant::now();
        while !holds(&self.catalog).await {
            assert!(started.elapsed() < WITHIN, "not within a second: {what}");
            tokio::task::yield_now().await;
        }
    }

    /// Ends it.
    pub async fn end(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

async fn key(bed: &Bed) -> (store::keys::Key, SecretHash) {
    let store = bed.store();
    let (key, secret) = store.keys().create(&me(), tenant(&store).await, plain()).await.unwrap();
    (key, SecretHash::of(secret.expose()))
}

on_both! {
    async fn a_revoked_key_is_refused_on_another_node_within_a_second(bed) {
        let (key, hash) = key(&bed).await;
        let node = Node::start(bed.other_node().await).await;
        assert!(node.catalog.key(hash).await.unwrap().unwrap().enabled);
        bed.store().keys().revoke(&me(), key.id).await.unwrap();
        node.learns("revoked", async |catalog| !catalog.key(hash).await.unwrap().unwrap().enabled).await;
        node.end().await;
    }

    async fn that_a_tenant_keeps_responses_is_known_on_another_node_within_a_second(bed) {
        let (key, hash) = key(&bed).await;
        let node = Node::start(bed.other_node().await).await;
        assert_eq!(node.catalog.key(hash).await.unwrap().unwrap().response_days, 0);
        let patch = TenantPatch { response_days: Some(30), ..TenantPatch::default() };
        bed.store().tenants().patch(&me(), key.tenant, patch).await.unwrap();
        node.learns("30 days", async |catalog| catalog.key(hash).await.unwrap().unwrap().response_days == 30).await;
        node.end().await;
    }

    async fn a_frozen_tenant_and_a_thawed_one_are_known_on_another_node_within_a_second(bed) {
        let (key, hash) = key(&bed).await;
        let node = Node::start(bed.other_node().await).await;
        for frozen in [true, false] {
            let patch = TenantPatch { frozen: Some(frozen), ..TenantPatch::default() };
            bed.store().tenants().patch(&me(), key.tenant, patch).await.unwrap();
            node.learns("frozen or thawed", async |catalog| {
                catalog.key(hash).await.unwrap().unwrap().tenant_frozen == frozen
            }).await;
        }
        node.end().await;
    }

    async fn a_key_that_was_unknown_works_as_soon_as_it_is_made(bed) {
        let store = bed.store();
        let owner = tenant(&store).await;
        let node = Node::start(bed.other_node().await).await;
        let (_, secret) = store.keys().create(&me(), owner, plain()).await.unwrap();
        let hash = SecretHash::of(secret.expose());
        node.learns("made", async |catalog| catalog.key(hash).await.unwrap().is_some()).await;
        assert_eq!(node.catalog.key(SecretHash::of("guess")).await, Ok(None));
        node.end().await;
    }

    async fn a_guess_that_becomes_a_key_is_looked_up_again(bed) {
        let store = bed.store();
        let owner = tenant(&store).await;
        let node = Node::start(bed.other_node().await).await;
        let (made, secret) = store.keys().create(&me(), owner, plain()).await.unwrap();
        let hash = SecretHash::of(secret.expose());
        // The key's own change is read now, by one look at a time: none that began earlier may see what follows.
        node.catalog.refresh().await.unwrap();
        // As if it had been asked for before it was there.
        bed.db.execute(sql!("UPDATE keys SET hash = $1 WHERE id = $2", SecretHash::of("nobody's"), made.id)).await.unwrap();
        node.catalog.load().await.unwrap();
        assert_eq!(node.catalog.key(hash).await, Ok(None));
        bed.db.execute(sql!("UPDATE keys SET hash = $1 WHERE id = $2", hash, made.id)).await.unwrap();
        assert_eq!(node.catalog.key(hash).await, Ok(None), "remembered as unknown");
        store.keys().patch(&me(), made.id, store::keys::KeyPatch { enabled: Some(true), ..Default::default() }).await.unwrap();
        node.learns("there now", async |catalog| catalog.key(hash).await.unwrap().is_some()).await;
        node.end().await;
    }

    async fn prices_channels_and_limits_become_the_snapshot(bed) {
        let store = bed.store();
        let node = Node::start(bed.other_node().await).await;
        let low = store.channels().create(&me(), channel("low")).await.unwrap();
        let high = store.channels().create(&me(), NewChannel { priority: 5, ..channel("high") }).await.unwrap();
        let off = store.channels().create(&me(), NewChannel { enabled: false, ..channel("off") }).await.unwrap();
        let price = store.prices().put_sale(&me(), &model("m"), rates(r#"{"input":"1","output":"2"}"#)).await.unwrap();
        store.models().learn_limits(&me(), &[(model("m"), 4096)]).await.unwrap();
        node.learns("the model", async |catalog| {
            catalog.snapshot().models.get("m").is_some_and(|m| m.max_output == Some(4096))
        }).await;
        let snapshot = node.catalog.snapshot();
        let found = &snapshot.models["m"];
        assert_eq!(found.sale.at(0).unwrap().id, price.id);
        let order: Vec<_> = found.offers.iter().map(|offer| offer.channel.id).collect();
        assert_eq!(order, [high.id, low.id], "by priority, without {}", off.id);
        let offer = &found.offers[0];
        assert_eq!(offer.channel.credentials[0].secret.expose(), SECRET);
        assert_eq!((&*offer.upstream_model, offer.cost.at(0).unwrap().id), ("up-m", high.models[0].cost.as_ref().unwrap().id));
        store.channels().patch(&me(), high.id, ChannelPatch { enabled: Some(false), ..ChannelPatch::default() }).await.unwrap();
        store.channels().delete(&me(), low.id).await.unwrap();
        node.learns("no channel", async |catalog| catalog.snapshot().models["m"].offers.is_empty()).await;
        node.end().await;
    }

    async fn an_altered_or_moved_secret_costs_its_channel_and_nothing_else(bed) {
        let store = bed.store();
        let good = store.channels().create(&me(), channel("good")).await.unwrap();
        let moved = store.channels().create(&me(), channel("moved")).await.unwrap();
        let altered = store.channels().create(&me(), channel("altered")).await.unwrap();
        let theirs = bed.db.fetch_one(sql!("SELECT secret FROM credentials WHERE channel = $1", good.id)).await.unwrap().bytes(0).unwrap();
        let mut broken = bed.db.fetch_one(sql!("SELECT secret FROM credentials WHERE channel = $1", altered.id)).await.unwrap().bytes(0).unwrap();
        *broken.last_mut().unwrap() ^= 1;
        bed.db.execute(sql!("UPDATE credentials SET secret = $1 WHERE channel = $2", theirs, moved.id)).await.unwrap();
        bed.db.execute(sql!("UPDATE credentials SET secret = $1 WHERE channel = $2", broken, altered.id)).await.unwrap();
        let catalog = MemoryCatalog::new(bed.store(), 10);
        catalog.load().await.unwrap();
        let usable: Vec<_> = catalog.snapshot().models["m"].offers.iter().map(|offer| offer.channel.id).collect();
        assert_eq!(usable, [good.id]);
    }

    async fn without_the_key_no_channel_opens(bed) {
        bed.store().channels().create(&me(), channel("a")).await.unwrap();
        let catalog = MemoryCatalog::new(Store::new(bed.db.clone(), Sealer::new(&[1; 32])), 10);
        catalog.load().await.unwrap();
        assert!(catalog.snapshot().models.get("m").is_none_or(|m| m.offers.is_empty()));
    }

    async fn forgotten_changes_and_unknown_ones_mean_reading_everything_anew(bed) {
        let (key, hash) = key(&bed).await;
        let catalog = MemoryCatalog::new(bed.other_node().await, 10);
        catalog.load().await.unwrap();
        bed.store().keys().revoke(&me(), key.id).await.unwrap();
        bed.db.execute(sql!("DELETE FROM changes")).await.unwrap();
        catalog.refresh().await.unwrap();
        assert!(!catalog.key(hash).await.unwrap().is_some_and(|key| key.enabled));
        bed.store().prices().put_sale(&me(), &model("new"), rates(r#"{"input":"1","output":"2"}"#)).await.unwrap();
        bed.db.execute(sql!("UPDATE changes SET kind = 'word of a newer build'")).await.unwrap();
        catalog.refresh().await.unwrap();
        assert!(catalog.snapshot().models.contains_key("new"));
        bed.db.execute(sql!("UPDATE revision SET id = 0")).await.unwrap();
        catalog.refresh().await.unwrap();
        assert_eq!(catalog.revision(), 0, "a database from a backup");
    }

    async fn a_crowd_with_one_new_key_reads_it_once_and_all_get_in(bed) {
        let catalog = MemoryCatalog::new(bed.store(), 10);
        catalog.load().await.unwrap();
        let (_, hash) = key(&bed).await;
        let all = join_all((0..200).map(|_| catalog.key(hash))).await;
        assert!(all.iter().all(|found| matches!(found, Ok(Some(_)))));
    }

    async fn more_keys_than_are_remembered_still_all_work(bed) {
        let store = bed.store();
        let owner = tenant(&store).await;
        let mut hashes = Vec::new();
        for n in 0..30 {
            let new = store::keys::NewKey { name: name(&format!("k{n}")), ..plain() };
            hashes.push(SecretHash::of(store.keys().create(&me(), owner, new).await.unwrap().1.expose()));
        }
        let catalog = MemoryCatalog::new(bed.store(), 5);
        catalog.load().await.unwrap();
        for hash in hashes {
            assert!(catalog.key(hash).await.unwrap().is_some());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_database_is_away_known_keys_work_and_unknown_ones_are_unavailable() {
    let bed = Bed::postgres().await;
    let (_, hash) = key(&bed).await;
    bed.store().prices().put_sale(&me(), &model("m"), rates(r#"{"input":"1","output":"2"}"#)).await.unwrap();
    let node = bed.other_node().await;
    let catalog = MemoryCatalog::new(node.clone(), 10);
    catalog.load().await.unwrap();
    node.db().close().await;
    assert!(catalog.refresh().await.unwrap_err().is_transient());
    assert!(catalog.key(hash).await.unwrap().is_some());
    assert_eq!(catalog.key(SecretHash::of("unknown")).await, Err(Unavailable));
    assert!(catalog.snapshot().models.contains_key("m"));
}

#[tokio::test]
async fn a_node_that_starts_without_its_database_knows_nothing_and_says_so() {
    let closed_port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let db = Db::connect(&format!("postgres://postgres@127.0.0.1:{closed_port}/x")).await.unwrap();
    let catalog = MemoryCatalog::new(Store::new(db, Sealer::new(&[1; 32])), 10);
    assert!(catalog.load().await.unwrap_err().is_transient());
    assert!(!catalog.is_loaded());
    assert_eq!(catalog.key(SecretHash::of("x")).await, Err(Unavailable));
    assert!(ModelName::parse("model", "m").is_ok());
}
