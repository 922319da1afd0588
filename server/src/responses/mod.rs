//! OpenAI Responses with state, for tenants that let the relay keep it: a request goes on from what is kept
//! (`previous_response_id`, `item_reference`), the answer is kept, and kept ones can be looked at and deleted.
//!
//! All of it is around the relay: what goes through is a whole conversation, and what comes back an answer like any
//! other. Where a tenant keeps nothing, a request passes untouched.

mod kept;
mod stream;

pub use kept::Part;

use crate::gateway::{ServerRelay, respond};
use axum::body::Body;
use bytes::Bytes;
use domain::{
    dialect::Dialect,
    ids::{RequestId, TenantId},
    key::KeyRecord,
    refusal::{Code, Refusal},
};
use engine::{
    answer::{Answer, AnswerBody},
    authenticate::valid_key,
    clock::SystemClock,
    received::Received,
};
use http::{Response, StatusCode};
use protocol::responses::{Kept, Stateful, Told, edit_answer};
use serde_json::Value;
use std::{collections::HashMap, sync::Arc, time::Duration};
use store::{Error, Store, responses::NewResponse};

/// A response larger than this is not kept, in bytes.
const LARGEST_KEPT: usize = 8 << 20;

/// Responses and what is kept of them.
pub struct Responses {
    /// Where they are kept.
    pub store: Store,
    /// Who answers.
    pub relay: Arc<ServerRelay>,
    /// Bytes a whole conversation may have.
    pub max_body: usize,
}

/// One request of a tenant whose responses are kept.
struct Turn {
    store: Store,
    tenant: TenantId,
    /// The response's id.
    id: String,
    previous: Option<String>,
    asked: Stateful,
    keep: bool,
}

impl Responses {
    /// Answers a request, from what is kept and to be kept.
    pub async fn create(&self, mut received: Received) -> Response<Body> {
        let id = received.id;
        match self.turn(&received).await {
            Ok(None) => respond(self.relay.answer(received).await),
            Ok(Some((turn, body))) => {
                received.body = body;
                turn.deliver(self.relay.answer(received).await).await
            }
            Err(refusal) => respond(Answer::refused(Dialect::OpenaiResponses, id, &refusal)),
        }
    }

    /// What state has to do with this request, and the body that says all of it. `None`: nothing, or the relay refuses it.
    async fn turn(&self, received: &Received) -> Result<Option<(Turn, Bytes)>, Refusal> {
        let query_key = received.query_key.as_deref();
        let Ok(key) = valid_key(&*self.relay.catalog, &SystemClock, &received.headers, query_key).await else {
            return Ok(None);
        };
        if key.response_days == 0 {
            return Ok(None);
        }
        let Some(mut asked) = Stateful::read(&received.body) else { return Ok(None) };
        let previous = asked.previous().map(str::to_owned);
        let references = asked.references();
        let keep = asked.wants_keeping();
        if !keep && previous.is_none() && references.is_empty() {
            return Ok(None);
        }
        let named = self.named(&key, &references).await?;
        asked.resolve(|id| named.get(id).cloned());
        let earlier = match &previous {
            Some(id) => self.chain(&key, id).await?,
            None => Vec::new(),
        };
        let body = asked.whole(&earlier);
        if body.len() > self.max_body {
            let message = format!("The whole conversation is over the limit of {} bytes.", self.max_body);
            return Err(Refusal::new(Code::RequestTooLarge, message));
        }
        let (store, id) = (self.store.clone(), id_of(received.id));
        Ok(Some((Turn { store, tenant: key.tenant, id, previous, asked, keep }, body)))
    }

    /// The conversation that ends with this response.
    async fn chain(&self, key: &KeyRecord, id: &str) -> Result<Vec<Kept>, Refusal> {
        let chain =
            self.store.responses().chain(key.tenant, id, self.most_bytes()).await.map_err(|error| match error {
                Error::NotFound(_) => Refusal::new(
                    Code::InvalidRequest,
                    format!("Previous response with id '{id}' not found: it is not kept, or not any more."),
                ),
                error => refusal(error),
            })?;
        chain.iter().map(|response| kept(&response.content)).collect()
    }

