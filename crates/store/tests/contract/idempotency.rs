//! Calls that happen once.

use crate::support::{Bed, me, name};
use domain::{money::NanoUsd, secret::SecretHash};
use futures::future::join_all;
use store::{
    Error, Page, Store,
    idempotency::{Attempt, Begun},
    sql,
};

fn body() -> SecretHash {
    SecretHash::of("POST /tenants {\"name\":\"Acme\"}")
}

async fn fresh(store: &Store) -> Attempt {
    match store.idempotency().begin("system", "k", body()).await.unwrap() {
        Begun::Fresh(attempt) => attempt,
        other => panic!("{other:?}"),
    }
}

/// The call as a handler makes it: claim, change, keep the answer.
async fn create_once(store: &Store, key: &str) -> Result<Vec<u8>, Error> {
    match store.idempotency().begin("system", key, body()).await? {
        Begun::Replay { answer, .. } => Ok(answer),
        Begun::Fresh(attempt) => {
            let actor = me().attempting(attempt.clone());
            let made = store.tenants().create(&actor, &name("Acme"), NanoUsd::ZERO).await?;
            let answer = made.id.to_string().into_bytes();
            store.idempotency().finish(&attempt, 201, &answer).await?;
            Ok(answer)
        }
    }
}

async fn tenants(store: &Store) -> usize {
    store.tenants().list(Page::first(500)).await.unwrap().rows.len()
}

async fn pretend_a_minute_passed(bed: &Bed) {
    bed.db.execute(sql!("UPDATE idempotency SET created = created - 61000000")).await.unwrap();
}

on_both! {
    async fn a_hundred_at_once_on_two_nodes_have_one_effect_and_one_answer(bed) {
        let (one, other) = (bed.store(), bed.other_node().await);
        let done = join_all((0..100).map(|n| create_once(if n % 2 == 0 { &one } else { &other }, "k"))).await;
        let answers: Vec<_> = done.into_iter().map(Result::unwrap).collect();
        assert!(answers.iter().all(|answer| *answer == answers[0]));
        assert_eq!(tenants(&one).await, 1);
    }

    async fn the_same_key_with_another_body_is_refused(bed) {
        let store = bed.store();
        create_once(&store, "k").await.unwrap();
        let other = store.idempotency().begin("system", "k", SecretHash::of("other")).await;
        assert!(matches!(other, Err(Error::IdempotencyMismatch)));
        assert!(matches!(store.idempotency().begin("tok_x", "k", SecretHash::of("other")).await, Ok(Begun::Fresh(_))),
            "another caller's key is another key");
    }

    async fn a_refused_call_gives_its_key_back(bed) {
        let store = bed.store();
        let attempt = fresh(&store).await;
        store.idempotency().abandon(&attempt).await.unwrap();
        assert!(matches!(store.idempotency().begin("system", "k", SecretHash::of("other")).await, Ok(Begun::Fresh(_))));
    }

    async fn an_attempt_that_died_is_taken_over_and_then_cannot_act(bed) {
        let store = bed.store();
        let dead = fresh(&store).await;
        pretend_a_minute_passed(&bed).await;
        create_once(&store, "k").await.unwrap();
        let late = store.tenants().create(&me().attempting(dead), &name("Acme"), NanoUsd::ZERO).await;
        assert!(matches!(late, Err(Error::Conflict(_))));
        assert_eq!(tenants(&store).await, 1);
    }

    async fn an_effect_whose_answer_was_lost_is_not_repeated(bed) {
        let store = bed.store();
        let attempt = fresh(&store).await;
        store.tenants().create(&me().attempting(attempt.clone()), &name("Acme"), NanoUsd::ZERO).await.unwrap();
        store.idempotency().abandon(&attempt).await.unwrap();
        pretend_a_minute_passed(&bed).await;
        assert!(matches!(create_once(&store, "k").await, Err(Error::Conflict(_))));
        assert_eq!(tenants(&store).await, 1);
    }

    async fn answers_are_sealed_and_keys_are_forgotten_after_a_day(bed) {
        let store = bed.store();
        let attempt = fresh(&store).await;
        store.idempotency().finish(&attempt, 201, b"sk-tp-very-secret").await.unwrap();
        let kept = bed.db.fetch_one(sql!("SELECT answer FROM idempotency")).await.unwrap().bytes(0).unwrap();
        assert!(!kept.windows(9).any(|window| window == b"sk-tp-ver"));
        let replay = store.idempotency().begin("system", "k", body()).await.unwrap();
        assert_eq!(replay, Begun::Replay { status: 201, answer: b"sk-tp-very-secret".to_vec() });
        bed.db.execute(sql!("UPDATE idempotency SET created = 0")).await.unwrap();
        store.prune().await.unwrap();
        fresh(&store).await;
    }
}
