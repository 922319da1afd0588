//! Amounts in nano-USD and rates in pico-USD per unit, read from and written as exact decimals.
//!
//! An amount is an `i64` of nano-USD (± 9.2 billion USD). A rate is an `i64` of pico-USD per unit: $0.0375 per million
//! tokens is 37 500. JSON and CSV carry decimal strings; a JSON number is refused, since it may have passed a float.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, iter::Sum, ops::Neg, str::FromStr};

/// An amount of money in nano-USD.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NanoUsd(pub i64);

/// A rate in pico-USD per unit; as text, USD per million units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PicoPerUnit(pub i64);

/// What a sum is multiplied by, in parts per million; as text, a decimal: `1.2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Multiplier(pub i64);

/// A share in parts per million; as text, in percent: `12.5`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent(pub i64);

/// Why a decimal was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDecimal {
    /// Not `-?digits[.digits]`.
    #[error("not a decimal number like \"12.5\"")]
    Syntax,
    /// More digits after the point than the type keeps.
    #[error("more than {0} digits after the point")]
    TooPrecise(u32),
    /// Does not fit 64 bits.
    #[error("too large")]
    TooLarge,
}

/// Reads `-?digits[.digits]` as an integer scaled by 10^`places`.
fn parse_scaled(text: &str, places: u32) -> Result<i64, InvalidDecimal> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) {
        return Err(InvalidDecimal::Syntax);
    }
    let fraction = fraction.trim_end_matches('0');
    let kept = u32::try_from(fraction.len()).map_err(|_| InvalidDecimal::TooPrecise(places))?;
    if kept > places {
        return Err(InvalidDecimal::TooPrecise(places));
    }
    let mut value: i128 = 0;
    for byte in whole.bytes().chain(fraction.bytes()) {
        value = value.checked_mul(10).ok_or(InvalidDecimal::TooLarge)? + i128::from(byte - b'0');
        if value > i128::from(u64::MAX) {
            return Err(InvalidDecimal::TooLarge);
        }
    }
    let value = value * 10_i128.pow(places - kept);
    i64::try_from(if negative { -value } else { value }).map_err(|_| InvalidDecimal::TooLarge)
}

/// Writes an integer scaled by 10^`places` as a plain decimal without trailing zeros.
fn write_scaled(value: i64, places: u32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let scale = 10_u64.pow(places);
    let (whole, fraction) = (value.unsigned_abs() / scale, value.unsigned_abs() % scale);
    let sign = if value < 0 { "-" } else { "" };
    if fraction == 0 {
        return write!(f, "{sign}{whole}");
    }
    let width = usize::try_from(places).unwrap_or(0);
    let text = format!("{fraction:0width$}");
    write!(f, "{sign}{whole}.{}", text.trim_end_matches('0'))
}

