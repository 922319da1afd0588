//! What goes to one candidate: the caller's bytes where it speaks the caller's dialect, else a translation, with the way
//! back for the answer.

use crate::{
    clock::{Clock as _, SystemClock},
    meter,
    plan::Planned,
    routing::Candidate,
};
use bytes::Bytes;
use protocol::{
    count::Family,
    request::BadRequest,
    translate::{self, Asking, Going, Translation},
};
use tokio_util::task::TaskTracker;

/// A request for one candidate.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub body: Bytes,
    /// The way back, where the candidate speaks another dialect.
    pub translation: Option<Translation>,
    /// What the translation left out.
    pub warnings: Vec<String>,
}

impl Outgoing {
    /// For this candidate.
    ///
    /// # Errors
    /// [`BadRequest`] if the candidate's dialect cannot express the request.
    pub async fn to(candidate: &Candidate, planned: &Planned, tracker: &TaskTracker) -> Result<Self, BadRequest> {
        let (received, head) = (&planned.received, &planned.head);
        let going = Going {
            provider: candidate.channel().provider,
            dialect: candidate.dialect,
            model: &candidate.offer.upstream_model,
            max_output: planned.max_output,
        };
        if candidate.dialect == received.dialect {
            let body = translate::same(head, &received.body, &going);
            return Ok(Self { body, translation: None, warnings: Vec::new() });
        }
        let input_estimate = if translate::wants_estimate(received.dialect, head.stream) {
            meter::count_input(Family::of(&head.model), received.dialect, &received.body, tracker).await
        } else {
            0
        };
        let id = received.id.to_string();
        let asking = Asking {
            dialect: received.dialect,
            body: &received.body,
            stream: head.stream,
            id: &id,
            model: &head.model,
            created: SystemClock.unix_ms() / 1_000,
            input_estimate,
        };
        let translated = translate::request(asking, going)?;
        Ok(Self { body: translated.body, translation: Some(translated.translation), warnings: translated.warnings })
    }
}
