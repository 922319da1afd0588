//! The name of a service tier, as providers write it in requests and answers.
//!
//! Kept in place and copied: every answer tells one, and a request must not allocate for it.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};

/// No name is longer.
const LONGEST: usize = 16;
/// What providers call the tier that has the price's own rates: OpenAI `default`, Anthropic `standard`, Google `on_demand`.
/// `auto` and `standard_only` are wishes, which leave it to the answer.
const STANDARD: [&str; 6] = ["", "default", "standard", "on_demand", "auto", "standard_only"];

/// A service tier's name: `flex`, `priority`, `batch`, …
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TierName([u8; LONGEST]);

/// What no tier of a price may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a service tier's name has 1 to {LONGEST} of a-z, 0-9, _ and -, and is none of default, standard, on_demand, auto"
)]
pub struct InvalidTierName;

impl TierName {
    /// The tier that has a price's own rates.
    pub const STANDARD: Self = Self([0; LONGEST]);

    /// What a request or an answer says; `None` where it says nothing. A name that no price can have is the standard tier's.
    pub fn said(word: &str) -> Option<Self> {
        let word = word.trim();
        if word.is_empty() {
            return None;
        }
        // Google tells the tier in the kind of traffic: `ON_DEMAND_FLEX`.
        // https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/GenerateContentResponse#TrafficType
        let word = word.strip_prefix("ON_DEMAND_").unwrap_or(word);
        Some(Self::kept(word).filter(|name| !name.is_standard()).unwrap_or_default())
    }

    /// Whether it is the tier that has a price's own rates.
    pub fn is_standard(&self) -> bool {
        STANDARD.contains(&self.as_str())
    }

    /// The name in small letters; empty for the standard tier.
    pub fn as_str(&self) -> &str {
        let end = self.0.iter().position(|byte| *byte == 0).unwrap_or(LONGEST);
        // Only ASCII was let in.
        self.0.get(..end).and_then(|name| std::str::from_utf8(name).ok()).unwrap_or_default()
    }

    fn kept(word: &str) -> Option<Self> {
        let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-".contains(byte);
        let fits = word.len() <= LONGEST && word.as_bytes().iter().all(allowed);
        let mut name = [0; LONGEST];
        name.iter_mut().zip(word.bytes()).for_each(|(to, byte)| *to = byte.to_ascii_lowercase());
        fits.then_some(Self(name))
    }
}

impl FromStr for TierName {
    type Err = InvalidTierName;
    fn from_str(text: &str) -> Result<Self, InvalidTierName> {
        Self::kept(text).filter(|name| !name.is_standard()).ok_or(InvalidTierName)
    }
}

impl fmt::Display for TierName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for TierName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

impl Serialize for TierName {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for TierName {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_providers_write_them() {
        for (said, name) in [
            ("flex", "flex"),
            ("PRIORITY", "priority"),
            ("ON_DEMAND_FLEX", "flex"),
            ("default", ""),
            ("ON_DEMAND", ""),
            ("auto", ""),
            ("a-name-that-is-longer-than-any", ""),
            ("ümlaut", ""),
        ] {
            assert_eq!(TierName::said(said).unwrap().as_str(), name, "{said}");
        }
        assert_eq!(TierName::said(" "), None, "nothing was said");
    }

    #[test]
    fn a_price_names_no_tier_that_is_none() {
        for bad in ["", "default", "Standard", "on_demand", "two words", "a-name-that-is-longer"] {
            assert_eq!(bad.parse::<TierName>(), Err(InvalidTierName), "{bad}");
        }
        assert_eq!("Flex".parse::<TierName>().unwrap().to_string(), "flex");
    }
}
