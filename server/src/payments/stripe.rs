//! Stripe Checkout (<https://docs.stripe.com/api/checkout/sessions>): an order is a session, paid on Stripe's page.
//!
//! Calls that change something carry our id as `Idempotency-Key`, so they can be made again. An answer of 400, 402 or 404 is
//! a refusal; anything else that is no success leaves it open what happened.

use super::{Opened, Order, Provider, ProviderFailed, Refunded, Seen};
use crate::config;
use domain::exchange::Quote;
use futures::{FutureExt, future::BoxFuture};
use reqwest::{Client, Method};
use serde::Deserialize;
use serde_json::Value;
use store::topups::{Refund, RefundState, State, Topup};

/// The shape of the answers this is written for.
const VERSION: &str = "2024-06-20";
/// The most of an answer that is read.
const MAX_ANSWER: usize = 1 << 20;

/// Stripe, with this account's secrets.
pub struct Stripe {
    web: Client,
    secret_key: String,
    pub(super) webhook_secret: String,
    api_base: String,
}

/// A checkout session, as far as it is read.
#[derive(Debug, Clone, Deserialize)]
pub struct Session {
    /// Its name.
    pub id: String,
    /// Our order's.
    pub client_reference_id: Option<String>,
    status: Option<String>,
    payment_status: String,
    payment_intent: Option<String>,
    amount_total: Option<i64>,
    currency: Option<String>,
    url: Option<String>,
}

impl Session {
    /// How the order stands by it.
    pub fn seen(&self) -> Seen {
        let paid = self.payment_status == "paid";
        match (&self.payment_intent, self.amount_total, &self.currency) {
            (Some(payment), Some(minor), Some(currency)) if paid => {
                Seen::Paid { payment: payment.clone(), minor, currency: currency.to_ascii_uppercase() }
            }
            _ if self.status.as_deref() == Some("expired") => Seen::Over(State::Expired),
            _ => Seen::Pending,
        }
    }
}

/// A refund, as far as it is read.
#[derive(Debug, Clone, Deserialize)]
pub struct StripeRefund {
    /// Its name.
    pub id: String,
    /// `pending`, `requires_action`, `succeeded`, `failed`, `canceled`.
    pub status: Option<String>,
    /// In minor units.
    pub amount: i64,
    /// In small letters.
    pub currency: String,
    /// Of which payment.
    pub payment_intent: Option<String>,
    /// Our own id in it, where we asked for it.
    #[serde(default)]
    pub metadata: Value,
}

#[derive(Deserialize)]
struct List<T> {
    data: Vec<T>,
}

enum Answer<T> {
    Done(T),
    Refused(String),
}

impl Stripe {
    /// If its secrets are configured.
    pub fn new(config: &config::Stripe, web: Client) -> Option<Self> {
        let (secret_key, webhook_secret) = (config.secret_key.clone()?, config.webhook_secret.clone()?);
        let api_base = config.api_base.trim_end_matches('/').to_owned();
        Some(Self { web, secret_key, webhook_secret, api_base })
    }

    async fn call<T: for<'de> Deserialize<'de>>(
        &self,
        method: Method,
        path: &str,
        form: &[(&str, String)],
        once: Option<&str>,
    ) -> Result<Answer<T>, ProviderFailed> {
        let body: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let (query, body) = if method == Method::GET { (body, String::new()) } else { (String::new(), body) };
        let url = format!("{}{path}{}{query}", self.api_base, if query.is_empty() { "" } else { "?" });
        let mut call = self.web.request(method, url).bearer_auth(&self.secret_key).header("stripe-version", VERSION);
        if let Some(once) = once {
            call = call.header("idempotency-key", once);
        }
        if !body.is_empty() {
            call = call.header("content-type", "application/x-www-form-urlencoded").body(body);
        }
        let failed = |error: reqwest::Error| ProviderFailed(format!("Stripe: {}", error.without_url()));
        let answer = call.send().await.map_err(failed)?;
        let status = answer.status();
        let body = read(answer).await?;
        if status.is_success() {
            let done =
                serde_json::from_slice(&body).map_err(|error| ProviderFailed(format!("Stripe's answer: {error}")))?;
            return Ok(Answer::Done(done));
        }
        let told: Value = serde_json::from_slice(&body).unwrap_or_default();
        let why = told.pointer("/error/message").and_then(Value::as_str).unwrap_or("without a word");
        let why = format!("Stripe answered {}: {why}", status.as_u16());
        if matches!(status.as_u16(), 400 | 402 | 404) { Ok(Answer::Refused(why)) } else { Err(ProviderFailed(why)) }
    }

    /// The session that a payment was made in.
    pub async fn session_of(&self, payment: &str) -> Result<Option<Session>, ProviderFailed> {
        let form = [("payment_intent", payment.to_owned()), ("limit", "1".to_owned())];
        match self.call::<List<Session>>(Method::GET, "/v1/checkout/sessions", &form, None).await? {
            Answer::Done(mut list) => Ok(list.data.pop()),
            Answer::Refused(_) => Ok(None),
        }
    }

