//! M4: what a request costs, and what is held for it, against exact rationals and by another road.
//! `TURNPIKE_TEST_PRICES` sets how many random prices are tried.

use super::*;
use crate::money::PicoPerUnit;
use num_bigint::BigInt;
use num_rational::Ratio;
use proptest::prelude::*;

type Rational = Ratio<BigInt>;

#[expect(clippy::disallowed_methods, reason = "the size of a test, not configuration")]
fn cases() -> ProptestConfig {
    let cases = std::env::var("TURNPIKE_TEST_PRICES").ok().and_then(|text| text.parse().ok()).unwrap_or(2_000);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// The rate of a kind: asked of each place in turn, and only then of the kind it falls back to.
fn rate_of(tariff: &Tariff, service: TierName, input: u64, kind: usize) -> Option<PicoPerUnit> {
    let reached =
        |tiers: &[ContextTier]| tiers.iter().filter(|tier| input > tier.above).max_by_key(|tier| tier.above).copied();
    let own = tariff.service_tiers.get(&service);
    let places = [
        own.and_then(|own| reached(&own.tiers)).map(|tier| tier.rates),
        own.map(|own| own.rates),
        reached(&tariff.tiers).map(|tier| tier.rates),
        Some(OwnRates(tariff.rates.named().map(|(_, rate)| rate))),
    ];
    places.into_iter().flatten().find_map(|rates| rates.0[kind])
}

/// The same sum by another road: exact rationals of USD, kind by kind, multiplied, rounded at the end.
fn by_rationals(tariff: &Tariff, service: TierName, usage: &Usage, multiplier: Multiplier) -> BigInt {
    let all = usage.input + usage.cache_read + usage.cache_write_5m + usage.cache_write_1h;
    let rate = |kind: usize, other: Option<usize>| {
        let of = |kind| rate_of(tariff, service, all, kind);
        let pico = of(kind).or_else(|| of(other?)).unwrap_or(PicoPerUnit(0));
        Ratio::new(BigInt::from(pico.0), BigInt::from(10).pow(12))
    };
    let lines: [(u64, usize, Option<usize>); 12] = [
        (usage.input - usage.audio_input - usage.image_input, 0, None),
        (usage.output - usage.reasoning - usage.audio_output - usage.image_output, 1, None),
        (usage.cache_read, 2, Some(0)),
        (usage.cache_write_5m, 3, Some(0)),
        (usage.cache_write_1h, 4, Some(0)),
        (usage.reasoning, 5, Some(1)),
        (usage.audio_input, 6, Some(0)),
        (usage.audio_output, 7, Some(1)),
        (usage.image_input, 8, Some(0)),
        (usage.image_output, 9, Some(1)),
        (usage.web_searches, 10, None),
        (1, 11, None),
    ];
    let mut sum = Rational::from_integer(BigInt::from(0));
    for (units, kind, other) in lines {
        sum += Ratio::from_integer(BigInt::from(units)) * rate(kind, other);
    }
    let times = Ratio::new(BigInt::from(multiplier.0), BigInt::from(1_000_000));
    let half = Ratio::new(BigInt::from(1), BigInt::from(2));
    (sum * times * BigInt::from(1_000_000_000) + half).floor().to_integer()
}

fn some_own() -> impl Strategy<Value = OwnRates> {
    prop::array::uniform12(prop::option::of((0_i64..1_000_000_000).prop_map(PicoPerUnit))).prop_map(OwnRates)
}

fn some_tiers() -> impl Strategy<Value = Vec<ContextTier>> {
    prop::collection::btree_map(1_u64..12_000_000, some_own(), 0..3)
        .prop_map(|tiers| tiers.into_iter().map(|(above, rates)| ContextTier { above, rates }).collect())
}

pub fn some_service() -> impl Strategy<Value = TierName> {
    prop::sample::select(vec!["", "flex", "priority", "batch"])
        .prop_map(|name| TierName::said(name).unwrap_or_default())
}

prop_compose! {
    pub fn some_tariff()(base in some_own(), tiers in some_tiers(),
                     services in prop::collection::btree_map(some_service(), (some_own(), some_tiers()), 0..4)) -> Tariff {
        let named = services.into_iter().filter(|(name, _)| !name.is_standard());
        Tariff {
            rates: Rates::default().under(&base),
            tiers,
            service_tiers: named.map(|(name, (rates, tiers))| (name, ServiceRates { rates, tiers })).collect(),
        }
    }
}

prop_compose! {
    pub fn some_usage()(u in prop::array::uniform11(0_u64..5_000_000)) -> Usage {
        Usage {
            input: u[0] + u[6] + u[8], cache_read: u[1], cache_write_5m: u[2], cache_write_1h: u[3],
            output: u[4] + u[5] + u[7] + u[9], reasoning: u[5], audio_input: u[6], audio_output: u[7],
            image_input: u[8], image_output: u[9], web_searches: u[10] % 100,
        }
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn cost_equals_exact_rationals(
        tariff in some_tariff(), usage in some_usage(), service in some_service(), multiplier in 0_i64..5_000_000,
    ) {
        let (price, multiplier) = (Price::new(PriceId(1), tariff.clone()), Multiplier(multiplier));
        let applied = price.applied(&usage, service);
        let cost = applied.rates.cost_times(&usage, multiplier);
        prop_assert_eq!(BigInt::from(cost.0), by_rationals(&tariff, service, &usage, multiplier));
        prop_assert_eq!(price.cost(&usage, service), applied.rates.cost(&usage));
    }

    #[test]
    fn no_usage_within_the_bound_costs_more_than_the_hold_whatever_tier_serves_it(
        tariff in some_tariff(), usage in some_usage(), service in some_service(), multiplier in 0_i64..5_000_000,
        first in 0_u64..20_000_000,
    ) {
        let mut tariff = tariff;
        // What is counted beside tokens is not bounded by them.
        let without = |rates: &mut OwnRates| rates.0[10] = None;
        tariff.rates.web_search = None;
        tariff.tiers.iter_mut().for_each(|tier| without(&mut tier.rates));
        for own in tariff.service_tiers.values_mut() {
            without(&mut own.rates);
            own.tiers.iter_mut().for_each(|tier| without(&mut tier.rates));
        }
        let (price, multiplier) = (Price::new(PriceId(1), tariff), Multiplier(multiplier));
        let cost = price.applied(&usage, service).rates.cost_times(&usage, multiplier);
        let input = usage.all_input();
        prop_assert!(cost <= price.upper_bound(input, usage.output, multiplier));
        // The same held in two steps, as a stream is.
        let first = first.min(usage.output);
        let held = price.upper_bound(input, first, multiplier);
        let more = price.upper_bound_of_more(input, usage.output - first, multiplier);
        prop_assert!(cost <= held.saturating_add(more));
    }

    #[test]
    fn a_tariff_survives_json(tariff in some_tariff()) {
        let text = serde_json::to_string(&tariff).unwrap();
        prop_assert_eq!(serde_json::from_str::<Tariff>(&text).unwrap(), tariff);
    }
}

fn tariff(json: &str) -> Tariff {
    serde_json::from_str(json).unwrap()
}

const TIERED: &str = r#"{"input":"1","output":"10","cache_read":"0.1",
    "tiers":[{"above":200000,"input":"2"},{"above":400000,"input":"4","output":"20"}],
    "service_tiers":{"flex":{"input":"0.5","tiers":[{"above":200000,"input":"0.8"}]},"priority":{"output":"25"}}}"#;

#[test]
fn a_long_input_of_any_kind_is_charged_whole_at_its_tier() {
    let price = Price::new(PriceId(1), tariff(TIERED));
    let told = |input: u64, cache_read: u64, service: &str| {
        let usage = Usage { input, cache_read, output: 1, ..Usage::default() };
        let service = TierName::said(service).unwrap_or_default();
        written(price.applied(&usage, service), service, Multiplier::ONE)
    };
    assert_eq!(told(200_000, 0, ""), "input=1;output=10;cache_read=0.1");
    assert_eq!(told(1, 200_000, ""), "input=2;output=10;cache_read=0.1;above=200000", "cached input counts");
    assert_eq!(told(400_001, 0, "default"), "input=4;output=20;cache_read=0.1;above=400000");
    assert_eq!(told(5, 0, "flex"), "input=0.5;output=10;cache_read=0.1;service_tier=flex");
    assert_eq!(told(200_001, 0, "flex"), "input=0.8;output=10;cache_read=0.1;above=200000;service_tier=flex");
    assert_eq!(told(400_001, 0, "flex"), "input=0.8;output=20;cache_read=0.1;above=400000;service_tier=flex");
    assert_eq!(told(400_001, 0, "priority"), "input=4;output=25;cache_read=0.1;above=400000;service_tier=priority");
    assert_eq!(told(5, 0, "scale"), "input=1;output=10;cache_read=0.1;service_tier=scale", "as the price's own");
}

#[test]
fn a_hold_covers_what_can_be_reached_and_no_more() {
    let one = Multiplier::ONE;
    let price = Price::new(PriceId(1), tariff(TIERED));
    assert_eq!(price.upper_bound(1_000, 0, one), NanoUsd(1_000_000));
    assert_eq!(price.upper_bound(0, 1_000, one), NanoUsd(25_000_000), "priority may serve it");
    assert_eq!(price.upper_bound(200_001, 0, one), NanoUsd(400_002_000));
    assert_eq!(price.upper_bound(1_000, 0, Multiplier(1_500_000)), NanoUsd(1_500_000));
}

#[test]
fn unit_prices_name_what_is_set() {
    let plain = Price::new(PriceId(1), tariff(r#"{"input":"0.15","output":"0.6","cache_read":"0"}"#));
    assert_eq!(plain.unit_prices(Multiplier::ONE), "input=0.15;output=0.6;cache_read=0");
    assert_eq!(plain.unit_prices(Multiplier(850_000)), "input=0.15;output=0.6;cache_read=0;multiplier=0.85");
}

#[test]
fn what_is_no_price_is_refused_and_named() {
    for (json, why) in [
        (r#"{"input":"1"}"#, "missing field `output`"),
        (r#"{"input":"1","output":"1","inputs":"1"}"#, "unknown field `inputs`"),
        (r#"{"input":"1","output":"1","input":"2"}"#, "duplicate field `input`"),
        (r#"{"input":1,"output":"1"}"#, "expected a string"),
        (r#"{"input":"1","output":"1","tiers":[{"input":"2"}]}"#, "missing field `above`"),
        (r#"{"input":"1","output":"1","service_tiers":{"default":{}}}"#, "service tier's name"),
        (r#"{"input":"1","output":"1","tiers":[{"above":5,"tiers":[]}]}"#, "unknown field `tiers`"),
    ] {
        let error = serde_json::from_str::<Tariff>(json).unwrap_err().to_string();
        assert!(error.contains(why), "{json}: {error}");
    }
    for (json, field) in [
        (r#"{"input":"-1","output":"1"}"#, "input"),
        (r#"{"input":"1","output":"1","tiers":[{"above":0}]}"#, "tiers[0].above"),
        (r#"{"input":"1","output":"1","tiers":[{"above":9},{"above":9}]}"#, "tiers[1].above"),
        (
            r#"{"input":"1","output":"1","service_tiers":{"flex":{"tiers":[{"above":9,"output":"-1"}]}}}"#,
            "service_tiers.flex.tiers[0].output",
        ),
    ] {
        assert_eq!(tariff(json).check().unwrap_err().0, field);
    }
}

#[test]
fn a_schedule_tells_what_holds_at_a_moment() {
    let price = |id| Arc::new(Price::new(PriceId(id), Rates::default()));
    let mut schedule = Schedule::default();
    assert_eq!(schedule.at(i64::MAX), None);
    for (from, id) in [(20, 2), (10, 1), (20, 3)] {
        schedule.add(from, price(id));
    }
    let holds = |time| schedule.at(time).map(|price| price.id.0);
    assert_eq!([holds(9), holds(10), holds(19), holds(20)], [None, Some(1), Some(1), Some(3)]);
}
