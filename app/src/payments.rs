//! Credit that is bought: the server functions.

use crate::refusal::Refusal;
use domain::{
    ids::{BatchId, TopupId},
    money::NanoUsd,
    views::{Fees, MoneyIn, Selling, TopupDetail},
};
use leptos::prelude::*;

/// Every fee there is. For everybody.
#[server(prefix = "/fn", endpoint = "fees_view", input = leptos::server_fn::codec::GetUrl)]
pub async fn fees_view() -> Result<Fees, Refusal> {
    Ok(crate::port::console()?.fees())
}

/// What the tenant they look at can buy, and bought last.
#[server(prefix = "/fn", endpoint = "selling_view", input = leptos::server_fn::codec::GetUrl)]
pub async fn selling_view() -> Result<Selling, Refusal> {
    use domain::role::Permission;
    let (seen, tenant) = crate::guard::may(Permission::SeeMoney).await?;
    Ok(crate::port::console()?.selling(tenant, seen.viewer.may(Permission::TopUp)).await?)
}

/// Orders credit, and goes to the order.
#[server(prefix = "/fn", endpoint = "order_credit")]
pub async fn order_credit(amount: String, way: String) -> Result<(), Refusal> {
    let (seen, tenant) = crate::guard::may(domain::role::Permission::TopUp).await?;
    let amount = crate::tenants::amount(crate::words::TopUp::here().amount(), &amount)?;
    let way = domain::views::Way::parse(&way).ok_or(Refusal::Malformed)?;
    let id = crate::port::console()?.order_credit(seen.author(), tenant, amount, way).await?;
    crate::leptos_port::redirect(&format!("/topups/{id}"));
    Ok(())
}

/// Redeems a code; what it was worth.
#[server(prefix = "/fn", endpoint = "redeem_code")]
pub async fn redeem_code(code: String) -> Result<NanoUsd, Refusal> {
    let (seen, tenant) = crate::guard::may(domain::role::Permission::TopUp).await?;
    match crate::port::console()?.redeem(seen.author(), tenant, code).await? {
        Ok(amount) => Ok(amount),
        Err(wait) => Err(Refusal::Throttled { seconds: wait.as_secs() }),
    }
}

/// One order, as its provider says it stands.
#[server(prefix = "/fn", endpoint = "topup_view", input = leptos::server_fn::codec::GetUrl)]
pub async fn topup_view(id: TopupId) -> Result<TopupDetail, Refusal> {
    let (_, tenant) = crate::guard::may_or_sees_all(domain::role::Permission::SeeMoney).await?;
    Ok(crate::port::console()?.topup(tenant, id).await?)
}

/// The latest orders and codes.
#[server(prefix = "/fn", endpoint = "money_in_view", input = leptos::server_fn::codec::GetUrl)]
pub async fn money_in_view() -> Result<MoneyIn, Refusal> {
    crate::guard::admin().await?;
    Ok(crate::port::console()?.money_in().await?)
}

/// Makes codes, which are in the answer and nowhere else: a form sent without JavaScript would lose them, and is refused.
#[server(prefix = "/fn", endpoint = "create_codes")]
pub async fn create_codes(
    amount: String,
    count: String,
    kind: String,
    #[server(default)] last_day: String,
    #[server(default)] note: String,
) -> Result<Vec<String>, Refusal> {
    let seen = crate::guard::admin().await?;
    let t = crate::words::Codes::here();
    if crate::leptos_port::is_plain_form() {
        return Err(Refusal::Conflict(t.needs_scripts().to_owned()));
    }
    let new = crate::port::NewCodes {
        amount: crate::tenants::amount(t.worth(), &amount)?,
        count,
        bonus: kind == "bonus",
        last_day: Some(last_day.trim().to_owned()).filter(|day| !day.is_empty()),
        note: note.trim().to_owned(),
    };
    Ok(crate::port::console()?.create_codes(seen.author(), new).await?)
}

/// Withdraws a batch of codes.
#[server(prefix = "/fn", endpoint = "withdraw_codes")]
pub async fn withdraw_codes(batch: BatchId) -> Result<(), Refusal> {
    let seen = crate::guard::admin().await?;
    Ok(crate::port::console()?.withdraw_codes(seen.author(), batch).await?)
}
