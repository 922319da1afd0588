//! Scripted fleets with known prices and times: each strategy picks what an exhaustive calculation by the published formulas
//! picks, also while a channel degrades.

use super::*;
use crate::health::Figures;
use domain::{
    channel::{ChannelSettings, Timeouts},
    dialect::Provider,
    ids::{ChannelId, CredentialId, PriceId},
    price::{Price, Rates},
    route::Route,
    secret::CredentialSecret,
};
use protocol::error::Class;
use rand::{SeedableRng, rngs::StdRng};
use std::collections::HashMap;

/// One channel of a fleet.
#[derive(Debug, Clone, Copy)]
struct Member {
    priority: i32,
    weight: u32,
    credentials: usize,
    provider: Provider,
    /// Pico-USD per input and output token.
    rates: Option<(i64, i64)>,
}

const PLAIN: Member = Member { priority: 0, weight: 1, credentials: 1, provider: Provider::Openai, rates: None };

fn offer(id: i64, member: &Member) -> Offer {
    let credential = |n: usize| Credential {
        id: CredentialId(id * 100 + n as i64),
        name: String::new(),
        secret: CredentialSecret::new(String::new()),
        weight: 1,
    };
    let price = |(input, output): (i64, i64)| {
        let rate = domain::money::PicoPerUnit;
        let rates = Rates { input: rate(input), output: rate(output), ..Rates::default() };
        Arc::new(Price::new(PriceId(id), rates))
    };
    Offer {
        channel: Arc::new(Channel {
            id: ChannelId(id),
            name: format!("c{id}"),
            provider: member.provider,
            base_url: String::new(),
            dialects: vec![Dialect::OpenaiChat],
            priority: member.priority,
            weight: member.weight,
            timeouts: Timeouts::default(),
            allow_private_network: false,
            credentials: (0..member.credentials).map(credential).collect(),
            settings: ChannelSettings { tags: vec![format!("tag{id}")], ..ChannelSettings::default() },
            proxy: None,
        }),
        upstream_model: "up".into(),
        cost: member.rates.map(price).into(),
    }
}

struct Fleet {
    snapshot: Snapshot,
    health: Health,
    random: StdRng,
    now: Instant,
}

impl Fleet {
    fn of(members: &[Member]) -> Self {
        let offers = members.iter().zip(1..).map(|(member, id)| offer(id, member)).collect();
        let model = Model { offers, ..Model::default() };
        let models = HashMap::from([("m".to_owned(), model)]);
        let snapshot = Snapshot { models, ..Snapshot::default() };
        Self { snapshot, health: Health::default(), random: StdRng::seed_from_u64(1), now: Instant::now() }
    }

    fn route(mut self, json: &str) -> Self {
        let route: Route = serde_json::from_str(json).unwrap();
        self.snapshot.models.get_mut("m").unwrap().route = Some(Arc::new(route));
        self
    }

    fn slot(&self, channel: i64) -> Arc<Slot> {
        let credential = Some(CredentialId(channel * 100));
        self.health.slot(Place { channel: ChannelId(channel), credential }, "up")
    }

    /// Answers of that many tokens a second, the first after so many milliseconds.
    fn answers(&self, channel: i64, count: usize, ttft_ms: u64, pace: u64) {
        for _ in 0..count {
            self.slot(channel).served(Duration::from_millis(ttft_ms), true, self.now);
            self.slot(channel).ended(pace, Duration::from_secs(1), self.now);
        }
    }

    fn fails(&self, channel: i64, count: usize) {
        for _ in 0..count {
            self.slot(channel).failed(Class::Transient, None, self.now, 0.0);
            // One after the other would open the breaker, which is another test's.
            self.slot(channel).ended(0, Duration::ZERO, self.now);
        }
    }

    fn decide(&mut self, strategy: Option<Strategy>) -> Decision {
        self.decide_for(strategy, None, Dialect::OpenaiChat)
    }

