//! A request with money set aside: from here on it ends exactly once, by being settled.

use crate::{
    attempt::Told,
    health::Permit,
    limits::Room,
    notices::{Kind, Notice, Notices},
    plan::Planned,
    presence::Presence,
    routing::Candidate,
};
use domain::{
    budget::Period,
    channel::Timeouts,
    money::NanoUsd,
    ports::{Hold, HoldRefused, JournalFailed, Ledger},
    price::{self, Price, TierName},
    record::{Attempt, Checkpoint, EndState, Opened, Settlement, Spent},
    refusal::{Code, Refusal},
    usage::{Usage, UsageSource},
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::{sync::OwnedSemaphorePermit, time::Instant};

/// The parameter that asks for a service tier, as OpenAI and Anthropic write it and as Google does.
const TIER_PARAMS: [&str; 2] = ["service_tier", "serviceTier"];

/// A request that may go upstream.
#[derive(Debug)]
pub struct Held {
    /// What it is.
    pub planned: Planned,
    /// The money.
    pub hold: Hold,
    /// The journal's record of its admission.
    pub opened: Opened,
    /// Whether its caller is still there.
    pub presence: Presence,
    /// Every try so far.
    pub attempts: Vec<Attempt>,
    /// Who serves it.
    pub serving: Option<Serving>,
    /// Microseconds to the first meaningful byte.
    pub ttft_us: Option<u64>,
    /// Its place among the requests at once.
    pub live: Option<OwnedSemaphorePermit>,
    /// What a translation for the serving candidate left out.
    pub warnings: Vec<String>,
    decision: String,
}

/// The candidate whose answer the caller gets.
#[derive(Debug)]
pub struct Serving {
    candidate: Candidate,
    cost: Option<Arc<Price>>,
    /// Its places in the candidate's slot and in the channel's limits, until it ends.
    places: Option<(Permit, Room)>,
}

/// How a request ended.
#[derive(Debug)]
pub struct Ending {
    /// In which way.
    pub state: EndState,
    /// The status the caller saw.
    pub status: u16,
    /// The code of the error, if one was told.
    pub error: Option<Code>,
    /// What was used.
    pub usage: Usage,
    /// Who counted.
    pub source: UsageSource,
    /// The service tier that served it, where the answer said so.
    pub service_tier: Option<TierName>,
}

/// What a usage comes to.
struct Charges {
    sale: NanoUsd,
    cost: NanoUsd,
    /// By which rates, where they are not those it was quoted with.
    unit_prices: Option<Box<str>>,
}

impl Charges {
    const NOTHING: Self = Self { sale: NanoUsd::ZERO, cost: NanoUsd::ZERO, unit_prices: None };
}

impl Ending {
    /// Nothing was delivered and nothing is charged.
    pub fn failed(status: u16, error: Option<Code>) -> Self {
        let (usage, source) = (Usage::default(), UsageSource::Reported);
        Self { state: EndState::Failed, status, error, usage, source, service_tier: None }
    }
}

/// What a settled request came to.
#[derive(Debug, Clone, Copy)]
pub struct Settled {
    /// Charged to the tenant.
    pub sale: NanoUsd,
    /// Microseconds that were the relay's own.
    pub overhead_us: u64,
}

impl Held {
    /// Sets the quote aside.
    ///
    /// # Errors
    /// 402 when the wallet cannot cover it, 403 when the tenant is frozen, 503 when neither lease nor journal can take it.
    pub async fn take<L: Ledger>(
        ledger: &L,
        notices: &Notices,
        planned: Planned,
        presence: Presence,
    ) -> Result<Self, Refusal> {
        let opened = planned.opened();
        match ledger.hold(&opened, &planned.key.budgets).await {
            Ok(hold) => {
                let decision = planned.decision.kept();
                Ok(Self {
                    planned,
                    hold,
                    opened,
                    presence,
                    attempts: Vec::with_capacity(1),
                    serving: None,
                    ttft_us: None,
                    live: None,
                    warnings: Vec::new(),
                    decision,
                })
            }
            Err(refused) => Err(not_held(notices, &opened, refused)),
        }
    }

    /// When the whole request must be over.
    pub fn deadline(&self, total: Duration) -> Instant {
        self.planned.received.started + total
    }

    /// From now on this candidate serves it.
    pub fn answered_by(&mut self, candidate: Candidate, places: Option<(Permit, Room)>) {
        let cost = candidate.offer.cost.at(self.planned.time_us).cloned();
        self.serving = Some(Serving { cost, candidate, places });
    }

    /// The candidate that serves it.
    pub fn candidate(&self) -> Option<&Candidate> {
        self.serving.as_ref().map(|serving| &serving.candidate)
    }

    /// The timeouts of the channel that serves it.
    pub fn serving_timeouts(&self) -> Timeouts {
        self.serving.as_ref().map(|serving| serving.candidate.channel().timeouts).unwrap_or_default()
    }

    /// What `usage` costs the tenant, and us, served in the tier that the answer tells, else in the one asked for.
    fn charges(&self, usage: &Usage, told: Option<TierName>) -> Charges {
        let asked = || self.candidate().and_then(|candidate| self.asked_tier(candidate));
        let tier = told.or_else(asked).unwrap_or_default();
        let Planned { sale, multiplier, .. } = &self.planned;
        let applied = sale.applied(usage, tier);
        let as_quoted = Price::is_base(applied) && tier.is_standard();
        let cost = self.serving.as_ref().and_then(|serving| serving.cost.as_ref());
        Charges {
            sale: applied.rates.cost_times(usage, *multiplier),
            cost: cost.map_or(NanoUsd::ZERO, |price| price.cost(usage, tier)),
            unit_prices: (!as_quoted).then(|| price::written(applied, tier, *multiplier).into()),
        }
    }

    /// What a try used that failed, and what that costs us.
    pub(crate) fn spent(&self, candidate: &Candidate, told: &Told) -> Spent {
        let tier = told.service_tier.or_else(|| self.asked_tier(candidate)).unwrap_or_default();
        let price = candidate.offer.cost.at(self.planned.time_us);
        Spent {
            usage: told.usage.clamped(),
            cost_price: price.map(|price| price.id),
            cost: price.map_or(NanoUsd::ZERO, |price| price.cost(&told.usage, tier)),
        }
    }

    /// The tier that a channel was asked for: a translation leaves it out, and the channel's own parameters have the last
    /// word.
    fn asked_tier(&self, candidate: &Candidate) -> Option<TierName> {
        let own = self.planned.head.service_tier.filter(|_| candidate.dialect == self.planned.received.dialect);
        let params = &candidate.channel().settings.params;
        let named = |all: &BTreeMap<String, serde_json::Value>| {
            TIER_PARAMS.iter().find_map(|name| all.get(*name)?.as_str().and_then(TierName::said))
        };
        if let Some(set) = named(&params.set) {
            return Some(set);
        }
        if params.remove.iter().any(|name| TIER_PARAMS.contains(&name.as_str())) {
            return None;
        }
        own.or_else(|| named(&params.default))
    }

    /// A count of the running request for the journal.
    pub fn checkpoint(&self, usage: Usage, told: Option<TierName>) -> Checkpoint {
        let Charges { sale, cost, unit_prices } = self.charges(&usage, told);
        let serving = self.serving.as_ref();
        Checkpoint {
            request: self.opened.request,
            channel: serving.map(|s| s.candidate.channel().id),
            credential: serving.and_then(|s| s.candidate.credential()).map(|c| c.id),
            cost_price: serving.and_then(|s| s.cost.as_ref()).map(|price| price.id),
            usage,
            sale,
            cost,
            attempts: u32::try_from(self.attempts.len()).unwrap_or(u32::MAX),
            unit_prices,
        }
    }

    /// Charges what was used and puts the rest back; returns when the charge is durable.
    ///
    /// # Errors
    /// [`JournalFailed`]: the caller must not see the end of the answer.
    pub async fn settle<L: Ledger>(self, ledger: &L, ending: Ending) -> Result<Settled, JournalFailed> {
        let delivered = !matches!(ending.state, EndState::Failed) && !ending.usage.is_empty();
        let charges = if delivered { self.charges(&ending.usage, ending.service_tier) } else { Charges::NOTHING };
        let Charges { sale, cost, unit_prices } = charges;
        let latency_us = self.planned.received.elapsed_us();
        let upstream_us: u64 = self.attempts.iter().map(|attempt| attempt.took_us).sum();
        // Of a stream, only the time to its first meaningful byte can be told apart.
        let overhead_us = self.ttft_us.unwrap_or(latency_us).saturating_sub(upstream_us);
        let serving = self.serving.as_ref();
        let tokens = ending.usage.total_tokens();
        self.planned.room.used(tokens);
        if let Some((permit, room)) = serving.and_then(|serving| serving.places.as_ref()) {
            room.used(tokens);
            let streamed = latency_us.saturating_sub(self.ttft_us.unwrap_or_default());
            if matches!(ending.state, EndState::Complete | EndState::ClientGone) {
                let (slot, now) = (permit.slot(), Instant::now());
                if self.opened.stream {
                    slot.ended(ending.usage.output, Duration::from_micros(streamed), now);
                } else {
                    // The last attempt is the one that served.
                    let took = self.attempts.last().map_or(0, |attempt| attempt.took_us);
                    slot.paced(ending.usage.output, Duration::from_micros(took), now);
                }
            }
        }
        let client_id = self.planned.received.headers.get("x-client-request-id");
        let settlement = Settlement {
            end_state: ending.state,
            status: ending.status,
            error_code: ending.error.map_or_else(String::new, |code| code.as_str().to_owned()),
            channel: serving.map(|s| s.candidate.channel().id),
            credential: serving.and_then(|s| s.candidate.credential()).map(|c| c.id),
            cost_price: serving.and_then(|s| s.cost.as_ref()).map(|price| price.id),
            usage: ending.usage.clamped(),
            usage_source: ending.source,
            sale,
            cost,
            latency_us,
            ttft_us: self.ttft_us,
            overhead_us,
            attempts: self.attempts,
            decision: self.decision,
            client_request_id: client_id
                .and_then(|id| id.to_str().ok())
                .filter(|id| id.len() <= 128)
                .map(str::to_owned),
            unit_prices,
        };
        ledger.settle(self.hold, self.opened, settlement).await?;
        Ok(Settled { sale, overhead_us })
    }
}

fn refusal(refused: HoldRefused) -> Refusal {
    match refused {
        HoldRefused::Insufficient { needed } => Refusal::new(
            Code::InsufficientBalance,
            format!(
                "The balance does not cover this request: up to {needed} USD must be available. Top up, or lower max_tokens."
            ),
        ),
        HoldRefused::Budget { of, period, needed } => {
            let within = if period == Period::Total { String::new() } else { format!(" for this {period}") };
            Refusal::new(
                Code::InsufficientBalance,
                format!(
                    "The budget of this {of}{within} does not cover this request: up to {needed} USD must be left in it. \
                     Raise the budget, or lower max_tokens."
                ),
            )
        }
        HoldRefused::Frozen => Refusal::new(Code::TenantFrozen, "This account is frozen. Its owner can tell you why."),
        HoldRefused::Unavailable => Refusal::new(Code::Overloaded, "The balance cannot be checked at the moment.")
            .retry_after(Duration::from_secs(1)),
        HoldRefused::JournalFull => Refusal::new(Code::Overloaded, "The relay cannot take more work at the moment.")
            .retry_after(Duration::from_secs(5)),
    }
}

/// The refusal of a request, or of what more its stream needs, that nothing could be set aside for. Where a budget is the
/// reason, its tenant hears of it.
pub(crate) fn not_held(notices: &Notices, opened: &Opened, refused: HoldRefused) -> Refusal {
    if let HoldRefused::Budget { of, period, needed } = refused {
        let detail = || format!("the {period} budget of this {of} does not cover {needed} USD more");
        let notice = || Notice::of_caller(Kind::BudgetRefused, opened.tenant, opened.key, detail());
        notices.tell(notice, Kind::BudgetRefused);
    }
    refusal(refused)
}
