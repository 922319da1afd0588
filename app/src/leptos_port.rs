//! What differs between Leptos' versions, in one place: redirects, the request's session and its address.
//!
//! The functions exist only where pages are rendered; the bodies of server functions, their only callers, do too.
#![cfg(feature = "ssr")]

use crate::{
    port::{CallerAddress, RequestId, TENANT, USER, user_of},
    refusal::Refusal,
};
use domain::ids::{TenantId, UserId};
use http::{HeaderName, HeaderValue, header, request::Parts};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use std::net::{IpAddr, Ipv4Addr};
use tower_sessions::Session;

/// Sends the browser to another page: by a 302 for a plain form, by the router where the page is hydrated.
pub fn redirect(path: &str) {
    leptos_axum::redirect(path, false);
}

/// Adds a header to the answer.
pub fn answer_header(name: HeaderName, value: &str) {
    if let (Some(options), Ok(value)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(value)) {
        options.append_header(name, value);
    }
}

fn extension<T: Clone + Send + Sync + 'static>() -> Option<T> {
    use_context::<Parts>()?.extensions.get::<T>().cloned()
}

/// Where the request came from. Without the server's word for it all callers share one address, so that throttling errs
/// on the strict side.
pub fn caller() -> IpAddr {
    extension::<CallerAddress>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |CallerAddress(from)| from)
}

/// The id of this request, as the server's log has it.
pub fn request_id() -> String {
    extension::<RequestId>().map(|RequestId(id)| id.to_string()).unwrap_or_default()
}

/// One header of the request.
pub fn header(name: &HeaderName) -> Option<String> {
    use_context::<Parts>()?.headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// One cookie of the request.
pub fn cookie(name: &str) -> Option<String> {
    let parts = use_context::<Parts>()?;
    let cookies = parts.headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    cookies
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

/// Carries a secret over the redirect that follows a form sent without JavaScript: to this browser only, for a minute, to be
/// shown once. A script gets it in the answer itself.
const FLASH: &str = "turnpike_made";
const RULE_FLASH: &str = "turnpike_rule";

/// Whether the request is a form's, sent without JavaScript: its answer is a page.
pub fn is_plain_form() -> bool {
    header(&header::ACCEPT).is_some_and(|accept| accept.contains("text/html"))
}

/// Sets it, where the form was a plain one.
pub fn flash_to_a_plain_form(name: &str, secret: &str) {
    if is_plain_form() {
        flash_to(FLASH, "/keys", name, secret);
    }
}

/// The same for the secret of an alert rule, whose form is always a plain one.
pub fn flash_rule(name: &str, secret: &str) {
    flash_to(RULE_FLASH, "/", name, secret);
}

fn flash_to(cookie: &str, path: &str, name: &str, secret: &str) {
    let name: String = name.bytes().map(|byte| format!("{byte:02x}")).collect();
    let kept = format!("{cookie}={name}.{secret}; Path={path}; Max-Age=60; HttpOnly; SameSite=Strict{}", secure());
    answer_header(header::SET_COOKIE, &kept);
}

/// Keeps a cookie to https, where the console is reached by that.
fn secure() -> &'static str {
    let https =
        crate::port::console().is_ok_and(|console| console.public_url().is_some_and(|url| url.starts_with("https:")));
    if https { "; Secure" } else { "" }
}

/// Takes it: the next page does not have it any more.
pub fn flash() -> Option<(String, String)> {
    flashed(FLASH, "/keys")
}

/// Takes the secret of an alert rule.
pub fn rule_flash() -> Option<(String, String)> {
    flashed(RULE_FLASH, "/")
}

fn flashed(name: &str, path: &str) -> Option<(String, String)> {
    let cookie = cookie(name)?;
    answer_header(header::SET_COOKIE, &format!("{name}=; Path={path}; Max-Age=0; HttpOnly; SameSite=Strict"));
    let (name, secret) = cookie.split_once('.')?;
    let digits =
        name.as_bytes().chunks_exact(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    let name = String::from_utf8(digits.collect::<Option<Vec<u8>>>()?).ok()?;
    Some((name, secret.to_owned()))
}

/// The origin this request was sent to, as its `Host` says; plain HTTP, since with TLS in front the configuration names it.
pub fn request_origin() -> String {
    let host =
        use_context::<Parts>().and_then(|parts| Some(parts.headers.get(header::HOST)?.to_str().ok()?.to_owned()));
    format!("http://{}", host.as_deref().unwrap_or("localhost"))
}

/// Starts a session for this user, under a fresh id: one that was planted before signing in is worth nothing.
pub async fn start_session(user: UserId) -> Result<(), Refusal> {
    let session: Session = extension().ok_or_else(Refusal::unavailable)?;
    session.cycle_id().await.map_err(|_| Refusal::unavailable())?;
    session.insert(USER, user).await.map_err(|_| Refusal::unavailable())
}

/// Ends the session, on the server too.
pub async fn end_session() -> Result<(), Refusal> {
    let session: Session = extension().ok_or_else(Refusal::unavailable)?;
    session.flush().await.map_err(|_| Refusal::unavailable())
}

/// Whose session this is, and which tenant they chose in it.
pub async fn session() -> Result<(UserId, Option<TenantId>), Refusal> {
    let session: Session = extension().ok_or_else(Refusal::unavailable)?;
    let user = user_of(&session).await?.ok_or(Refusal::SignedOut)?;
    let chosen = session.get(TENANT).await.map_err(|_| Refusal::unavailable())?;
    Ok((user, chosen))
}

/// Remembers in the session which tenant they look at.
pub async fn choose(tenant: Option<TenantId>) -> Result<(), Refusal> {
    let session: Session = extension().ok_or_else(Refusal::unavailable)?;
    let done = match tenant {
        Some(tenant) => session.insert(TENANT, tenant).await,
        None => session.remove::<TenantId>(TENANT).await.map(drop),
    };
    done.map_err(|_| Refusal::unavailable())
}
