//! Budgets and alert rules for the console, by the same rules as the management API.

use super::{ServerConsole, actor, failed, listed, refused, time};
use crate::api::alerts::{RuleChange, RuleFields, alter, make, try_out};
use app::port::{AlertSet, Alerts, Author, BudgetSet, Failed};
use domain::{
    event::{KINDS, TENANT_KINDS},
    ids::{BudgetId, ChannelId, KeyId, TenantId, UserId},
    money::NanoUsd,
    views::{AlertsView, BudgetLine, Budgets, EventLine, RuleLine},
};
use futures::future::BoxFuture;
use std::collections::HashMap;
use store::{
    Error, Page,
    alerts::Rule,
    budgets::{BudgetNow, BudgetPatch, NewBudget, rows::Owner, window},
    events::{EventRow, Wanted},
};

/// So many events are shown.
const EVENTS: u32 = 50;
/// Budgets of one page.
const BUDGETS: u32 = 50;
/// Parts per million in a percent.
const PERCENT: u32 = 10_000;

fn budget_line(now: BudgetNow, zone: &jiff::tz::TimeZone) -> BudgetLine {
    let BudgetNow { budget, owner_name, spent, leased, until_us, .. } = now;
    let local = |us| {
        let moment = jiff::Timestamp::from_microsecond(us).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        moment.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    };
    BudgetLine {
        id: budget.id,
        of: budget.of,
        owner: owner_name,
        period: budget.period,
        amount: budget.amount,
        hard: budget.hard,
        steps: budget.steps.into_iter().map(|step| step / PERCENT).collect(),
        spent,
        held: leased.max(NanoUsd::ZERO),
        until: until_us.map(local),
    }
}

fn rule_line(rule: Rule) -> RuleLine {
    let webhook = rule.webhook_shown();
    RuleLine {
        id: rule.id.to_string(),
        name: rule.name,
        kinds: rule.kinds,
        threshold: rule.threshold,
        window_seconds: rule.window_seconds,
        emails: rule.emails,
        webhook,
        enabled: rule.enabled,
        told: (rule.told_until_us > rule.created_us).then(|| time(rule.told_until_us)),
    }
}

fn event_line(row: EventRow, about: String) -> EventLine {
    EventLine {
        id: row.id,
        time: time(row.event.times_us.1),
        kind: row.event.kind,
        count: u64::try_from(row.event.count).unwrap_or(0),
        model: row.event.model,
        about,
        request: row.event.request,
        detail: row.event.detail,
    }
}

fn owner(id: &str) -> Result<Owner, Failed> {
    let unknown = || Failed::Invalid { field: "owner".to_owned(), why: "must be a key or a member".to_owned() };
    match id {
        "" => Ok(Owner::Tenant),
        id => id
            .parse::<KeyId>()
            .map(Owner::Key)
            .or_else(|_| id.parse::<UserId>().map(Owner::Member))
            .map_err(|_| unknown()),
    }
}

impl ServerConsole {
    /// What happened to the place of late.
    pub(super) async fn place_events(&self) -> Result<Vec<EventLine>, Error> {
        let channels: HashMap<ChannelId, String> = self.store.channels().names().await?.into_iter().collect();
        let tenants: HashMap<TenantId, String> = self.store.tenants().names().await?.into_iter().collect();
        let rows = self.store.events().list(&Wanted::default(), Page::first(EVENTS)).await?.rows;
        let about = |row: &EventRow| match (row.event.channel, row.event.tenant) {
            (Some(id), _) => channels.get(&id).cloned().unwrap_or_else(|| id.to_string()),
            (None, tenant) => tenant.and_then(|id| tenants.get(&id).cloned()).unwrap_or_default(),
        };
        Ok(rows.into_iter().map(|row| event_line(row.clone(), about(&row))).collect())
    }

    async fn tenant_events(&self, tenant: TenantId) -> Result<Vec<EventLine>, Error> {
        let rows = self.store.events().of_tenant(tenant, EVENTS).await?;
        let ids: Vec<KeyId> = rows.iter().filter_map(|row| row.event.key).collect();
        let keys: HashMap<KeyId, String> = self.store.keys().names_of(&ids).await?.into_iter().collect();
        let about = |row: &EventRow| row.event.key.and_then(|key| keys.get(&key).cloned()).unwrap_or_default();
        Ok(rows.into_iter().map(|row| event_line(row.clone(), about(&row))).collect())
    }

