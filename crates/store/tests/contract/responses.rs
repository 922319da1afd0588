//! Kept responses: a conversation's chain, whose they are, and when they are gone.

use crate::support::{Bed, me, tenant};
use domain::ids::TenantId;
use store::{
    Error,
    responses::{NewResponse, Responses},
    sql,
    tenants::TenantPatch,
};

const LARGE: i64 = 1 << 20;
const DAY_US: i64 = 86_400_000_000;

async fn allow(bed: &Bed, tenant: TenantId, days: u16) {
    let patch = TenantPatch { response_days: Some(days), ..TenantPatch::default() };
    bed.store().tenants().patch(&me(), tenant, patch).await.unwrap();
}

async fn keeping(bed: &Bed, days: u16) -> TenantId {
    let id = tenant(&bed.store()).await;
    allow(bed, id, days).await;
    id
}

async fn keep(responses: Responses<'_>, tenant: TenantId, id: &str, parent: Option<&str>) {
    let items = [format!("msg_{id}")];
    responses.keep(tenant, NewResponse { id, parent, content: id.as_bytes(), items: &items }).await.unwrap();
}

async fn age(bed: &Bed, id: &str, by_us: i64) {
    bed.db.execute(sql!("UPDATE responses SET created = created - $1 WHERE id = $2", by_us, id)).await.unwrap();
}

fn is_gone<T>(answer: Result<T, Error>) -> bool {
    matches!(answer, Err(Error::NotFound("response")))
}

on_both! {
    async fn a_conversation_comes_back_whole_the_oldest_first(bed) {
        let (store, owner) = (bed.store(), keeping(&bed, 30).await);
        keep(store.responses(), owner, "a", None).await;
        keep(store.responses(), owner, "b", Some("a")).await;
        keep(store.responses(), owner, "other", Some("a")).await;
        keep(store.responses(), owner, "c", Some("b")).await;
        let chain = store.responses().chain(owner, "c", LARGE).await.unwrap();
        assert_eq!(chain.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(chain[1].content, b"b");
        let items = ["msg_b".to_owned(), "msg_x".to_owned()];
        let found = store.responses().of_items(owner, &items).await.unwrap();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [("msg_b".to_owned(), "b".to_owned())]);
    }

    async fn no_more_is_read_than_may_be(bed) {
        let (store, owner) = (bed.store(), keeping(&bed, 30).await);
        let large = vec![b'x'; 1_000];
        for (id, parent) in [("a", None), ("b", Some("a")), ("c", Some("b"))] {
            store.responses().keep(owner, NewResponse { id, parent, content: &large, items: &[] }).await.unwrap();
        }
        // Sealed, each is a little larger.
        assert_eq!(store.responses().chain(owner, "c", 3_200).await.unwrap().len(), 3);
        for most in [0, 1_000, 2_500, 3_000] {
            let refused = store.responses().chain(owner, "c", most).await;
            assert!(matches!(refused, Err(Error::Invalid { field: "previous_response_id", .. })), "{most}: {refused:?}");
        }
    }

    async fn another_tenant_finds_nothing(bed) {
        let (store, owner, other) = (bed.store(), keeping(&bed, 30).await, keeping(&bed, 30).await);
        keep(store.responses(), owner, "a", None).await;
        assert!(is_gone(store.responses().get(other, "a").await));
        assert!(is_gone(store.responses().chain(other, "a", LARGE).await));
        assert!(is_gone(store.responses().delete(other, "a").await));
        assert!(store.responses().of_items(other, &["msg_a".into()]).await.unwrap().is_empty());
        keep(store.responses(), other, "a", None).await;
        store.responses().delete(other, "a").await.unwrap();
        assert_eq!(store.responses().get(owner, "a").await.unwrap().content, b"a");
    }

    async fn a_deleted_one_is_gone_with_its_items_and_what_went_on_from_it_stands_alone(bed) {
        let (store, owner) = (bed.store(), keeping(&bed, 30).await);
        keep(store.responses(), owner, "a", None).await;
        keep(store.responses(), owner, "b", Some("a")).await;
        store.responses().delete(owner, "a").await.unwrap();
        assert!(is_gone(store.responses().get(owner, "a").await));
        assert!(is_gone(store.responses().delete(owner, "a").await));
        assert!(is_gone(store.responses().chain(owner, "b", LARGE).await), "half a conversation is none");
        assert_eq!(store.responses().get(owner, "b").await.unwrap().parent.as_deref(), Some("a"));
        assert!(store.responses().of_items(owner, &["msg_a".into()]).await.unwrap().is_empty());
    }

    async fn its_time_is_the_tenants_days_also_when_they_are_made_fewer(bed) {
        let (store, owner) = (bed.store(), keeping(&bed, 30).await);
        let count = async || bed.db.fetch_one(sql!("SELECT COUNT(*) FROM responses")).await.unwrap().int(0).unwrap();
        for id in ["old", "new"] {
            keep(store.responses(), owner, id, None).await;
        }
        age(&bed, "old", 10 * DAY_US).await;
        assert!(store.responses().get(owner, "old").await.is_ok());
        store.prune().await.unwrap();
        assert_eq!(count().await, 2);
        allow(&bed, owner, 9).await;
        assert!(is_gone(store.responses().get(owner, "old").await));
        assert!(is_gone(store.responses().chain(owner, "old", LARGE).await));
        store.prune().await.unwrap();
        assert_eq!(count().await, 1);
        allow(&bed, owner, 0).await;
        assert!(is_gone(store.responses().get(owner, "new").await));
        store.prune().await.unwrap();
        assert_eq!(count().await, 0);
    }

    async fn an_id_is_kept_once_and_opens_only_in_its_row(bed) {
        let (store, owner) = (bed.store(), keeping(&bed, 30).await);
        keep(store.responses(), owner, "a", None).await;
        let again = NewResponse { id: "a", parent: None, content: b"x", items: &[] };
        assert!(matches!(store.responses().keep(owner, again).await, Err(Error::Conflict(_))));
        keep(store.responses(), owner, "b", None).await;
        let moved = sql!("UPDATE responses SET content = (SELECT content FROM responses WHERE id = 'a') WHERE id = 'b'");
        bed.db.execute(moved).await.unwrap();
        assert!(matches!(store.responses().get(owner, "b").await, Err(Error::Seal(_))));
        let plain = bed.db.fetch_one(sql!("SELECT content FROM responses WHERE id = 'a'")).await.unwrap();
        assert!(!plain.bytes(0).unwrap().ends_with(b"a"), "sealed");
    }
}
