//! API keys in the database.

use crate::support::{me, name, tenant};
use domain::{ids::TenantId, secret::SecretHash};
use store::{
    Error, Page,
    keys::{KeyPatch, NewKey, Scope},
    sql,
};

pub fn plain() -> NewKey {
    NewKey::named(name("app"))
}

on_both! {
    async fn keys_are_named_in_sums_of_the_past_and_tell_when_they_were_used(bed) {
        let store = bed.store();
        let (own, other) = (tenant(&store).await, tenant(&store).await);
        let (key, _) = store.keys().create(&me(), own, plain()).await.unwrap();
        let (foreign, _) = store.keys().create(&me(), other, plain()).await.unwrap();
        assert_eq!(store.keys().names(Some(own)).await.unwrap(), [(key.id, "app".to_owned())]);
        assert_eq!(store.keys().names(None).await.unwrap().len(), 2);
        assert!(store.keys().last_used(own).await.unwrap().is_empty(), "never");
        store.keys().revoke(&me(), foreign.id).await.unwrap();
        assert_eq!(store.keys().names(Some(other)).await.unwrap(), [(foreign.id, "app".to_owned())], "revoked ones too");
    }

    async fn a_secret_is_shown_once_and_kept_as_a_hash(bed) {
        let store = bed.store();
        let (key, secret) = store.keys().create(&me(), tenant(&store).await, plain()).await.unwrap();
        let secret = secret.expose();
        assert!(secret.starts_with("sk-tp-") && secret.len() >= 6 + 43);
        assert!(secret.starts_with(&key.prefix) && secret.ends_with(&key.last4));
        let row = bed.db.fetch_one(sql!("SELECT hash FROM keys WHERE id = $1", key.id)).await.unwrap();
        assert_eq!(row.bytes(0).unwrap(), SecretHash::of(secret).0);
        let log = store.audit().list(None, Page::first(10)).await.unwrap().rows;
        assert!(log.iter().all(|row| !format!("{row:?}").contains(&secret[10..])));
        assert_eq!(store.keys().get(key.id).await.unwrap(), key);
    }

    async fn a_key_keeps_its_scope_and_takes_patches(bed) {
        let store = bed.store();
        let owner = tenant(&store).await;
        let scope = Scope::parse(
            Some(vec!["gpt-5".into(), "it's/\"odd\"".into()]),
            Some(vec!["messages".into()]),
            Some(vec!["10.0.0.0/8".into(), "2001:db8::1".into(), "::ffff:192.0.2.1".into()]),
        ).unwrap();
        let new = NewKey { scope: scope.clone(), expires_at_ms: Some(5), ..plain() };
        let (key, _) = store.keys().create(&me(), owner, new).await.unwrap();
        assert_eq!(store.keys().get(key.id).await.unwrap().scope, scope);
        let patch = KeyPatch { enabled: Some(false), expires_at_ms: Some(None), ..KeyPatch::default() };
        let patched = store.keys().patch(&me(), key.id, patch).await.unwrap();
        assert_eq!((patched.enabled, patched.expires_at_ms, &patched.scope), (false, None, &scope));
        assert_eq!(store.keys().get(key.id).await.unwrap(), patched);
        let open = KeyPatch { scope: Some(Scope::default()), ..KeyPatch::default() };
        assert_eq!(store.keys().patch(&me(), key.id, open).await.unwrap().scope, Scope::default());
    }

    async fn a_revoked_key_stays_revoked_and_leaves_the_list(bed) {
        let store = bed.store();
        let owner = tenant(&store).await;
        let (key, _) = store.keys().create(&me(), owner, plain()).await.unwrap();
        store.keys().revoke(&me(), key.id).await.unwrap();
        store.keys().revoke(&me(), key.id).await.unwrap();
        assert!(store.keys().list(owner, Page::first(10)).await.unwrap().rows.is_empty());
        let enable = KeyPatch { enabled: Some(true), ..KeyPatch::default() };
        assert!(matches!(store.keys().patch(&me(), key.id, enable).await, Err(Error::Conflict(_))));
    }

    async fn a_key_needs_its_tenant(bed) {
        let made = bed.store().keys().create(&me(), TenantId(1), plain()).await;
        assert!(matches!(made, Err(Error::NotFound("tenant"))));
    }
}

#[test]
fn a_scope_that_means_nothing_is_refused() {
    let refused = |models: Option<Vec<&str>>, endpoints: Option<Vec<&str>>, ips: Option<Vec<&str>>| {
        let own = |list: Option<Vec<&str>>| list.map(|list| list.into_iter().map(str::to_owned).collect());
        Scope::parse(own(models), own(endpoints), own(ips)).is_err()
    };
    assert!(refused(Some(vec![]), None, None));
    assert!(refused(Some(vec!["a b"]), None, None));
    assert!(refused(None, Some(vec!["chat"]), None));
    assert!(refused(None, None, Some(vec!["10.0.0.0/33"])));
    assert!(refused(None, None, Some(vec!["localhost"])));
    assert!(!refused(None, Some(vec!["chat_completions", "messages"]), Some(vec!["127.0.0.1"])));
}
