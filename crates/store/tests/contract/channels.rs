//! Channels and their sealed credentials.

use crate::support::{me, model, name, rates};
use domain::{
    channel::{ChannelSettings, Limits, Overrides, Timeouts},
    dialect::{Dialect, Provider},
    secret::CredentialSecret,
};
use store::{
    Error, Page,
    channels::{BaseUrl, ChannelPatch, CredentialPatch, NewChannel, NewCredential, NewOffer},
    prices::Scope,
    sql,
};

pub const SECRET: &str = "sk-upstream-0123456789abcdef";

pub fn credential(called: &str) -> NewCredential {
    NewCredential { name: name(called), secret: CredentialSecret::new(SECRET.into()), weight: 1 }
}

pub fn channel(called: &str) -> NewChannel {
    NewChannel {
        name: name(called),
        provider: Provider::Openai,
        base_url: None,
        dialects: None,
        priority: 0,
        weight: 1,
        enabled: true,
        timeouts: Timeouts::default(),
        allow_private_network: false,
        settings: ChannelSettings::default(),
        proxy: None,
        credentials: vec![credential("main")],
        models: vec![NewOffer {
            model: model("m"),
            upstream: Some(model("up-m")),
            cost: Some(rates(r#"{"input":"1","output":"2"}"#)),
        }],
    }
}

on_both! {
    async fn a_channel_comes_back_whole_but_masked(bed) {
        let store = bed.store();
        let made = store.channels().create(&me(), channel("openai")).await.unwrap();
        assert_eq!(store.channels().get(made.id).await.unwrap(), made);
        assert_eq!(store.channels().list(Page::first(10)).await.unwrap().rows, std::slice::from_ref(&made));
        let spoken = [Dialect::OpenaiChat, Dialect::OpenaiResponses];
        assert_eq!((made.base_url.as_str(), &made.dialects[..]), ("https://api.openai.com/v1", &spoken[..]));
        assert_eq!((made.credentials[0].last4.as_str(), made.models[0].upstream.as_str()), ("cdef", "up-m"));
        let everything = format!("{made:?} {:?}", store.audit().list(None, Page::first(10)).await.unwrap());
        assert!(!everything.contains(&SECRET[..12]), "{everything}");
    }

    async fn no_plain_secret_is_in_the_database(bed) {
        let store = bed.store();
        store.channels().create(&me(), channel("openai")).await.unwrap();
        let sealed = bed.db.fetch_one(sql!("SELECT secret FROM credentials")).await.unwrap().bytes(0).unwrap();
        assert!(!sealed.windows(8).any(|window| SECRET.as_bytes().windows(8).any(|w| w == window)));
        for file in std::fs::read_dir(bed.dir.path()).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            assert!(!bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()));
        }
    }

    async fn a_patch_keeps_what_it_does_not_name(bed) {
        let store = bed.store();
        let made = store.channels().create(&me(), channel("a")).await.unwrap();
        let patch = ChannelPatch { priority: Some(9), base_url: Some(BaseUrl::parse("https://x.example/v1/").unwrap()), ..ChannelPatch::default() };
        let patched = store.channels().patch(&me(), made.id, patch).await.unwrap();
        assert_eq!((patched.priority, patched.base_url.as_str()), (9, "https://x.example/v1"));
        assert_eq!((&patched.credentials, &patched.models), (&made.credentials, &made.models));
    }

    async fn changes_of_two_parts_of_the_settings_both_stay(bed) {
        let store = bed.store();
        let settings = ChannelSettings { tags: vec!["old".into()], region: Some("fra".into()), ..ChannelSettings::default() };
        let made = store.channels().create(&me(), NewChannel { settings, ..channel("a") }).await.unwrap();
        let (limits, tags) = (Limits { rpm: Some(10), ..Limits::default() }, vec!["new".to_owned()]);
        let headers: Overrides<String> = Overrides { remove: vec!["x-team".to_owned()], ..Overrides::default() };
        // Neither knows of the other: each is made from the channel as it was.
        let limited = ChannelPatch { limits: Some(limits), headers: Some(headers.clone()), ..ChannelPatch::default() };
        let tagged = ChannelPatch { tags: Some(tags.clone()), region: Some(None), ..ChannelPatch::default() };
        let channels = store.channels();
        let (author, other) = (me(), me());
        let (one, two) = tokio::join!(channels.patch(&author, made.id, limited), channels.patch(&other, made.id, tagged));
        one.and(two).unwrap();
        let wanted = ChannelSettings { tags, region: None, limits, headers, ..ChannelSettings::default() };
        assert_eq!(channels.get(made.id).await.unwrap().settings, wanted);
        let bad = ChannelPatch { limits: Some(Limits { rpm: Some(0), ..Limits::default() }), ..ChannelPatch::default() };
        assert!(matches!(channels.patch(&me(), made.id, bad).await, Err(Error::Invalid { .. })));
        assert_eq!(channels.get(made.id).await.unwrap().settings, wanted, "a refused patch changes nothing");
    }

    async fn credentials_are_kept_replaced_added_and_removed_by_name(bed) {
        let store = bed.store();
        let mut new = channel("a");
        new.credentials = vec![credential("kept"), credential("replaced"), credential("removed")];
        let made = store.channels().create(&me(), new).await.unwrap();
        let entry = |called: &str, secret: Option<&str>| CredentialPatch {
            name: name(called), secret: secret.map(|s| CredentialSecret::new(s.into())), weight: 3,
        };
        let list = vec![entry("kept", None), entry("replaced", Some("sk-other-00000001")), entry("added", Some("sk-other-00000002"))];
        let patch = ChannelPatch { credentials: Some(list), ..ChannelPatch::default() };
        let patched = store.channels().patch(&me(), made.id, patch).await.unwrap();
        let seen: Vec<_> = patched.credentials.iter().map(|c| (c.name.as_str(), c.last4.as_str(), c.weight)).collect();
        assert_eq!(seen, [("kept", "cdef", 3), ("replaced", "0001", 3), ("added", "0002", 3)]);
        assert_eq!(patched.credentials[0].id, made.credentials[0].id);
        let unknown = ChannelPatch { credentials: Some(vec![entry("new", None)]), ..ChannelPatch::default() };
        assert!(matches!(store.channels().patch(&me(), made.id, unknown).await, Err(Error::Invalid { .. })));
        assert_eq!(store.channels().get(made.id).await.unwrap(), patched, "a refused patch changes nothing");
    }

    async fn a_cost_that_did_not_change_keeps_its_version(bed) {
        let store = bed.store();
        let made = store.channels().create(&me(), channel("a")).await.unwrap();
        let offers = |cost: &str| Some(vec![NewOffer { model: model("m"), upstream: None, cost: Some(rates(cost)) }]);
        let same = ChannelPatch { models: offers(r#"{"input":"1","output":"2"}"#), ..ChannelPatch::default() };
        let same = store.channels().patch(&me(), made.id, same).await.unwrap();
        assert_eq!(same.models[0].cost, made.models[0].cost);
        assert_eq!(same.models[0].upstream, "m");
        let other = ChannelPatch { models: offers(r#"{"input":"1","output":"3"}"#), ..ChannelPatch::default() };
        store.channels().patch(&me(), made.id, other).await.unwrap();
        let history = store.prices().history(&model("m"), &Scope::Cost(made.id), Page::first(10)).await.unwrap().rows;
        assert_eq!(history.iter().map(|price| price.version).collect::<Vec<_>>(), [2, 1]);
    }

    async fn names_are_unique_among_the_living(bed) {
        let store = bed.store();
        let made = store.channels().create(&me(), channel("a")).await.unwrap();
        assert!(matches!(store.channels().create(&me(), channel("a")).await, Err(Error::Conflict(_))));
        store.channels().delete(&me(), made.id).await.unwrap();
        store.channels().create(&me(), channel("a")).await.unwrap();
        assert!(matches!(store.channels().get(made.id).await, Err(Error::NotFound("channel"))));
        assert_eq!(store.channels().names().await.unwrap()[0], (made.id, "a".to_owned()), "reports still know it");
        let left = sql!("SELECT id FROM credentials WHERE channel = $1", made.id);
        assert!(bed.db.fetch_optional(left).await.unwrap().is_none(), "its secrets are gone");
    }

    async fn what_a_channel_cannot_be_is_refused(bed) {
        let store = bed.store();
        let offer = NewOffer { model: model("m"), upstream: None, cost: None };
        let mut bad = vec![
            NewChannel { credentials: vec![], ..channel("x") },
            NewChannel { credentials: vec![credential("a"), credential("a")], ..channel("x") },
            NewChannel { provider: Provider::Ollama, ..channel("x") },
            NewChannel { dialects: Some(vec![]), ..channel("x") },
            NewChannel { dialects: Some(vec![Dialect::Anthropic]), ..channel("x") },
            NewChannel { timeouts: Timeouts { idle_ms: Some(0), ..Timeouts::default() }, ..channel("x") },
            NewChannel { models: vec![offer.clone(), offer], ..channel("x") },
        ];
        for secret in ["", "sk with blank", "sk-\r\nx: y", "ключ"] {
            let mut one = credential("a");
            one.secret = CredentialSecret::new(secret.into());
            bad.push(NewChannel { credentials: vec![one], ..channel("x") });
        }
        for new in bad {
            let refused = store.channels().create(&me(), new.clone()).await;
            assert!(matches!(refused, Err(Error::Invalid { .. } | Error::Conflict(_))), "{new:?}");
        }
        assert!(store.channels().list(Page::first(10)).await.unwrap().rows.is_empty());
    }
}
