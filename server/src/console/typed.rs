//! What people typed into a form that was refused. A plain form's refusal leads back to its page, with the reason in the
//! address; what was typed goes beside it in a cookie of a minute, which the page takes: its fields are filled in as they were
//! sent, and the reason has the focus, so that it is read out. Forms that scripts send keep their fields themselves.
//!
//! The page's HTML is filled in as it leaves, so no form knows of this. Only forms that are listed are kept ([`KEPT`]): none of
//! them has a password or a provider's secret, which are never kept. What is longer than [`LONGEST`] is not kept either.

use super::guard::Reach;
use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::IntoResponse,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use lol_html::{
    RewriteStrSettings, element,
    errors::RewritingError,
    html_content::{ContentType, Element},
    rewrite_str,
};
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use url::{Url, form_urlencoded};

/// The server functions whose forms are kept.
const KEPT: &[&str] = &[
    "/fn/set_budget",
    "/fn/set_alert",
    "/fn/refund",
    "/fn/close_tenant",
    "/fn/import_prices",
    "/fn/order_credit",
    "/fn/redeem_code",
    "/fn/create_codes",
    "/fn/adjust",
    "/fn/set_credit_limit",
    "/fn/set_response_days",
    "/fn/create_tenant",
    "/fn/create_key",
    "/fn/change_key",
    "/fn/set_price",
    "/fn/set_route",
    "/fn/set_channel_order",
];
const COOKIE: &str = "turnpike_typed";
/// Of the cookie, in bytes. With it an answer's headers still fit the 4 KiB that proxies commonly read.
const LONGEST: usize = 2_800;
/// Hidden fields that are another each time a form is drawn, so that it is not known by them.
const FRESH: &[&str] = &["once"];

/// A form as it was sent.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Typed {
    /// The server function's path.
    function: String,
    fields: Vec<(String, String)>,
}

impl Typed {
    fn read(function: &str, body: &[u8]) -> Self {
        let fields = form_urlencoded::parse(body).into_owned().collect();
        Self { function: function.to_owned(), fields }
    }

    /// As it stands in the cookie; `None`: too long.
    fn write(&self) -> Option<String> {
        let text = URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).ok()?);
        (text.len() <= LONGEST).then_some(text)
    }

    fn of(headers: &HeaderMap) -> Option<Self> {
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let (_, text) = pairs.find(|(name, _)| *name == COOKIE)?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
    }

    /// What was sent under this name.
    fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(of, _)| of == name).map(|(_, value)| value.as_str())
    }

    fn has(&self, name: &str, value: &str) -> bool {
        self.fields.iter().any(|(of, it)| of == name && escaped(it) == value)
    }
}

/// Keeps what a refused form held, and gives it back to the page that the refusal leads to.
pub async fn keep(State(reach): State<Reach>, request: Request, next: Next) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let is_page = request.headers().get(header::ACCEPT).is_some_and(|it| {
        let kinds = it.to_str().unwrap_or_default();
        kinds.contains("text/html")
    });
    let asked = form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes());
    let refused = || asked.filter(|(name, _)| name == "__path").last().map(|(_, function)| function.into_owned());
    match *request.method() {
        Method::POST if is_page && KEPT.contains(&path.as_str()) => sent(&reach, &path, request, next).await,
        Method::GET if is_page => match refused() {
            Some(function) => drawn(&path, &function, request, next).await,
            None => next.run(request).await,
        },
        _ => next.run(request).await,
    }
}

/// A form is sent: what it holds goes along with its refusal.
async fn sent(reach: &Reach, function: &str, request: Request, next: Next) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = body.collect().await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    let body = body.to_bytes();
    let mut response = next.run(Request::from_parts(parts, Body::from(body.clone()))).await;
    let Some(to) = refused_to(response.headers(), function) else { return response };
    if let Ok(location) = HeaderValue::from_str(to.as_str()) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    if let Some(text) = Typed::read(function, &body).write() {
        let secure = if reach.secure { "; Secure" } else { "" };
        set_cookie(&mut response, &format!("{text}; Path={}; Max-Age=60{secure}", to.path()));
    }
    response
}

/// Where a refusal leads, without what its page was refused before.
fn refused_to(headers: &HeaderMap, function: &str) -> Option<Url> {
    let mut url = Url::parse(headers.get(header::LOCATION)?.to_str().ok()?).ok()?;
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let latest = |name: &str| pairs.iter().rfind(|(of, _)| of == name).cloned();
    let news = [latest("__path")?, latest("__err")?];
    let [(_, path), _] = &news;
    if path != function {
        return None;
    }
    let kept = pairs.iter().filter(|(name, _)| !matches!(name.as_str(), "__path" | "__err"));
    url.query_pairs_mut().clear().extend_pairs(kept.chain(&news));
    Some(url)
}