    fn decide_for(&mut self, strategy: Option<Strategy>, bound: Option<Bound>, dialect: Dialect) -> Decision {
        let facts = || Facts { input_tokens: 1_000, tools: true, images: false, group: "", tag: None, hour_utc: 0 };
        let ask = Ask {
            time_us: 0,
            model: "m",
            dialect,
            input_tokens: 1_000,
            output_tokens: 500,
            strategy,
            bound,
            facts: &facts,
            header: &|_| None,
        };
        decide(&self.snapshot, &ask, &self.health, &Weights::default(), self.now, &mut self.random)
    }

    fn order(&mut self, strategy: Strategy) -> Vec<i64> {
        self.decide(Some(strategy)).candidates.iter().map(|candidate| candidate.channel().id.0).collect()
    }

    fn figures(&self, channel: i64) -> Figures {
        self.slot(channel).look(self.now).1
    }
}

#[test]
fn higher_priority_comes_first_in_every_strategy_and_every_credential_is_a_candidate() {
    let two = Member { priority: 5, credentials: 2, rates: Some((9_000_000, 9_000_000)), ..PLAIN };
    let cheap = Member { rates: Some((1, 1)), ..PLAIN };
    for strategy in Strategy::ALL {
        let order = Fleet::of(&[cheap, two, Member { credentials: 0, ..PLAIN }]).order(strategy);
        assert_eq!((&order[..2], order.len()), (&[2, 2][..], 4), "{strategy}");
    }
}

#[test]
fn equals_are_first_in_proportion_to_their_weight() {
    let mut fleet = Fleet::of(&[Member { weight: 3, ..PLAIN }, PLAIN]);
    let first = (0..4_000).filter(|_| fleet.order(Strategy::Balanced)[0] == 1).count();
    assert!((2_850..3_150).contains(&first), "{first} of 4000, expected about 3000");
}

#[test]
fn cost_picks_the_cheapest_for_this_size_also_when_it_degrades() {
    let mut random = StdRng::seed_from_u64(3);
    for _ in 0..200 {
        let members: Vec<Member> = (0..5)
            .map(|_| Member { rates: Some((random.random_range(1..50), random.random_range(1..50))), ..PLAIN })
            .collect();
        let cost = |member: &Member| {
            let (input, output) = member.rates.unwrap();
            // 1 000 tokens in, 500 out, to nano-USD, rounded half up.
            (1_000 * input + 500 * output + 500) / 1_000
        };
        let mut fleet = Fleet::of(&members);
        let order = fleet.order(Strategy::Cost);
        let costs: Vec<i64> = order.iter().map(|id| cost(&members[*id as usize - 1])).collect();
        assert!(costs.is_sorted(), "{costs:?}");
        // Slow and failing now and then, it is still the cheapest; shut, it is no candidate.
        let cheapest = order[0];
        fleet.answers(cheapest, 3, 9_000, 1);
        fleet.fails(cheapest, 2);
        assert_eq!(costs[0], cost(&members[fleet.order(Strategy::Cost)[0] as usize - 1]));
        for _ in 0..5 {
            fleet.slot(cheapest).failed(Class::Transient, None, fleet.now, 0.0);
        }
        assert_eq!(fleet.order(Strategy::Cost).last(), Some(&cheapest));
    }
}

