//! Tenants, their audit rows, and pages of lists.

use crate::support::{me, name};
use domain::{ids::TenantId, money::NanoUsd};
use store::{Actor, Error, Page, sql, tenants::TenantPatch};

on_both! {
    async fn a_new_tenant_has_an_empty_wallet_with_its_limit(bed) {
        let store = bed.store();
        let made = store.tenants().create(&me(), &name("Acme"), NanoUsd(5)).await.unwrap();
        assert_eq!(store.tenants().get(made.id).await.unwrap(), made);
        let wallet = sql!("SELECT posted, leased, credit_limit FROM accounts WHERE tenant = $1 AND kind = 'wallet'", made.id);
        let wallet = bed.db.fetch_one(wallet).await.unwrap();
        assert_eq!((wallet.int(0).unwrap(), wallet.int(1).unwrap(), wallet.int(2).unwrap()), (0, 0, 5));
    }

    async fn a_tenant_that_cannot_have_its_wallet_is_not_made(bed) {
        let store = bed.store();
        assert!(store.tenants().create(&me(), &name("Acme"), NanoUsd(-1)).await.is_err());
        assert!(store.tenants().list(Page::first(10)).await.unwrap().rows.is_empty());
        assert!(store.audit().list(None, Page::first(10)).await.unwrap().rows.is_empty());
    }

    async fn a_change_tells_who_did_what_from_where(bed) {
        let store = bed.store();
        let id = crate::support::tenant(&store).await;
        let actor = Actor::user(domain::ids::UserId(7), Some("::ffff:192.0.2.7".parse().unwrap()));
        let patch = TenantPatch { name: Some(name("Acme & Söhne \"GmbH\"")), frozen: Some(true), response_days: Some(30), group: Some("gold".into()), limits: Some(domain::channel::Limits { rpm: Some(5), ..Default::default() }), zone: Some("Europe/Berlin".into()) };
        store.tenants().patch(&actor, id, patch).await.unwrap();
        let log = store.audit().list(Some(&id.to_string()), Page::first(10)).await.unwrap().rows;
        assert_eq!(log.len(), 2);
        assert_eq!((log[0].action.as_str(), log[0].actor.as_str()), ("tenant.patch", "usr_0000000000007"));
        assert_eq!(log[0].address.as_deref(), Some("192.0.2.7"));
        let after: serde_json::Value = serde_json::from_str(log[0].after.as_ref().unwrap()).unwrap();
        assert_eq!((&after["name"], &after["frozen"]), (&"Acme & Söhne \"GmbH\"".into(), &true.into()));
        assert!(log[0].before.as_ref().unwrap().contains("\"frozen\":false"));
        assert!(store.tenants().get(id).await.unwrap().frozen);
    }

    async fn the_audit_log_cannot_be_changed(bed) {
        crate::support::tenant(&bed.store()).await;
        assert!(bed.db.execute(sql!("UPDATE audit SET actor = 'me'")).await.is_err());
        assert!(bed.db.execute(sql!("DELETE FROM audit")).await.is_err());
    }

    async fn pages_neither_repeat_nor_hide_a_row_while_others_arrive(bed) {
        let store = bed.store();
        let mut expected = Vec::new();
        for n in 0..7 {
            expected.push(store.tenants().create(&me(), &name(&format!("t{n}")), NanoUsd::ZERO).await.unwrap().id);
        }
        expected.reverse();
        let (mut seen, mut cursor): (Vec<TenantId>, Option<String>) = (Vec::new(), None);
        loop {
            let page = Page::parse(Some(3), cursor.as_deref()).unwrap();
            let listing = store.tenants().list(page).await.unwrap();
            seen.extend(listing.rows.iter().map(|tenant| tenant.id));
            store.tenants().create(&me(), &name("new"), NanoUsd::ZERO).await.unwrap();
            cursor = listing.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, expected);
    }

    async fn what_is_not_there_is_not_found(bed) {
        let store = bed.store();
        let nobody = TenantId(1);
        assert!(matches!(store.tenants().get(nobody).await, Err(Error::NotFound("tenant"))));
        let patched = store.tenants().patch(&me(), nobody, TenantPatch::default()).await;
        assert!(matches!(patched, Err(Error::NotFound("tenant"))));
    }

    async fn hostile_names_are_only_text(bed) {
        let store = bed.store();
        for text in ["'; DROP TABLE tenants; --", "$1", "\u{202e}evil", "<script>alert(1)</script>", "a\\'b", "=cmd()", "%s%n"] {
            let made = store.tenants().create(&me(), &name(text), NanoUsd::ZERO).await.unwrap();
            assert_eq!(store.tenants().get(made.id).await.unwrap().name, text);
        }
    }
}
