//! Alert rules: who is told of which events, from how many within how long on. The place has some, which count all events,
//! and a tenant may have some, which count its own.
//!
//! A rule tells at most once in its window; what happens meanwhile is told at its end. A webhook's address often is a secret
//! itself (Slack's and Discord's hold their token in the path). It is sealed in the row, and wherever a rule is written out,
//! its scheme and host are all that is left of it. A tenant's rule mails members only: nobody is to be mailed by strangers.

mod rule;

pub use rule::{NewRule, Rule, RulePatch};

use crate::{
    Store,
    change::{Actor, NOTHING, to_json},
    db::{Sql, Tx},
    error::{Error, Result},
    ids,
    seal::random_secret,
    sql, time,
};
use domain::{ids::TenantId, secret::CredentialSecret};
use rule::{check, place, rule, url_place};

/// How a webhook's secret begins.
const SECRET_PREFIX: &str = "whsec_";
/// What happened later than this ago is not looked at yet: nodes write events a moment after they happened, by clocks that
/// may differ, and what is written after it was looked for would never be told.
const LATE_US: i64 = 5_000_000;
/// The most rules of the place; each is looked at every few seconds.
const MOST: i64 = 100;
/// The most rules of a tenant.
const MOST_OF_TENANT: i64 = 10;

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

/// The alert rules of one tenant, or of the place. From [`Store::alerts`] or [`Store::alerts_of`].
#[derive(Debug, Clone, Copy)]
pub struct Alerts<'a> {
    pub(crate) store: &'a Store,
    pub(crate) of: Option<TenantId>,
}

/// A tenant's id where rules are asked for by it: no tenant has 0, so that one text finds the place's as well.
const WHOSE: &str = "COALESCE(tenant, 0)";

