//! When which price holds, for whom, and what it is multiplied by.

use crate::support::{me, model, rates};
use domain::{
    ids::PriceId,
    money::{Multiplier, PicoPerUnit},
    ports::Catalog as _,
};
use store::{
    Error, MemoryCatalog, Page, Store,
    channels::{ChannelPatch, NewOffer},
    groups::GroupPatch,
    prices::{NewPrice, PriceVersion, Scope, Successor},
    time::now_us,
};

const HOUR: i64 = 3_600_000_000;

fn flat(input: &str) -> domain::price::Tariff {
    rates(&format!(r#"{{"input":"{input}","output":"0"}}"#))
}

async fn put(store: &Store, scope: Scope, input: &str, valid_from_us: Option<i64>) -> store::Result<PriceVersion> {
    store.prices().put(&me(), &model("m"), NewPrice { scope, tariff: flat(input), valid_from_us }).await
}

/// What a tenant of this group pays for a million tokens at this moment, before and as what it is multiplied.
async fn pays(store: &Store, group: &str, time_us: i64) -> Option<(PicoPerUnit, Multiplier)> {
    let catalog = MemoryCatalog::new(store.clone(), 10);
    catalog.load().await.unwrap();
    let snapshot = catalog.snapshot();
    let (_, price, multiplier) = snapshot.sale_to(group, "m", time_us)?;
    Some((price.tariff.rates.input, multiplier))
}

fn usd(text: &str) -> PicoPerUnit {
    text.parse().unwrap()
}

on_both! {
    async fn a_price_holds_from_its_moment_on_without_anybody_doing_anything(bed) {
        let (store, now) = (bed.store(), now_us());
        let first = put(&store, Scope::sale(), "1", None).await.unwrap();
        put(&store, Scope::sale(), "2", Some(now + HOUR)).await.unwrap();
        put(&store, Scope::sale(), "3", Some(now + 2 * HOUR)).await.unwrap();
        let mut seen = Vec::new();
        for time in [now, now + HOUR - 1, now + HOUR, now + 2 * HOUR] {
            seen.push(pays(&store, "", time).await.unwrap().0);
        }
        assert_eq!(seen, [usd("1"), usd("1"), usd("2"), usd("3")]);
        assert_eq!(store.models().list().await.unwrap()[0].sale.as_ref().unwrap().id, first.id, "lists show what holds");
        put(&store, Scope::sale(), "1.5", None).await.unwrap();
        assert_eq!(pays(&store, "", now).await.unwrap().0, usd("1.5"));
        assert_eq!(pays(&store, "", now + HOUR).await.unwrap().0, usd("2"), "what is scheduled stays");
    }

    async fn the_past_is_refused_and_what_has_not_begun_can_be_cancelled(bed) {
        let (store, now) = (bed.store(), now_us());
        let past = put(&store, Scope::sale(), "1", Some(now - 1)).await;
        assert!(matches!(past, Err(Error::Invalid { field: "valid_from", .. })));
        let holds = put(&store, Scope::sale(), "1", None).await.unwrap();
        let later = put(&store, Scope::sale(), "2", Some(now + HOUR)).await.unwrap();
        let cancel = async |id| store.prices().cancel(&me(), id).await;
        assert!(matches!(cancel(holds.id).await, Err(Error::Conflict(_))));
        assert!(matches!(cancel(PriceId(1)).await, Err(Error::NotFound(_))));
        cancel(later.id).await.unwrap();
        assert!(matches!(cancel(later.id).await, Err(Error::NotFound(_))));
        assert_eq!(pays(&store, "", now + 2 * HOUR).await.unwrap().0, usd("1"));
        let history = store.prices().history(&model("m"), &Scope::sale(), Page::first(10)).await.unwrap().rows;
        assert_eq!(history, [later, holds], "the history keeps it");
        store.prices().clear(&me(), &model("m"), &Scope::sale()).await.unwrap();
        assert_eq!(pays(&store, "", now + 2 * HOUR).await, None);
    }

    async fn several_follow_what_was_seen_or_none_does(bed) {
        let (store, now) = (bed.store(), now_us());
        let first = put(&store, Scope::sale(), "1", None).await.unwrap();
        let second = put(&store, Scope::sale(), "2", Some(now + HOUR)).await.unwrap();
        let after = |name: &str, follows: Option<PriceId>, valid_from_us: Option<i64>| Successor {
            model: model(name),
            new: NewPrice { scope: Scope::sale(), tariff: flat("3"), valid_from_us },
            follows,
        };
        let put_all = async |all: &[Successor]| store.prices().put_all(&me(), all).await;
        for stale in [
            after("m", None, None),
            after("m", Some(second.id), None),
            after("m", Some(first.id), Some(now + HOUR)),
            after("other", Some(first.id), None),
        ] {
            let refused = put_all(&[after("fresh", None, None), stale]).await;
            assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
        }
        assert!(store.models().list().await.unwrap().iter().all(|one| one.name == "m"), "none of them");
        let good = [after("m", Some(first.id), None), after("m", Some(second.id), Some(now + 2 * HOUR)), after("fresh", None, None)];
        let made: Vec<_> = put_all(&good).await.unwrap().into_iter().map(|one| (one.model, one.version)).collect();
        assert_eq!(made, [("m".into(), 3), ("m".into(), 4), ("fresh".into(), 1)]);
    }

    async fn a_group_pays_its_own_price_as_it_stands_else_everybodys_multiplied(bed) {
        let (store, now) = (bed.store(), now_us());
        let gold = || Scope::Sale("gold".to_owned());
        put(&store, Scope::sale(), "1", None).await.unwrap();
        assert!(matches!(put(&store, gold(), "1", None).await, Err(Error::Invalid { field: "group", .. })));
        assert_eq!(pays(&store, "gold", now).await, Some((usd("1"), Multiplier::ONE)), "a group without a row");
        store.groups().create(&me(), "gold", Multiplier(850_000), None).await.unwrap();
        assert_eq!(pays(&store, "gold", now).await, Some((usd("1"), Multiplier(850_000))));
        assert_eq!(pays(&store, "", now).await, Some((usd("1"), Multiplier::ONE)));
        put(&store, gold(), "0.7", Some(now + HOUR)).await.unwrap();
        assert_eq!(pays(&store, "gold", now).await, Some((usd("1"), Multiplier(850_000))));
        assert_eq!(pays(&store, "gold", now + HOUR).await, Some((usd("0.7"), Multiplier::ONE)));
        put(&store, gold(), "0.8", None).await.unwrap();
        assert_eq!(pays(&store, "gold", now).await, Some((usd("0.8"), Multiplier::ONE)));
        store.prices().clear(&me(), &model("m"), &gold()).await.unwrap();
        assert_eq!(pays(&store, "gold", now + HOUR).await, Some((usd("1"), Multiplier(850_000))));
        put(&store, gold(), "0.9", None).await.unwrap();
        store.groups().delete(&me(), "gold").await.unwrap();
        assert_eq!(pays(&store, "gold", now).await, Some((usd("1"), Multiplier::ONE)));
    }

    async fn a_group_calls_what_it_is_allowed(bed) {
        let (store, now) = (bed.store(), now_us());
        put(&store, Scope::sale(), "1", None).await.unwrap();
        store.groups().create(&me(), "few", Multiplier::ONE, Some(vec![model("other")])).await.unwrap();
        assert_eq!(pays(&store, "few", now).await, None);
        let allow = GroupPatch { models: Some(Some(vec![model("other"), model("m"), model("m")])), ..GroupPatch::default() };
        let patched = store.groups().patch(&me(), "few", allow).await.unwrap();
        assert_eq!(patched.models.unwrap(), ["m", "other"]);
        assert!(pays(&store, "few", now).await.is_some());
        let all = GroupPatch { models: Some(None), ..GroupPatch::default() };
        assert_eq!(store.groups().patch(&me(), "few", all).await.unwrap().models, None);
    }

    async fn a_group_counts_its_tenants_and_refuses_what_it_cannot_be(bed) {
        let store = bed.store();
        let create = async |name: &str, ppm| store.groups().create(&me(), name, Multiplier(ppm), None).await;
        assert!(matches!(create("", 1).await, Err(Error::Invalid { field: "name", .. })));
        assert!(matches!(create("g", -1).await, Err(Error::Invalid { field: "multiplier", .. })));
        assert!(matches!(create("g", 1_000_000_001).await, Err(Error::Invalid { field: "multiplier", .. })));
        create("g", 0).await.unwrap();
        assert!(matches!(create("g", 1).await, Err(Error::Conflict(_))));
        store.tenants().create_in(&me(), "g", &crate::support::name("In it"), domain::money::NanoUsd::ZERO).await.unwrap();
        assert_eq!(store.groups().get("g").await.unwrap().tenants, 1);
        assert_eq!(store.groups().list().await.unwrap().len(), 1);
        assert!(matches!(store.groups().delete(&me(), "h").await, Err(Error::NotFound("group"))));
    }

    async fn a_channels_cost_is_scheduled_and_goes_with_its_model(bed) {
        let (store, now) = (bed.store(), now_us());
        let made = store.channels().create(&me(), crate::channels::channel("a")).await.unwrap();
        let cost = || Scope::Cost(made.id);
        put(&store, cost(), "5", Some(now + HOUR)).await.unwrap();
        let costs = async |time: i64| {
            let catalog = MemoryCatalog::new(store.clone(), 10);
            catalog.load().await.unwrap();
            catalog.snapshot().models["m"].offers[0].cost.at(time).map(|price| price.tariff.rates.input)
        };
        assert_eq!((costs(now).await, costs(now + HOUR).await), (Some(usd("1")), Some(usd("5"))));
        put(&store, cost(), "4", None).await.unwrap();
        assert_eq!(store.channels().get(made.id).await.unwrap().models[0].cost.as_ref().unwrap().tariff, flat("4"));
        let offers = |cost| ChannelPatch { models: Some(vec![NewOffer { model: model("m"), upstream: None, cost }]), ..Default::default() };
        store.channels().patch(&me(), made.id, offers(Some(flat("4")))).await.unwrap();
        assert_eq!(costs(now + HOUR).await, Some(usd("5")), "what did not change keeps what follows it");
        store.channels().patch(&me(), made.id, offers(None)).await.unwrap();
        assert_eq!(costs(now + HOUR).await, None);
        let other = store.prices().put(&me(), &model("other"), NewPrice { scope: cost(), tariff: flat("1"), valid_from_us: None }).await;
        assert!(matches!(other, Err(Error::NotFound(_))), "the channel does not carry it");
    }
}
