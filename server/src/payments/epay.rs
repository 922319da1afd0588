//! Epay, the protocol of aggregators of Alipay and WeChat Pay: the payer is sent to `submit.php`, and told of by a GET of our
//! `notify_url`, which must be answered with `success`. Amounts are decimals of CNY.
//!
//! Every message is signed: the MD5, in hexadecimal, of all parameters that have a value but `sign` and `sign_type`, sorted by
//! name, written `a=1&b=2`, and the key right behind. MD5 is the protocol's; the key is not learnt from it in practice, and the
//! amount, the shop and the order are compared besides. There is no time in a message: a repeat is harmless because an order
//! is credited once. Refunds have no name in this protocol, so asking twice could pay twice: they are made by hand in the
//! aggregator's own pages, and only booked here.

use super::{Opened, Order, Payments, Provider, ProviderFailed, Refunded, Seen};
use crate::config;
use domain::{
    exchange::{minor_text, parse_minor},
    ids::TopupId,
    secret::SecretHash,
};
use futures::{FutureExt, future::BoxFuture};
use md5::{Digest, Md5};
use reqwest::{Client, Url};
use serde_json::Value;
use std::collections::BTreeMap;
use store::{
    Error, time,
    topups::{Refund, RefundState, Settled, State, Told, Topup},
};

const CURRENCY: &str = "CNY";

/// An aggregator, with this shop's key.
pub struct Epay {
    web: Client,
    gateway: Url,
    pid: String,
    key: String,
    types: Vec<String>,
}

/// The signature of these parameters.
fn sign(parameters: &BTreeMap<String, String>, key: &str) -> String {
    let signed = |(name, value): &(&String, &String)| !value.is_empty() && *name != "sign" && *name != "sign_type";
    let text: Vec<String> = parameters.iter().filter(signed).map(|(name, value)| format!("{name}={value}")).collect();
    crate::web::hexadecimal(&Md5::digest(format!("{}{key}", text.join("&")).as_bytes()))
}

/// Reads a query whose every parameter is there once.
fn read(query: &str) -> Option<BTreeMap<String, String>> {
    let mut parameters = BTreeMap::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if parameters.insert(name.into_owned(), value.into_owned()).is_some() {
            return None;
        }
    }
    Some(parameters)
}

impl Epay {
    /// If its secrets are configured.
    pub fn new(config: &config::Epay, web: Client) -> Option<Self> {
        let mut gateway = Url::parse(config.gateway.as_deref()?).ok()?;
        if !gateway.path().ends_with('/') {
            gateway.set_path(&format!("{}/", gateway.path()));
        }
        let (pid, key) = (config.pid.clone()?, config.key.clone()?);
        Some(Self { web, gateway, pid, key, types: config.types.clone() })
    }

    fn at(&self, page: &str, parameters: &BTreeMap<String, String>) -> Result<Url, ProviderFailed> {
        let mut url = self.gateway.join(page).map_err(|error| ProviderFailed(error.to_string()))?;
        url.query_pairs_mut().extend_pairs(parameters);
        Ok(url)
    }

    /// What a notification says: the order, the payment and its amount; `None`: it is not from there.
    fn heard(&self, parameters: &BTreeMap<String, String>) -> Option<Heard> {
        let of = |name: &str| parameters.get(name).map(String::as_str).unwrap_or_default();
        let signature = sign(parameters, &self.key);
        // Compared as hashes: how much of it is right takes no time to tell.
        let fits = SecretHash::of(of("sign")) == SecretHash::of(&signature);
        (fits && of("pid") == self.pid).then(|| Heard {
            order: of("out_trade_no").to_owned(),
            payment: of("trade_no").to_owned(),
            money: of("money").to_owned(),
            status: of("trade_status").to_owned(),
        })
    }
}

struct Heard {
    order: String,
    payment: String,
    money: String,
    status: String,
}

/// What came of a notification.
#[derive(Debug, PartialEq, Eq)]
pub enum Notified {
    /// Dealt with: it need not come again.
    Taken,
    /// It is not from the aggregator, or not whole.
    Forged,
}

impl Payments {
    /// Takes a notification of Epay's; `None`: it is closed.
    pub async fn epay_says(&self, query: &str) -> Option<Result<Notified, Error>> {
        let epay = self.epay.as_ref()?;
        let Some(heard) = read(query).and_then(|parameters| epay.heard(&parameters)) else {
            return Some(Ok(Notified::Forged));
        };
        Some(self.epay_heard(heard).await.map(|()| Notified::Taken))
    }