    async fn budgets_of(&self, tenant: TenantId, cursor: Option<String>) -> Result<Budgets, Error> {
        let zone = self.store.tenants().get(tenant).await?.zone;
        let place = window::zone(&zone).unwrap_or(jiff::tz::TimeZone::UTC);
        let page = Page::parse(Some(BUDGETS), cursor.as_deref())?;
        let budgets = self.store.budgets().list(tenant, page).await?;
        let members = self.store.members().list(tenant, Page::first(Page::MAX)).await?.rows;
        let keys = self.store.keys().list(tenant, Page::first(Page::MAX)).await?.rows;
        let keys = keys.into_iter().map(|key| (key.id.to_string(), key.name));
        let members = members.into_iter().map(|member| (member.user.id.to_string(), member.user.email));
        Ok(Budgets {
            list: listed(budgets, |row| budget_line(row, &place)),
            owners: members.chain(keys).collect(),
            zone: if zone.is_empty() { "UTC".to_owned() } else { zone },
        })
    }

    async fn all_alerts(&self, tenant: Option<TenantId>, cursor: Option<String>) -> Result<AlertsView, Error> {
        let rules = self.store.alerts_of(tenant).list().await?;
        let (budgets, events, kinds): (_, _, &[&str]) = match tenant {
            Some(tenant) => {
                (Some(self.budgets_of(tenant, cursor).await?), self.tenant_events(tenant).await?, &TENANT_KINDS)
            }
            None => (None, self.place_events().await?, &KINDS),
        };
        let kinds = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        Ok(AlertsView { budgets, rules: rules.into_iter().map(rule_line).collect(), kinds, events })
    }

    async fn one_budget(&self, by: Author, tenant: TenantId, set: BudgetSet) -> Result<(), Failed> {
        let BudgetSet { budget, owner: whose, period, amount, hard, steps } = set;
        let steps = steps.into_iter().map(|step| step.saturating_mul(PERCENT)).collect();
        let budgets = self.store.budgets();
        if let Some(id) = budget {
            let patch = BudgetPatch { amount: Some(amount), hard: Some(hard), steps: Some(steps) };
            return budgets.patch(&actor(by), tenant, id, patch).await.map(drop).map_err(failed);
        }
        let period = period.parse().map_err(|error: domain::budget::UnknownWord| Failed::Invalid {
            field: "period".to_owned(),
            why: error.to_string(),
        })?;
        let new = NewBudget { owner: owner(&whose)?, period, amount, hard, steps };
        budgets.create(&actor(by), tenant, &new).await.map(drop).map_err(failed)
    }

    async fn one_rule(&self, by: Author, of: Option<TenantId>, set: AlertSet) -> Result<Option<String>, Failed> {
        let AlertSet { rule, name, kinds, threshold, window_seconds, emails, webhook, no_webhook, enabled } = set;
        let done = match rule {
            None => {
                let (threshold, window_seconds) = (Some(threshold), Some(window_seconds));
                let fields = RuleFields { name, kinds, threshold, window_seconds, emails, webhook };
                make(&self.api, &actor(by), of, fields).await
            }
            Some(id) => {
                let change = RuleChange {
                    name: Some(name),
                    kinds: Some(kinds),
                    threshold: Some(threshold),
                    window_seconds: Some(window_seconds),
                    emails: Some(emails),
                    webhook: if no_webhook { Some(None) } else { webhook.map(Some) },
                    enabled: Some(enabled),
                };
                alter(&self.api, &actor(by), of, id, change).await
            }
        };
        done.map(|made| made.secret).map_err(|problem| refused(&problem))
    }
}

impl Alerts for ServerConsole {
    fn alerts(&self, tenant: Option<TenantId>, cursor: Option<String>) -> BoxFuture<'_, Result<AlertsView, Failed>> {
        Box::pin(async move { self.all_alerts(tenant, cursor).await.map_err(failed) })
    }

    fn set_budget(&self, by: Author, tenant: TenantId, set: BudgetSet) -> BoxFuture<'_, Result<(), Failed>> {
        Box::pin(self.one_budget(by, tenant, set))
    }

    fn delete_budget(&self, by: Author, tenant: TenantId, budget: BudgetId) -> BoxFuture<'_, Result<(), Failed>> {
        Box::pin(async move { self.store.budgets().delete(&actor(by), tenant, budget).await.map_err(failed) })
    }

    fn set_alert(
        &self,
        by: Author,
        tenant: Option<TenantId>,
        set: AlertSet,
    ) -> BoxFuture<'_, Result<Option<String>, Failed>> {
        Box::pin(self.one_rule(by, tenant, set))
    }

    fn delete_alert(&self, by: Author, tenant: Option<TenantId>, rule: i64) -> BoxFuture<'_, Result<(), Failed>> {
        Box::pin(async move { self.store.alerts_of(tenant).delete(&actor(by), rule).await.map_err(failed) })
    }

    fn test_alert(&self, tenant: Option<TenantId>, rule: i64) -> BoxFuture<'_, Result<Vec<String>, Failed>> {
        Box::pin(async move { try_out(&self.api, tenant, rule).await.map_err(failed) })
    }
}
