//! Bills: the server functions.

use crate::refusal::Refusal;
use domain::{
    ids::StatementId,
    views::{Bill, BillsPage},
};
use leptos::prelude::*;

/// One page of the bills of the tenant they look at.
#[server(prefix = "/fn", endpoint = "bills_view", input = leptos::server_fn::codec::GetUrl)]
pub async fn bills_view(#[server(default)] cursor: Option<String>) -> Result<BillsPage, Refusal> {
    use domain::role::Permission;
    let (seen, tenant) = crate::guard::may(Permission::SeeMoney).await?;
    Ok(crate::port::console()?.bills(tenant, seen.viewer.may(Permission::ChangeTenant), cursor).await?)
}

/// One bill.
#[server(prefix = "/fn", endpoint = "bill_view", input = leptos::server_fn::codec::GetUrl)]
pub async fn bill_view(id: StatementId) -> Result<Bill, Refusal> {
    let (_, tenant) = crate::guard::may_or_sees_all(domain::role::Permission::SeeMoney).await?;
    Ok(crate::port::console()?.bill(tenant, id).await?)
}
