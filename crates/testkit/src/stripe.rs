//! A stand-in for Stripe: Checkout sessions, refunds and disputes with the fields and rules of its API reference
//! (<https://docs.stripe.com/api>), idempotency keys, and webhooks signed as <https://docs.stripe.com/webhooks> says:
//! `t=…,v1=` HMAC-SHA-256 of `t.body`. Payers and banks act through its methods.

use crate::{
    answering::{Answering, form},
    http::{Answer, Request},
    signed::hmac_sha256,
    upstream::{Play, Seen},
};
use anyhow::{Context, Result};
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::{collections::HashMap, net::SocketAddr, sync::Arc};

/// Its secret key.
pub const SECRET_KEY: &str = "sk_test_planted";
/// The secret of its webhook.
pub const WEBHOOK_SECRET: &str = "whsec_planted";

/// What it says to a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Refunds {
    /// Done at once.
    #[default]
    Succeed,
    /// Taken, and said later.
    Pend,
    /// Refused: 400.
    Refuse,
    /// Nobody knows: 500, after it was done.
    BreakOff,
}

#[derive(Debug, Default)]
struct State {
    number: u64,
    sessions: Vec<Value>,
    refunds: Vec<Value>,
    once: HashMap<String, (String, Value)>,
    manner: Refunds,
    away: bool,
}

/// A running one.
#[derive(Debug)]
pub struct Stripe {
    server: Answering,
    state: Arc<Mutex<State>>,
}

type Said = std::result::Result<Value, (u16, String)>;

impl Stripe {
    /// Starts one.
    pub async fn start() -> Result<Self> {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = state.clone();
        let server = Answering::start(move |address, seen| {
            let (status, body) = match shared.lock().answer(address, seen) {
                Ok(body) => (200, body),
                Err((status, why)) => (status, json!({"error": {"message": why, "type": "invalid_request_error"}})),
            };
            Play::new(status, "application/json", body.to_string())
        })
        .await?;
        Ok(Self { server, state })
    }

    /// What `payments.stripe.api_base` must be.
    pub fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// How refunds that are asked for from now on go.
    pub fn refunds(&self, manner: Refunds) {
        self.state.lock().manner = manner;
    }

    /// Whether it answers everything with 503.
    pub fn away(&self, yes: bool) {
        self.state.lock().away = yes;
    }

    /// Sessions that were opened.
    pub fn sessions(&self) -> Vec<Value> {
        self.state.lock().sessions.clone()
    }

    /// Refunds that were made.
    pub fn refunded(&self) -> Vec<Value> {
        self.state.lock().refunds.clone()
    }

    /// The payer of the session for this order pays; the session as it is then.
    pub fn pay(&self, order: &str) -> Result<Value> {
        let mut state = self.state.lock();
        let payment = state.name("pi");
        let session = state.session_for(order)?;
        set(session, "status", json!("complete"));
        set(session, "payment_status", json!("paid"));
        set(session, "payment_intent", json!(payment));
        Ok(session.clone())
    }

    /// Nobody paid the session for this order in time.
    pub fn expire(&self, order: &str) -> Result<Value> {
        let mut state = self.state.lock();
        let session = state.session_for(order)?;
        set(session, "status", json!("expired"));
        Ok(session.clone())
    }

    /// Somebody refunds a payment in Stripe's own pages.
    pub fn refund(&self, session: &Value, amount: i64) -> Result<Value> {
        let pairs = [("payment_intent", text(session, "payment_intent").to_owned()), ("amount", amount.to_string())];
        self.state.lock().refund(&pairs.map(|(name, value)| (name.to_owned(), value)).into()).map_err(refused)
    }

    /// The payer's bank asks for a payment back.
    pub fn dispute(&self, session: &Value, status: &str) -> Value {
        let id = self.state.lock().name("du");
        json!({"id": id, "object": "dispute", "amount": session.get("amount_total"), "currency": session.get("currency"),
            "payment_intent": session.get("payment_intent"), "status": status, "reason": "fraudulent"})
    }

