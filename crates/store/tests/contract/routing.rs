//! Routes, channels' treatment, limits and groups: kept as they were given, checked, and known to every node's relay.

use crate::{
    catalog::Node,
    channels::channel,
    keys::plain,
    support::{me, model, name, tenant},
};
use domain::{
    channel::{ChannelSettings, Limits, Overrides, Proxy},
    ids::{ChannelId, TenantId},
    money::NanoUsd,
    ports::Catalog as _,
    route::Route,
    secret::{CredentialSecret, SecretHash},
};
use store::{
    Error, Page,
    channels::{ChannelPatch, NewChannel},
    events::{NewEvent, Wanted},
    keys::{KeyPatch, NewKey},
    sql,
    tenants::TenantPatch,
};

const PROXY: &str = "socks5://user:planted-proxy-password@proxy.example:1080";

fn route(json: &str) -> Route {
    serde_json::from_str(json).unwrap()
}

fn event(kind: &str, time: i64, count: i64) -> NewEvent {
    NewEvent {
        kind: kind.into(),
        model: "m".into(),
        channel: Some(ChannelId(7)),
        credential: None,
        tenant: Some(TenantId(1)),
        key: None,
        request: None,
        detail: "500".into(),
        count,
        times_us: (time, time + 1),
    }
}

