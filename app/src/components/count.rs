//! Whole numbers for people: `48,217`.

use domain::money::Percent;

/// With commas between thousands.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let lead = digits.len() % 3;
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && i % 3 == lead {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share in percent with two decimals, by whole-number arithmetic; nothing of nothing is 0.
pub fn percent(part: u64, whole: u64) -> String {
    let hundredths = (u128::from(part) * 10_000 + u128::from(whole) / 2).checked_div(u128::from(whole)).unwrap_or(0);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// A share in percent with one decimal, rounded down; `None` of nothing.
pub fn share(part: i64, whole: i64) -> Option<String> {
    let per_mille = Percent::of(part, whole)?.0.div_euclid(1_000);
    let (sign, per_mille) = (if per_mille < 0 { "−" } else { "" }, per_mille.unsigned_abs());
    Some(format!("{sign}{}.{}", per_mille / 10, per_mille % 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_parted() {
        for (n, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (48_217, "48,217"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(n), text);
        }
    }

    #[test]
    fn shares_are_rounded_to_two_decimals() {
        for (part, whole, text) in
            [(0, 0, "0.00"), (1, 3, "33.33"), (2, 3, "66.67"), (198, 48_217, "0.41"), (5, 5, "100.00")]
        {
            assert_eq!(percent(part, whole), text);
        }
    }
}
