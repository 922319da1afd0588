//! How credit is sold: currencies with their rates and fees, and the accounts at Stripe and Epay.

use super::types::{is_http, redacted, text};
use domain::{
    exchange::{Currency, parse_minor},
    money::{NanoUsd, PicoPerUnit},
};
use serde::{Deserialize, Deserializer, de::Error as _};

/// How credit is sold.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payments {
    pub min_usd: NanoUsd,
    pub max_usd: NanoUsd,
    #[serde(deserialize_with = "currencies")]
    pub currencies: Vec<Currency>,
    pub look_seconds: u32,
    pub stripe: Stripe,
    pub epay: Epay,
}

/// Never printed.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stripe {
    #[serde(deserialize_with = "text")]
    pub secret_key: Option<String>,
    #[serde(deserialize_with = "text")]
    pub webhook_secret: Option<String>,
    pub api_base: String,
}

/// Never printed.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Epay {
    #[serde(deserialize_with = "text")]
    pub gateway: Option<String>,
    #[serde(deserialize_with = "text")]
    pub pid: Option<String>,
    #[serde(deserialize_with = "text")]
    pub key: Option<String>,
    pub types: Vec<String>,
}

redacted!(Epay, Stripe);

/// A currency as it is written: its rate and fee as decimals.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    code: String,
    rate: PicoPerUnit,
    fee_fixed: String,
    fee_ppm: i64,
}

fn currencies<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<Currency>, D::Error> {
    let read = |it: Written| {
        let fee_fixed = parse_minor(&it.code, &it.fee_fixed);
        // A rate has six places after the point, as a price per million has.
        let currency =
            fee_fixed.map(|fee_fixed| Currency { code: it.code, rate: it.rate.0, fee_fixed, fee_ppm: it.fee_ppm });
        currency.filter(|it| it.rate > 0 && (0..=500_000).contains(&it.fee_ppm)).ok_or_else(|| {
            let known = "a code in capitals that Stripe counts in hundredths or whole units";
            D::Error::custom(format!("payments.currencies: needs {known}, a rate over 0, and a fee of at most half"))
        })
    };
    Vec::<Written>::deserialize(d)?.into_iter().map(read).collect()
}

impl Payments {
    pub(super) fn check(&self, reachable: bool) -> Result<(), &'static str> {
        if self.min_usd <= NanoUsd::ZERO || self.max_usd < self.min_usd || self.look_seconds == 0 {
            return Err(
                "payments.min_usd and payments.look_seconds must be positive, payments.max_usd at least min_usd",
            );
        }
        let mut codes: Vec<&str> = self.currencies.iter().map(|currency| currency.code.as_str()).collect();
        codes.sort_unstable();
        if codes.windows(2).any(|two| two.first() == two.last()) {
            return Err("payments.currencies names a currency twice");
        }
        let (Stripe { secret_key, webhook_secret, api_base }, Epay { gateway, pid, key, types }) =
            (&self.stripe, &self.epay);
        if secret_key.is_some() != webhook_secret.is_some() {
            return Err("payments.stripe.secret_key and payments.stripe.webhook_secret go together");
        }
        if gateway.is_some() != key.is_some() || pid.is_some() != key.is_some() {
            return Err("payments.epay.gateway, payments.epay.pid and payments.epay.key go together");
        }
        if !is_http(api_base) || gateway.as_deref().is_some_and(|gateway| !is_http(gateway)) {
            return Err(
                "payments.stripe.api_base and payments.epay.gateway must be addresses such as https://pay.example.com",
            );
        }
        if key.is_some() && (types.is_empty() || !codes.contains(&"CNY")) {
            return Err("payments.epay needs types, and CNY in payments.currencies");
        }
        if (secret_key.is_some() || key.is_some()) && !reachable {
            return Err("payments need server.public_url: providers send people and calls there");
        }
        Ok(())
    }
}
