//! How a model's requests find their channel: the strategy, rules, and models that may stand in.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// In which order the channels of one priority are tried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// The cheapest expected cost of the request first.
    Cost,
    /// The lowest expected time first.
    Performance,
    /// The highest utility of price, success, speed, load and cache first.
    #[default]
    Balanced,
    /// The highest success rate first, and another provider second.
    Availability,
}

impl Strategy {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Cost, Self::Performance, Self::Balanced, Self::Availability];

    /// The word in API, header and database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cost => "cost",
            Self::Performance => "performance",
            Self::Balanced => "balanced",
            Self::Availability => "availability",
        }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// There is no such strategy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be cost, performance, balanced or availability")]
pub struct UnknownStrategy;

impl FromStr for Strategy {
    type Err = UnknownStrategy;

    fn from_str(text: &str) -> Result<Self, UnknownStrategy> {
        Self::ALL.into_iter().find(|strategy| strategy.as_str() == text).ok_or(UnknownStrategy)
    }
}

/// What is configured for one model. Without one: [`Strategy::Balanced`] over all enabled channels that carry it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Route {
    /// The order within one priority.
    pub strategy: Strategy,
    /// Models whose channels are tried, in this order, when none of its own serves, or when a request is over its window.
    /// The caller still pays the price of the model that was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fallbacks: Vec<String>,
    /// The first one that applies to a request changes its candidates.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
}

/// A condition on a request, and what follows from it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// All of it must hold; empty: always.
    #[serde(default)]
    pub when: When,
    /// What is done.
    pub then: Then,
}

/// A condition; what is unset does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct When {
    /// At least so many input tokens, estimated at four bytes a token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_tokens_min: Option<u64>,
    /// At most so many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_tokens_max: Option<u64>,
    /// Whether tools are given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<bool>,
    /// Whether a picture is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub images: Option<bool>,
    /// The tenant's group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The caller's `x-turnpike-tag`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// A header with this value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<HeaderIs>,
    /// Between these hours of UTC, the first included: `[22, 6]` is the night.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours_utc: Option<(u8, u8)>,
}

/// A header and its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeaderIs {
    /// In lower case.
    pub name: String,
    /// Exactly.
    pub value: String,
}

/// What follows from a rule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Then {
    /// Another order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<Strategy>,
    /// Only channels with one of these names, tags or regions, even if none of them is left.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<String>,
    /// Channels with one of these names, tags or regions come before all others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub prefer: Vec<String>,
    /// Another model's channels in place of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

impl Then {
    /// Whether it does anything.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What rules are asked about.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Estimated.
    pub input_tokens: u64,
    /// Whether tools are given.
    pub tools: bool,
    /// Whether a picture is shown.
    pub images: bool,
    /// The tenant's.
    pub group: &'a str,
    /// The caller's.
    pub tag: Option<&'a str>,
    /// 0 to 23.
    pub hour_utc: u8,
}

impl When {
    /// Whether it holds; `header` reads the caller's headers.
    pub fn holds<'h>(&self, facts: &Facts<'_>, header: impl Fn(&str) -> Option<&'h str>) -> bool {
        self.input_tokens_min.is_none_or(|min| facts.input_tokens >= min)
            && self.input_tokens_max.is_none_or(|max| facts.input_tokens <= max)
            && self.tools.is_none_or(|tools| tools == facts.tools)
            && self.images.is_none_or(|images| images == facts.images)
            && self.group.as_ref().is_none_or(|group| group == facts.group)
            && self.tag.as_ref().is_none_or(|tag| Some(tag.as_str()) == facts.tag)
            && self.header.as_ref().is_none_or(|is| header(&is.name) == Some(is.value.as_str()))
            && self.hours_utc.is_none_or(|(from, to)| {
                if from <= to {
                    (from..to).contains(&facts.hour_utc)
                } else {
                    facts.hour_utc >= from || facts.hour_utc < to
                }
            })
    }
}

/// Why a request went where it went: kept with it, and shown on its page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Decided {
    /// The order that was used.
    pub strategy: Strategy,
    /// The route's rule that applied, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<usize>,
    /// Who was considered, in the order of trying.
    pub candidates: Vec<Considered>,
    /// How many more there were.
    #[serde(skip_serializing_if = "is_none_of")]
    pub more: usize,
}

/// What is nothing is left out: every request keeps a decision.
fn is_none_of<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// One candidate and what was known of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Considered {
    /// The channel's id.
    pub channel: String,
    /// Its name; told where it is shown, not where it is kept.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub channel_name: String,
    /// The credential's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
    /// The model that stands in, where it is not the one asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback: Option<String>,
    /// `ready`, `probe`, `open`, `cooling`, `resting`, `refused` or `model_missing`.
    pub state: String,
    /// Higher comes first.
    #[serde(skip_serializing_if = "is_none_of")]
    pub priority: i32,
    /// Share among equals.
    pub weight: u64,
    /// By its strategy, higher is better: a utility in thousandths, or minus the cost in nano-USD, or minus the time in
    /// microseconds, or the success rate in thousandths.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<i64>,
    /// What it is expected to cost us, in nano-USD.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_nano: Option<i64>,
    /// The mean time to its first byte, in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttft_us: Option<u64>,
    /// Output tokens a second, in thousandths.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_per_second_milli: Option<u64>,
    /// Share of attempts that served, in thousandths.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub success_milli: Option<u64>,
    /// Requests there at that moment.
    #[serde(skip_serializing_if = "is_none_of")]
    pub in_flight: u32,
    /// Whether this conversation was answered there before.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sticky: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACTS: Facts<'static> =
        Facts { input_tokens: 5_000, tools: true, images: false, group: "gold", tag: Some("batch"), hour_utc: 23 };

    fn holds(json: &str) -> bool {
        let when: When = serde_json::from_str(json).unwrap();
        when.holds(&FACTS, |name| (name == "x-team").then_some("red"))
    }

    #[test]
    fn every_condition_of_a_rule_must_hold() {
        for yes in [
            "{}",
            r#"{"input_tokens_min":5000,"input_tokens_max":5000}"#,
            r#"{"tools":true,"images":false}"#,
            r#"{"group":"gold","tag":"batch"}"#,
            r#"{"header":{"name":"x-team","value":"red"}}"#,
            r#"{"hours_utc":[22,6]}"#,
            r#"{"hours_utc":[23,24]}"#,
        ] {
            assert!(holds(yes), "{yes}");
        }
        for no in [
            r#"{"input_tokens_min":5001}"#,
            r#"{"input_tokens_max":4999}"#,
            r#"{"tools":true,"images":true}"#,
            r#"{"group":"silver"}"#,
            r#"{"tag":"live"}"#,
            r#"{"header":{"name":"x-team","value":"blue"}}"#,
            r#"{"header":{"name":"x-other","value":"red"}}"#,
            r#"{"hours_utc":[6,22]}"#,
        ] {
            assert!(!holds(no), "{no}");
        }
    }

    #[test]
    fn a_route_is_written_as_it_is_read() {
        let text = r#"{"strategy":"cost","fallbacks":["b"],"rules":[{"when":{"tools":true},"then":{"only":["eu"]}}]}"#;
        let route: Route = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&route).unwrap(), text);
        assert!(serde_json::from_str::<Route>(r#"{"strategy":"fast"}"#).is_err());
        assert!(serde_json::from_str::<Route>(r#"{"retry":1}"#).is_err());
        for strategy in Strategy::ALL {
            assert_eq!(strategy.as_str().parse(), Ok(strategy));
        }
    }
}