    /// An event as it goes to the webhook.
    pub fn event(&self, kind: &str, object: &Value) -> String {
        let id = self.state.lock().name("evt");
        json!({"id": id, "object": "event", "api_version": "2024-06-20", "created": jiff::Timestamp::now().as_second(),
            "type": kind, "data": {"object": object}, "livemode": false, "pending_webhooks": 1,
            "request": {"id": null, "idempotency_key": null}})
        .to_string()
    }
}

/// The header that signs `body`, sent now.
pub fn signature(body: &str) -> String {
    signature_at(jiff::Timestamp::now().as_second(), body)
}

/// The header that signs `body`, sent at this time.
pub fn signature_at(time: i64, body: &str) -> String {
    let other = hmac_sha256("whsec_rolled", &format!("{time}.{body}"));
    format!(
        "t={time},v1={other},v1={},v0=6ffbb59b2300aae63f272406069a9788598b792a944a07aba816edb039989a39",
        hmac_sha256(WEBHOOK_SECRET, &format!("{time}.{body}"))
    )
}

/// Sends an event to a node's webhook.
pub async fn tell(node: SocketAddr, body: &str, signature: &str) -> Result<Answer> {
    let call = Request::new("POST", "/webhooks/stripe").header("stripe-signature", signature);
    call.body(body.to_owned()).send(node).await
}

fn refused((status, why): (u16, String)) -> anyhow::Error {
    anyhow::anyhow!("{status}: {why}")
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn set(object: &mut Value, name: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(name.to_owned(), value);
    }
}

fn invalid<T>(why: impl Into<String>) -> std::result::Result<T, (u16, String)> {
    Err((400, why.into()))
}

type Form = HashMap<String, String>;

impl State {
    fn name(&mut self, prefix: &str) -> String {
        self.number += 1;
        format!("{prefix}_test_{}", self.number)
    }

    fn session_for(&mut self, order: &str) -> Result<&mut Value> {
        let found = self.sessions.iter_mut().find(|session| text(session, "client_reference_id") == order);
        found.with_context(|| format!("no session for {order}"))
    }

    fn answer(&mut self, address: SocketAddr, seen: &Seen) -> Said {
        if self.away {
            return Err((503, "away".to_owned()));
        }
        if seen.header("authorization") != Some(&format!("Bearer {SECRET_KEY}")) {
            return Err((401, "Invalid API Key provided".to_owned()));
        }
        let (path, query) = seen.path.split_once('?').unwrap_or((&seen.path, ""));
        let body = String::from_utf8_lossy(&seen.body).into_owned();
        let form: Form = form::read(if seen.method == "GET" { query } else { &body }).into_iter().collect();
        match (seen.method.as_str(), path) {
            ("POST", "/v1/checkout/sessions") => self.once(seen, &body, |state| state.open(address, &form)),
            ("POST", "/v1/refunds") => {
                let manner = self.manner;
                let said = self.once(seen, &body, |state| state.refund(&form));
                if manner == Refunds::BreakOff { Err((500, "it broke off".to_owned())) } else { said }
            }
            ("GET", "/v1/checkout/sessions") => Ok(list(&self.sessions, &form)),
            ("GET", "/v1/refunds") => Ok(list(&self.refunds, &form)),
            ("GET", path) => {
                let id = path.strip_prefix("/v1/checkout/sessions/").unwrap_or_default();
                let found = self.sessions.iter().find(|session| text(session, "id") == id);
                found.cloned().ok_or_else(|| (404, format!("No such checkout session: {id}")))
            }
            _ => Err((404, "Unrecognized request URL".to_owned())),
        }
    }

    /// The same idempotency key is the same answer, and another body under it a mistake.
    fn once(&mut self, seen: &Seen, body: &str, act: impl FnOnce(&mut Self) -> Said) -> Said {
        let Some(key) = seen.header("idempotency-key") else { return act(self) };
        if let Some((before, answer)) = self.once.get(key) {
            return if before == body {
                Ok(answer.clone())
            } else {
                invalid("Keys for idempotent requests can only be used with the same parameters")
            };
        }
        let answer = act(self)?;
        self.once.insert(key.to_owned(), (body.to_owned(), answer.clone()));
        Ok(answer)
    }

