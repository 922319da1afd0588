//! A rotated key: which of its secrets work, on every node, and what is kept of them.

use crate::{
    catalog::Node,
    keys::plain,
    support::{Bed, me, tenant},
};
use domain::{
    ids::KeyId,
    ports::Catalog as _,
    secret::{ApiKeySecret, SecretHash},
};
use store::{
    Error, MemoryCatalog, Page,
    keys::{Key, KeyPatch, NewKey, Overlap},
    sql, time,
};

const NONE: i64 = 0;
const HOUR: i64 = 3_600;

fn overlap(seconds: i64) -> Overlap {
    Overlap::parse("overlap_seconds", seconds).unwrap()
}

async fn key(bed: &Bed) -> (Key, ApiKeySecret) {
    let store = bed.store();
    store.keys().create(&me(), tenant(&store).await, plain()).await.unwrap()
}

async fn rotate(bed: &Bed, id: KeyId, seconds: i64) -> (Key, ApiKeySecret) {
    bed.store().keys().rotate(&me(), id, overlap(seconds)).await.unwrap()
}

/// Whether the relay would take it now.
async fn works(catalog: &MemoryCatalog, secret: &ApiKeySecret) -> bool {
    let found = catalog.key(SecretHash::of(secret.expose())).await.unwrap();
    found.is_some_and(|key| key.is_valid_at(time::now_ms()))
}

/// A node that has seen nothing yet.
async fn fresh(bed: &Bed) -> MemoryCatalog {
    let catalog = MemoryCatalog::new(bed.other_node().await, 10);
    catalog.load().await.unwrap();
    catalog
}

/// As if the overlap had begun so long ago that it is over.
async fn end_overlap(bed: &Bed, id: KeyId) {
    let past = sql!("UPDATE keys SET former_ends = $1 WHERE id = $2", time::now_ms(), id);
    assert_eq!(bed.db.execute(past).await.unwrap(), 1);
}

