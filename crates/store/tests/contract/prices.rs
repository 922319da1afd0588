//! Versions of prices, and models.

use crate::support::{me, model, rates};
use futures::future::join_all;
use store::{Error, ModelName, Page, prices::Scope, sql};

on_both! {
    async fn each_price_is_a_new_version_and_old_ones_stay(bed) {
        let store = bed.store();
        let name = model("vendor/gpt-5:latest");
        let first = store.prices().put_sale(&me(), &name, rates(r#"{"input":"0.15","output":"0.6"}"#)).await.unwrap();
        let second = store.prices().put_sale(&me(), &name, rates(r#"{"input":"0.000001","output":"9223372036854.775807"}"#)).await.unwrap();
        assert_eq!((first.version, second.version), (1, 2));
        let history = store.prices().history(&name, &Scope::sale(), Page::first(10)).await.unwrap().rows;
        assert_eq!(history, [second.clone(), first.clone()]);
        assert_eq!(store.prices().get(first.id).await.unwrap(), first);
        let listed = store.models().list().await.unwrap();
        assert_eq!(listed[0].sale.as_ref().unwrap().id, second.id);
        assert_eq!(listed[0].sale.as_ref().unwrap().tariff, second.tariff);
    }

    async fn a_price_cannot_be_changed_or_removed(bed) {
        let store = bed.store();
        store.prices().put_sale(&me(), &model("m"), rates(r#"{"input":"1","output":"1"}"#)).await.unwrap();
        assert!(bed.db.execute(sql!("UPDATE prices SET rates = '{}'")).await.is_err());
        assert!(bed.db.execute(sql!("DELETE FROM prices")).await.is_err());
    }

    async fn versions_set_at_once_count_up_without_gaps(bed) {
        let store = bed.store();
        let (me, name, price) = (me(), model("m"), rates(r#"{"input":"1","output":"1"}"#));
        let done = join_all((0..20).map(|_| store.prices().put_sale(&me, &name, price.clone()))).await;
        let mut versions: Vec<_> = done.into_iter().map(|made| made.unwrap().version).collect();
        versions.sort_unstable();
        assert_eq!(versions, (1..=20).collect::<Vec<_>>());
    }

    async fn a_negative_rate_is_refused(bed) {
        let put = bed.store().prices().put_sale(&me(), &model("m"), rates(r#"{"input":"-1","output":"1"}"#)).await;
        assert!(matches!(put, Err(Error::Invalid { field: "price", .. })));
    }

    async fn a_model_without_its_price_is_still_listed(bed) {
        let store = bed.store();
        store.prices().put_sale(&me(), &model("m"), rates(r#"{"input":"1","output":"1"}"#)).await.unwrap();
        store.prices().clear(&me(), &model("m"), &Scope::sale()).await.unwrap();
        assert_eq!(store.models().list().await.unwrap()[0].sale, None);
        assert!(matches!(store.prices().clear(&me(), &model("m"), &Scope::sale()).await, Err(Error::NotFound("price"))));
    }

    async fn the_catalogues_limits_never_override_an_admins(bed) {
        let store = bed.store();
        let learn = async |max| store.models().learn_limits(&me(), &[(model("a"), max), (model("b"), max)]).await.unwrap();
        store.models().set_max_output(&me(), &model("a"), Some(100)).await.unwrap();
        learn(200).await;
        learn(300).await;
        let limits: Vec<_> = store.models().list().await.unwrap().iter().map(|m| m.max_output).collect();
        assert_eq!(limits, [Some(100), Some(200)]);
    }
}

#[test]
fn a_models_name_may_hold_slashes_but_no_blanks() {
    assert!(ModelName::parse("model", "a/b").is_ok());
    assert!(ModelName::parse("model", "a b").is_err());
}