#[test]
fn performance_picks_the_soonest_to_end_also_when_it_degrades() {
    let mut random = StdRng::seed_from_u64(4);
    for _ in 0..200 {
        let mut fleet = Fleet::of(&[PLAIN; 5]);
        for id in 1..=5 {
            fleet.answers(id, 20, random.random_range(50..5_000), random.random_range(8..200));
        }
        let expected = |fleet: &Fleet, id: i64| {
            let figures = fleet.figures(id);
            let mean = figures.ttft_us.unwrap();
            let tail = (figures.ttft_p95_us.unwrap() as f64 - mean).max(0.0) / 4.0;
            mean + tail + 500.0 / figures.tokens_per_second.unwrap() * 1e6
        };
        let best = |fleet: &Fleet| (1..=5).map(|id| expected(fleet, id)).min_by(f64::total_cmp).unwrap();
        let picked = fleet.order(Strategy::Performance)[0];
        assert!(expected(&fleet, picked) <= best(&fleet) * 1.1);
        fleet.answers(picked, 400, 60_000, 8);
        let other = fleet.order(Strategy::Performance)[0];
        assert_ne!(other, picked, "it became slow");
        assert!(expected(&fleet, other) <= best(&fleet) * 1.1);
    }
}

#[test]
fn balanced_picks_the_highest_published_utility_also_when_it_degrades() {
    let mut random = StdRng::seed_from_u64(5);
    for _ in 0..200 {
        let members: Vec<Member> = (0..5)
            .map(|_| Member {
                rates: Some((random.random_range(1_000..90_000), random.random_range(1_000..90_000))),
                ..PLAIN
            })
            .collect();
        let mut fleet = Fleet::of(&members);
        for id in 1..=5 {
            fleet.answers(id, 20, random.random_range(50..5_000), random.random_range(8..200));
            fleet.fails(id, random.random_range(0..10));
        }
        // ARCHITECTURE.md's formula, once more.
        let utilities = |fleet: &Fleet| -> Vec<f64> {
            let cost = |id: i64| {
                let (input, output) = members[id as usize - 1].rates.unwrap();
                ((1_000 * input + 500 * output + 500) / 1_000) as f64 + 1_000.0
            };
            let ttft = |id: i64| fleet.figures(id).ttft_us.unwrap() + 100_000.0;
            let pace = |id: i64| fleet.figures(id).tokens_per_second.unwrap() + 10.0;
            let least = |of: &dyn Fn(i64) -> f64| (1..=5).map(of).min_by(f64::total_cmp).unwrap();
            let most = |of: &dyn Fn(i64) -> f64| (1..=5).map(of).max_by(f64::total_cmp).unwrap();
            (1..=5)
                .map(|id| {
                    0.25 * least(&cost) / cost(id)
                        + 0.35 * fleet.figures(id).success.unwrap()
                        + 0.20 * least(&ttft) / ttft(id)
                        + 0.10 * pace(id) / most(&pace)
                        + 0.10
                })
                .collect()
        };
        let agrees = |fleet: &mut Fleet| {
            let all = utilities(fleet);
            let best = all.iter().copied().max_by(f64::total_cmp).unwrap();
            let picked = fleet.order(Strategy::Balanced)[0];
            assert!(best - all[picked as usize - 1] <= 0.05 + 1e-9, "{picked}: {all:?}");
            picked
        };
        let picked = agrees(&mut fleet);
        fleet.answers(picked, 200, 60_000, 8);
        fleet.fails(picked, 200);
        agrees(&mut fleet);
    }
}

#[test]
fn availability_picks_the_most_reliable_and_another_provider_second() {
    let members = [PLAIN, PLAIN, Member { provider: Provider::Groq, ..PLAIN }];
    let mut fleet = Fleet::of(&members);
    fleet.answers(1, 100, 100, 50);
    fleet.answers(2, 95, 100, 50);
    fleet.fails(2, 5);
    fleet.answers(3, 80, 100, 50);
    fleet.fails(3, 20);
    assert_eq!(fleet.order(Strategy::Availability), [1, 3, 2]);
    fleet.fails(1, 50);
    assert_eq!(fleet.order(Strategy::Availability), [2, 3, 1], "it degraded");
}

