//! Tenants and wallets: the server functions.

use crate::refusal::Refusal;
use domain::{
    ids::TenantId,
    views::{LedgerPage, TenantDetail, TenantPage},
};
use leptos::prelude::*;

/// An amount as somebody typed it: `12.5`, `-3`, `$1,000`.
#[cfg(feature = "ssr")]
pub(crate) fn amount(field: &'static str, text: &str) -> Result<domain::money::NanoUsd, Refusal> {
    let plain: String = text.trim().chars().filter(|c| !matches!(c, '$' | ',' | ' ')).collect();
    plain.parse().map_err(|_| Refusal::Invalid {
        field: field.to_owned(),
        why: crate::words::Credit::here().not_an_amount().to_owned(),
    })
}

/// One page of tenants.
#[server(prefix = "/fn", endpoint = "tenants_view", input = leptos::server_fn::codec::GetUrl)]
pub async fn tenants_view(#[server(default)] cursor: Option<String>) -> Result<TenantPage, Refusal> {
    crate::guard::admin().await?;
    Ok(crate::port::console()?.tenants(cursor).await?)
}

/// One tenant's everything.
#[server(prefix = "/fn", endpoint = "tenant_view", input = leptos::server_fn::codec::GetUrl)]
pub async fn tenant_view(tenant: TenantId) -> Result<TenantDetail, Refusal> {
    crate::guard::admin().await?;
    Ok(crate::port::console()?.tenant(tenant).await?)
}

/// Makes a tenant, and goes to its page.
#[server(prefix = "/fn", endpoint = "create_tenant")]
pub async fn create_tenant(name: String) -> Result<(), Refusal> {
    let seen = crate::guard::admin().await?;
    let made = crate::port::console()?.create_tenant(seen.author(), name).await?;
    crate::leptos_port::redirect(&format!("/tenants/{made}"));
    Ok(())
}

/// Adds to a wallet, or takes away.
#[server(prefix = "/fn", endpoint = "adjust")]
pub async fn adjust(tenant: TenantId, amount: String, reason: String) -> Result<(), Refusal> {
    let seen = crate::guard::admin().await?;
    let amount = self::amount(crate::words::Credit::here().amount(), &amount)?;
    Ok(crate::port::console()?.adjust(seen.author(), tenant, amount, reason).await?)
}

/// Sets how far below zero a wallet may go.
#[server(prefix = "/fn", endpoint = "set_credit_limit")]
pub async fn set_credit_limit(tenant: TenantId, limit: String) -> Result<(), Refusal> {
    let seen = crate::guard::admin().await?;
    let limit = amount(crate::words::Credit::here().limit(), &limit)?;
    Ok(crate::port::console()?.set_credit_limit(seen.author(), tenant, limit).await?)
}

/// Freezes or thaws a tenant.
#[server(prefix = "/fn", endpoint = "set_frozen")]
pub async fn set_frozen(tenant: TenantId, frozen: bool) -> Result<(), Refusal> {
    let seen = crate::guard::admin().await?;
    Ok(crate::port::console()?.set_frozen(seen.author(), tenant, frozen).await?)
}

/// Sets for how many days a tenant's responses are kept.
#[server(prefix = "/fn", endpoint = "set_response_days")]
pub async fn set_response_days(tenant: TenantId, days: String) -> Result<(), Refusal> {
    let seen = crate::guard::admin().await?;
    let t = crate::words::KeptResponses::here();
    let days = days
        .trim()
        .parse()
        .map_err(|_| Refusal::Invalid { field: t.days().to_owned(), why: t.not_days().to_owned() })?;
    Ok(crate::port::console()?.set_response_days(seen.author(), tenant, days).await?)
}

/// The wallet of the tenant they look at, and one page of its history.
#[server(prefix = "/fn", endpoint = "wallet_view", input = leptos::server_fn::codec::GetUrl)]
pub async fn wallet_view(#[server(default)] before: Option<i64>) -> Result<LedgerPage, Refusal> {
    let (_, tenant) = crate::guard::may(domain::role::Permission::SeeMoney).await?;
    Ok(crate::port::console()?.wallet(tenant, before).await?)
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::amount;
    use domain::money::NanoUsd;

    #[test]
    fn amounts_are_read_exactly_as_people_type_them() {
        assert_eq!(amount("Amount", " $1,000.000000001 ").unwrap(), NanoUsd(1_000_000_000_001));
        assert_eq!(amount("Amount", "-3").unwrap(), NanoUsd(-3_000_000_000));
        for bad in ["", "1e3", "0.0000000001", "ten", "NaN"] {
            assert!(amount("Amount", bad).is_err(), "{bad}");
        }
    }
}
