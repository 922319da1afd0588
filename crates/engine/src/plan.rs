//! What is asked for, where it could be served and what it may cost: head, model, candidates, quote.

use crate::{
    authenticate::Authed,
    candidates::{self, Candidate},
    quote::{self, Bounds},
    received::Received,
};
use domain::{
    channel::Snapshot,
    key::KeyRecord,
    money::NanoUsd,
    price::Price,
    record::Opened,
    refusal::{Code, Refusal},
};
use protocol::request::RequestHead;
use std::{sync::Arc, time::Duration};

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
    /// The most output tokens the model gives, if that is known.
    pub max_output: Option<u64>,
    /// How much it can use.
    pub bounds: Bounds,
    /// What it sets aside.
    pub quote: NanoUsd,
    /// Where it can go, in order; never empty.
    pub candidates: Vec<Candidate>,
}

/// Reads the body's head and plans the request by the snapshot.
///
/// # Errors
/// 400 for a bad body, 403 for a model outside the key's scope, 404 for an unknown or unpriced model, 503 when no enabled
/// channel carries it.
pub fn plan(snapshot: &Snapshot, authed: Authed) -> Result<Planned, Refusal> {
    let Authed { received, key } = authed;
    let head = RequestHead::read(received.dialect, received.in_path.as_ref(), &received.body)
        .map_err(|bad| Refusal::new(Code::InvalidRequest, bad.message))?;
    let unknown = || Refusal::new(Code::ModelNotFound, "The model does not exist or is not available to this key.");
    let model = snapshot.models.get(&head.model).ok_or_else(unknown)?;
    let sale = model.sale.clone().ok_or_else(unknown)?;
    if !key.allows_model(&head.model) {
        return Err(Refusal::new(Code::NotAllowed, "This key may not use this model."));
    }
    let candidates = candidates::order(&model.offers, received.dialect, &mut rand::rng());
    if candidates.is_empty() {
        return Err(Refusal::new(Code::NoChannelAvailable, "No channel serves this model at the moment.")
            .retry_after(Duration::from_secs(5)));
    }
    let bounds = quote::bounds(&head, received.body.len(), model.max_output);
    let quote = quote::quote(&bounds, &sale.rates);
    let max_output = model.max_output;
    Ok(Planned { received, key, head, sale, max_output, bounds, quote, candidates })
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
            unit_prices: self.sale.unit_prices.as_ref().to_owned(),
            hold: self.quote,
        }
    }
}
