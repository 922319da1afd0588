//! Alert rules: who is told of which events, from how many within how long on.
//!
//! A webhook's address often is a secret itself (Slack's and Discord's hold their token in the path). It is sealed in
//! the row, and wherever a rule is written out, its scheme and host are all that is left of it.

use crate::{
    Store,
    change::{Actor, NOTHING, to_json},
    db::Row,
    error::{Error, Result},
    ids,
    seal::{Place, Sealer, random_secret},
    sql, time,
    words::Name,
};
use domain::{event::KINDS, secret::CredentialSecret};
use serde::{Serialize, Serializer};
use std::fmt;
use url::Url;

/// How a webhook's secret begins.
const SECRET_PREFIX: &str = "whsec_";
/// What happened later than this ago is not looked at yet: nodes write events a moment after they happened, by clocks that
/// may differ, and what is written after it was looked for would never be told.
const LATE_US: i64 = 5_000_000;
/// The most rules; each is looked at every few seconds.
const MOST: i64 = 100;

/// A rule to be made. Not to be printed: its webhook's address may be a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct NewRule {
    /// What people call it.
    pub name: Name,
    /// Kinds of events, of [`KINDS`]; empty: all.
    pub kinds: Vec<String>,
    /// So many events …
    pub threshold: u32,
    /// … within so many seconds.
    pub window_seconds: u32,
    /// Who gets a mail.
    pub emails: Vec<String>,
    /// What is called.
    pub webhook: Option<String>,
}

/// A rule. Serialised, as the audit log does, it has no secret.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// Which.
    pub id: i64,
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
}

/// What a rule has to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// By kind, how often.
    pub counts: Vec<(String, i64)>,
    /// Since then, microseconds since 1970.
    pub since_us: i64,
    /// Until then.
    pub until_us: i64,
}

/// Alert rules. From [`Store::alerts`].
#[derive(Debug, Clone, Copy)]
pub struct Alerts<'a>(pub(crate) &'a Store);

fn place(id: &str) -> Place<'_> {
    Place { table: "alert_rules", row: id, owner: "webhook" }
}

/// Another place than the secret's, so that neither opens as the other.
fn url_place(id: &str) -> Place<'_> {
    Place { table: "alert_rules", row: id, owner: "webhook_url" }
}