#[test]
fn a_cached_prompt_makes_a_candidate_cheaper_and_better_but_never_the_only_one() {
    let rates = |input| Member { rates: Some((input, 0)), ..PLAIN };
    let mut fleet = Fleet::of(&[rates(1_000), rates(1_500)]);
    for offer in &mut fleet.snapshot.models.get_mut("m").unwrap().offers {
        let price = offer.cost.at(0).unwrap();
        let rates = price.tariff.rates;
        let cache_read = Some(domain::money::PicoPerUnit(rates.input.0 / 10));
        offer.cost = Arc::new(Price::new(price.id, Rates { cache_read, ..rates })).into();
    }
    let bound = Some(Bound { place: fleet.slot(2).place, signed: false });
    for strategy in [Strategy::Cost, Strategy::Balanced, Strategy::Availability] {
        let first = fleet.decide_for(Some(strategy), bound, Dialect::OpenaiChat).candidates[0].channel().id.0;
        assert_eq!(first, 2, "{strategy}");
    }
    for _ in 0..5 {
        fleet.slot(2).failed(Class::Transient, None, fleet.now, 0.0);
    }
    assert_eq!(fleet.decide_for(None, bound, Dialect::OpenaiChat).candidates[0].channel().id.0, 1);
}

#[test]
fn signed_reasoning_stays_with_its_account_while_it_is_well() {
    let high = Member { priority: 9, ..PLAIN };
    let mut fleet = Fleet::of(&[high, PLAIN]);
    let bound = Some(Bound { place: fleet.slot(2).place, signed: true });
    assert_eq!(fleet.decide_for(None, bound, Dialect::OpenaiChat).candidates[0].channel().id.0, 2, "over priority");
    fleet.slot(2).failed(Class::Rate, Some(Duration::from_secs(9)), fleet.now, 0.0);
    assert_eq!(fleet.decide_for(None, bound, Dialect::OpenaiChat).candidates[0].channel().id.0, 1);
}

