//! Signing in and out, and the first admin: the server functions. All work as plain forms too; failures come back in the
//! page's address then (Leptos' `__err`), never with what was typed.

use crate::refusal::Refusal;
use domain::{ids::TenantId, views::Viewer};
use leptos::prelude::*;

/// The fewest characters of a password, as the store has it; the form says so before the server must.
pub const PASSWORD_MIN: usize = 10;

/// Signs in and goes to the home page.
#[server(prefix = "/fn", endpoint = "sign_in")]
pub async fn sign_in(email: String, password: String) -> Result<(), Refusal> {
    use crate::leptos_port::{caller, redirect, start_session};
    let password = domain::secret::Password::new(password);
    let user = crate::port::console()?.sign_in(email.trim().to_owned(), password, caller()).await?;
    start_session(user).await?;
    redirect("/");
    Ok(())
}

/// Signs out and goes to the sign-in page.
#[server(prefix = "/fn", endpoint = "sign_out")]
pub async fn sign_out() -> Result<(), Refusal> {
    crate::leptos_port::end_session().await?;
    crate::leptos_port::redirect("/sign-in");
    Ok(())
}

/// Gives the viewer another password. Other sessions of theirs end; this one goes on under a new id.
#[server(prefix = "/fn", endpoint = "change_password")]
pub async fn change_password(old: String, new: String) -> Result<(), Refusal> {
    use domain::secret::Password;
    let seen = crate::guard::signed_in().await?;
    let (old, new) = (Password::new(old), Password::new(new));
    crate::port::console()?.change_password(seen.author(), seen.viewer.email.clone(), old, new).await?;
    crate::leptos_port::start_session(seen.user).await
}

/// Who is signed in.
#[server(prefix = "/fn", endpoint = "who_is_there", input = leptos::server_fn::codec::GetUrl)]
pub async fn who_is_there() -> Result<Viewer, Refusal> {
    crate::guard::signed_in().await.map(|seen| seen.viewer)
}

/// Looks at a tenant: one of their own, or any where they run the place, which is written down.
#[server(prefix = "/fn", endpoint = "step_into")]
pub async fn step_into(tenant: TenantId) -> Result<(), Refusal> {
    let seen = crate::guard::signed_in().await?;
    crate::port::console()?.choose(seen.author(), Some(tenant)).await?;
    crate::leptos_port::choose(Some(tenant)).await?;
    crate::leptos_port::redirect("/");
    Ok(())
}

/// Steps out of the tenant again.
#[server(prefix = "/fn", endpoint = "step_out")]
pub async fn step_out() -> Result<(), Refusal> {
    let seen = crate::guard::signed_in().await?;
    crate::port::console()?.choose(seen.author(), None).await?;
    crate::leptos_port::choose(None).await?;
    crate::leptos_port::redirect("/");
    Ok(())
}

/// Whether the one-time link still works.
#[server(prefix = "/fn", endpoint = "setup_pending", input = leptos::server_fn::codec::GetUrl)]
pub async fn setup_pending(token: String) -> Result<bool, Refusal> {
    Ok(crate::port::console()?.setup_pending(token).await?)
}

/// Makes the first admin, signs them in and goes to the home page.
#[server(prefix = "/fn", endpoint = "set_up")]
pub async fn set_up(token: String, email: String, password: String) -> Result<(), Refusal> {
    use crate::leptos_port::{redirect, start_session};
    let password = domain::secret::Password::new(password);
    let user = crate::port::console()?.set_up(token, email, password).await?;
    start_session(user).await?;
    redirect("/");
    Ok(())
}
