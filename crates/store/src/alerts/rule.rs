//! A rule: what it can be, and how its row is read.

use crate::{
    db::Row,
    error::{Error, Result},
    seal::{Place, Sealer},
    words::{Email, Name},
};
use domain::{
    event::{KINDS, TENANT_KINDS},
    ids::TenantId,
};
use serde::{Serialize, Serializer};
use std::fmt;
use url::Url;

/// A rule to be made. Not to be printed: its webhook's address may be a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct NewRule {
    /// What people call it.
    pub name: Name,
    /// Kinds of events, of [`KINDS`], for a tenant's rule of [`TENANT_KINDS`]; empty: all.
    pub kinds: Vec<String>,
    /// So many events …
    pub threshold: u32,
    /// … within so many seconds.
    pub window_seconds: u32,
    /// Who gets a mail; of a tenant's rule, members.
    pub emails: Vec<String>,
    /// What is called.
    pub webhook: Option<String>,
}

/// What of a rule is to change; `None` leaves it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct RulePatch {
    /// What people call it.
    pub name: Option<Name>,
    /// Kinds of events.
    pub kinds: Option<Vec<String>>,
    /// So many events.
    pub threshold: Option<u32>,
    /// Within so many seconds.
    pub window_seconds: Option<u32>,
    /// Who gets a mail.
    pub emails: Option<Vec<String>>,
    /// What is called; `Some(None)`: nothing any more.
    pub webhook: Option<Option<String>>,
    /// Whether it is looked at.
    pub enabled: Option<bool>,
}

/// A rule. Serialised, as the audit log does, it has no secret.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// Which.
    pub id: i64,
    /// Whose; `None`: the place's.
    pub tenant: Option<TenantId>,
    /// What people call it.
    pub name: String,
    /// Kinds of events; empty: all.
    pub kinds: Vec<String>,
    /// So many events …
    pub threshold: u32,
    /// … within so many seconds.
    pub window_seconds: u32,
    /// Who gets a mail.
    pub emails: Vec<String>,
    /// What is called, whole: for calling it. To show it there is [`Rule::webhook_shown`].
    #[serde(serialize_with = "as_shown")]
    pub webhook: Option<String>,
    /// Whether it is looked at.
    pub enabled: bool,
    /// When it last told, microseconds since 1970; what was before is told already.
    pub told_until_us: i64,
    /// When it was made.
    pub created_us: i64,
}

/// Where a webhook's secret is sealed.
pub(super) fn place(id: &str) -> Place<'_> {
    Place { table: "alert_rules", row: id, owner: "webhook" }
}

/// Another place than the secret's, so that neither opens as the other.
pub(super) fn url_place(id: &str) -> Place<'_> {
    Place { table: "alert_rules", row: id, owner: "webhook_url" }
}

impl Rule {
    /// What is called, as far as everybody who sees the rule may know: scheme and host.
    pub fn webhook_shown(&self) -> Option<String> {
        self.webhook.as_deref().map(shown)
    }

    /// Whether it has told, and not so long ago as its window is: then it waits, and tells of all at once.
    pub(super) fn waits(&self, now_us: i64) -> bool {
        let window_us = i64::from(self.window_seconds) * 1_000_000;
        self.told_until_us > self.created_us && now_us < self.told_until_us.saturating_add(window_us)
    }

    /// Whether it counts such events.
    pub(super) fn counts(&self, kind: &str) -> bool {
        let of_its_own = self.tenant.is_none() || TENANT_KINDS.contains(&kind);
        of_its_own && (self.kinds.is_empty() || self.kinds.iter().any(|it| it == kind))
    }
}

/// Without the webhook, which may be a secret.
impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rule").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

/// Path and query may be a token, user and password are one.
fn shown(url: &str) -> String {
    Url::parse(url).map(|url| format!("{}/…", url.origin().ascii_serialization())).unwrap_or_default()
}

fn as_shown<S: Serializer>(webhook: &Option<String>, to: S) -> Result<S::Ok, S::Error> {
    webhook.as_deref().map(shown).serialize(to)
}

/// The address a row holds: sealed, or plain in a row of a build that did not seal it yet.
fn webhook(row: &Row, sealer: &Sealer) -> Result<Option<String>> {
    match row.opt_bytes("webhook_url")? {
        Some(sealed) => sealer.open_text(url_place(&row.int("id")?.to_string()), &sealed).map(Some),
        None => row.opt_text("webhook"),
    }
}

pub(super) fn rule(row: &Row, sealer: &Sealer) -> Result<Rule> {
    let corrupt = |_| Error::Corrupt("alert rule");
    let number = |column: &'static str| u32::try_from(row.int(column)?).map_err(|_| Error::Corrupt("alert rule"));
    Ok(Rule {
        id: row.int("id")?,
        tenant: row.opt_int("tenant")?.map(TenantId),
        name: row.text("name")?,
        kinds: serde_json::from_str(&row.text("kinds")?).map_err(corrupt)?,
        threshold: number("threshold")?,
        window_seconds: number("window_seconds")?,
        emails: serde_json::from_str(&row.text("emails")?).map_err(corrupt)?,
        webhook: webhook(row, sealer)?,
        enabled: row.flag("enabled")?,
        told_until_us: row.int("told_until")?,
        created_us: row.int("created")?,
    })
}

impl RulePatch {
    /// The rule after it.
    pub(super) fn applied(self, mut to: Rule) -> Result<Rule> {
        to.name = self.name.map_or(to.name, |name| name.to_string());
        to.kinds = self.kinds.unwrap_or(to.kinds);
        to.threshold = self.threshold.unwrap_or(to.threshold);
        to.window_seconds = self.window_seconds.unwrap_or(to.window_seconds);
        to.emails = self.emails.unwrap_or(to.emails);
        to.webhook = self.webhook.unwrap_or(to.webhook);
        to.enabled = self.enabled.unwrap_or(to.enabled);
        check(&to)?;
        Ok(to)
    }
}

/// Refuses what no rule can be.
pub(super) fn check(rule: &Rule) -> Result<()> {
    if rule.emails.is_empty() && rule.webhook.is_none() {
        return Err(Error::invalid("emails", "name an address or a webhook: somebody must be told"));
    }
    if rule.emails.len() > 20 || !rule.emails.iter().all(|email| Email::parse(email).is_ok()) {
        return Err(Error::invalid("emails", "must be at most 20 addresses"));
    }
    if rule.kinds.len() > 50 {
        return Err(Error::invalid("kinds", "must be at most 50 words"));
    }
    let known: &[&str] = if rule.tenant.is_some() { &TENANT_KINDS } else { &KINDS };
    if !rule.kinds.iter().all(|kind| known.contains(&kind.as_str())) {
        return Err(Error::invalid("kinds", format!("must be one of {}", known.join(", "))));
    }
    if rule.threshold == 0 {
        return Err(Error::invalid("threshold", "must be 1 or more"));
    }
    if !(1..=86_400).contains(&rule.window_seconds) {
        return Err(Error::invalid("window_seconds", "must be 1 to 86400"));
    }
    let is_web = |text: &String| Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if !rule.webhook.iter().all(is_web) {
        return Err(Error::invalid("webhook", "must be an http or https URL with a host"));
    }
    Ok(())
}
