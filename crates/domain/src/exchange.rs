//! What a top-up costs in a currency: credit in nano-USD, what is paid for it in the currency's minor units (cents, fen).
//!
//! `price` is the credit times the rate, `fee` comes on top of it, both rounded half up once; `pay` is the two together.
//! Everything is whole numbers: a rate is millionths of a currency unit per USD, a share of the price is in millionths.

use crate::money::{NanoUsd, Percent};
use serde::{Deserialize, Serialize};

/// Currencies without minor units, as Stripe has them (<https://docs.stripe.com/currencies#zero-decimal>).
const WHOLE: [&str; 15] =
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"];
/// Those that the providers count in another way than ISO 4217 does; they are not taken.
const UNCOMMON: [&str; 11] = ["BHD", "HUF", "IQD", "ISK", "JOD", "KWD", "LYD", "OMR", "TND", "TWD", "UGX"];
const MILLION: i128 = 1_000_000;
const NANO: i128 = 1_000_000_000;

/// A currency that credit can be paid in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Currency {
    /// Three capital letters (ISO 4217).
    pub code: String,
    /// Millionths of its unit that one USD of credit costs.
    pub rate: i64,
    /// The part of the fee that is always the same, in minor units.
    pub fee_fixed: i64,
    /// The part that grows with the price, in millionths of it.
    pub fee_ppm: i64,
}

/// What credit costs: fixed in an order, and shown before it is paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// The currency's code.
    pub currency: String,
    /// The rate, see [`Currency::rate`].
    pub rate: i64,
    /// All that is paid, in minor units: price and fee.
    pub pay: i64,
    /// The fee in it, in minor units.
    pub fee: i64,
    /// What comes into the wallet.
    pub credited: NanoUsd,
    /// The fee in USD, at the same rate.
    pub fee_usd: NanoUsd,
}

impl Quote {
    /// The part of what is paid that the credit costs.
    pub fn price(&self) -> i64 {
        self.pay - self.fee
    }
}

/// Why there is no price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoPrice {
    /// So little that it costs nothing in this currency.
    #[error("too small for this currency")]
    TooSmall,
    /// Over 64 bits.
    #[error("too large")]
    TooLarge,
}

/// How many digits a currency has after the point; `None`: not one that can be used.
pub fn digits(code: &str) -> Option<u32> {
    if code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) || UNCOMMON.contains(&code) {
        return None;
    }
    Some(if WHOLE.contains(&code) { 0 } else { 2 })
}

/// Minor units as a plain decimal: `7.20`, and `720` where there are none.
pub fn minor_text(code: &str, minor: i64) -> String {
    let digits = digits(code).unwrap_or(2);
    if digits == 0 {
        return minor.to_string();
    }
    let scale = 10_u64.pow(digits);
    let (whole, rest) = (minor.unsigned_abs() / scale, minor.unsigned_abs() % scale);
    let sign = if minor < 0 { "-" } else { "" };
    format!("{sign}{whole}.{rest:0width$}", width = usize::try_from(digits).unwrap_or(2))
}

/// Reads a plain decimal as minor units; `None` for anything else, also for more digits than the currency has.
pub fn parse_minor(code: &str, text: &str) -> Option<i64> {
    let digits = usize::try_from(digits(code)?).ok()?;
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let rest = rest.trim_end_matches('0');
    if whole.is_empty() || !number(whole) || !number(rest) || rest.len() > digits {
        return None;
    }
    format!("{whole}{rest:0<digits$}").parse().ok()
}

/// `part` of `whole` as a share of `amount`, rounded half up.
pub fn share(amount: NanoUsd, part: i64, whole: i64) -> NanoUsd {
    if whole <= 0 {
        return NanoUsd::ZERO;
    }
    let share = divided(i128::from(amount.0) * i128::from(part), i128::from(whole));
    NanoUsd(i64::try_from(share).unwrap_or(i64::MAX))
}

/// The part of `whole` minor units that `amount` is of `all`, rounded half up.
pub fn minor_share(amount: NanoUsd, all: NanoUsd, whole: i64) -> i64 {
    if all.0 <= 0 {
        return 0;
    }
    let share = divided(i128::from(amount.0) * i128::from(whole), i128::from(all.0));
    i64::try_from(share).unwrap_or(i64::MAX)
}

/// Half up, for what is not negative.
fn divided(dividend: i128, divisor: i128) -> i128 {
    (dividend * 2 + divisor).div_euclid(divisor * 2)
}

impl Currency {
    /// The part of the fee that grows with the price, as a plain decimal in percent: `2.9`.
    pub fn fee_percent(&self) -> String {
        Percent(self.fee_ppm).to_string()
    }

    fn scale(&self) -> i128 {
        10_i128.pow(digits(&self.code).unwrap_or(2))
    }

