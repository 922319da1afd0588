//! Searching by name or id: the server function.

use crate::refusal::Refusal;
use domain::views::Found;
use leptos::prelude::*;

/// What goes by this text, in the viewer's scope. Of tenants only those who see the whole place learn here; the others know
/// theirs.
#[server(prefix = "/fn", endpoint = "search", input = leptos::server_fn::codec::GetUrl)]
pub async fn search(text: String) -> Result<Found, Refusal> {
    use crate::port::Scope;
    use domain::role::Permission::{SeeKeys, SeeUsage};
    let viewer = crate::guard::signed_in().await?.viewer;
    let (keys, requests) = (viewer.may(SeeKeys), viewer.may(SeeUsage));
    let scope = match viewer.tenant {
        None if viewer.admin => Scope::Place,
        None => return Ok(Found::default()),
        Some(tenant) => Scope::Tenant { id: tenant.id, keys, requests },
    };
    Ok(crate::port::console()?.search(scope, text).await?)
}