/// The page is drawn again: filled in, and the cookie is taken.
async fn drawn(path: &str, function: &str, request: Request, next: Next) -> Response<Body> {
    let typed = Typed::of(request.headers());
    let response = next.run(request).await;
    let (mut parts, body) = response.into_parts();
    let Ok(body) = body.collect().await else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let body = body.to_bytes();
    let filled = std::str::from_utf8(&body).ok().and_then(|page| {
        let typed = typed.as_ref().filter(|typed| typed.function == function);
        fill(page, typed).map_err(|error| tracing::warn!(%error, "a refused form was not filled in again")).ok()
    });
    parts.headers.remove(header::CONTENT_LENGTH);
    let mut response = Response::from_parts(parts, filled.map_or_else(|| Body::from(body), Body::from));
    if typed.is_some() {
        set_cookie(&mut response, &format!("; Path={path}; Max-Age=0"));
    }
    response
}

fn set_cookie(response: &mut Response<Body>, rest: &str) {
    if let Ok(cookie) = HeaderValue::from_str(&format!("{COOKIE}={rest}; HttpOnly; SameSite=Strict")) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

/// The page with the focus on why it was refused, and with its form as it was sent.
fn fill(page: &str, typed: Option<&Typed>) -> Result<String, RewritingError> {
    let which = match typed {
        Some(typed) => form_of(page, typed)?,
        None => None,
    };
    let (told, forms, list) = (Cell::new(false), Cell::new(0_usize), Cell::new(None::<&str>));
    // The form that is being read, where it is the one.
    let here = || typed.filter(|_| which == Some(forms.get()));
    let settings = RewriteStrSettings::new()
        .append_element_content_handler(element!(r#".note.bad[role="alert"]"#, |note| {
            if !told.replace(true) {
                note.set_attribute("tabindex", "-1")?;
                note.set_attribute("autofocus", "")?;
            }
            Ok(())
        }))
        .append_element_content_handler(element!("form", |_| {
            forms.set(forms.get() + 1);
            Ok(())
        }))
        .append_element_content_handler(element!("form input", |input| {
            if let (Some(typed), Some(name)) = (here(), input.get_attribute("name")) {
                fill_input(input, typed, &name)?;
            }
            Ok(())
        }))
        .append_element_content_handler(element!("form textarea", |area| {
            let name = area.get_attribute("name").unwrap_or_default();
            if let Some(text) = here().and_then(|typed| typed.get(&name)) {
                area.set_inner_content(text, ContentType::Text);
            }
            Ok(())
        }))
        .append_element_content_handler(element!("form select", |select| {
            let name = select.get_attribute("name").unwrap_or_default();
            list.set(here().and_then(|typed| typed.get(&name)));
            Ok(())
        }))
        .append_element_content_handler(element!("form select option", |option| {
            if let Some(chosen) = list.get() {
                let is_it = option.get_attribute("value") == Some(escaped(chosen));
                mark(option, "selected", is_it)?;
            }
            Ok(())
        }));
    rewrite_str(page, settings)
}

fn fill_input(input: &mut Element<'_, '_>, typed: &Typed, name: &str) -> lol_html::HandlerResult {
    match input.get_attribute("type").as_deref() {
        Some("hidden" | "password" | "file" | "submit") => {}
        Some("checkbox" | "radio") => {
            let value = input.get_attribute("value").unwrap_or_else(|| "on".to_owned());
            mark(input, "checked", typed.has(name, &value))?;
        }
        _ => {
            if let Some(text) = typed.get(name) {
                input.set_attribute("value", &escaped(text))?;
            }
        }
    }
    Ok(())
}

fn mark(element: &mut Element<'_, '_>, attribute: &str, set: bool) -> lol_html::HandlerResult {
    if set {
        element.set_attribute(attribute, "")?;
    } else {
        element.remove_attribute(attribute);
    }
    Ok(())
}

/// Which form of the page it was, counted from one: the first of this function that was drawn for the same thing, as its
/// hidden fields say.
fn form_of(page: &str, typed: &Typed) -> Result<Option<usize>, RewritingError> {
    let (forms, found) = (Cell::new(0_usize), Cell::new(None));
    let settings = RewriteStrSettings::new()
        .append_element_content_handler(element!("form", |form| {
            forms.set(forms.get() + 1);
            if found.get().is_none() && form.get_attribute("action").as_deref() == Some(&typed.function) {
                found.set(Some(forms.get()));
            }
            Ok(())
        }))
        .append_element_content_handler(element!(r#"form input[type="hidden"]"#, |input| {
            let name = input.get_attribute("name").unwrap_or_default();
            let value = input.get_attribute("value").unwrap_or_default();
            let other = !FRESH.contains(&name.as_str()) && !typed.has(&name, &value);
            if found.get() == Some(forms.get()) && other {
                found.set(None);
            }
            Ok(())
        }));
    rewrite_str(page, settings)?;
    Ok(found.get())
}

