//! Amounts of money, exactly: never rounded, cents in ink and what is below a cent one grey quieter, the raw value on hover.

use domain::money::NanoUsd;
use leptos::prelude::*;

/// An amount's text: what is read first, and the digits below a cent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Sign, dollars and cents: `−$1,284.93`.
    pub main: String,
    /// The digits below a cent, perhaps none.
    pub quiet: String,
    /// The plain decimal: `-1284.93620475`.
    pub raw: String,
}

/// Writes an amount with at least `places` decimals (2 to 9), and as many more as it has.
pub fn write(amount: NanoUsd, places: usize) -> Written {
    let raw = amount.to_string();
    let plain = raw.strip_prefix('-').unwrap_or(&raw);
    let (dollars, fraction) = plain.split_once('.').unwrap_or((plain, ""));
    let fraction = format!("{fraction:0<width$}", width = places.clamp(2, 9));
    let (cents, quiet) = fraction.split_at_checked(2).unwrap_or((&fraction, ""));
    let sign = if amount.0 < 0 { "−" } else { "" };
    let dollars = super::count::grouped(dollars.parse().unwrap_or(0));
    Written { main: format!("{sign}${dollars}.{cents}"), quiet: quiet.to_owned(), raw: raw.clone() }
}

/// The decimals a column needs so that all its amounts are exact and line up.
pub fn places(amounts: impl IntoIterator<Item = NanoUsd>) -> usize {
    let decimals = |amount: NanoUsd| amount.to_string().split_once('.').map_or(0, |(_, fraction)| fraction.len());
    amounts.into_iter().map(decimals).max().unwrap_or(0).max(2)
}

/// One amount. Every amount in the console is one of these.
#[component]
pub fn Money(
    /// How much.
    amount: NanoUsd,
    /// The fewest decimals; a column passes the same to all of its amounts.
    #[prop(default = 2)]
    places: usize,
) -> impl IntoView {
    let Written { main, quiet, raw } = write(amount, places);
    let title = format!("{raw} USD");
    view! { <data class="m" value=raw title=title>{main}<i>{quiet}</i></data> }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(nano: i64, places: usize) -> String {
        let Written { main, quiet, .. } = write(NanoUsd(nano), places);
        format!("{main}|{quiet}")
    }

    #[test]
    fn amounts_are_exact_and_parted_at_the_cent() {
        assert_eq!(text(0, 2), "$0.00|");
        assert_eq!(text(1_284_936_204_750, 2), "$1,284.93|620475");
        assert_eq!(text(1_284_936_204_750, 9), "$1,284.93|6204750");
        assert_eq!(text(-1, 2), "−$0.00|0000001");
        assert_eq!(text(12_500_000_000, 2), "$12.50|");
        assert_eq!(text(i64::MAX, 2), "$9,223,372,036.85|4775807");
        assert_eq!(text(i64::MIN, 2), "−$9,223,372,036.85|4775808");
    }

    #[test]
    fn a_column_has_the_decimals_of_its_longest_amount() {
        assert_eq!(places([]), 2);
        assert_eq!(places([NanoUsd(12_500_000_000), NanoUsd(1_200)]), 7);
    }
}
