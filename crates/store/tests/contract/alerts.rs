//! Alert rules: what they cannot be, and how a webhook's address is kept.

use crate::support::{me, name, tenant};
use domain::{role::Role, secret::Password};
use store::{
    Email, Error, Page,
    alerts::{NewRule, RulePatch},
    events::NewEvent,
    sql,
};

const URL: &str = "https://hooks.example.com:8443/T0/planted?x=planted";

fn ops() -> NewRule {
    NewRule {
        name: name("ops"),
        kinds: Vec::new(),
        threshold: 1,
        window_seconds: 300,
        emails: Vec::new(),
        webhook: Some(URL.into()),
    }
}

fn off() -> RulePatch {
    RulePatch { enabled: Some(false), ..RulePatch::default() }
}

on_both! {
    async fn a_rule_that_cannot_work_is_refused_by_its_field(bed) {
        let store = bed.store();
        for (bad, wanted) in [
            (NewRule { kinds: vec!["credential_of".into()], ..ops() }, "kinds"),
            (NewRule { threshold: 0, ..ops() }, "threshold"),
            (NewRule { window_seconds: 0, ..ops() }, "window_seconds"),
            (NewRule { window_seconds: 86_401, ..ops() }, "window_seconds"),
            (NewRule { webhook: Some("ftp://example.com".into()), ..ops() }, "webhook"),
            (NewRule { webhook: None, ..ops() }, "emails"),
        ] {
            let refused = store.alerts().create(&me(), &bad).await.unwrap_err();
            assert!(matches!(refused, Error::Invalid { field, .. } if field == wanted), "{wanted}: {refused}");
        }
    }

    async fn a_webhooks_address_is_sealed_and_written_out_by_its_host(bed) {
        let store = bed.store();
        let (made, _) = store.alerts().create(&me(), &ops()).await.unwrap();
        let read = bed.other_node().await.alerts().get(made.id).await.unwrap();
        assert_eq!((read.webhook.as_deref(), &read), (Some(URL), &made));
        assert_eq!(read.webhook_shown().as_deref(), Some("https://hooks.example.com:8443/…"));
        assert!(!format!("{read:?}").contains("planted"));
        let select = sql!("SELECT webhook, webhook_url FROM alert_rules WHERE id = $1", made.id);
        let row = bed.db.fetch_one(select).await.unwrap();
        assert_eq!(row.opt_text(0).unwrap(), None);
        assert!(!row.bytes(1).unwrap().windows(7).any(|part| part == b"planted"));

        store.alerts().patch(&me(), made.id, off()).await.unwrap();
        store.alerts().delete(&me(), made.id).await.unwrap();
        let log = store.audit().list(Some(&made.id.to_string()), Page::first(10)).await.unwrap().rows;
        assert_eq!(log.len(), 3);
        for written in log.iter().flat_map(|row| [&row.before, &row.after]).flatten() {
            assert!(written.contains("https://hooks.example.com:8443/…") && !written.contains("planted"), "{written}");
        }
    }

    async fn a_plain_address_of_an_older_build_still_works(bed) {
        let store = bed.store();
        let (made, _) = store.alerts().create(&me(), &ops()).await.unwrap();
        let older = sql!("UPDATE alert_rules SET webhook = $1, webhook_url = NULL WHERE id = $2", URL, made.id);
        bed.db.execute(older).await.unwrap();
        assert_eq!(store.alerts().list().await.unwrap(), [made]);
    }

    async fn a_tenants_rule_counts_what_happened_to_it_and_tells_once_in_its_window(bed) {
        let store = bed.store();
        let (acme, other) = (tenant(&store).await, tenant(&store).await);
        let rules = store.alerts_of(Some(acme));
        let (rule, _) = rules.create(&me(), &ops()).await.unwrap();
        assert!(rules.watched().await.unwrap().is_empty(), "nothing happened to it");
        let second = 1_000_000;
        let happened = |whose, kind: &str, at| NewEvent {
            tenant: whose,
            times_us: (rule.created_us + at, rule.created_us + at),
            ..NewEvent::now(kind, String::new())
        };
        let of_acme = [happened(Some(acme), "budget_refused", 1), happened(Some(acme), "all_failed", 2)];
        store.events().add(&of_acme).await.unwrap();
        store.events().add(&[happened(Some(other), "budget_refused", 1), happened(None, "failover", 1)]).await.unwrap();
        assert_eq!(rules.watched().await.unwrap(), std::slice::from_ref(&rule));
        let due = rules.claim(&rule, rule.created_us + 6 * second).await.unwrap().unwrap();
        assert_eq!(due.counts, [("budget_refused".to_owned(), 1)]);
        // What goes on happening is told at the window's end, all at once.
        for at in [10, 100, 200] {
            store.events().add(&[happened(Some(acme), "budget_refused", at * second)]).await.unwrap();
        }
        let told = rules.get(rule.id).await.unwrap();
        assert_eq!(rules.claim(&told, rule.created_us + 250 * second).await.unwrap(), None);
        let due = rules.claim(&told, rule.created_us + 310 * second).await.unwrap().unwrap();
        assert_eq!(due.counts, [("budget_refused".to_owned(), 3)]);
        let latest = store.events().of_tenant(acme, 2).await.unwrap();
        let kinds: Vec<_> = latest.iter().map(|row| (row.event.kind.as_str(), row.event.times_us.1)).collect();
        let at = |at: i64| rule.created_us + at * second;
        assert_eq!(kinds, [("budget_refused", at(200)), ("budget_refused", at(100))]);
        assert!(matches!(store.alerts().get(rule.id).await, Err(Error::NotFound(_))), "it is not the place's");
        assert!(matches!(store.alerts_of(Some(other)).delete(&me(), rule.id).await, Err(Error::NotFound(_))));
    }

    async fn a_tenants_rule_mails_members_and_nobody_else(bed) {
        let store = bed.store();
        let acme = tenant(&store).await;
        let email = Email::parse("ann@example.com").unwrap();
        let secret = Password::new("correct horse battery".to_owned());
        let ann = store.users().create(&me(), &email, &secret, false, None).await.unwrap().id;
        let rules = store.alerts_of(Some(acme));
        let mails = NewRule { emails: vec!["ann@example.com".into()], ..ops() };
        let refused = rules.create(&me(), &mails).await.unwrap_err();
        assert!(matches!(refused, Error::Invalid { field: "emails", .. }), "{refused}");
        store.members().add(&me(), acme, ann, Role::Viewer).await.unwrap();
        let (rule, _) = rules.create(&me(), &mails).await.unwrap();
        assert_eq!(rules.recipients(&rule).await.unwrap(), ["ann@example.com"]);
        store.members().remove(&me(), acme, ann).await.unwrap();
        assert!(rules.recipients(&rule).await.unwrap().is_empty(), "who left hears nothing more");
        let (changed, secret) = rules.patch(&me(), rule.id, RulePatch { threshold: Some(2), ..RulePatch::default() }).await.unwrap();
        assert_eq!((changed.threshold, secret), (2, None));
    }
}