macro_rules! decimal {
    ($name:ident, $places:literal) => {
        impl FromStr for $name {
            type Err = InvalidDecimal;
            fn from_str(text: &str) -> Result<Self, InvalidDecimal> {
                parse_scaled(text, $places).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_scaled(self.0, $places, f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                if s.is_human_readable() { s.collect_str(self) } else { s.serialize_i64(self.0) }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                if d.is_human_readable() {
                    String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
                } else {
                    i64::deserialize(d).map(Self)
                }
            }
        }
    };
}
decimal!(NanoUsd, 9);
decimal!(PicoPerUnit, 6);
decimal!(Multiplier, 6);
decimal!(Percent, 4);

impl Percent {
    /// The share of a part in the whole, rounded down, so that a loss is never told smaller than it is; `None` of nothing.
    pub fn of(part: i64, whole: i64) -> Option<Self> {
        let ppm = (whole > 0).then(|| (i128::from(part) * 1_000_000).div_euclid(i128::from(whole)))?;
        Some(Self(i64::try_from(ppm).unwrap_or(if ppm < 0 { i64::MIN } else { i64::MAX })))
    }
}

impl Multiplier {
    /// Changes nothing.
    pub const ONE: Self = Self(1_000_000);
    /// No group pays more than a thousand times a price.
    pub const MAX: Self = Self(1_000_000_000);

    /// Multiplies pico-USD and rounds half up, once. A sum that is too large is held at the largest amount.
    pub fn of_pico(self, pico: i128) -> NanoUsd {
        // By far the most sums are multiplied by nothing, and a division of 128 bits by a small number is the cheaper one.
        if self == Self::ONE {
            return NanoUsd::from_pico_half_up(pico);
        }
        let nano = pico.saturating_mul(i128::from(self.0)).saturating_add(500_000_000).div_euclid(1_000_000_000);
        NanoUsd::held(nano)
    }

    /// A rate multiplied, rounded half up.
    pub fn of_rate(self, rate: PicoPerUnit) -> PicoPerUnit {
        let pico = (i128::from(rate.0) * i128::from(self.0) + 500_000).div_euclid(1_000_000);
        PicoPerUnit(i64::try_from(pico).unwrap_or(if pico < 0 { i64::MIN } else { i64::MAX }))
    }
}

impl Default for Multiplier {
    fn default() -> Self {
        Self::ONE
    }
}

impl NanoUsd {
    /// No money.
    pub const ZERO: Self = Self(0);

    /// The sum, or `None` over 64 bits.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The sum, held at the largest amount.
    pub fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, held at the smallest amount.
    pub fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// Rounds pico-USD half up (half away from zero never happens: charges are not negative). The one rounding there is.
    pub fn from_pico_half_up(pico: i128) -> Self {
        Self::held(pico.saturating_add(500).div_euclid(1000))
    }

    fn held(nano: i128) -> Self {
        Self(i64::try_from(nano).unwrap_or(if nano < 0 { i64::MIN } else { i64::MAX }))
    }
}

impl Neg for NanoUsd {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl Sum for NanoUsd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Self::saturating_add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_read_and_write_as_plain_decimals() {
        for (text, nano) in
            [("0", 0), ("12.5", 12_500_000_000), ("-0.000000001", -1), ("9223372036.854775807", i64::MAX)]
        {
            assert_eq!(text.parse(), Ok(NanoUsd(nano)));
            assert_eq!(NanoUsd(nano).to_string(), text);
        }
        assert_eq!("1.500".parse(), Ok(NanoUsd(1_500_000_000)));
        assert_eq!("0.0375".parse(), Ok(PicoPerUnit(37_500)));
    }

    #[test]
    fn what_is_not_an_exact_decimal_is_refused() {
        for text in ["", "-", ".", "1.", ".5", "1e3", "+1", "1,5", " 1", "0x1", "NaN", "1.2.3", "--1"] {
            assert_eq!(text.parse::<NanoUsd>(), Err(InvalidDecimal::Syntax), "{text}");
        }
        assert_eq!("0.0000000001".parse::<NanoUsd>(), Err(InvalidDecimal::TooPrecise(9)));
        assert_eq!("9223372036.854775808".parse::<NanoUsd>(), Err(InvalidDecimal::TooLarge));
        assert_eq!("9".repeat(60).parse::<NanoUsd>(), Err(InvalidDecimal::TooLarge));
        assert!(serde_json::from_str::<NanoUsd>("1.5").is_err(), "a JSON number may have been a float");
    }

    #[test]
    fn halves_round_up() {
        for (pico, nano) in [(0, 0), (499, 0), (500, 1), (1499, 1), (1500, 2)] {
            assert_eq!(NanoUsd::from_pico_half_up(pico), NanoUsd(nano));
        }
    }

    #[test]
    fn a_share_is_told_in_percent_and_rounded_down() {
        let told = |part, whole| Percent::of(part, whole).map(|share| share.to_string());
        assert_eq!(told(1, 3).as_deref(), Some("33.3333"));
        assert_eq!(told(-1, 3).as_deref(), Some("-33.3334"));
        assert_eq!((told(5, 40).as_deref(), told(1, 0), told(1, -1)), (Some("12.5"), None, None));
        assert_eq!(Percent::of(i64::MIN, 1), Some(Percent(i64::MIN)));
    }

    proptest! {
        #[test]
        fn every_amount_survives_text(nano: i64) {
            prop_assert_eq!(NanoUsd(nano).to_string().parse(), Ok(NanoUsd(nano)));
            prop_assert_eq!(PicoPerUnit(nano).to_string().parse(), Ok(PicoPerUnit(nano)));
        }
    }
}
