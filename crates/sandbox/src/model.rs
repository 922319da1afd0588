//! The sandbox's models, each named for what it does, parsed from the request's `model`.
//!
//! The parameter rides in the name (`sandbox/slow-250`) because a name is the one thing that every client, relay and
//! benchmark can set without code.

use std::time::Duration;

/// The longest that `slow-<ms>` waits: ten minutes.
const MAX_SLOW_MS: u64 = 600_000;
/// The most events that `cut-<n>` and `stall-<n>` let through.
const MAX_EVENTS: u64 = 1_000_000;
/// The fastest pace that a name may ask for, in words a second.
const MAX_PACE: u64 = 1_000_000;
/// `sandbox/lorem` without a pace in its name, in words a second.
const DEFAULT_PACE: u64 = 1000;

/// What one model does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Model {
    /// Answers the last user text.
    Echo,
    /// Answers as many words as it may, streamed at this many words a second; 0 is without pause.
    Lorem(u64),
    /// Calls the first tool given; answers a tool's result with its text.
    Tools,
    /// Answers like `Tools`, after a thought.
    Think,
    /// Refuses with this status.
    Fail(u16),
    /// Drops the connection after this many content events.
    Cut(u64),
    /// Answers like `Echo`, its first token after this long.
    Slow(Duration),
    /// Falls silent for ever after this many content events.
    Stall(u64),
}

impl Model {
    /// Whether it calls tools.
    pub(crate) fn calls(self) -> bool {
        matches!(self, Self::Tools | Self::Think)
    }

    /// The model of this name, if the sandbox has it.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let name = name.strip_prefix("sandbox/")?;
        match name {
            "echo" => return Some(Self::Echo),
            "lorem" => return Some(Self::Lorem(DEFAULT_PACE)),
            "tools" => return Some(Self::Tools),
            "think" => return Some(Self::Think),
            _ => {}
        }
        let (kind, number) = name.split_once('-')?;
        let number = plain_number(number)?;
        match kind {
            "lorem" if number <= MAX_PACE => Some(Self::Lorem(number)),
            "fail" if (400..=599).contains(&number) => u16::try_from(number).ok().map(Self::Fail),
            "cut" if number <= MAX_EVENTS => Some(Self::Cut(number)),
            "slow" if number <= MAX_SLOW_MS => Some(Self::Slow(Duration::from_millis(number))),
            "stall" if number <= MAX_EVENTS => Some(Self::Stall(number)),
            _ => None,
        }
    }
}

/// Reads digits without sign or leading zero, so that every model has one name.
fn plain_number(text: &str) -> Option<u64> {
    let leading_zero = text.len() > 1 && text.starts_with('0');
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits && !leading_zero { text.parse().ok() } else { None }
}

/// The names that `/v1/models` lists: every fixed model, and of those with a number a useful few.
pub(crate) const LISTED: [&str; 13] = [
    "sandbox/echo",
    "sandbox/lorem",
    "sandbox/tools",
    "sandbox/think",
    "sandbox/fail-400",
    "sandbox/fail-401",
    "sandbox/fail-429",
    "sandbox/fail-500",
    "sandbox/fail-503",
    "sandbox/fail-529",
    "sandbox/cut-3",
    "sandbox/slow-500",
    "sandbox/stall-3",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_carry_their_numbers() {
        assert_eq!(Model::parse("sandbox/lorem"), Some(Model::Lorem(1000)));
        assert_eq!(Model::parse("sandbox/lorem-50"), Some(Model::Lorem(50)));
        assert_eq!(Model::parse("sandbox/fail-429"), Some(Model::Fail(429)));
        assert_eq!(Model::parse("sandbox/cut-0"), Some(Model::Cut(0)));
        assert_eq!(Model::parse("sandbox/slow-250"), Some(Model::Slow(Duration::from_millis(250))));
        assert!(LISTED.iter().all(|name| Model::parse(name).is_some()));
    }

    #[test]
    fn other_names_are_no_models() {
        for name in [
            "echo",
            "sandbox/",
            "sandbox/ECHO",
            "sandbox/echo-1",
            "sandbox/fail-200",
            "sandbox/fail-600",
            "sandbox/cut--1",
            "sandbox/cut-03",
            "sandbox/cut-+3",
            "sandbox/slow-600001",
            "sandbox/stall-99999999999999999999",
        ] {
            assert_eq!(Model::parse(name), None, "{name}");
        }
    }

    #[test]
    fn the_catalogue_prices_every_listed_model_and_no_other_name() {
        let catalogue: serde_json::Value = serde_json::from_str(include_str!("../../../catalog/sandbox.json")).unwrap();
        let priced: Vec<&str> =
            catalogue["models"].as_array().unwrap().iter().filter_map(|it| it["model"].as_str()).collect();
        assert!(priced.iter().all(|name| Model::parse(name).is_some()), "{priced:?}");
        assert!(LISTED.iter().all(|name| priced.contains(name)), "{priced:?}");
    }
}
