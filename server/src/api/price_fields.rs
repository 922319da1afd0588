//! The body of a price: rates and tiers ([`Tariff`]), and beside them whose price it is and from when.

use domain::price::Tariff;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, IntoDeserializer, MapAccess, Visitor, value::MapAccessDeserializer},
};
use std::{collections::BTreeMap, fmt};
use utoipa::ToSchema;

/// A price to be set.
#[derive(Debug)]
pub struct PriceFields {
    /// Its rates and tiers.
    pub tariff: Tariff,
    /// RFC 3339; none: at once.
    pub valid_from: Option<String>,
    /// The group whose own it is.
    pub group: Option<String>,
    /// The channel whose cost it is.
    pub channel: Option<String>,
}

/// The fields that are not the tariff's.
const BESIDE: [&str; 3] = ["valid_from", "group", "channel"];

impl<'de> Deserialize<'de> for PriceFields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Body;
        impl<'de> Visitor<'de> for Body {
            type Value = PriceFields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of rates")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<PriceFields, A::Error> {
                let mut beside = [None, None, None];
                let rest = Rest { map, beside: &mut beside };
                let tariff = Tariff::deserialize(MapAccessDeserializer::new(rest))?;
                let [valid_from, group, channel] = beside.map(Option::flatten);
                Ok(PriceFields { tariff, valid_from, group, channel })
            }
        }
        deserializer.deserialize_map(Body)
    }
}

/// A map without the fields of [`BESIDE`], which are put by.
struct Rest<'b, A> {
    map: A,
    beside: &'b mut [Option<Option<String>>; 3],
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Rest<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        while let Some(key) = self.map.next_key::<String>()? {
            let place = BESIDE.iter().zip(self.beside.iter_mut()).find(|(name, _)| **name == key);
            let Some((_, place)) = place else { return seed.deserialize(key.into_deserializer()).map(Some) };
            if place.replace(self.map.next_value()?).is_some() {
                return Err(A::Error::custom(format_args!("duplicate field `{key}`")));
            }
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

/// Rates in USD per million units, as decimal strings (`per_request` and `web_search` too: `"10000"` is one cent each).
/// Unset cache, audio and image input fall back to `input`; unset reasoning, audio and image output to `output`; unset
/// `per_request` and `web_search` to nothing. `"0"` is free.
#[derive(Debug, ToSchema)]
#[schema(as = Rates)]
#[expect(dead_code, reason = "the shape of domain::price::Tariff for the OpenAPI document; a test compares the two")]
pub struct RatesShape {
    /// Per million input tokens.
    #[schema(example = "0.15")]
    pub input: String,
    /// Per million output tokens.
    #[schema(example = "0.6")]
    pub output: String,
    /// Per million tokens read from the prompt cache.
    pub cache_read: Option<String>,
    /// Per million tokens written to the five-minute cache.
    pub cache_write_5m: Option<String>,
    /// Per million tokens written to the one-hour cache.
    pub cache_write_1h: Option<String>,
    /// Per million reasoning tokens.
    pub reasoning: Option<String>,
    /// Per million audio input tokens.
    pub audio_input: Option<String>,
    /// Per million audio output tokens.
    pub audio_output: Option<String>,
    /// Per million image input tokens.
    pub image_input: Option<String>,
    /// Per million image output tokens.
    pub image_output: Option<String>,
    /// Per million web searches made by the provider.
    pub web_search: Option<String>,
    /// Per million requests.
    pub per_request: Option<String>,
    /// Of requests with long inputs: at most 8, shortest first.
    pub tiers: Option<Vec<ContextTierShape>>,
    /// By the service tier's name, as providers write it: `flex`, `priority`, `batch`; at most 8. The tier that the answer
    /// tells counts, else the one asked for; one that has no rates here is charged the price's own.
    pub service_tiers: Option<BTreeMap<String, ServiceTierShape>>,
}

/// The rates of a whole request whose input, all kinds together, is longer than `above`.
#[derive(Debug, ToSchema)]
#[schema(as = ContextTier)]
#[expect(dead_code, reason = "a shape for the OpenAPI document")]
pub struct ContextTierShape {
    /// Tokens.
    #[schema(example = 200_000)]
    pub above: u64,
    /// Any of the rates, by their names; those that are unset are as without the tier.
    #[serde(flatten)]
    pub rates: BTreeMap<String, String>,
}

/// The rates of one service tier.
#[derive(Debug, ToSchema)]
#[schema(as = ServiceTier)]
#[expect(dead_code, reason = "a shape for the OpenAPI document")]
pub struct ServiceTierShape {
    /// Its own tiers for long inputs.
    pub tiers: Option<Vec<ContextTierShape>>,
    /// Any of the rates, by their names; those that are unset are as without the tier.
    #[serde(flatten)]
    pub rates: BTreeMap<String, String>,
}

/// A price to be set.
#[derive(Debug, ToSchema)]
#[schema(as = NewPrice)]
#[expect(dead_code, reason = "the shape of PriceFields for the OpenAPI document")]
pub struct PriceShape {
    /// Its rates.
    #[serde(flatten)]
    #[schema(inline)]
    pub rates: RatesShape,
    /// From when it holds (RFC 3339); default: at once. The past is refused.
    pub valid_from: Option<String>,
    /// The group of tenants whose own price it is; default: everybody's.
    pub group: Option<String>,
    /// The channel whose cost it is; default: it is a sale price.
    pub channel: Option<String>,
}