    async fn epay_heard(&self, heard: Heard) -> Result<(), Error> {
        if heard.status != "TRADE_SUCCESS" {
            return Ok(());
        }
        let told =
            Told { provider: "epay", event: format!("{}:{}", heard.payment, heard.order), kind: heard.status.clone() };
        if self.store.topups().is_known(&told).await? {
            return Ok(());
        }
        let found = match heard.order.parse::<TopupId>() {
            Ok(id) => self.store.topups().get(id).await,
            Err(_) => Err(Error::NotFound("top-up")),
        };
        let order = match found {
            Err(Error::NotFound(_)) => {
                let why = format!("{} is not an order of ours", heard.order);
                return self.store.topups().unmatched(&told, &why).await;
            }
            other => other?,
        };
        let settled = match parse_minor(CURRENCY, &heard.money) {
            Some(minor) if !heard.payment.is_empty() => {
                let seen = Seen::Paid { payment: heard.payment, minor, currency: CURRENCY.to_owned() };
                self.say(&order, seen, Some(&told)).await?
            }
            _ => Settled::Unmatched(format!("{} was paid with {:?}", order.id, heard.money)),
        };
        match settled {
            Settled::Done(_) => Ok(()),
            Settled::Unmatched(why) => self.store.topups().unmatched(&told, &why).await,
        }
    }
}

impl Provider for Epay {
    fn name(&self) -> &'static str {
        "epay"
    }

    fn methods(&self) -> &[String] {
        &self.types
    }

    fn takes(&self, currency: &str) -> bool {
        currency == CURRENCY
    }

    fn open<'a>(&'a self, order: &'a Order<'a>) -> BoxFuture<'a, Result<Opened, ProviderFailed>> {
        let text = |name: &str, value: String| (name.to_owned(), value);
        let mut parameters = BTreeMap::from([
            text("pid", self.pid.clone()),
            text("type", order.method.to_owned()),
            text("out_trade_no", order.id.to_string()),
            text("notify_url", format!("{}/webhooks/epay", order.public_url)),
            text("return_url", format!("{}/topups/{}", order.public_url, order.id)),
            text("name", format!("Credit of {} USD", order.quote.credited)),
            text("money", minor_text(CURRENCY, order.quote.pay)),
        ]);
        parameters.insert("sign".to_owned(), sign(&parameters, &self.key));
        parameters.insert("sign_type".to_owned(), "MD5".to_owned());
        let opened = self.at("submit.php", &parameters);
        std::future::ready(opened.map(|url| Opened { reference: None, pay_url: url.into() })).boxed()
    }

    fn look<'a>(&'a self, order: &'a Topup) -> BoxFuture<'a, Result<Seen, ProviderFailed>> {
        async move {
            let parameters = BTreeMap::from([
                ("act".to_owned(), "order".to_owned()),
                ("pid".to_owned(), self.pid.clone()),
                ("key".to_owned(), self.key.clone()),
                ("out_trade_no".to_owned(), order.id.to_string()),
            ]);
            let failed = |error: reqwest::Error| ProviderFailed(format!("Epay: {}", error.without_url()));
            let answer = self.web.get(self.at("api.php", &parameters)?).send().await.map_err(failed)?;
            if !answer.status().is_success() {
                return Err(ProviderFailed(format!("Epay answered {}", answer.status().as_u16())));
            }
            let body = super::stripe::read(answer).await?;
            let told: Value = serde_json::from_slice(&body).unwrap_or_default();
            Ok(seen(&told, order))
        }
        .boxed()
    }

    fn refund<'a>(&'a self, _: &'a Refund, _: &'a Topup) -> BoxFuture<'a, Result<Refunded, ProviderFailed>> {
        std::future::ready(Ok(Refunded::Ended(RefundState::Done, None))).boxed()
    }
}

/// How an order stands by the aggregator's own list: numbers come as numbers or as text.
fn seen(told: &Value, order: &Topup) -> Seen {
    let of = |name: &str| match told.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let paid = of("code") == "1" && of("status") == "1" && of("out_trade_no") == order.id.to_string();
    match parse_minor(CURRENCY, &of("money")) {
        Some(minor) if paid && !of("trade_no").is_empty() => {
            Seen::Paid { payment: of("trade_no"), minor, currency: CURRENCY.to_owned() }
        }
        _ if order.expires_us < time::now_us() => Seen::Over(State::Expired),
        _ => Seen::Pending,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_over_sorted_parameters_that_have_a_value() {
        let query =
            "type=alipay&pid=1000&money=1.00&out_trade_no=7&param=&name=Credit%20of%201%20USD&sign=x&sign_type=MD5";
        // printf 'money=1.00&name=Credit of 1 USD&out_trade_no=7&pid=1000&type=alipaysecret' | md5sum
        assert_eq!(sign(&read(query).unwrap(), "secret"), "06860888a54e2b6ac62a53adb22d1ff8");
        assert_eq!(read("a=1&a=2"), None, "said twice");
    }
}
