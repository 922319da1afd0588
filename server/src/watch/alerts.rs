//! Looks at the alert rules every few seconds and tells whoever they name. On several nodes one of them tells.

use super::tell::Tellers;
use domain::secret::CredentialSecret;
use serde_json::json;
use std::{sync::Arc, time::Duration};
use store::{
    Store,
    alerts::{Due, Rule},
    events::NewEvent,
    time::{now_ms, now_us},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How often rules are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How often telling is tried, waiting longer each time.
const TRIES: u32 = 4;
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The event of an alert that could not be told.
const FAILED: &str = "alert_failed";

/// Looks until `stop`.
pub async fn watch(store: Store, tellers: Arc<Tellers>, tracker: TaskTracker, stop: CancellationToken) {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = looks.tick() => {}
        }
        let looked = tokio::select! {
            () = stop.cancelled() => return,
            looked = look(&store, &tellers, &tracker, &stop) => looked,
        };
        if let Err(error) = looked {
            tracing::warn!(%error, "alert rules could not be looked at");
        }
    }
}

async fn look(
    store: &Store,
    tellers: &Arc<Tellers>,
    tracker: &TaskTracker,
    stop: &CancellationToken,
) -> store::Result<()> {
    for rule in store.alerts().watched().await? {
        let Some(due) = store.alerts().claim(&rule, now_us()).await? else { continue };
        // Apart: who does not answer holds up nobody else's alert, and what is claimed is told also by a node that stops.
        let (store, tellers, stop) = (store.clone(), tellers.clone(), stop.clone());
        tracker.spawn(async move { tell(&store, &tellers, &rule, &due, &stop).await });
    }
    Ok(())
}

/// Tells all that a rule names at once, each patiently until `hurry`; what cannot be told becomes an event itself.
pub async fn tell(store: &Store, tellers: &Tellers, rule: &Rule, due: &Due, hurry: &CancellationToken) -> Vec<String> {
    let mut failures = Vec::new();
    let total: i64 = due.counts.iter().map(|(_, count)| count).sum();
    let subject = format!("Turnpike: {} ({total})", rule.name);
    let mut ways: Vec<(String, Way)> = Vec::new();
    let recipients = match store.alerts().recipients(rule).await {
        Ok(recipients) => recipients,
        Err(error) => {
            failures.push(format!("mail: {error}"));
            Vec::new()
        }
    };
    for address in &recipients {
        let way = Way::Mail { to: address.clone(), subject: subject.clone(), text: text(rule, due) };
        ways.push((format!("mail to {address}"), way));
    }
    if let Some(url) = &rule.webhook {
        match store.alerts().secret(rule.id).await {
            Ok(Some(secret)) => {
                let (place, body) = (rule.tenant.is_none(), document(rule, due).to_string());
                let way = Way::Call { url: url.clone(), secret, body, place };
                ways.push(("webhook".to_owned(), way));
            }
            Ok(None) => failures.push("webhook: it has no secret".to_owned()),
            Err(error) => failures.push(format!("webhook: {error}")),
        }
    }
    let told = futures::future::join_all(ways.iter().map(|(name, way)| async move {
        let error = way.patiently(tellers, hurry).await.err()?;
        // Why the mail server would not is the place's own business.
        Some(if rule.tenant.is_some() { format!("{name}: {error}") } else { format!("{name}: {error:#}") })
    }));
    failures.extend(told.await.into_iter().flatten());
    for failure in &failures {
        tracing::warn!(rule = %rule.name, %failure, "an alert could not be told");
    }
    // Telling that telling failed may fail again, for ever.
    let news = due.counts.iter().any(|(kind, _)| kind != FAILED);
    if news && !failures.is_empty() {
        let detail = format!("{}: {}", rule.name, failures.join("; "));
        let event = NewEvent { tenant: rule.tenant, ..NewEvent::now(FAILED, detail) };
        if let Err(error) = store.events().add(&[event]).await {
            tracing::warn!(%error, "nor could that be kept");
        }
    }
    failures
}

/// One way to somebody.
enum Way {
    Mail { to: String, subject: String, text: String },
    Call { url: String, secret: CredentialSecret, body: String, place: bool },
}

impl Way {
    async fn once(&self, tellers: &Tellers) -> anyhow::Result<()> {
        match self {
            Self::Mail { to, subject, text } => tellers.mail(to, subject, text).await,
            Self::Call { url, secret, body, place } => {
                tellers.call(url, secret, now_ms() / 1_000, body.clone(), *place).await
            }
        }
    }

    /// Tries several times, waiting between; once more at most after `hurry`.
    async fn patiently(&self, tellers: &Tellers, hurry: &CancellationToken) -> anyhow::Result<()> {
        let mut wait = FIRST_WAIT;
        for _ in 1..TRIES {
            if hurry.is_cancelled() {
                break;
            }
            if self.once(tellers).await.is_ok() {
                return Ok(());
            }
            tokio::select! {
                () = hurry.cancelled() => {}
                () = tokio::time::sleep(wait) => {}
            }
            wait *= 2;
        }
        self.once(tellers).await
    }
}

fn time(us: i64) -> String {
    jiff::Timestamp::from_microsecond(us).unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_string()
}

fn text(rule: &Rule, due: &Due) -> String {
    let lines: Vec<String> = due.counts.iter().map(|(kind, count)| format!("  {count} x {kind}")).collect();
    let page = if rule.tenant.is_some() { "page of budgets and alerts" } else { "page of alerts" };
    format!(
        "{}\n\nBetween {} and {}:\n{}\n\nThe {page} has them one by one.\n",
        rule.name,
        time(due.since_us),
        time(due.until_us),
        lines.join("\n")
    )
}

fn document(rule: &Rule, due: &Due) -> serde_json::Value {
    let events: serde_json::Map<String, serde_json::Value> =
        due.counts.iter().map(|(kind, count)| (kind.clone(), json!(count))).collect();
    json!({"rule": rule.name, "from": time(due.since_us), "to": time(due.until_us), "events": events})
}