impl Alerts<'_> {
    fn whose(self) -> i64 {
        self.of.map_or(0, |tenant| tenant.0)
    }

    /// Makes a rule. The secret that signs its webhook's calls is in the answer and nowhere else.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what a rule cannot be; [`Error::Conflict`] when there are too many.
    pub async fn create(self, actor: &Actor, new: &NewRule) -> Result<(Rule, Option<String>)> {
        let (id, now_us) = (ids::next(), time::now_us());
        let made = Rule {
            id,
            tenant: self.of,
            name: new.name.to_string(),
            kinds: new.kinds.clone(),
            threshold: new.threshold,
            window_seconds: new.window_seconds,
            emails: new.emails.clone(),
            webhook: new.webhook.clone(),
            enabled: true,
            told_until_us: now_us,
            created_us: now_us,
        };
        check(&made)?;
        let mut change = self.store.change(actor).await?;
        if let Some(tenant) = self.of {
            crate::tenants::must_exist(&mut change.tx, tenant).await?;
        }
        must_be_members(&mut change.tx, &made).await?;
        let most = if self.of.is_some() { MOST_OF_TENANT } else { MOST };
        let count = Sql::built(format!("SELECT COUNT(*) FROM alert_rules WHERE {WHOSE} = $1")).bind(self.whose());
        if change.tx.fetch_one(count).await?.int(0)? >= most {
            return Err(Error::conflict(format!("there are {most} alert rules already")));
        }
        let insert = sql!(
            "INSERT INTO alert_rules (id, tenant, name, kinds, threshold, window_seconds, emails, enabled, told_until, \
             created) VALUES ($1, $2, $3, '', 1, 1, '', 1, $4, $4)",
            id,
            made.tenant,
            &made.name,
            now_us
        );
        change.tx.execute(insert).await?;
        let secret = self.write(&mut change.tx, None, &made).await?;
        change.audit("alert.create", id, NOTHING, Some(&made)).await?;
        change.commit().await?;
        Ok((made, secret))
    }

    /// Writes what of a rule can change; the secret, where its webhook is its first.
    async fn write(self, tx: &mut Tx, before: Option<&Rule>, rule: &Rule) -> Result<Option<String>> {
        let row = rule.id.to_string();
        let update = sql!(
            "UPDATE alert_rules SET name = $2, kinds = $3, threshold = $4, window_seconds = $5, emails = $6, enabled = $7 \
             WHERE id = $1",
            rule.id,
            &rule.name,
            to_json(&rule.kinds)?,
            i64::from(rule.threshold),
            i64::from(rule.window_seconds),
            to_json(&rule.emails)?,
            rule.enabled
        );
        tx.execute(update).await?;
        let had = before.and_then(|before| before.webhook.as_ref());
        if rule.webhook.as_ref() == had {
            return Ok(None);
        }
        let seal = |at, text: &String| self.store.sealer().seal(at, text.as_bytes());
        let url = rule.webhook.as_ref().map(|url| seal(url_place(&row), url)).transpose()?;
        // An older build's plain address is no more, whatever comes in its place.
        tx.execute(sql!("UPDATE alert_rules SET webhook = NULL, webhook_url = $2 WHERE id = $1", rule.id, url)).await?;
        if had.is_some() && rule.webhook.is_some() {
            return Ok(None);
        }
        let secret = rule.webhook.as_ref().map(|_| random_secret(SECRET_PREFIX)).transpose()?;
        let sealed = secret.as_ref().map(|secret| seal(place(&row), secret)).transpose()?;
        tx.execute(sql!("UPDATE alert_rules SET webhook_secret = $2 WHERE id = $1", rule.id, sealed)).await?;
        Ok(secret)
    }

    /// Every rule, the newest first.
    ///
    /// # Errors
    /// [`Error::Seal`] when a webhook's address does not open; any of [`Error`]'s database kinds.
    pub async fn list(self) -> Result<Vec<Rule>> {
        let select = format!("SELECT * FROM alert_rules WHERE {WHOSE} = $1 ORDER BY id DESC");
        let rows = self.store.db().fetch_all(Sql::built(select).bind(self.whose())).await?;
        rows.iter().map(|row| rule(row, self.store.sealer())).collect()
    }

    /// One rule.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Seal`] when its webhook's address does not open.
    pub async fn get(self, id: i64) -> Result<Rule> {
        let select = Sql::built(format!("SELECT * FROM alert_rules WHERE id = $1 AND {WHOSE} = $2"));
        let row = self.store.db().fetch_optional(select.bind(id).bind(self.whose())).await?;
        row.map_or(Err(Error::NotFound("alert rule")), |row| rule(&row, self.store.sealer()))
    }

    async fn locked(self, tx: &mut Tx, id: i64) -> Result<Rule> {
        let select = format!("SELECT * FROM alert_rules WHERE id = $1 AND {WHOSE} = $2{}", tx.for_update());
        let row = tx.fetch_optional(Sql::built(select).bind(id).bind(self.whose())).await?;
        row.map_or(Err(Error::NotFound("alert rule")), |row| rule(&row, self.store.sealer()))
    }

    /// Changes a rule. A webhook that is its first has a secret, which is in the answer and nowhere else; another in its place
    /// is signed by the same.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] as for a new one.
    pub async fn patch(self, actor: &Actor, id: i64, patch: RulePatch) -> Result<(Rule, Option<String>)> {
        let mut change = self.store.change(actor).await?;
        let before = self.locked(&mut change.tx, id).await?;
        let mails = patch.emails.is_some();
        let after = patch.applied(before.clone())?;
        if mails {
            must_be_members(&mut change.tx, &after).await?;
        }
        let secret = self.write(&mut change.tx, Some(&before), &after).await?;
        change.audit("alert.patch", id, Some(&before), Some(&after)).await?;
        change.commit().await?;
        Ok((after, secret))
    }

    /// Removes a rule.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn delete(self, actor: &Actor, id: i64) -> Result<()> {
        let mut change = self.store.change(actor).await?;
        let before = self.locked(&mut change.tx, id).await?;
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
        let row = self.store.db().fetch_optional(select).await?.ok_or(Error::NotFound("alert rule"))?;
        let open = |sealed: Vec<u8>| self.store.sealer().open_text(place(&id.to_string()), &sealed);
        Ok(row.opt_bytes(0)?.map(open).transpose()?.map(CredentialSecret::new))
    }

    /// Every rule that is on, whoever's it is, and may have something to tell: of tenants, those to whom something happened
    /// since they were told.
    ///
    /// # Errors
    /// [`Error::Seal`] when a webhook's address does not open; any of [`Error`]'s database kinds.
    pub async fn watched(self) -> Result<Vec<Rule>> {
        let text = "SELECT * FROM alert_rules r WHERE enabled = 1 AND (tenant IS NULL OR EXISTS \
                    (SELECT 1 FROM events e WHERE e.tenant = r.tenant AND e.last > r.told_until)) ORDER BY id";
        let rows = self.store.db().fetch_all(sql!(text)).await?;
        rows.iter().map(|row| rule(row, self.store.sealer())).collect()
    }

    /// What a rule has to tell now, if anything: then this call, and no other node's, is the one that tells it.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn claim(self, rule: &Rule, now_us: i64) -> Result<Option<Due>> {
        let now_us = now_us - LATE_US;
        if rule.waits(now_us) {
            return Ok(None);
        }
        let since_us = rule.told_until_us.max(now_us - i64::from(rule.window_seconds) * 1_000_000);
        let mut counts = self.store.events().counts_between(rule.tenant, since_us, now_us).await?;
        counts.retain(|(kind, _)| rule.counts(kind));
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
        let taken = self.store.db().execute(take).await? == 1;
        Ok(taken.then_some(Due { counts, since_us, until_us: now_us }))
    }

    /// Whom of a rule's addresses a mail goes to: of a tenant's rule, those who are members still.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn recipients(self, rule: &Rule) -> Result<Vec<String>> {
        let mut tx = self.store.db().moment().await?;
        let strangers = strangers(&mut tx, rule).await?;
        Ok(rule.emails.iter().filter(|email| !strangers.contains(email)).cloned().collect())
    }
}

/// The addresses of a tenant's rule that are no member's.
async fn strangers(tx: &mut Tx, rule: &Rule) -> Result<Vec<String>> {
    let (Some(tenant), false) = (rule.tenant, rule.emails.is_empty()) else { return Ok(Vec::new()) };
    let text = "SELECT u.email FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.tenant = $1";
    let rows = tx.fetch_all(sql!(text, tenant)).await?;
    let members = rows.iter().map(|row| row.text(0)).collect::<Result<Vec<_>>>()?;
    let is_member = |email: &&String| members.iter().any(|member| member.eq_ignore_ascii_case(email));
    Ok(rule.emails.iter().filter(|email| !is_member(email)).cloned().collect())
}

async fn must_be_members(tx: &mut Tx, rule: &Rule) -> Result<()> {
    match strangers(tx, rule).await?.first() {
        Some(stranger) => {
            Err(Error::invalid("emails", format!("must be addresses of members, which {stranger} is not")))
        }
        None => Ok(()),
    }
}