on_both! {
    async fn both_secrets_work_for_the_overlap_on_every_node_and_then_only_the_new_one(bed) {
        let (made, old) = key(&bed).await;
        let node = Node::start(bed.other_node().await).await;
        assert!(works(&node.catalog, &old).await);
        let (rotated, new) = rotate(&bed, made.id, HOUR).await;
        assert_ne!(old.expose(), new.expose());
        let ends_ms = rotated.former.map(|former| former.ends_at_ms);
        node.learns("the old secret's end", async |catalog| {
            let record = catalog.key(SecretHash::of(old.expose())).await.unwrap().unwrap();
            record.id == made.id && record.expires_at_ms == ends_ms
        }).await;
        assert!(works(&node.catalog, &old).await && works(&node.catalog, &new).await);
        end_overlap(&bed, made.id).await;
        for catalog in [&fresh(&bed).await, &MemoryCatalog::new(bed.store(), 10)] {
            assert!(!works(catalog, &old).await);
            assert!(works(catalog, &new).await);
        }
        assert_eq!(bed.store().keys().get(made.id).await.unwrap().former, None);
        node.end().await;
    }

    async fn without_an_overlap_the_old_secret_is_refused_on_every_node_within_a_second(bed) {
        let (made, old) = key(&bed).await;
        let node = Node::start(bed.other_node().await).await;
        assert!(works(&node.catalog, &old).await);
        let (rotated, new) = rotate(&bed, made.id, NONE).await;
        assert_eq!(rotated.former, None);
        node.learns("the old secret's end", async |catalog| !works(catalog, &old).await).await;
        assert!(works(&node.catalog, &new).await);
        node.end().await;
    }

    async fn rotating_again_ends_the_older_secret_at_once(bed) {
        let (made, first) = key(&bed).await;
        let node = Node::start(bed.other_node().await).await;
        let (_, second) = rotate(&bed, made.id, HOUR).await;
        assert!(works(&node.catalog, &first).await && works(&node.catalog, &second).await);
        let (_, third) = rotate(&bed, made.id, HOUR).await;
        node.learns("the first one's end", async |catalog| !works(catalog, &first).await).await;
        assert!(works(&node.catalog, &second).await && works(&node.catalog, &third).await);
        node.end().await;
    }

    async fn what_happens_to_the_key_happens_to_both_its_secrets(bed) {
        let (made, old) = key(&bed).await;
        let (_, new) = rotate(&bed, made.id, HOUR).await;
        let node = Node::start(bed.other_node().await).await;
        let store = bed.store();
        let switch = |enabled| KeyPatch { enabled: Some(enabled), ..KeyPatch::default() };
        store.keys().patch(&me(), made.id, switch(false)).await.unwrap();
        node.learns("off", async |catalog| !works(catalog, &old).await && !works(catalog, &new).await).await;
        store.keys().patch(&me(), made.id, switch(true)).await.unwrap();
        node.learns("on", async |catalog| works(catalog, &old).await && works(catalog, &new).await).await;
        store.keys().revoke(&me(), made.id).await.unwrap();
        node.learns("revoked", async |catalog| !works(catalog, &old).await && !works(catalog, &new).await).await;
        assert_eq!(store.keys().get(made.id).await.unwrap().former, None);
        assert!(matches!(store.keys().rotate(&me(), made.id, overlap(NONE)).await, Err(Error::Conflict(_))));
        node.end().await;
    }

    async fn a_former_secret_does_not_outlive_its_key(bed) {
        let store = bed.store();
        let soon = time::now_ms() + 60_000;
        let new = NewKey { expires_at_ms: Some(soon), ..plain() };
        let (made, old) = store.keys().create(&me(), tenant(&store).await, new).await.unwrap();
        rotate(&bed, made.id, HOUR).await;
        let record = fresh(&bed).await.key(SecretHash::of(old.expose())).await.unwrap().unwrap();
        assert_eq!(record.expires_at_ms, Some(soon));
    }

    async fn a_rotated_key_is_the_same_key_and_its_secrets_are_not_kept(bed) {
        let (made, old) = key(&bed).await;
        let before = time::now_ms();
        let (rotated, new) = rotate(&bed, made.id, HOUR).await;
        let former = rotated.former.clone().unwrap();
        assert!((before + HOUR * 1000..=time::now_ms() + HOUR * 1000).contains(&former.ends_at_ms));
        assert_eq!((&former.prefix, &former.last4), (&made.prefix, &made.last4));
        assert!(new.expose().starts_with(&rotated.prefix) && new.expose().ends_with(&rotated.last4));
        let same = Key { prefix: made.prefix.clone(), last4: made.last4.clone(), former: None, ..rotated.clone() };
        assert_eq!(same, made);
        assert_eq!(bed.store().keys().get(made.id).await.unwrap(), rotated);
        let log = bed.store().audit().list(None, Page::first(10)).await.unwrap().rows;
        let entry = log.iter().find(|row| row.action == "key.rotate").unwrap();
        assert_eq!(entry.target, made.id.to_string());
        assert!(entry.before.is_some() && entry.after.is_some());
        for secret in [old.expose(), new.expose()] {
            let hash = SecretHash::of(secret).0;
            let text = format!("{log:?}");
            assert!(!text.contains(&secret[10..]) && !text.contains(&format!("{hash:?}")));
        }
    }

    async fn a_key_that_is_not_there_is_not_rotated(bed) {
        let rotated = bed.store().keys().rotate(&me(), KeyId(1), Overlap::DAY).await;
        assert!(matches!(rotated, Err(Error::NotFound("key"))));
    }
}

#[test]
fn an_overlap_is_from_none_to_a_week() {
    for good in [0, 1, 86_400, Overlap::MAX_S] {
        assert!(Overlap::parse("overlap_seconds", good).is_ok(), "{good}");
    }
    for bad in [-1, Overlap::MAX_S + 1, i64::MAX, i64::MIN] {
        assert!(matches!(Overlap::parse("f", bad), Err(Error::Invalid { field: "f", .. })), "{bad}");
    }
}
