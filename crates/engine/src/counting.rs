//! How many tokens a request's input has, asked before it is sent: counted here, with the model's vocabulary where one is
//! known, so that every model has an answer. Nothing is sent, kept or charged.

use crate::{
    answer::{Answer, AnswerBody},
    authenticate::authenticate,
    clock::SystemClock,
    meter,
    received::Received,
    relay::Relay,
    upstream::Upstream,
};
use domain::{
    ports::{Catalog, Ledger},
    refusal::{Code, Refusal},
};
use http::{HeaderValue, StatusCode};
use protocol::{
    count::{Family, counted},
    request::RequestHead,
};

impl<L: Ledger, C: Catalog, U: Upstream> Relay<L, C, U> {
    /// Answers a request to count, in the caller's dialect.
    pub async fn count(&self, received: Received) -> Answer {
        let (dialect, request) = (received.dialect, received.id);
        match self.count_or_refuse(received).await {
            Ok(tokens) => {
                let json = HeaderValue::from_static("application/json");
                Answer::new(request, StatusCode::OK, json, AnswerBody::Full(counted(dialect, tokens)))
            }
            Err(refusal) => Answer::refused(dialect, request, &refusal),
        }
    }

    async fn count_or_refuse(&self, received: Received) -> Result<u64, Refusal> {
        let authed = authenticate(&*self.catalog, &SystemClock, received).await?;
        let received = authed.received;
        let model = RequestHead::read_model(received.in_path.as_ref(), &received.body)
            .map_err(|bad| Refusal::new(Code::InvalidRequest, bad.message))?;
        let time_us = received.id.unix_ms().saturating_mul(1_000);
        if self.catalog.snapshot().sale_to(&authed.key.tenant_group, &model, time_us).is_none() {
            let message = "The model does not exist or is not available to this key.";
            return Err(Refusal::new(Code::ModelNotFound, message));
        }
        if !authed.key.allows_model(&model) {
            return Err(Refusal::new(Code::NotAllowed, "This key may not use this model."));
        }
        let family = Family::of(&model);
        Ok(meter::count_input(family, received.dialect, &received.body, &self.tracker).await)
    }
}