/// As a value stands in our pages.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::{super::doors::DOORS, *};

    const PAGE: &str = r#"<div class="note bad" role="alert">no</div>
<form action="/fn/set_alert"><input type="hidden" name="set[rule]" value="7"><input name="set[name]" value="old"></form>
<form method="post" action="/fn/set_alert"><input type="hidden" name="set[rule]" value="8"><input type="hidden" name="once" value="new">
<input name="set[name]" value="old"><input type="checkbox" name="set[kinds][]" value="a" checked>
<input type="checkbox" name="set[kinds][]" value="b"><input type="password" name="secret">
<select name="period"><option value="day">d</option><option value="month" selected>m</option></select>
<textarea name="why">old</textarea></form>"#;

    fn typed(body: &str) -> Typed {
        Typed::read("/fn/set_alert", body.as_bytes())
    }

    #[test]
    fn the_form_that_was_sent_is_filled_in_as_it_was_and_no_other() {
        let body = "set[rule]=8&once=old&set[name]=%22%3E%3Cb%3E+%26+%E9%A2%9D&set[kinds][]=b&period=day&secret=s&why=%3C/textarea%3E";
        let filled = fill(PAGE, Some(&typed(body))).unwrap();
        let (before, form) = filled.split_once(r#"<form method="post""#).unwrap();
        assert!(before.contains(r#"name="set[name]" value="old""#), "{before}");
        for part in [
            r#"name="set[name]" value="&quot;&gt;&lt;b&gt; &amp; 额""#,
            r#"value="a">"#,
            r#"value="b" checked"#,
            r#"<input type="password" name="secret">"#,
            r#"<option value="day" selected"#,
            r#"<option value="month">"#,
            r#"name="once" value="new""#,
            "&lt;/textarea&gt;</textarea>",
        ] {
            assert!(form.contains(part), "{part} in {form}");
        }
    }

    #[test]
    fn the_reason_has_the_focus_and_a_form_of_another_thing_keeps_its_own() {
        for typed in [None, Some(typed("set[rule]=9&set[name]=x"))] {
            let page = fill(PAGE, typed.as_ref()).unwrap();
            assert!(page.contains(r#"role="alert" tabindex="-1" autofocus="""#), "{page}");
            assert_eq!(page.replace(r#" tabindex="-1" autofocus="""#, ""), PAGE);
        }
    }

    #[test]
    fn a_cookie_is_read_again_and_never_longer_than_it_may_be() {
        let form = typed("set[name]=%E9%A2%9D+a&set[kinds][]=b&set[kinds][]=c");
        let mut headers = HeaderMap::new();
        let cookie = format!("a=b; {COOKIE}={}", form.write().unwrap());
        headers.insert(header::COOKIE, HeaderValue::from_str(&cookie).unwrap());
        assert_eq!(Typed::of(&headers), Some(form));
        assert_eq!(typed(&format!("set[name]={}", "x".repeat(LONGEST))).write(), None);
        let full: String =
            ["set[name]", "set[emails]"].map(|name| format!("{name}={}&", "%E9%A2%9D".repeat(200))).concat();
        assert!(typed(&full).write().is_some(), "the longest names there are");
    }

    #[test]
    fn a_refusal_leads_to_its_page_with_the_latest_reason_only() {
        let to = |location: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::LOCATION, HeaderValue::from_str(location).unwrap());
            refused_to(&headers, "/fn/refund").map(String::from)
        };
        let twice = "http://a/topups/1?x=%26&__path=%2Ffn%2Frefund&__err=a&__path=%2Ffn%2Frefund&__err=b";
        assert_eq!(to(twice).unwrap(), "http://a/topups/1?x=%26&__path=%2Ffn%2Frefund&__err=b");
        assert_eq!(to("http://a/topups/1?__path=%2Ffn%2Fother&__err=b"), None);
        assert_eq!(to("http://a/topups/1"), None);
    }

    #[test]
    fn what_is_kept_is_a_form_and_none_that_takes_a_password_or_a_providers_secret() {
        for kept in KEPT {
            assert!(DOORS.iter().any(|(method, path, ..)| *method == Method::POST && path == kept), "{kept}");
        }
        for secret in ["sign_in", "set_up", "change_password", "create_channel", "set_credential"] {
            assert!(!KEPT.contains(&format!("/fn/{secret}").as_str()), "{secret}");
        }
    }
}