#[test]
fn rules_restrict_prefer_and_replace() {
    let tools = |then: &str| {
        format!(
            r#"{{"rules":[{{"when":{{"images":true}},"then":{{"only":["none"]}}}},{{"when":{{"tools":true}},"then":{then}}}]}}"#
        )
    };
    let ids = |decision: &Decision| decision.candidates.iter().map(|c| c.channel().id.0).collect::<Vec<_>>();
    let mut fleet = Fleet::of(&[PLAIN, PLAIN, PLAIN]).route(&tools(r#"{"only":["tag2"]}"#));
    let decision = fleet.decide(None);
    assert_eq!((ids(&decision), decision.rule), (vec![2], Some(1)));
    let mut fleet =
        Fleet::of(&[Member { priority: 3, ..PLAIN }, PLAIN]).route(&tools(r#"{"prefer":["c2"],"strategy":"cost"}"#));
    let decision = fleet.decide(None);
    assert_eq!((ids(&decision), decision.strategy), (vec![2, 1], Strategy::Cost));
    let mut fleet = Fleet::of(&[PLAIN]).route(&tools(r#"{"model":"other"}"#));
    let other = Model { offers: vec![offer(7, &PLAIN)], ..Model::default() };
    fleet.snapshot.models.insert("other".to_owned(), other);
    assert_eq!(ids(&fleet.decide(None)), [7]);
    let mut fleet = Fleet::of(&[PLAIN]).route(&tools(r#"{"only":["nowhere"]}"#));
    assert_eq!(ids(&fleet.decide(None)), [0; 0], "a restriction is one");
}

#[test]
fn fallbacks_come_after_the_model_itself_and_what_is_shut_comes_last() {
    let mut fleet = Fleet::of(&[PLAIN, PLAIN]).route(r#"{"fallbacks":["unknown","b"]}"#);
    let b = Model { offers: vec![offer(7, &Member { priority: 99, ..PLAIN })], ..Model::default() };
    fleet.snapshot.models.insert("b".to_owned(), b);
    fleet.slot(1).failed(Class::Rate, Some(Duration::from_secs(5)), fleet.now, 0.0);
    let decision = fleet.decide(None);
    let ids: Vec<_> = decision.candidates.iter().map(|candidate| candidate.channel().id.0).collect();
    assert_eq!(ids, [2, 7, 1]);
    let told = decision.told(&fleet.snapshot, "m");
    let states: Vec<_> = told.candidates.iter().map(|c| (c.state.as_str(), c.fallback.as_deref())).collect();
    assert_eq!(states, [("ready", None), ("ready", Some("b")), ("cooling", None)]);
    let wait = soonest(&decision.candidates, fleet.now);
    assert_eq!(wait, Some((Duration::from_secs(5), Some(Shut::Rate))));
}

#[test]
fn where_several_wait_too_long_is_passed_over_before_a_timeout_says_so() {
    let mut fleet = Fleet::of(&[Member { rates: Some((1, 1)), ..PLAIN }, Member { rates: Some((9, 9)), ..PLAIN }]);
    let mut waiting: Vec<_> = (0..3).map(|_| fleet.slot(1).admit(fleet.now).unwrap()).collect();
    fleet.now += Duration::from_millis(2_999);
    assert_eq!(fleet.order(Strategy::Cost), [1, 2]);
    fleet.now += Duration::from_millis(1);
    assert_eq!(fleet.order(Strategy::Cost), [2, 1]);
    waiting.pop();
    assert_eq!(fleet.order(Strategy::Cost), [1, 2], "one answered or gave up");
    drop(waiting);
    // Where nearly all take two seconds, eight are not silence yet.
    fleet.answers(1, 20, 2_000, 50);
    let _waiting: Vec<_> = (0..3).map(|_| fleet.slot(1).admit(fleet.now).unwrap()).collect();
    fleet.now += Duration::from_secs(7);
    assert_eq!(fleet.order(Strategy::Cost), [1, 2]);
}

#[test]
fn what_waits_for_a_probe_goes_first_as_only_one_request_takes_it() {
    let mut fleet = Fleet::of(&[Member { rates: Some((1, 1)), ..PLAIN }, Member { rates: Some((9, 9)), ..PLAIN }]);
    for _ in 0..5 {
        fleet.slot(2).failed(Class::Transient, None, fleet.now, 0.0);
    }
    fleet.now += Duration::from_secs(1);
    assert_eq!(fleet.order(Strategy::Cost), [2, 1]);
    let permit = fleet.slot(2).admit(fleet.now).unwrap();
    assert_eq!(fleet.order(Strategy::Cost), [1, 2]);
    drop(permit);
}

#[test]
fn a_channel_is_spoken_with_in_the_callers_dialect_or_else_in_its_own() {
    let mut fleet = Fleet::of(&[PLAIN]);
    let mut spoken = |speaks: Dialect, caller: Dialect| {
        let offer = &mut fleet.snapshot.models.get_mut("m").unwrap().offers[0];
        offer.channel = Arc::new(Channel { dialects: vec![speaks], ..Channel::clone(&offer.channel) });
        fleet.decide_for(None, None, caller).candidates.iter().map(|it| it.dialect).collect::<Vec<_>>()
    };
    for caller in Dialect::CONVERSING {
        assert_eq!(spoken(Dialect::OpenaiChat, caller), [Dialect::OpenaiChat]);
    }
    assert_eq!(spoken(Dialect::OpenaiChat, Dialect::OpenaiEmbeddings), [Dialect::OpenaiEmbeddings], "beside Chat");
    assert_eq!(spoken(Dialect::Anthropic, Dialect::OpenaiEmbeddings), [], "it has none");
    assert_eq!(spoken(Dialect::Gemini, Dialect::OpenaiEmbeddings), [Dialect::GeminiBatchEmbeddings]);
    assert_eq!(spoken(Dialect::Gemini, Dialect::GeminiEmbeddings), [Dialect::GeminiEmbeddings]);
    assert_eq!(spoken(Dialect::OpenaiChat, Dialect::GeminiEmbeddings), [Dialect::OpenaiEmbeddings]);
}
