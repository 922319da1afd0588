//! What is asked for, where it could be served and what it may cost: head, model, candidates, quote.

use crate::{
    affinity::{Affinity, Beginnings},
    authenticate::Authed,
    clock::Clock,
    config::RelayConfig,
    dice::Dice,
    health::Health,
    limits::{NodeLimits, Room},
    quote::{self, Bounds},
    received::Received,
    routing::{Ask, Decision, decide},
};
use domain::{
    channel::Snapshot,
    key::KeyRecord,
    money::{Multiplier, NanoUsd},
    price::Price,
    record::Opened,
    refusal::{Code, Refusal},
    route::{Facts, UnknownStrategy},
};
use protocol::request::{RequestHead, traits};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// A request that is understood, priced and routed, and has no money set aside yet.
#[derive(Debug)]
pub struct Planned {
    /// The request.
    pub received: Received,
    /// Its key.
    pub key: Arc<KeyRecord>,
    /// What its body says.
    pub head: RequestHead,
    /// What the tenant pays.
    pub sale: Arc<Price>,
    /// What that is multiplied by for its group.
    pub multiplier: Multiplier,
    /// The moment it counts for: prices and windows go by it. Microseconds since 1970.
    pub time_us: i64,
    /// The most output tokens the model gives, if that is known.
    pub max_output: Option<u64>,
    /// How much it can use.
    pub bounds: Bounds,
    /// What it sets aside.
    pub quote: NanoUsd,
    /// Its input tokens, estimated.
    pub input_estimate: u64,
    /// Where it can go, in order; never empty.
    pub decision: Decision,
    /// Its conversation's beginnings.
    pub beginnings: Beginnings,
    /// Its part of its key's and tenant's limits.
    pub room: Room,
}

/// What planning reads, besides the request.
pub struct Desk<'a, K> {
    /// Models, channels, prices and routes.
    pub snapshot: &'a Snapshot,
    /// What is known of the upstreams.
    pub health: &'a Health,
    /// Where conversations were answered.
    pub affinity: &'a Affinity,
    /// How much keys and tenants may ask for.
    pub limits: &'a NodeLimits,
    /// Draws among equals.
    pub dice: &'a Dice,
    /// The relay's own settings.
    pub config: &'a RelayConfig,
    /// The time of day.
    pub clock: &'a K,
}

/// A caller asks for an order here.
pub const ROUTE_HEADER: &str = "x-turnpike-route";
/// And gives rules a word here.
pub const TAG_HEADER: &str = "x-turnpike-tag";
/// A token is about so many bytes of text.
const BYTES_PER_TOKEN: u64 = 4;
/// And a piece of inlined data, a picture most of the time, about so many tokens. What it was more is owed afterwards.
const TOKENS_OF_DATA: u64 = 1_000;
/// An answer is taken to have so many tokens, if the caller allows that many.
const USUAL_OUTPUT: u64 = 500;

/// Reads the body's head and plans the request by the snapshot.
///
/// # Errors
/// 400 for a bad body, 403 for a model outside the key's scope, 404 for an unknown or unpriced model, 429 over a limit of
/// the key or its tenant, 503 when no enabled channel carries the model.
pub async fn plan<K: Clock>(desk: &Desk<'_, K>, authed: Authed) -> Result<Planned, Refusal> {
    let Authed { received, key } = authed;
    let head = RequestHead::read(received.dialect, received.in_path.as_ref(), &received.body)
        .map_err(|bad| Refusal::new(Code::InvalidRequest, bad.message))?;
    let unknown = || Refusal::new(Code::ModelNotFound, "The model does not exist or is not available to this key.");
    let time_us = received.id.unix_ms().saturating_mul(1_000);
    let priced = desk.snapshot.sale_to(&key.tenant_group, &head.model, time_us);
    let (model, sale, multiplier) = priced.ok_or_else(unknown)?;
    if !key.allows_model(&head.model) {
        return Err(Refusal::new(Code::NotAllowed, "This key may not use this model."));
    }
    let bounds = quote::bounds(&head, received.body.len(), model.max_output);
    let quote = quote::quote(&bounds, sale, multiplier);
    let input_estimate = bounds.input.min(estimate(&received.body));
    let room = desk.limits.enter(&key, input_estimate).await?;
    let beginnings = match model.ways() {
        0 | 1 => Beginnings::default(),
        _ => desk.affinity.beginnings(key.tenant, received.dialect, &head.model, &received.body),
    };
    let decision = route(desk, &received, &key, &head.model, (input_estimate, bounds.output), &beginnings)?;
    if decision.candidates.is_empty() {
        return Err(Refusal::new(Code::NoChannelAvailable, "No channel serves this model at the moment.")
            .retry_after(Duration::from_secs(5)));
    }
    Ok(Planned {
        received,
        key,
        head,
        sale: sale.clone(),
        multiplier,
        time_us,
        max_output: model.max_output,
        bounds,
        quote,
        input_estimate,
        decision,
        beginnings,
        room,
    })
}

/// About how many tokens a body is.
fn estimate(body: &[u8]) -> u64 {
    let (bytes, pieces) = traits::inlined_data(body);
    (body.len().saturating_sub(bytes) as u64 / BYTES_PER_TOKEN).saturating_add(pieces as u64 * TOKENS_OF_DATA)
}

fn route<K: Clock>(
    desk: &Desk<'_, K>,
    received: &Received,
    key: &KeyRecord,
    model: &str,
    (input_tokens, most_output): (u64, u64),
    beginnings: &Beginnings,
) -> Result<Decision, Refusal> {
    let now = Instant::now();
    let header = |name: &str| received.headers.get(name).and_then(|value| value.to_str().ok());
    let strategy = header(ROUTE_HEADER).map(str::parse).transpose();
    let strategy = strategy.map_err(|unknown: UnknownStrategy| {
        Refusal::new(Code::InvalidRequest, format!("The header `{ROUTE_HEADER}` {unknown}."))
    })?;
    let facts = || Facts {
        input_tokens,
        tools: traits::gives_tools(&received.body),
        images: traits::shows_images(&received.body),
        group: &key.tenant_group,
        tag: header(TAG_HEADER),
        hour_utc: u8::try_from(desk.clock.unix_ms().div_euclid(3_600_000).rem_euclid(24)).unwrap_or_default(),
    };
    let ask = Ask {
        model,
        dialect: received.dialect,
        input_tokens,
        output_tokens: most_output.min(USUAL_OUTPUT),
        time_us: received.id.unix_ms().saturating_mul(1_000),
        strategy,
        bound: desk.affinity.find(beginnings, now),
        facts: &facts,
        header: &header,
    };
    let (snapshot, health, weights) = (desk.snapshot, desk.health, &desk.config.weights);
    Ok(desk.dice.throw(|mut random| decide(snapshot, &ask, health, weights, now, &mut random)))
}

impl Planned {
    /// The journal's record of the admission.
    pub fn opened(&self) -> Opened {
        Opened {
            request: self.received.id,
            tenant: self.key.tenant,
            key: self.key.id,
            model: self.head.model.clone(),
            dialect: self.received.dialect,
            stream: self.head.stream,
            sale_price: self.sale.id,
            unit_prices: self.sale.unit_prices(self.multiplier),
            hold: self.quote,
        }
    }
}
