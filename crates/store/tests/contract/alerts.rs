//! Alert rules: what they cannot be, and how a webhook's address is kept.

use crate::support::{me, name};
use store::{Error, Page, alerts::NewRule, sql};

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

        store.alerts().enable(&me(), made.id, false).await.unwrap();
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
}
