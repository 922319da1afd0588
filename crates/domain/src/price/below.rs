//! Whether a sale price is below what the same costs us: in any kind of unit, any tier, at any length of input.

use super::{Price, TierName};
use crate::{money::Multiplier, usage::Usage};

impl Price {
    /// Whether there is a request that sells at this price, multiplied, for less in some unit than it costs.
    pub fn sells_below(&self, cost: &Self, multiplier: Multiplier) -> bool {
        let both = || self.all().chain(cost.all());
        let lengths = || std::iter::once(0).chain(both().map(|it| it.above.saturating_add(1)));
        let tiers = std::iter::once(TierName::STANDARD).chain(both().map(|it| it.service));
        tiers.into_iter().any(|tier| lengths().any(|input| self.loses_at(cost, multiplier, input, tier)))
    }

    fn loses_at(&self, cost: &Self, multiplier: Multiplier, input: u64, tier: TierName) -> bool {
        let usage = Usage { input, ..Usage::default() };
        let rates = |price: &Self| price.applied(&usage, tier).rates.charged();
        let exact = |rate: i64, times: i64| i128::from(rate) * i128::from(times);
        let units = rates(self).into_iter().zip(rates(cost));
        units.into_iter().any(|((_, sale), (_, cost))| exact(sale.0, multiplier.0) < exact(cost.0, Multiplier::ONE.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ids::PriceId, price::Tariff};

    fn price(json: &str) -> Price {
        Price::new(PriceId(1), serde_json::from_str::<Tariff>(json).unwrap())
    }

    #[test]
    fn any_unit_in_any_tier_counts() {
        let one = Multiplier::ONE;
        let cost = price(r#"{"input":"10","output":"20","cache_read":"1","web_search":"5"}"#);
        assert!(!cost.sells_below(&cost, one));
        for below in [
            r#"{"input":"9","output":"30","cache_read":"1","web_search":"5"}"#,
            r#"{"input":"11","output":"19","cache_read":"1","web_search":"5"}"#,
            r#"{"input":"10","output":"20","cache_read":"1"}"#,
            r#"{"input":"10","output":"20","cache_read":"1","web_search":"5","reasoning":"1"}"#,
            r#"{"input":"10","output":"20","cache_read":"1","web_search":"5","tiers":[{"above":5,"input":"9"}]}"#,
            r#"{"input":"10","output":"20","cache_read":"1","web_search":"5","service_tiers":{"flex":{"output":"9"}}}"#,
        ] {
            assert!(price(below).sells_below(&cost, one), "{below}");
        }
        let cheaper = price(r#"{"input":"10","output":"20","web_search":"5"}"#);
        assert!(!cheaper.sells_below(&cost, one), "cached input sells as input");
        assert!(cost.sells_below(&cheaper, one), "and costs as input");
    }

    #[test]
    fn what_only_the_cost_has_a_tier_for_counts_too() {
        let sale = price(r#"{"input":"10","output":"20"}"#);
        assert!(sale.sells_below(
            &price(r#"{"input":"5","output":"9","tiers":[{"above":200000,"output":"21"}]}"#),
            Multiplier::ONE
        ));
        let priority = price(r#"{"input":"5","output":"9","service_tiers":{"priority":{"input":"11"}}}"#);
        assert!(sale.sells_below(&priority, Multiplier::ONE));
    }

    #[test]
    fn a_multiplier_counts_exactly() {
        let (sale, cost) = (price(r#"{"input":"10","output":"10"}"#), price(r#"{"input":"8.5","output":"8.5"}"#));
        assert!(!sale.sells_below(&cost, Multiplier(850_000)));
        assert!(sale.sells_below(&cost, Multiplier(849_999)));
    }
}
