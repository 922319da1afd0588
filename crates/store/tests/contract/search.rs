//! Finding tenants and keys by a part of their names.

use crate::support::{me, name, tenant};
use domain::{ids::TenantId, money::NanoUsd};
use store::{Store, keys::NewKey, search};

async fn tenants(store: &Store, names: &[&str]) {
    for text in names {
        store.tenants().create(&me(), &name(text), NanoUsd::ZERO).await.unwrap();
    }
}

async fn found(store: &Store, text: &str) -> Vec<String> {
    search::tenants(store.db(), text).await.unwrap().into_iter().map(|tenant| tenant.name).collect()
}

async fn key(store: &Store, tenant: TenantId, text: &str) -> domain::ids::KeyId {
    let new = NewKey { name: name(text), ..crate::keys::plain() };
    store.keys().create(&me(), tenant, new).await.unwrap().0.id
}

on_both! {
    async fn a_tenant_is_found_by_a_part_of_its_name_in_any_case(bed) {
        let store = bed.store();
        tenants(&store, &["Northwind", "Old NORTH", "Contoso", "北方学院", "École du Nord"]).await;
        assert_eq!(found(&store, "north").await, ["Northwind", "Old NORTH"], "what begins so comes first");
        assert_eq!(found(&store, "WIND").await, ["Northwind"]);
        assert_eq!(found(&store, "方学").await, ["北方学院"]);
        assert_eq!(found(&store, "École").await, ["École du Nord"]);
        assert!(found(&store, "northx").await.is_empty());
    }

    async fn signs_of_patterns_are_only_signs(bed) {
        let store = bed.store();
        tenants(&store, &["100% tea", "snake_case", r"C:\home", "plain", "'; DROP TABLE tenants; --"]).await;
        assert_eq!(found(&store, "%").await, ["100% tea"]);
        assert_eq!(found(&store, "_").await, ["snake_case"]);
        assert_eq!(found(&store, r"\").await, [r"C:\home"]);
        assert_eq!(found(&store, r"\h").await, [r"C:\home"]);
        assert_eq!(found(&store, "'; DROP").await.len(), 1);
        assert_eq!(found(&store, "$1").await.len(), 0);
    }

    async fn at_most_eight_are_found_the_newest(bed) {
        let store = bed.store();
        let names: Vec<String> = (0..12).map(|n| format!("t{n}")).collect();
        tenants(&store, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let newest: Vec<String> = (4..12).rev().map(|n| format!("t{n}")).collect();
        assert_eq!(found(&store, "T").await, newest);
    }

    async fn a_key_is_found_in_its_tenant_only_until_it_is_revoked(bed) {
        let store = bed.store();
        let (own, other) = (tenant(&store).await, tenant(&store).await);
        let (mine, gone) = (key(&store, own, "Agent prod").await, key(&store, own, "agent old").await);
        key(&store, other, "agent of others").await;
        store.keys().revoke(&me(), gone).await.unwrap();
        let found = search::keys(store.db(), own, "AGENT").await.unwrap();
        assert_eq!(found.iter().map(|key| key.id).collect::<Vec<_>>(), [mine]);
        let whole = store.keys().get(mine).await.unwrap();
        assert_eq!((&found[0].name, &found[0].prefix, &found[0].last4), (&whole.name, &whole.prefix, &whole.last4));
    }
}
