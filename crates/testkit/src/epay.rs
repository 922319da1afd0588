//! A stand-in for an aggregator that speaks Epay: payers come to `submit.php` with a signed order, merchants ask `api.php`,
//! and a paid order is told by a signed query. A signature is the MD5, in hexadecimal, of the parameters that have a value but
//! `sign` and `sign_type`, sorted by name and written `a=1&b=2`, with the key right behind.

use crate::{
    answering::{Answering, form},
    http::{Answer, Request},
    upstream::{Play, Seen},
};
use anyhow::{Context, Result};
use md5::{Digest, Md5};
use parking_lot::Mutex;
use serde_json::json;
use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

/// The shop's number.
pub const PID: &str = "1001";
/// The shop's key.
pub const KEY: &str = "planted-epay-key";

type Parameters = BTreeMap<String, String>;

#[derive(Debug, Default)]
struct State {
    number: u64,
    orders: BTreeMap<String, Parameters>,
    paid: BTreeMap<String, String>,
}

/// A running one.
#[derive(Debug)]
pub struct Epay {
    server: Answering,
    state: Arc<Mutex<State>>,
}

/// The signature of these parameters by this key.
pub fn sign(parameters: &[(String, String)], key: &str) -> String {
    let sorted: BTreeMap<&String, &String> = parameters.iter().map(|(name, value)| (name, value)).collect();
    let mut text = String::new();
    for (name, value) in sorted {
        if !value.is_empty() && name != "sign" && name != "sign_type" {
            text.push_str(&format!("{}{name}={value}", if text.is_empty() { "" } else { "&" }));
        }
    }
    Md5::digest(format!("{text}{key}").as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Epay {
    /// Starts one.
    pub async fn start() -> Result<Self> {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = state.clone();
        let server = Answering::start(move |_, seen| shared.lock().answer(seen)).await?;
        Ok(Self { server, state })
    }

    /// What `payments.epay.gateway` must be.
    pub fn url(&self) -> String {
        format!("http://{}/", self.server.address())
    }

    /// The payer follows a link to pay; whether the order was taken.
    pub async fn visit(&self, pay_url: &str) -> Result<bool> {
        let path = pay_url.strip_prefix(&self.url()).with_context(|| format!("{pay_url} is not here"))?;
        Ok(Request::new("GET", format!("/{path}")).send(self.server.address()).await?.status() == 200)
    }

    /// The payer of an order pays; the parameters of its notification, not yet signed.
    pub fn pay(&self, order: &str) -> Result<Vec<(String, String)>> {
        let mut state = self.state.lock();
        let parameters = state.orders.get(order).with_context(|| format!("no order {order}"))?.clone();
        state.number += 1;
        let payment = format!("2026112900000{}", state.number);
        let payment = state.paid.entry(order.to_owned()).or_insert(payment).clone();
        let of = |name: &str| parameters.get(name).cloned().unwrap_or_default();
        let pairs = [
            ("pid", PID.to_owned()),
            ("trade_no", payment),
            ("out_trade_no", order.to_owned()),
            ("type", of("type")),
            ("name", of("name")),
            ("money", of("money")),
            ("trade_status", "TRADE_SUCCESS".to_owned()),
            ("param", String::new()),
        ];
        Ok(pairs.map(|(name, value)| (name.to_owned(), value)).into())
    }
}

/// A notification's query, signed.
pub fn signed(mut parameters: Vec<(String, String)>) -> String {
    let signature = sign(&parameters, KEY);
    parameters.extend([("sign".to_owned(), signature), ("sign_type".to_owned(), "MD5".to_owned())]);
    form::write(&parameters)
}

/// Sends a notification to a node.
pub async fn tell(node: SocketAddr, query: &str) -> Result<Answer> {
    Request::new("GET", format!("/webhooks/epay?{query}")).send(node).await
}

impl State {
    fn answer(&mut self, seen: &Seen) -> Play {
        let (path, query) = seen.path.split_once('?').unwrap_or((&seen.path, ""));
        let pairs = form::read(query);
        let parameters: Parameters = pairs.iter().cloned().collect();
        let of = |name: &str| parameters.get(name).cloned().unwrap_or_default();
        match path {
            "/submit.php" if of("pid") == PID && of("sign_type") == "MD5" && of("sign") == sign(&pairs, KEY) => {
                self.orders.insert(of("out_trade_no"), parameters);
                Play::new(200, "text/html", "<h1>Pay</h1>")
            }
            "/api.php" if of("act") == "order" && of("pid") == PID && of("key") == KEY => {
                let order = of("out_trade_no");
                let told = match self.orders.get(&order) {
                    None => json!({"code": -1, "msg": "order not found"}),
                    Some(known) => {
                        let paid = self.paid.get(&order);
                        json!({"code": 1, "msg": "ok", "trade_no": paid.cloned().unwrap_or_default(), "out_trade_no": order,
                            "type": known.get("type"), "pid": PID, "name": known.get("name"), "money": known.get("money"),
                            "status": i32::from(paid.is_some())})
                    }
                };
                Play::new(200, "application/json", told.to_string())
            }
            _ => Play::new(403, "text/plain", "the signature does not fit"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_as_the_protocol_s_own_example() {
        let pairs =
            form::read("type=alipay&pid=1000&money=1.00&out_trade_no=7&param=&name=Credit%20of%201%20USD&sign=x");
        // printf 'money=1.00&name=Credit of 1 USD&out_trade_no=7&pid=1000&type=alipaysecret' | md5sum
        assert_eq!(sign(&pairs, "secret"), "06860888a54e2b6ac62a53adb22d1ff8");
    }
}
