//! What differs between two prices, rate by rate, for every length of input and service tier that either of them knows.
//!
//! Rates are compared as they are charged: one that is left out is what it falls back to. A rate is told where one of the
//! two sets it, and in a tier only where either changes by that tier.

use super::{Tariff, TierName, rates::KINDS};
use crate::money::PicoPerUnit;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How a price would change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// There is none yet.
    New,
    /// Some rate rises and none falls.
    Dearer,
    /// Some rate falls and none rises.
    Cheaper,
    /// Some rise, some fall.
    Mixed,
    /// Every request is charged the same.
    Same,
    /// There is nothing to compare it with.
    OnlyHere,
}

impl Change {
    /// All, in the order in which they are told.
    pub const ALL: [Self; 6] = [Self::New, Self::Dearer, Self::Cheaper, Self::Mixed, Self::Same, Self::OnlyHere];

    /// The word in the API and in addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Dearer => "dearer",
            Self::Cheaper => "cheaper",
            Self::Mixed => "mixed",
            Self::Same => "same",
            Self::OnlyHere => "only_here",
        }
    }

    /// Whether there is something to take over.
    pub fn is_one(self) -> bool {
        !matches!(self, Self::Same | Self::OnlyHere)
    }
}

/// One rate of two prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateChange {
    /// The kind of unit, as [`super::Rates`] names it.
    pub kind: String,
    /// The service tier; `None`: the standard one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<TierName>,
    /// Of requests whose input is longer than so many tokens; 0: of any.
    #[serde(default)]
    pub above: u64,
    /// What is charged now; `None`: there is no price.
    pub now: Option<PicoPerUnit>,
    /// What would be; `None`: there is no price.
    pub then: Option<PicoPerUnit>,
}

/// Compares what is charged now with what would be.
pub fn compare(now: Option<&Tariff>, then: Option<&Tariff>) -> (Change, Vec<RateChange>) {
    let rates = rates(now, then);
    let any = |differs: fn(PicoPerUnit, PicoPerUnit) -> bool| {
        rates.iter().any(|rate| rate.now.zip(rate.then).is_some_and(|(now, then)| differs(now, then)))
    };
    let change = match (now, then, any(|now, then| then > now), any(|now, then| then < now)) {
        (_, None, ..) => Change::OnlyHere,
        (None, Some(_), ..) => Change::New,
        (.., true, true) => Change::Mixed,
        (.., true, false) => Change::Dearer,
        (.., false, true) => Change::Cheaper,
        (.., false, false) => Change::Same,
    };
    (change, rates)
}

/// What is charged for each kind, by the one and by the other.
type Pairs = [(Option<PicoPerUnit>, Option<PicoPerUnit>); KINDS];

fn rates(now: Option<&Tariff>, then: Option<&Tariff>) -> Vec<RateChange> {
    let both = || now.into_iter().chain(then);
    let named = both().flat_map(|tariff| tariff.service_tiers.keys().copied());
    let services: BTreeSet<TierName> = std::iter::once(TierName::STANDARD).chain(named).collect();
    let (mut told, mut base) = (Vec::new(), None);
    for service in services {
        let lengths: BTreeSet<u64> =
            std::iter::once(0).chain(both().flat_map(|tariff| tariff.lengths(service))).collect();
        // What a rate was before this tier: of shorter inputs, and of the shortest in the standard tier.
        let mut before: Option<Pairs> = base;
        for above in lengths {
            let pairs = tell(&mut told, now, then, (service, above), before.as_ref());
            base = base.or(Some(pairs));
            before = Some(pairs);
        }
    }
    told
}