on_both! {
    async fn a_route_reaches_the_relay_and_goes_again(bed) {
        let store = bed.store();
        let node = Node::start(bed.other_node().await).await;
        let wanted = route(r#"{"strategy":"cost","fallbacks":["b"],"rules":[{"when":{"tools":true},"then":{"only":["eu"]}}]}"#);
        assert_eq!(store.routes().get(&model("m")).await.unwrap(), Route::default());
        store.routes().put(&me(), &model("m"), &route("{}")).await.unwrap();
        store.routes().put(&me(), &model("m"), &wanted).await.unwrap();
        assert_eq!(store.routes().get(&model("m")).await.unwrap(), wanted);
        assert_eq!(store.routes().list().await.unwrap(), [("m".to_owned(), wanted.clone())]);
        node.learns("the route", async |catalog| {
            catalog.snapshot().models.get("m").is_some_and(|m| m.route.as_deref() == Some(&wanted))
        }).await;
        store.routes().delete(&me(), &model("m")).await.unwrap();
        assert!(matches!(store.routes().delete(&me(), &model("m")).await, Err(Error::NotFound(_))));
        node.learns("no route", async |catalog| !catalog.snapshot().models.contains_key("m")).await;
        node.end().await;
    }

    async fn a_route_that_makes_no_sense_is_refused(bed) {
        let store = bed.store();
        for bad in [
            r#"{"fallbacks":["m"]}"#,
            r#"{"fallbacks":["b","b"]}"#,
            r#"{"fallbacks":[""]}"#,
            r#"{"rules":[{"when":{"tools":true},"then":{}}]}"#,
            r#"{"rules":[{"when":{"hours_utc":[24,25]},"then":{"strategy":"cost"}}]}"#,
            r#"{"rules":[{"when":{"header":{"name":"X-Team","value":"a"}},"then":{"strategy":"cost"}}]}"#,
        ] {
            let refused = store.routes().put(&me(), &model("m"), &route(bad)).await;
            assert!(matches!(refused, Err(Error::Invalid { .. })), "{bad}: {refused:?}");
        }
    }

    async fn a_channels_treatment_and_sealed_proxy_reach_the_relay(bed) {
        let store = bed.store();
        let settings: ChannelSettings = serde_json::from_str(
            r#"{"tags":["eu"],"region":"fra","limits":{"rpm":10},"headers":{"set":{"x-team":"a"}},"params":{"remove":["user"]}}"#,
        ).unwrap();
        let new = NewChannel { settings: settings.clone(), proxy: Some(Proxy(CredentialSecret::new(PROXY.into()))), ..channel("c") };
        let made = store.channels().create(&me(), new).await.unwrap();
        assert_eq!((&made.settings, made.proxy.as_deref()), (&settings, Some("socks5://proxy.example:1080")));
        assert_eq!(store.channels().get(made.id).await.unwrap(), made);
        let node = Node::start(bed.other_node().await).await;
        let known = node.catalog.snapshot().models["m"].offers[0].channel.clone();
        assert_eq!((&known.settings, known.proxy.as_ref().unwrap().0.expose()), (&settings, PROXY));
        let rows = bed.db.fetch_all(sql!("SELECT before, after FROM audit")).await.unwrap();
        let texts: Vec<_> = rows.iter().flat_map(|row| [row.opt_text(0).unwrap(), row.opt_text(1).unwrap()]).flatten().collect();
        assert!(!texts.concat().contains("planted"), "{texts:?}");

        let straight = ChannelPatch {
            tags: Some(vec![]), region: Some(None), limits: Some(Limits::default()), headers: Some(Overrides::default()),
            params: Some(Overrides::default()), proxy: Some(None), ..ChannelPatch::default()
        };
        let after = store.channels().patch(&me(), made.id, straight).await.unwrap();
        assert_eq!((after.settings, after.proxy), (ChannelSettings::default(), None));
        let odd = ChannelPatch { proxy: Some(Some(Proxy(CredentialSecret::new("ftp://x".into())))), ..ChannelPatch::default() };
        assert!(store.channels().patch(&me(), made.id, odd).await.is_err());
        node.end().await;
    }

    async fn limits_and_groups_are_known_on_another_node_within_a_second(bed) {
        let store = bed.store();
        let owner = store.tenants().create_in(&me(), "gold", &name("Acme"), NanoUsd::ZERO).await.unwrap();
        let limits = Limits { rpm: Some(60), tpm: Some(1_000), concurrency: Some(2) };
        let (key, secret) = store.keys().create(&me(), owner.id, NewKey { limits, ..plain() }).await.unwrap();
        let hash = SecretHash::of(secret.expose());
        let node = Node::start(bed.other_node().await).await;
        let known = node.catalog.key(hash).await.unwrap().unwrap();
        assert_eq!((known.limits, &*known.tenant_group), (limits, "gold"));
        let tighter = Limits { rpm: Some(1), ..Limits::default() };
        let patch = TenantPatch { group: Some("silver".into()), limits: Some(tighter), ..TenantPatch::default() };
        store.tenants().patch(&me(), owner.id, patch).await.unwrap();
        store.keys().patch(&me(), key.id, KeyPatch { limits: Some(tighter), ..KeyPatch::default() }).await.unwrap();
        node.learns("limits", async |catalog| {
            let known = catalog.key(hash).await.unwrap().unwrap();
            (known.limits, known.tenant_limits, &*known.tenant_group) == (tighter, tighter, "silver")
        }).await;
        let nothing = Limits { rpm: Some(0), ..Limits::default() };
        assert!(store.keys().patch(&me(), key.id, KeyPatch { limits: Some(nothing), ..KeyPatch::default() }).await.is_err());
        node.end().await;
    }

    async fn events_are_listed_by_kind_and_pruned(bed) {
        let store = bed.store();
        tenant(&store).await;
        store.events().add(&[event("failover", 10, 3), event("breaker_opened", 20, 1), event("failover", 30, 4)]).await.unwrap();
        let all = store.events().list(&Wanted::default(), Page::first(10)).await.unwrap().rows;
        assert_eq!(all.iter().map(|row| row.event.times_us.0).collect::<Vec<_>>(), [30, 20, 10]);
        assert_eq!(all[0].event, event("failover", 30, 4));
        let wanted = Wanted { kind: "failover".into(), channel: Some(ChannelId(7)), since_us: 11 };
        assert_eq!(store.events().list(&wanted, Page::first(10)).await.unwrap().rows.len(), 1);
        store.prune().await.unwrap();
        let left = store.events().list(&Wanted::default(), Page::first(10)).await.unwrap().rows;
        assert_eq!(left, [], "they are of 1970");
    }
}
