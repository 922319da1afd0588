//! What channels are made of, as it comes in: credentials, models, timeouts, limits.

use super::{prices, problem::Problem};
use domain::{price::Tariff, secret::CredentialSecret};
use serde::Deserialize;
use store::{
    channels::{CredentialPatch, NewCredential, NewOffer},
    words::{ModelName, Name},
};
use utoipa::ToSchema;
use zeroize::Zeroizing;

/// The largest weight and priority; far beyond what is useful, far below what could overflow a sum.
pub(super) const MAX_WEIGHT: u32 = 1_000_000;

/// Limits in a minute, or at once; an unset one is none.
#[derive(Debug, ToSchema)]
#[schema(as = Limits)]
#[expect(dead_code, reason = "the shape of domain::channel::Limits for the OpenAPI document")]
pub struct LimitsShape {
    /// Requests a minute.
    rpm: Option<u32>,
    /// Tokens a minute, input and output.
    tpm: Option<u32>,
    /// Requests at once.
    concurrency: Option<u32>,
}

/// How long a channel may take, in milliseconds; an unset one takes the relay's default.
#[derive(Debug, ToSchema)]
#[schema(as = Timeouts)]
#[expect(dead_code, reason = "the shape of domain::channel::Timeouts for the OpenAPI document")]
pub struct TimeoutsShape {
    /// To connect, TLS included.
    connect_ms: Option<u64>,
    /// To the first meaningful event.
    first_token_ms: Option<u64>,
    /// Between two events, and to a whole JSON answer.
    idle_ms: Option<u64>,
    /// In all.
    total_ms: Option<u64>,
}

/// A credential to be kept sealed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCredential)]
pub struct CredentialFields {
    /// Its name, unique in the channel.
    name: String,
    /// What is presented upstream; for `vertex` the JSON of a service account's key, or a key of the API.
    #[schema(value_type = String)]
    secret: Zeroizing<String>,
    /// Its share among the channel's credentials, 1 or more; default 1.
    #[serde(default)]
    weight: Option<u32>,
}

/// A credential that is to stay, change or come.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CredentialChange)]
pub struct CredentialChangeFields {
    /// Its name.
    name: String,
    /// What is presented upstream; absent: as it was.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    secret: Option<Zeroizing<String>>,
    /// Its share among the channel's credentials; default 1.
    #[serde(default)]
    weight: Option<u32>,
}

/// A model that a channel carries.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewChannelModel)]
pub struct ModelFields {
    /// The name callers use.
    model: String,
    /// The model's name upstream; default: the same.
    #[serde(default)]
    upstream: Option<String>,
    /// What it costs us; default: not known, booked as zero.
    #[serde(default)]
    #[schema(value_type = Option<super::price_fields::RatesShape>)]
    cost: Option<Tariff>,
}

impl CredentialFields {
    pub(super) fn checked(self) -> Result<NewCredential, Problem> {
        Ok(NewCredential {
            name: Name::parse("credentials.name", &self.name)?,
            secret: CredentialSecret::new(self.secret.as_str().to_owned()),
            weight: weight("credentials.weight", self.weight)?.unwrap_or(1),
        })
    }
}

impl CredentialChangeFields {
    pub(super) fn checked(self) -> Result<CredentialPatch, Problem> {
        Ok(CredentialPatch {
            name: Name::parse("credentials.name", &self.name)?,
            secret: self.secret.map(|text| CredentialSecret::new(text.as_str().to_owned())),
            weight: weight("credentials.weight", self.weight)?.unwrap_or(1),
        })
    }
}

impl ModelFields {
    pub(super) fn checked(self) -> Result<NewOffer, Problem> {
        Ok(NewOffer {
            model: ModelName::parse("models.model", &self.model)?,
            upstream: self.upstream.map(|text| ModelName::parse("models.upstream", &text)).transpose()?,
            cost: self.cost.map(|rates| prices::checked("models.cost.", rates)).transpose()?,
        })
    }
}

pub(super) fn weight(field: &str, weight: Option<u32>) -> Result<Option<u32>, Problem> {
    let bad = weight.is_some_and(|weight| weight == 0 || weight > MAX_WEIGHT);
    if bad { Err(Problem::field(field, format!("must be 1 to {MAX_WEIGHT}"))) } else { Ok(weight) }
}