/// Tells the rates of one tier that either price sets and that are not as `before`.
fn tell(
    told: &mut Vec<RateChange>,
    now: Option<&Tariff>,
    then: Option<&Tariff>,
    (service, above): (TierName, u64),
    before: Option<&Pairs>,
) -> Pairs {
    let [old, new] = [now, then].map(|tariff| tariff.map(|tariff| tariff.resolve(service, above)));
    let charged = |rates: Option<super::Rates>| rates.map(|rates| rates.charged().map(|(_, rate)| rate));
    let own = |rates: Option<super::Rates>| rates.map(|rates| rates.named().map(|(_, rate)| rate.is_some()));
    let ([old_rates, new_rates], [old_own, new_own]) = ([old, new].map(charged), [old, new].map(own));
    let mut pairs: Pairs = [(None, None); KINDS];
    let names = super::Rates::default().named().map(|(name, _)| name);
    for (at, (pair, name)) in pairs.iter_mut().zip(names).enumerate() {
        let of = |rates: &Option<[PicoPerUnit; KINDS]>| rates.as_ref().and_then(|rates| rates.get(at).copied());
        let is_set = |own: &Option<[bool; KINDS]>| own.as_ref().is_some_and(|own| own.get(at) == Some(&true));
        *pair = (of(&old_rates), of(&new_rates));
        let set = is_set(&old_own) || is_set(&new_own);
        if set && before.is_none_or(|before| before.get(at) != Some(&*pair)) {
            let service_tier = (!service.is_standard()).then_some(service);
            told.push(RateChange { kind: name.to_owned(), service_tier, above, now: pair.0, then: pair.1 });
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ids::PriceId, price::Price, usage::Usage};

    fn tariff(json: &str) -> Tariff {
        serde_json::from_str(json).unwrap()
    }

    /// `flex >200000 input 1→2`, a line each.
    fn told(now: &str, then: &str) -> (Change, Vec<String>) {
        let (change, rates) = compare(Some(&tariff(now)), Some(&tariff(then)));
        let line = |it: RateChange| {
            let tier = it.service_tier.map(|tier| format!("{tier} ")).unwrap_or_default();
            let above = if it.above > 0 { format!(">{} ", it.above) } else { String::new() };
            format!("{tier}{above}{} {}→{}", it.kind, it.now.unwrap(), it.then.unwrap())
        };
        (change, rates.into_iter().map(line).collect())
    }

    #[test]
    fn rates_are_compared_as_they_are_charged() {
        let (change, rates) = told(r#"{"input":"1","output":"2"}"#, r#"{"input":"1","output":"3","cache_read":"0.1"}"#);
        assert_eq!(change, Change::Mixed, "cached input was charged as input");
        assert_eq!(rates, ["input 1→1", "output 2→3", "cache_read 1→0.1"]);
        let same = told(r#"{"input":"1","output":"2","cache_read":"1"}"#, r#"{"input":"1","output":"2"}"#);
        assert_eq!(same.0, Change::Same, "what is left out is as input");
        let tiers = r#"{"input":"1","output":"2","tiers":[{"above":5,"input":"1"}],"service_tiers":{"flex":{}}}"#;
        assert_eq!(told(tiers, r#"{"input":"1","output":"2"}"#).0, Change::Same, "a tier that changes nothing");
    }

    #[test]
    fn tiers_are_told_where_they_change_something() {
        let now = r#"{"input":"1","output":"2","tiers":[{"above":200000,"input":"2"}]}"#;
        let then =
            r#"{"input":"1","output":"2","service_tiers":{"flex":{"input":"0.5","tiers":[{"above":9,"output":"1"}]}}}"#;
        let (change, rates) = told(now, then);
        assert_eq!(change, Change::Cheaper);
        assert_eq!(
            rates,
            [
                "input 1→1",
                "output 2→2",
                ">200000 input 2→1",
                "flex input 1→0.5",
                "flex >9 output 2→1",
                "flex >200000 input 2→0.5",
            ]
        );
    }

    #[test]
    fn where_there_is_no_price_the_others_rates_are_told() {
        let one = tariff(r#"{"input":"1","output":"2"}"#);
        let (change, rates) = compare(None, Some(&one));
        assert_eq!((change, rates.len(), rates[0].now, rates[0].then), (Change::New, 2, None, Some(one.rates.input)));
        let (change, rates) = compare(Some(&one), None);
        assert_eq!((change, rates[1].now, rates[1].then), (Change::OnlyHere, Some(one.rates.output), None));
        assert_eq!(compare(None, None).0, Change::OnlyHere);
    }

    #[test]
    fn words_are_those_of_the_api() {
        for change in Change::ALL {
            assert_eq!(serde_json::to_string(&change).unwrap(), format!("\"{}\"", change.word()));
        }
    }

    proptest::proptest! {
        /// What is the same costs the same, and what costs another amount is not the same.
        #[test]
        fn what_is_called_the_same_charges_the_same(
            now in crate::price::tests::some_tariff(), then in crate::price::tests::some_tariff(),
            usage in crate::price::tests::some_usage(), service in crate::price::tests::some_service(),
            edit in 0..3,
        ) {
            // Two of chance are never the same: make them so, but for one thing.
            let then = match edit {
                0 => now.clone(),
                1 => Tariff { tiers: then.tiers, ..now.clone() },
                _ => Tariff { service_tiers: then.service_tiers, ..now.clone() },
            };
            let cost = |tariff: &Tariff, input: u64| {
                let usage = Usage { input: usage.input + input, ..usage };
                Price::new(PriceId(1), tariff.clone()).cost(&usage, service)
            };
            let (change, rates) = compare(Some(&now), Some(&then));
            let lengths = rates.iter().map(|rate| rate.above + 1).chain([0]);
            let differs = lengths.into_iter().any(|input| cost(&now, input) != cost(&then, input));
            proptest::prop_assert!(change != Change::Same || !differs, "{:?}", rates);
            if edit == 0 {
                proptest::prop_assert_eq!(change, Change::Same);
            }
        }
    }
}
