//! Budgets, alert rules, and what happened: the server functions. Of the tenant they look at; of alerts, also of the place.

#[cfg(feature = "ssr")]
use crate::keys::MadeKey;
use crate::refusal::Refusal;
use domain::ids::BudgetId;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Where the page of those is who look at a tenant, or at the place.
#[cfg(feature = "ssr")]
fn page(tenant: Option<domain::ids::TenantId>) -> &'static str {
    if tenant.is_some() { "/budgets" } else { "/alerts" }
}

/// Whole numbers with commas or spaces between; percent signs are understood.
#[cfg(feature = "ssr")]
fn numbers(text: &str) -> Result<Vec<u32>, Refusal> {
    let t = crate::words::Budgets::here();
    let parts = text.split([',', ' ', '，', '%']).filter(|part| !part.is_empty());
    let numbers: Result<Vec<u32>, _> = parts.map(str::parse).collect();
    numbers.map_err(|_| Refusal::Invalid { field: t.steps().to_owned(), why: t.not_steps().to_owned() })
}

/// Budgets, rules and events, drawn for this query.
#[server(prefix = "/fn", endpoint = "alerts_page", input = leptos::server_fn::codec::GetUrl)]
pub async fn alerts_page(query: String) -> Result<String, Refusal> {
    use crate::{
        components::served::{Asked, draw},
        pages::alerts::{Drawn, drawn},
    };
    use domain::role::Permission;
    let (seen, tenant) = crate::guard::may_or_sees_all(Permission::SeeMoney).await?;
    let may_change = tenant.is_none() || seen.viewer.may(Permission::ChangeTenant);
    let asked = Asked::read(&query);
    let view = crate::port::console()?.alerts(tenant, asked.get("budgets").map(str::to_owned)).await?;
    let made = crate::leptos_port::rule_flash().map(|(name, secret)| MadeKey { name, secret });
    let page = Drawn { view, may_change, made, path: page(tenant) };
    Ok(draw(|| drawn(page, &asked)))
}

/// Sets a budget, or changes the one that is named.
#[server(prefix = "/fn", endpoint = "set_budget")]
pub async fn set_budget(
    #[server(default)] budget: Option<BudgetId>,
    #[server(default)] owner: String,
    #[server(default)] period: String,
    amount: String,
    #[server(default)] hard: bool,
    #[server(default)] steps: String,
) -> Result<(), Refusal> {
    let (seen, tenant) = crate::guard::may(domain::role::Permission::ChangeTenant).await?;
    let amount = crate::tenants::amount(crate::words::Budgets::here().amount(), &amount)?;
    let steps = numbers(&steps)?;
    let set = crate::port::BudgetSet { budget, owner, period, amount, hard, steps };
    let t = crate::words::Budgets::here();
    let labels = [("amount", t.amount()), ("steps", t.steps()), ("owner", t.of()), ("period", t.per())];
    let done = crate::port::console()?.set_budget(seen.author(), tenant, set).await;
    done.map_err(|failed| Refusal::from(failed).labelled(&labels))?;
    crate::leptos_port::redirect("/budgets");
    Ok(())
}

/// Takes a budget away.
#[server(prefix = "/fn", endpoint = "delete_budget")]
pub async fn delete_budget(budget: BudgetId) -> Result<(), Refusal> {
    let (seen, tenant) = crate::guard::may(domain::role::Permission::ChangeTenant).await?;
    crate::port::console()?.delete_budget(seen.author(), tenant, budget).await?;
    crate::leptos_port::redirect("/budgets");
    Ok(())
}

/// An alert rule as its form sends it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleForm {
    /// The one to be changed; `None`: a new one.
    #[serde(default)]
    rule: Option<i64>,
    name: String,
    #[serde(default)]
    kinds: Vec<String>,
    threshold: String,
    window_seconds: String,
    #[serde(default)]
    emails: String,
    #[serde(default)]
    webhook: String,
    #[serde(default)]
    no_webhook: bool,
    #[serde(default)]
    enabled: bool,
}

#[cfg(feature = "ssr")]
impl RuleForm {
    fn labels() -> [(&'static str, &'static str); 5] {
        let t = crate::words::Alerts::here();
        [
            ("name", crate::words::Common::here().name()),
            ("emails", t.emails()),
            ("webhook", t.webhook()),
            ("threshold", t.threshold()),
            ("window_seconds", t.window()),
        ]
    }

    fn read(self) -> Result<crate::port::AlertSet, Refusal> {
        let t = crate::words::Alerts::here();
        let count = |field: &'static str, text: &str| {
            let why = || Refusal::Invalid { field: field.to_owned(), why: t.not_a_count().to_owned() };
            text.trim().parse::<u32>().map_err(|_| why())
        };
        let emails = self.emails.split([',', ' ', '\n']).filter(|email| !email.is_empty());
        Ok(crate::port::AlertSet {
            rule: self.rule,
            name: self.name.trim().to_owned(),
            kinds: self.kinds,
            threshold: count(t.threshold(), &self.threshold)?,
            window_seconds: count(t.window(), &self.window_seconds)?,
            emails: emails.map(str::to_owned).collect(),
            webhook: Some(self.webhook.trim().to_owned()).filter(|url| !url.is_empty()),
            no_webhook: self.no_webhook,
            enabled: self.enabled,
        })
    }
}

/// Makes an alert rule, or changes the one that is named. The secret of its first webhook is in the next page, once.
#[server(prefix = "/fn", endpoint = "set_alert")]
pub async fn set_alert(set: RuleForm) -> Result<(), Refusal> {
    let (seen, tenant) = crate::guard::may_or_sees_all(domain::role::Permission::ChangeTenant).await?;
    let set = set.read()?;
    let name = set.name.clone();
    let done = crate::port::console()?.set_alert(seen.author(), tenant, set).await;
    if let Some(secret) = done.map_err(|failed| Refusal::from(failed).labelled(&RuleForm::labels()))? {
        crate::leptos_port::flash_rule(&name, &secret);
    }
    crate::leptos_port::redirect(page(tenant));
    Ok(())
}

/// Removes an alert rule.
#[server(prefix = "/fn", endpoint = "delete_alert")]
pub async fn delete_alert(rule: i64) -> Result<(), Refusal> {
    let (seen, tenant) = crate::guard::may_or_sees_all(domain::role::Permission::ChangeTenant).await?;
    crate::port::console()?.delete_alert(seen.author(), tenant, rule).await?;
    crate::leptos_port::redirect(page(tenant));
    Ok(())
}

/// Tells everybody a rule names that this is a test; what could not be told is refused.
#[server(prefix = "/fn", endpoint = "test_alert")]
pub async fn test_alert(rule: i64) -> Result<(), Refusal> {
    let (_, tenant) = crate::guard::may_or_sees_all(domain::role::Permission::ChangeTenant).await?;
    let failures = crate::port::console()?.test_alert(tenant, rule).await?;
    if !failures.is_empty() {
        return Err(Refusal::Conflict(crate::words::Alerts::here().not_told(&failures.join("; "))));
    }
    crate::leptos_port::redirect(&format!("{}?told=1", page(tenant)));
    Ok(())
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::numbers;

    #[test]
    fn steps_are_read_as_people_type_them() {
        assert_eq!(numbers("50, 80 %,100%").unwrap(), [50, 80, 100]);
        assert!(numbers("").unwrap().is_empty());
        assert!(numbers("half").is_err() && numbers("-5").is_err() && numbers("12.5").is_err());
    }
}
