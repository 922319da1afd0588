//! Stripe's webhook (<https://docs.stripe.com/webhooks>): signed over its raw body and the time it was sent.
//!
//! What it tells may come twice, late, and in any order. Events about a payment that we do not know yet (a refund or a dispute
//! before the payment itself) ask Stripe for the session first. A charge's refunds are read from Stripe, one by one, since the
//! event only has their sum.

use super::{
    Payments, ProviderFailed, Seen,
    stripe::{Session, Stripe, StripeRefund},
};
use domain::ids::{RefundId, TopupId};
use hmac::{Hmac, Mac};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use sha2::Sha256;
use store::{
    Error,
    topups::{Reversal, Said, Settled, State, Told, Topup},
};

/// A call may be so old, or so much ahead of our clock.
const TOLERANCE_SECONDS: i64 = 300;

/// An event, as far as it is read.
#[derive(Deserialize)]
struct Event {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    object: Value,
}

#[derive(Deserialize)]
struct Dispute {
    id: String,
    amount: i64,
    currency: String,
    status: String,
    payment_intent: Option<String>,
}

#[derive(Deserialize)]
struct Charge {
    payment_intent: Option<String>,
}

/// Why a call was not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// It is not from Stripe, too old, or not whole.
    #[error("the signature does not fit")]
    Forged,
    /// It cannot be read.
    #[error("the event cannot be read")]
    Unreadable,
    /// Stripe could not be asked about it; it will be sent again.
    #[error(transparent)]
    Provider(#[from] ProviderFailed),
    /// The database could not be asked; it will be sent again.
    #[error(transparent)]
    Store(#[from] Error),
}

/// Whether `header` (`t=…,v1=…,v1=…`) signs `body`, not longer ago than is tolerated.
fn is_signed(secret: &str, header: &str, body: &[u8], now_seconds: i64) -> bool {
    let (mut time, mut signatures) = (None, Vec::new());
    for part in header.split(',') {
        match part.trim().split_once('=') {
            Some(("t", text)) => time = Some(text),
            Some(("v1", text)) => signatures.push(text),
            _ => {}
        }
    }
    let Some(time) = time else { return false };
    let Ok(seconds) = time.parse::<i64>() else { return false };
    if now_seconds.abs_diff(seconds) > TOLERANCE_SECONDS.unsigned_abs() {
        return false;
    }
    signatures.iter().any(|signature| {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return false };
        mac.update(time.as_bytes());
        mac.update(b".");
        mac.update(body);
        // In constant time.
        bytes_of(signature).is_some_and(|bytes| mac.verify_slice(&bytes).is_ok())
    })
}

/// Of 64 hexadecimal digits.
fn bytes_of(text: &str) -> Option<Vec<u8>> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    (0..32).map(|n| u8::from_str_radix(text.get(2 * n..2 * n + 2)?, 16).ok()).collect()
}

fn read<T: DeserializeOwned>(object: Value) -> Result<T, NotTaken> {
    serde_json::from_value(object).map_err(|_| NotTaken::Unreadable)
}

impl Payments {
    /// Takes a call of Stripe's webhook; `None`: it is closed.
    pub async fn stripe_says(&self, header: &str, body: &[u8], now_us: i64) -> Option<Result<(), NotTaken>> {
        let stripe = self.stripe.as_ref()?;
        if !is_signed(&stripe.webhook_secret, header, body, now_us / 1_000_000) {
            return Some(Err(NotTaken::Forged));
        }
        let Ok(event) = serde_json::from_slice::<Event>(body) else { return Some(Err(NotTaken::Unreadable)) };
        Some(self.stripe_event(stripe, event).await)
    }

    async fn stripe_event(&self, stripe: &Stripe, event: Event) -> Result<(), NotTaken> {
        let told = Told { provider: "stripe", event: event.id, kind: event.kind };
        if self.store.topups().is_known(&told).await? {
            return Ok(());
        }
        let object = event.data.object;
        let settled = match told.kind.as_str() {
            "checkout.session.completed"
            | "checkout.session.async_payment_succeeded"
            | "checkout.session.async_payment_failed"
            | "checkout.session.expired" => self.session_event(&told, &read(object)?).await?,
            "charge.refunded" => {
                let payment = read::<Charge>(object)?.payment_intent.unwrap_or_default();
                let refunds = stripe.refunds_of(&payment).await?;
                self.refund_events(stripe, &told, refunds).await?
            }
            "refund.created" | "refund.updated" | "refund.failed" | "charge.refund.updated" => {
                self.refund_events(stripe, &told, vec![read(object)?]).await?
            }
            "charge.dispute.created"
            | "charge.dispute.funds_withdrawn"
            | "charge.dispute.funds_reinstated"
            | "charge.dispute.closed" => self.dispute_event(stripe, &told, &read(object)?).await?,
            _ => return Ok(()),
        };
        if let Some(why) = settled {
            self.store.topups().unmatched(&told, &why).await?;
        }
        Ok(())
    }

    /// What an event says of a session; why it fits none, if so.
    async fn session_event(&self, told: &Told, session: &Session) -> Result<Option<String>, NotTaken> {
        let Some(order) = self.order_of(session).await? else {
            return Ok(Some(format!("{} is not an order of ours", session.id)));
        };
        let seen = match told.kind.as_str() {
            "checkout.session.async_payment_failed" => Seen::Over(State::Failed),
            "checkout.session.expired" => Seen::Over(State::Expired),
            _ => session.seen(),
        };
        Ok(unmatched(self.say(&order, seen, Some(told)).await?))
    }