    /// What is kept says more than what is sent on: what was asked stands there too, and how.
    fn most_bytes(&self) -> i64 {
        i64::try_from(self.max_body).unwrap_or(i64::MAX).saturating_mul(2)
    }

    /// The items that are named and kept.
    async fn named(&self, key: &KeyRecord, items: &[String]) -> Result<HashMap<String, Value>, Refusal> {
        let places = self.store.responses().of_items(key.tenant, items).await.map_err(refusal)?;
        let mut found = HashMap::new();
        for (item, response) in places {
            match self.store.responses().get(key.tenant, &response).await {
                Ok(response) => {
                    let value = kept(&response.content)?.item(&item);
                    found.extend(value.map(|value| (item, value)));
                }
                // Its time ended meanwhile.
                Err(Error::NotFound(_)) => {}
                Err(error) => return Err(refusal(error)),
            }
        }
        Ok(found)
    }
}

impl Turn {
    async fn deliver(self, answer: Answer) -> Response<Body> {
        match answer.body {
            AnswerBody::Full(body) if answer.status == StatusCode::OK => {
                let body = self.whole(&body).await.unwrap_or(body);
                respond(Answer { body: AnswerBody::Full(body), ..answer })
            }
            AnswerBody::Stream(frames) => {
                let mut response = Response::new(stream::keeping(self, frames));
                (*response.status_mut(), *response.headers_mut()) = (answer.status, answer.headers);
                response
            }
            AnswerBody::Full(_) => respond(answer),
        }
    }

    /// A whole answer, kept, as its caller gets it.
    async fn whole(&self, body: &[u8]) -> Option<Bytes> {
        let answer = edit_answer(body, self.told(self.keep))?;
        let kept = self.keep && self.keep(&answer).await;
        let answer = if kept { answer } else { edit_answer(body, self.told(false))? };
        Some(answer.to_string().into())
    }

    fn told(&self, kept: bool) -> Told<'_> {
        Told { id: &self.id, previous: self.previous.as_deref(), kept }
    }

    /// Keeps the response; whether it is kept. The answer stands whether or not it is.
    async fn keep(&self, response: &Value) -> bool {
        let kept = self.asked.kept(&self.id, response);
        let Ok(content) = serde_json::to_vec(&kept) else { return false };
        if content.len() > LARGEST_KEPT {
            return false;
        }
        let items = kept.output_ids();
        let new = NewResponse { id: &self.id, parent: self.previous.as_deref(), content: &content, items: &items };
        match self.store.responses().keep(self.tenant, new).await {
            Ok(()) => true,
            Err(error) => {
                metrics::counter!("turnpike_responses_not_kept_total").increment(1);
                tracing::warn!(%error, response = %self.id, "a response could not be kept");
                false
            }
        }
    }
}

fn id_of(request: RequestId) -> String {
    format!("resp_{request}")
}

fn kept(content: &[u8]) -> Result<Kept, Refusal> {
    serde_json::from_slice(content).map_err(|_| Refusal::new(Code::Internal, "A kept response cannot be read."))
}

fn refusal(error: Error) -> Refusal {
    match error {
        Error::NotFound(_) => {
            Refusal::new(Code::NotFound, "There is no such response: it is not kept, or not any more.")
        }
        Error::Invalid { field, why } => Refusal::new(Code::InvalidRequest, format!("The field `{field}` {why}.")),
        Error::Unavailable(_) => Refusal::new(Code::Overloaded, "Kept responses cannot be read at the moment.")
            .retry_after(Duration::from_secs(1)),
        error => {
            tracing::error!(%error, "a kept response could not be read");
            Refusal::new(Code::Internal, "A kept response cannot be read.")
        }
    }
}
