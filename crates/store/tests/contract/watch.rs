//! What watches: jobs that one node does, alerts that one node tells, addresses that are news once.

use crate::support::{me, name};
use domain::ids::KeyId;
use store::{Error, events::NewEvent};

const MINUTE_US: i64 = 60_000_000;

fn event(kind: &str, time: i64, count: i64) -> NewEvent {
    NewEvent { count, times_us: (time, time), ..NewEvent::now(kind, String::new()) }
}

on_both! {
    async fn one_node_does_a_job_and_the_others_do_not(bed) {
        let (here, there) = (bed.store(), bed.other_node().await);
        assert!(here.jobs().claim("look", MINUTE_US).await.unwrap());
        assert!(!there.jobs().claim("look", MINUTE_US).await.unwrap());
        assert!(there.jobs().claim("look", 0).await.unwrap(), "its time has come again");
        assert!(there.jobs().claim("other", MINUTE_US).await.unwrap());
    }

    async fn a_keys_second_address_is_news_once(bed) {
        let store = bed.store();
        let key = KeyId(1);
        let saw = async |address: &str| store.addresses().saw(key, address.parse().unwrap()).await.unwrap();
        assert!(!saw("192.0.2.1").await, "the first is where it lives");
        assert!(!saw("::ffff:192.0.2.1").await, "the same");
        assert!(saw("192.0.2.2").await);
        assert!(!saw("192.0.2.2").await);
    }

    async fn an_alert_is_told_by_one_node_and_only_for_what_is_new(bed) {
        let (here, there) = (bed.store(), bed.other_node().await);
        let rule = store::alerts::NewRule {
            name: name("ops"),
            kinds: vec!["failover".into()],
            threshold: 3,
            window_seconds: 60,
            emails: vec!["ops@example.com".into()],
            webhook: Some("https://example.com/hook?x=1".into()),
        };
        let (rule, secret) = here.alerts().create(&me(), &rule).await.unwrap();
        assert_eq!(here.alerts().secret(rule.id).await.unwrap().unwrap().expose(), secret.unwrap());
        // What is younger than five seconds may not all be written yet.
        let now = store::time::now_us();
        let later = now + 5_000_000;
        here.events().add(&[event("failover", now + 1, 2), event("breaker_opened", now + 1, 9)]).await.unwrap();
        assert_eq!(here.alerts().claim(&rule, later + 10).await.unwrap(), None, "two are not three");
        here.events().add(&[event("failover", now + 3, 2)]).await.unwrap();
        assert_eq!(here.alerts().claim(&rule, later + 2).await.unwrap(), None, "it is too fresh");
        let due = here.alerts().claim(&rule, later + 10).await.unwrap().unwrap();
        assert_eq!(due.counts, [("failover".to_owned(), 4)]);
        assert_eq!(there.alerts().claim(&rule, later + 10).await.unwrap(), None, "it is told already");
        let again = there.alerts().get(rule.id).await.unwrap();
        assert_eq!(there.alerts().claim(&again, later + 20).await.unwrap(), None, "nothing is new");
        here.alerts().delete(&me(), rule.id).await.unwrap();
        assert!(matches!(here.alerts().get(rule.id).await, Err(Error::NotFound(_))));
    }
}
