//! Looking at kept responses, and deleting them. Source: <https://platform.openai.com/docs/api-reference/responses>.

use super::{Responses, kept, refusal};
use crate::gateway::{json, respond};
use axum::{body::Body, extract::Query};
use domain::{
    dialect::Dialect,
    ids::RequestId,
    key::KeyRecord,
    refusal::{Code, Refusal},
};
use engine::{
    answer::Answer,
    authenticate::{admits, valid_key},
    clock::SystemClock,
};
use http::{Method, Response, request::Parts};
use protocol::responses::{deleted, input_items};
use serde::Deserialize;
use std::{net::IpAddr, sync::Arc};

/// Items of one page unless told otherwise, and at most.
const PAGE: usize = 20;
const LARGEST_PAGE: usize = 100;

/// What of a kept response a path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// What it was asked.
    Input,
}

/// How a list of items is asked for.
#[derive(Debug, Deserialize)]
struct Asked {
    limit: Option<usize>,
    order: Option<String>,
    after: Option<String>,
}

#[derive(Debug, Deserialize)]
struct AskedWhole {
    #[serde(default)]
    stream: bool,
}

impl Responses {
    /// Shows or deletes a kept response of the key's tenant.
    pub async fn kept(
        &self,
        request: RequestId,
        (id, part): (&str, Part),
        peer: IpAddr,
        query_key: Option<&str>,
        head: &Parts,
    ) -> Response<Body> {
        let dialect = Dialect::OpenaiResponses;
        let answer = async {
            let key = valid_key(&*self.relay.catalog, &SystemClock, &head.headers, query_key).await?;
            admits(&key, peer, dialect)?;
            match (&head.method, part) {
                (&Method::DELETE, _) => {
                    self.store.responses().delete(key.tenant, id).await.map_err(refusal)?;
                    Ok(deleted(id))
                }
                (_, Part::Whole) => self.whole(&key, id, head).await,
                (_, Part::Input) => self.input(&key, id, head).await,
            }
        };
        match answer.await {
            Ok(body) => json(request, body),
            Err(refusal) => respond(Answer::refused(dialect, request, &refusal)),
        }
    }

    async fn whole(&self, key: &Arc<KeyRecord>, id: &str, head: &Parts) -> Result<bytes::Bytes, Refusal> {
        if query::<AskedWhole>(head)?.stream {
            let message = "The parameter `stream` is not supported: a kept response comes whole.";
            return Err(Refusal::new(Code::InvalidRequest, message));
        }
        let found = self.store.responses().get(key.tenant, id).await.map_err(refusal)?;
        Ok(kept(&found.content)?.response.to_string().into())
    }

    /// The input of the whole conversation, the newest item first unless told otherwise.
    async fn input(&self, key: &Arc<KeyRecord>, id: &str, head: &Parts) -> Result<bytes::Bytes, Refusal> {
        let Asked { limit, order, after } = query(head)?;
        let limit = limit.unwrap_or(PAGE);
        if !(1..=LARGEST_PAGE).contains(&limit) {
            return Err(Refusal::new(Code::InvalidRequest, "The parameter `limit` must be 1 to 100."));
        }
        let chain = self.store.responses().chain(key.tenant, id, self.most_bytes()).await.map_err(refusal)?;
        let mut items = Vec::new();
        for (place, response) in chain.iter().enumerate() {
            let kept = kept(&response.content)?;
            let last = place + 1 == chain.len();
            let answered = if last { Vec::new() } else { kept.output().to_vec() };
            items.extend(kept.input);
            items.extend(answered);
        }
        match order.as_deref() {
            None | Some("desc") => items.reverse(),
            Some("asc") => {}
            Some(_) => return Err(Refusal::new(Code::InvalidRequest, "The parameter `order` must be asc or desc.")),
        }
        if let Some(after) = after {
            let is_it = |item: &serde_json::Value| item.get("id").and_then(|id| id.as_str()) == Some(&after);
            let place = items.iter().position(is_it).ok_or_else(|| {
                Refusal::new(Code::InvalidRequest, "The parameter `after` names no item of this response.")
            })?;
            items.drain(..=place);
        }
        let more = items.len() > limit;
        items.truncate(limit);
        Ok(input_items(&items, more))
    }
}

fn query<T: serde::de::DeserializeOwned>(head: &Parts) -> Result<T, Refusal> {
    Query::try_from_uri(&head.uri)
        .map(|Query(asked)| asked)
        .map_err(|error| Refusal::new(Code::InvalidRequest, format!("The query is not valid: {error}")))
}