    /// All refunds of a payment.
    pub async fn refunds_of(&self, payment: &str) -> Result<Vec<StripeRefund>, ProviderFailed> {
        let form = [("payment_intent", payment.to_owned()), ("limit", "100".to_owned())];
        match self.call::<List<StripeRefund>>(Method::GET, "/v1/refunds", &form, None).await? {
            Answer::Done(list) => Ok(list.data),
            Answer::Refused(why) => Err(ProviderFailed(why)),
        }
    }
}

pub(super) async fn read(mut answer: reqwest::Response) -> Result<Vec<u8>, ProviderFailed> {
    let mut body = Vec::new();
    loop {
        let piece = answer.chunk().await.map_err(|error| ProviderFailed(error.without_url().to_string()))?;
        let Some(piece) = piece else { return Ok(body) };
        if body.len() + piece.len() > MAX_ANSWER {
            return Err(ProviderFailed("the answer is too long".to_owned()));
        }
        body.extend_from_slice(&piece);
    }
}

/// What is bought: the credit, and the fee as a line of its own.
fn items(quote: &Quote) -> Vec<(String, String)> {
    let mut lines = vec![(format!("Credit of {} USD", quote.credited), quote.price())];
    if quote.fee > 0 {
        lines.push(("Fee".to_owned(), quote.fee));
    }
    let mut form = Vec::new();
    for (number, (name, minor)) in lines.into_iter().enumerate() {
        let mut field = |field: &str, value: String| form.push((format!("line_items[{number}]{field}"), value));
        field("[quantity]", "1".to_owned());
        field("[price_data][currency]", quote.currency.to_ascii_lowercase());
        field("[price_data][unit_amount]", minor.to_string());
        field("[price_data][product_data][name]", name);
    }
    form
}

impl Provider for Stripe {
    fn name(&self) -> &'static str {
        "stripe"
    }

    fn methods(&self) -> &[String] {
        &[]
    }

    fn takes(&self, _: &str) -> bool {
        true
    }

    fn open<'a>(&'a self, order: &'a Order<'a>) -> BoxFuture<'a, Result<Opened, ProviderFailed>> {
        async move {
            let (id, back) = (order.id.to_string(), format!("{}/topups/{}", order.public_url, order.id));
            let items = items(order.quote);
            let mut form: Vec<(&str, String)> = vec![
                ("mode", "payment".to_owned()),
                ("client_reference_id", id.clone()),
                ("success_url", back.clone()),
                ("cancel_url", back),
                ("expires_at", (order.expires_us / 1_000_000).to_string()),
                ("metadata[topup]", id.clone()),
                ("payment_intent_data[metadata][topup]", id.clone()),
            ];
            form.extend(items.iter().map(|(name, value)| (name.as_str(), value.clone())));
            match self.call::<Session>(Method::POST, "/v1/checkout/sessions", &form, Some(&id)).await? {
                Answer::Refused(why) => Err(ProviderFailed(why)),
                Answer::Done(session) => {
                    let pay_url = session.url.ok_or_else(|| ProviderFailed("Stripe gave no address".to_owned()))?;
                    Ok(Opened { reference: Some(session.id), pay_url })
                }
            }
        }
        .boxed()
    }

    fn look<'a>(&'a self, order: &'a Topup) -> BoxFuture<'a, Result<Seen, ProviderFailed>> {
        async move {
            let reference = order.reference.as_deref().unwrap_or_default();
            let path = format!("/v1/checkout/sessions/{reference}");
            match self.call::<Session>(Method::GET, &path, &[], None).await? {
                Answer::Done(session) => Ok(session.seen()),
                Answer::Refused(why) => Err(ProviderFailed(why)),
            }
        }
        .boxed()
    }

    fn refund<'a>(&'a self, refund: &'a Refund, order: &'a Topup) -> BoxFuture<'a, Result<Refunded, ProviderFailed>> {
        async move {
            let id = refund.id.to_string();
            let form = [
                ("payment_intent", order.payment.clone().unwrap_or_default()),
                ("amount", (refund.part.price + refund.part.fee).to_string()),
                ("metadata[refund]", id.clone()),
            ];
            let told = match self.call::<StripeRefund>(Method::POST, "/v1/refunds", &form, Some(&id)).await? {
                Answer::Refused(why) => return Ok(Refunded::Refused(why)),
                Answer::Done(told) => told,
            };
            Ok(match told.status.as_deref() {
                Some("failed" | "canceled") => Refunded::Ended(RefundState::Undone, Some(told.id)),
                Some("pending" | "requires_action") => Refunded::Taken(told.id),
                _ => Refunded::Ended(RefundState::Done, Some(told.id)),
            })
        }
        .boxed()
    }
}