impl Rule {
    /// What is called, as far as everybody who sees the rule may know: scheme and host.
    pub fn webhook_shown(&self) -> Option<String> {
        self.webhook.as_deref().map(shown)
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

fn rule(row: &Row, sealer: &Sealer) -> Result<Rule> {
    let corrupt = |_| Error::Corrupt("alert rule");
    let number = |column: &'static str| u32::try_from(row.int(column)?).map_err(|_| Error::Corrupt("alert rule"));
    Ok(Rule {
        id: row.int("id")?,
        name: row.text("name")?,
        kinds: serde_json::from_str(&row.text("kinds")?).map_err(corrupt)?,
        threshold: number("threshold")?,
        window_seconds: number("window_seconds")?,
        emails: serde_json::from_str(&row.text("emails")?).map_err(corrupt)?,
        webhook: webhook(row, sealer)?,
        enabled: row.flag("enabled")?,
        told_until_us: row.int("told_until")?,
    })
}

impl NewRule {
    fn check(&self) -> Result<()> {
        if self.emails.is_empty() && self.webhook.is_none() {
            return Err(Error::invalid("emails", "name an address or a webhook: somebody must be told"));
        }
        if self.emails.len() > 20 || !self.emails.iter().all(|email| crate::words::Email::parse(email).is_ok()) {
            return Err(Error::invalid("emails", "must be at most 20 addresses"));
        }
        if self.kinds.len() > 50 {
            return Err(Error::invalid("kinds", "must be at most 50 words"));
        }
        if !self.kinds.iter().all(|kind| KINDS.contains(&kind.as_str())) {
            return Err(Error::invalid("kinds", format!("must be one of {}", KINDS.join(", "))));
        }
        if self.threshold == 0 {
            return Err(Error::invalid("threshold", "must be 1 or more"));
        }
        if !(1..=86_400).contains(&self.window_seconds) {
            return Err(Error::invalid("window_seconds", "must be 1 to 86400"));
        }
        let is_web = |text: &String| Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        if !self.webhook.iter().all(is_web) {
            return Err(Error::invalid("webhook", "must be an http or https URL with a host"));
        }
        Ok(())
    }
}

impl Alerts<'_> {
    /// Makes a rule. The secret that signs its webhook's calls is in the answer and nowhere else.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what a rule cannot be; [`Error::Conflict`] when there are too many.
    pub async fn create(self, actor: &Actor, new: &NewRule) -> Result<(Rule, Option<String>)> {
        new.check()?;
        let mut change = self.0.change(actor).await?;
        if change.tx.fetch_one(sql!("SELECT COUNT(*) FROM alert_rules")).await?.int(0)? >= MOST {
            return Err(Error::conflict("there are 100 alert rules already"));
        }
        let id = ids::next();
        let secret = new.webhook.as_ref().map(|_| random_secret(SECRET_PREFIX)).transpose()?;
        let row = id.to_string();
        let seal = |at: Place<'_>, text: &String| self.0.sealer().seal(at, text.as_bytes());
        let insert = sql!(
            "INSERT INTO alert_rules (id, name, kinds, threshold, window_seconds, emails, webhook_url, webhook_secret, \
             enabled, told_until, created) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $9)",
            id,
            &new.name,
            to_json(&new.kinds)?,
            i64::from(new.threshold),
            i64::from(new.window_seconds),
            to_json(&new.emails)?,
            new.webhook.as_ref().map(|url| seal(url_place(&row), url)).transpose()?,
            secret.as_ref().map(|secret| seal(place(&row), secret)).transpose()?,
            time::now_us()
        );
        change.tx.execute(insert).await?;
        let row = change.tx.fetch_one(sql!("SELECT * FROM alert_rules WHERE id = $1", id)).await?;
        let made = rule(&row, self.0.sealer())?;
        change.audit("alert.create", id, NOTHING, Some(&made)).await?;
        change.commit().await?;
        Ok((made, secret))
    }

    /// Every rule, the newest first.
    ///
    /// # Errors
    /// [`Error::Seal`] when a webhook's address does not open; any of [`Error`]'s database kinds.
    pub async fn list(self) -> Result<Vec<Rule>> {
        let rows = self.0.db().fetch_all(sql!("SELECT * FROM alert_rules ORDER BY id DESC")).await?;
        rows.iter().map(|row| rule(row, self.0.sealer())).collect()
    }

    /// One rule.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Seal`] when its webhook's address does not open.
    pub async fn get(self, id: i64) -> Result<Rule> {
        let row = self.0.db().fetch_optional(sql!("SELECT * FROM alert_rules WHERE id = $1", id)).await?;
        row.map_or(Err(Error::NotFound("alert rule")), |row| rule(&row, self.0.sealer()))
    }

    /// Switches a rule on or off.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn enable(self, actor: &Actor, id: i64, enabled: bool) -> Result<Rule> {
        let before = self.get(id).await?;
        let mut change = self.0.change(actor).await?;
        change.tx.execute(sql!("UPDATE alert_rules SET enabled = $1 WHERE id = $2", enabled, id)).await?;
        let after = Rule { enabled, ..before.clone() };
        change.audit("alert.patch", id, Some(&before), Some(&after)).await?;
        change.commit().await?;
        Ok(after)
    }

    /// Removes a rule.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn delete(self, actor: &Actor, id: i64) -> Result<()> {
        let before = self.get(id).await?;
        let mut change = self.0.change(actor).await?;
        change.tx.execute(sql!("DELETE FROM alert_rules WHERE id = $1", id)).await?;
        change.audit("alert.delete", id, Some(&before), NOTHING).await?;
        change.commit().await
    }

    /// What signs a rule's calls, if it has a webhook.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Seal`] when it does not open.
    pub async fn secret(self, id: i64) -> Result<Option<CredentialSecret>> {
        let select = sql!("SELECT webhook_secret FROM alert_rules WHERE id = $1", id);
        let row = self.0.db().fetch_optional(select).await?.ok_or(Error::NotFound("alert rule"))?;
        let open = |sealed: Vec<u8>| self.0.sealer().open_text(place(&id.to_string()), &sealed);
        Ok(row.opt_bytes(0)?.map(open).transpose()?.map(CredentialSecret::new))
    }

    /// What a rule has to tell now, if anything: then this call, and no other node's, is the one that tells it.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn claim(self, rule: &Rule, now_us: i64) -> Result<Option<Due>> {
        let now_us = now_us - LATE_US;
        let since_us = rule.told_until_us.max(now_us - i64::from(rule.window_seconds) * 1_000_000);
        let mut counts = self.0.events().counts_between(since_us, now_us).await?;
        counts.retain(|(kind, _)| rule.kinds.is_empty() || rule.kinds.contains(kind));
        let total: i64 = counts.iter().map(|(_, count)| count).sum();
        if total < i64::from(rule.threshold) {
            return Ok(None);
        }
        let take = sql!(
            "UPDATE alert_rules SET told_until = $1 WHERE id = $2 AND told_until = $3 AND enabled = 1",
            now_us,
            rule.id,
            rule.told_until_us
        );
        let taken = self.0.db().execute(take).await? == 1;
        Ok(taken.then_some(Due { counts, since_us, until_us: now_us }))
    }
}