    /// The order a session is for.
    async fn order_of(&self, session: &Session) -> Result<Option<Topup>, Error> {
        let id = session.client_reference_id.as_deref().and_then(|id| id.parse::<TopupId>().ok());
        let Some(id) = id else { return Ok(None) };
        match self.store.topups().get(id).await {
            Ok(order) => Ok((order.reference.as_deref() == Some(session.id.as_str())).then_some(order)),
            Err(Error::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The paid order that a payment is for; Stripe is asked about one that we were not told of.
    async fn order_paid_by(&self, stripe: &Stripe, payment: Option<&str>) -> Result<Option<Topup>, NotTaken> {
        let Some(payment) = payment else { return Ok(None) };
        if let Some(order) = self.store.topups().of_payment("stripe", payment).await? {
            return Ok(Some(order));
        }
        let Some(session) = stripe.session_of(payment).await? else { return Ok(None) };
        let Some(order) = self.order_of(&session).await? else { return Ok(None) };
        match self.say(&order, session.seen(), None).await? {
            Settled::Done(order) => Ok(Some(*order)),
            Settled::Unmatched(_) => Ok(None),
        }
    }

    async fn refund_events(
        &self,
        stripe: &Stripe,
        told: &Told,
        refunds: Vec<StripeRefund>,
    ) -> Result<Option<String>, NotTaken> {
        let mut fits = None;
        for refund in refunds {
            let Some(order) = self.order_paid_by(stripe, refund.payment_intent.as_deref()).await? else {
                fits = Some(format!("{} is of a payment that is not ours", refund.id));
                continue;
            };
            let ours = refund.metadata.get("refund").and_then(Value::as_str);
            let undone = matches!(refund.status.as_deref(), Some("failed" | "canceled"));
            let reversal = Reversal {
                topup: order.id,
                chargeback: false,
                provider: "stripe",
                reference: &refund.id,
                ours: ours.and_then(|id| id.parse::<RefundId>().ok()),
                said: if undone { Said::Undone } else { Said::Taken },
                minor: refund.amount,
                currency: &refund.currency.to_ascii_uppercase(),
            };
            let settled = self.store.topups().reversed(reversal, Some(told)).await?;
            fits = unmatched(settled).or(fits);
        }
        Ok(fits)
    }

    async fn dispute_event(&self, stripe: &Stripe, told: &Told, dispute: &Dispute) -> Result<Option<String>, NotTaken> {
        let said = match (told.kind.as_str(), dispute.status.as_str()) {
            ("charge.dispute.funds_reinstated", _) | ("charge.dispute.closed", "won" | "warning_closed") => {
                Said::Undone
            }
            // An inquiry: no money moves before it becomes a dispute.
            ("charge.dispute.created", status) if status.starts_with("warning") => return Ok(None),
            _ => Said::Taken,
        };
        let Some(order) = self.order_paid_by(stripe, dispute.payment_intent.as_deref()).await? else {
            return Ok(Some(format!("{} is of a payment that is not ours", dispute.id)));
        };
        let reversal = Reversal {
            topup: order.id,
            chargeback: true,
            provider: "stripe",
            reference: &dispute.id,
            ours: None,
            said,
            minor: dispute.amount,
            currency: &dispute.currency.to_ascii_uppercase(),
        };
        Ok(unmatched(self.store.topups().reversed(reversal, Some(told)).await?))
    }
}

fn unmatched(settled: Settled) -> Option<String> {
    match settled {
        Settled::Done(_) => None,
        Settled::Unmatched(why) => Some(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// printf '1700000000.{}' | openssl dgst -sha256 -hmac whsec_test
    const GOOD: &str = "35495024f4ef3f94e5a93e22221544c4b75e9a42300cd965ab81cb85cd994e91";
    const NOW: i64 = 1_700_000_000;

    #[test]
    fn a_signature_is_of_the_raw_body_and_its_time() {
        let other = "0".repeat(64);
        for header in [
            format!("t=1700000000,v1={GOOD}"),
            format!("t=1700000000,v1={other},v1={GOOD},v0={other}"),
            format!(" v1={GOOD} , t=1700000000"),
        ] {
            assert!(is_signed("whsec_test", &header, b"{}", NOW), "{header}");
            assert!(is_signed("whsec_test", &header, b"{}", NOW + 300));
            assert!(!is_signed("whsec_test", &header, b"{}", NOW + 301), "too old");
            assert!(!is_signed("whsec_test", &header, b"{}", NOW - 301), "from the future");
            assert!(!is_signed("whsec_test", &header, b"{ }", NOW), "another body");
            assert!(!is_signed("whsec_test", &header, b"{", NOW), "half of it");
            assert!(!is_signed("whsec_other", &header, b"{}", NOW), "another secret");
        }
        for header in [
            String::new(),
            format!("v1={GOOD}"),
            "t=1700000000".to_owned(),
            format!("t=1700000001,v1={GOOD}"),
            format!("t=1700000000,v0={GOOD}"),
            format!("t=1700000000,v1={}", GOOD.get(..62).unwrap()),
            format!("t=1700000000,v1={other}"),
            format!("t=x,v1={GOOD}"),
        ] {
            assert!(!is_signed("whsec_test", &header, b"{}", NOW), "{header}");
        }
    }
}
