//! The guards inside server functions: who asks, and whether they may. A function that is not for everyone calls one of
//! these before anything else, and gets from it what it needs to go on.
#![cfg(feature = "ssr")]

use crate::{
    leptos_port,
    port::{Author, console},
    refusal::Refusal,
};
use domain::{
    ids::{TenantId, UserId},
    role::Permission,
    views::Viewer,
};

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Who.
    pub user: UserId,
    /// What they look at, and may.
    pub viewer: Viewer,
}

impl Seen {
    /// As the author of a change.
    pub fn author(&self) -> Author {
        Author { user: self.user, from: leptos_port::caller() }
    }
}

/// Anybody who is signed in.
pub async fn signed_in() -> Result<Seen, Refusal> {
    let (user, chosen) = leptos_port::session().await?;
    let viewer = console()?.viewer(user, chosen).await?.ok_or(Refusal::SignedOut)?;
    Ok(Seen { user, viewer })
}

/// Those who run the place.
pub async fn admin() -> Result<Seen, Refusal> {
    let seen = signed_in().await?;
    if seen.viewer.admin { Ok(seen) } else { Err(Refusal::Forbidden) }
}

/// Those who may do this with the tenant they look at.
pub async fn may(what: Permission) -> Result<(Seen, TenantId), Refusal> {
    let seen = signed_in().await?;
    let tenant = seen.viewer.tenant.as_ref().map(|tenant| tenant.id).ok_or(Refusal::NoTenant)?;
    if seen.viewer.may(what) { Ok((seen, tenant)) } else { Err(Refusal::Forbidden) }
}

/// Those who may do this with the tenant they look at (`Some`), or who see the whole place (`None`).
pub async fn may_or_sees_all(what: Permission) -> Result<(Seen, Option<TenantId>), Refusal> {
    let seen = signed_in().await?;
    if seen.viewer.sees_all() {
        return Ok((seen, None));
    }
    may(what).await.map(|(seen, tenant)| (seen, Some(tenant)))
}
