//! Money that those who run the place give back: of an order, of a request, to a tenant that leaves. The server functions.

use crate::refusal::Refusal;
use domain::ids::TenantId;
use leptos::prelude::*;

/// What can be given back of this order, request or tenant, drawn for this query. Those who do not run the place see what went
/// back of their own orders, and nothing else.
#[server(prefix = "/fn", endpoint = "money_back", input = leptos::server_fn::codec::GetUrl)]
pub async fn money_back(of: String, query: String) -> Result<String, Refusal> {
    use crate::{
        components::served::{Asked, draw},
        pages::money_back::{closing, refunding},
        port::RefundOf,
    };
    use domain::role::Permission;
    let viewer = crate::guard::signed_in().await?.viewer;
    let (console, asked) = (crate::port::console()?, Asked::read(&query));
    if let (Ok(tenant), true) = (of.parse::<TenantId>(), viewer.admin) {
        let found = console.closing(tenant, asked.get("close").is_some()).await?;
        return Ok(draw(|| closing(tenant, found, &asked)));
    }
    let whose = match (RefundOf::parse(&of), viewer.tenant.as_ref()) {
        (Some(_), _) if viewer.admin => None,
        (Some(RefundOf::Topup(_)), Some(theirs)) if viewer.may(Permission::SeeMoney) => Some(theirs.id),
        _ => return Ok(String::new()),
    };
    let of = RefundOf::parse(&of).ok_or(Refusal::NotFound)?;
    let found = console.refundable(whose, of, asked.get("refunds").map(str::to_owned)).await?;
    Ok(draw(|| refunding(of, found, viewer.admin, &asked)))
}

/// Gives back an order or a request, as a whole or in part: once, however often this form is sent.
#[server(prefix = "/fn", endpoint = "refund")]
pub async fn refund(of: String, amount: String, reason: String, once: String) -> Result<(), Refusal> {
    let seen = crate::guard::admin().await?;
    let of = crate::port::RefundOf::parse(&of).ok_or(Refusal::NotFound)?;
    let amount = crate::tenants::amount(crate::words::Credit::here().amount(), &amount)?;
    let labels =
        [("amount", crate::words::Credit::here().amount_usd()), ("Reason", crate::words::MoneyBack::here().why())];
    let done = crate::port::console()?.refund(seen.author(), of, amount, reason, once).await;
    done.map_err(|failed| Refusal::from(failed).labelled(&labels))?;
    crate::leptos_port::redirect(&of.page());
    Ok(())
}

/// Closes a tenant for good; its name must be given.
#[server(prefix = "/fn", endpoint = "close_tenant")]
pub async fn close_tenant(tenant: TenantId, name: String, pay_out: String, reference: String) -> Result<(), Refusal> {
    let seen = crate::guard::admin().await?;
    let pay_out = crate::tenants::amount(crate::words::MoneyBack::here().pays_out(), &pay_out)?;
    let t = crate::words::MoneyBack::here();
    let labels = [("Name", crate::words::Common::here().name()), ("Reason", t.reference()), ("pay_out", t.pays_out())];
    let done = crate::port::console()?.close_tenant(seen.author(), tenant, name, pay_out, reference).await;
    done.map_err(|failed| Refusal::from(failed).labelled(&labels))?;
    crate::leptos_port::redirect(&format!("/tenants/{tenant}"));
    Ok(())
}
