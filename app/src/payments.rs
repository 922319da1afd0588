//! Credit that is bought: the server functions.

use crate::refusal::Refusal;
use domain::{
    ids::{BatchId, TopupId},
    money::NanoUsd,
    views::{Fees, Selling, TopupDetail},
};
use leptos::prelude::*;

/// Every fee there is. For everybody.
#[server(prefix = "/fn", endpoint = "fees_view", input = leptos::server_fn::codec::GetUrl)]
pub async fn fees_view() -> Result<Fees, Refusal> {
    Ok(crate::port::console()?.fees())
}

/// What the tenant they look at can buy.
#[server(prefix = "/fn", endpoint = "selling_view", input = leptos::server_fn::codec::GetUrl)]
pub async fn selling_view() -> Result<Selling, Refusal> {
    use domain::role::Permission;
    let (seen, _) = crate::guard::may(Permission::SeeMoney).await?;
    Ok(crate::port::console()?.selling(seen.viewer.may(Permission::TopUp)))
}

/// A page of its orders, drawn for this query.
#[server(prefix = "/fn", endpoint = "orders_page", input = leptos::server_fn::codec::GetUrl)]
pub async fn orders_page(query: String) -> Result<String, Refusal> {
    use crate::components::served::{Asked, draw};
    let (_, tenant) = crate::guard::may(domain::role::Permission::SeeMoney).await?;
    let asked = Asked::read(&query);
    let orders = crate::port::console()?.orders(tenant, asked.get("orders").map(str::to_owned)).await?;
    Ok(draw(|| crate::pages::orders::drawn(orders, &asked)))
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

/// A page of all batches of codes and one of all orders, drawn for this query.
#[server(prefix = "/fn", endpoint = "money_in_page", input = leptos::server_fn::codec::GetUrl)]
pub async fn money_in_page(query: String) -> Result<String, Refusal> {
    use crate::components::served::{Asked, draw};
    crate::guard::admin().await?;
    let (console, asked) = (crate::port::console()?, Asked::read(&query));
    let cursor = |list| asked.get(list).map(str::to_owned);
    let (batches, orders) = (console.batches(cursor("batches")).await?, console.all_orders(cursor("orders")).await?);
    Ok(draw(|| crate::pages::money_in::drawn(batches, orders, &asked)))
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

/// Withdraws a batch of codes, and leads back to the list.
#[server(prefix = "/fn", endpoint = "withdraw_codes")]
pub async fn withdraw_codes(batch: BatchId) -> Result<(), Refusal> {
    let seen = crate::guard::admin().await?;
    Ok(crate::port::console()?.withdraw_codes(seen.author(), batch).await?)
}