    /// What so much credit costs.
    ///
    /// # Errors
    /// [`NoPrice`].
    pub fn quote(&self, credited: NanoUsd) -> Result<Quote, NoPrice> {
        let price = divided(i128::from(credited.0) * i128::from(self.rate) * self.scale(), NANO * MILLION);
        if credited <= NanoUsd::ZERO || price <= 0 {
            return Err(NoPrice::TooSmall);
        }
        let fee = i128::from(self.fee_fixed) + divided(price * i128::from(self.fee_ppm), MILLION);
        let fee_usd = divided(fee * NANO * MILLION, i128::from(self.rate) * self.scale());
        let whole = |value: i128| i64::try_from(value).map_err(|_| NoPrice::TooLarge);
        Ok(Quote {
            currency: self.code.clone(),
            rate: self.rate,
            pay: whole(price + fee)?,
            fee: whole(fee)?,
            credited,
            fee_usd: NanoUsd(whole(fee_usd)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn currency(code: &str, rate: i64, fee_fixed: i64, fee_ppm: i64) -> Currency {
        Currency { code: code.into(), rate, fee_fixed, fee_ppm }
    }

    #[test]
    fn a_quote_is_price_and_fee_rounded_half_up() {
        let yuan = currency("CNY", 7_250_000, 100, 6_000);
        let quote = yuan.quote(NanoUsd(10_000_000_000)).unwrap();
        assert_eq!((quote.price(), quote.fee, quote.pay), (7_250, 144, 7_394));
        assert_eq!(quote.fee_usd, NanoUsd(198_620_690));
        let yen = currency("JPY", 151_500_000, 0, 36_000);
        let quote = yen.quote(NanoUsd(5_000_000_000)).unwrap();
        assert_eq!((quote.price(), quote.fee, quote.pay), (758, 27, 785));
    }

    #[test]
    fn a_share_of_the_price_is_told_in_percent() {
        for (ppm, text) in [(0, "0"), (29_000, "2.9"), (6_000, "0.6"), (100_000, "10"), (1, "0.0001")] {
            assert_eq!(currency("EUR", 1, 0, ppm).fee_percent(), text);
        }
    }

    #[test]
    fn what_costs_nothing_or_too_much_has_no_price() {
        let dollar = currency("USD", 1_000_000, 0, 0);
        assert_eq!(dollar.quote(NanoUsd(4_999_999)), Err(NoPrice::TooSmall));
        assert_eq!(dollar.quote(NanoUsd(5_000_000)).unwrap().pay, 1);
        assert_eq!(dollar.quote(NanoUsd(-1)), Err(NoPrice::TooSmall));
        assert_eq!(currency("VND", i64::MAX, 0, 0).quote(NanoUsd(i64::MAX)), Err(NoPrice::TooLarge));
    }

    #[test]
    fn minor_units_survive_text_and_what_is_none_is_refused() {
        for (code, minor, text) in
            [("USD", 7_20, "7.20"), ("USD", 5, "0.05"), ("JPY", 720, "720"), ("USD", -105, "-1.05")]
        {
            assert_eq!(minor_text(code, minor), text);
        }
        for (text, minor) in [("7.2", 720), ("7", 700), ("0.05", 5), ("7.200", 720)] {
            assert_eq!(parse_minor("CNY", text), Some(minor), "{text}");
        }
        for bad in ["", ".5", "-1", "1.005", "1,5", "1e3", " 1", "1.0x", "99999999999999999999"] {
            assert_eq!(parse_minor("CNY", bad), None, "{bad}");
        }
        assert_eq!((digits("CNY"), digits("KRW"), digits("KWD"), digits("usd")), (Some(2), Some(0), None, None));
    }

    proptest! {
        #[test]
        fn minor_units_are_read_as_they_are_written(minor in 0..i64::MAX) {
            prop_assert_eq!(parse_minor("USD", &minor_text("USD", minor)), Some(minor));
            prop_assert_eq!(parse_minor("JPY", &minor_text("JPY", minor)), Some(minor));
        }

        #[test]
        fn the_fee_is_never_lost_or_made(nano in 1_000_000_000..1_000_000_000_000_000_i64, rate in 1_000..1_000_000_000_i64, ppm in 0..100_000_i64) {
            let quote = currency("EUR", rate, 30, ppm).quote(NanoUsd(nano));
            prop_assume!(quote.is_ok());
            let quote = quote.unwrap();
            prop_assert!(quote.fee >= 30 && quote.price() > 0 && quote.price() + quote.fee == quote.pay);
            prop_assert_eq!(share(quote.credited, quote.price(), quote.price()), quote.credited);
            prop_assert_eq!(minor_share(quote.credited, quote.credited, quote.price()), quote.price());
        }
    }
}