    fn open(&mut self, address: SocketAddr, form: &Form) -> Said {
        let of = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        if of("mode") != "payment" || !of("success_url").starts_with("http") {
            return invalid("Missing required param: mode, success_url");
        }
        let lasts = of("expires_at").parse::<i64>().unwrap_or(0) - jiff::Timestamp::now().as_second();
        if !(1_800..=86_400).contains(&lasts) {
            return invalid("The `expires_at` timestamp must be between 30 minutes and 24 hours from now");
        }
        let (mut total, mut currency) = (0, String::new());
        for number in 0..100 {
            let line = |field: &str| of(&format!("line_items[{number}]{field}"));
            if line("[quantity]").is_empty() {
                break;
            }
            let amount: i64 =
                line("[price_data][unit_amount]").parse().map_err(|_| (400, "Invalid integer".to_owned()))?;
            let quantity: i64 = line("[quantity]").parse().map_err(|_| (400, "Invalid integer".to_owned()))?;
            let named = !line("[price_data][product_data][name]").is_empty();
            let same = currency.is_empty() || currency == line("[price_data][currency]");
            if amount < 0 || !named || !same || line("[price_data][currency]").len() != 3 {
                return invalid("Invalid line_items");
            }
            total += amount * quantity;
            currency = line("[price_data][currency]").to_ascii_lowercase();
        }
        if total == 0 {
            return invalid("You must provide line_items");
        }
        let id = self.name("cs");
        let session = json!({"id": id, "object": "checkout.session", "mode": "payment", "status": "open",
            "payment_status": "unpaid", "payment_intent": null, "amount_total": total, "currency": currency,
            "client_reference_id": form.get("client_reference_id"), "metadata": {"topup": form.get("metadata[topup]")},
            "success_url": of("success_url"), "livemode": false, "url": format!("http://{address}/c/pay/{id}")});
        self.sessions.push(session.clone());
        Ok(session)
    }

    fn refund(&mut self, form: &Form) -> Said {
        if self.manner == Refunds::Refuse {
            return invalid("This payment cannot be refunded");
        }
        let payment = form.get("payment_intent").cloned().unwrap_or_default();
        let session = self.sessions.iter().find(|session| text(session, "payment_intent") == payment);
        let Some(session) = session.filter(|_| !payment.is_empty()).cloned() else {
            return invalid("No such payment_intent");
        };
        let amount: i64 = form.get("amount").and_then(|text| text.parse().ok()).unwrap_or(0);
        let made = self.refunds.iter().filter(|refund| text(refund, "payment_intent") == payment);
        let before: i64 = made.filter_map(|refund| refund.get("amount")?.as_i64()).sum();
        let total = session.get("amount_total").and_then(Value::as_i64).unwrap_or(0);
        if amount <= 0 || before + amount > total {
            return invalid("Refund amount is greater than unrefunded amount on charge");
        }
        let status = if self.manner == Refunds::Pend { "pending" } else { "succeeded" };
        let refund = json!({"id": self.name("re"), "object": "refund", "amount": amount, "currency": session.get("currency"),
            "payment_intent": payment, "status": status, "metadata": {"refund": form.get("metadata[refund]")}});
        self.refunds.push(refund.clone());
        Ok(refund)
    }
}

fn list(all: &[Value], form: &Form) -> Value {
    let payment = form.get("payment_intent").cloned().unwrap_or_default();
    let limit = form.get("limit").and_then(|text| text.parse().ok()).unwrap_or(10);
    let found = all.iter().rev().filter(|one| text(one, "payment_intent") == payment).take(limit);
    json!({"object": "list", "data": found.collect::<Vec<_>>(), "has_more": false})
}
