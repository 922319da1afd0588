//! News as server-sent events: that there are new requests, so that whoever shows them asks again. No numbers travel here; the
//! answer to that question is the viewer's own.
//!
//! What is new is read from the database, once a second and stream, so news of every node arrives. A stream ends after some
//! minutes, and when the server drains: the client comes back, and is asked again who it is.

use super::{ApiState, caller::Scope, input::Asked, problem::Problem, usage::tenant};
use axum::{
    extract::State,
    response::sse::{Event, KeepAlive, Sse},
};
use domain::ids::TenantId;
use futures::stream::{self, Stream};
use serde::Deserialize;
use std::{convert::Infallible, time::Duration};
use store::{Moment, time::now_us, usage::Filter};
use tokio::time::{Instant, sleep_until};
use utoipa::IntoParams;

const PERIOD: Duration = Duration::from_secs(1);
/// Under the minute after which proxies commonly cut silent connections.
const SILENCE: Duration = Duration::from_secs(15);
const LONGEST: Duration = Duration::from_secs(10 * 60);
/// When the client comes back after the end.
const RETRY: Duration = Duration::from_secs(1);
const HOUR_US: i64 = 3_600_000_000;

/// What is followed.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EventsAsked {
    /// With commas between. There is one topic: `usage`, new requests.
    topics: Option<String>,
    /// Of this tenant; absent: of everything the caller may see.
    #[param(value_type = Option<String>)]
    tenant: Option<TenantId>,
}

/// One stream.
struct Follower {
    state: ApiState,
    tenant: Option<TenantId>,
    seen: i64,
    next: Instant,
    end: Instant,
}

impl Follower {
    /// Grows with every request that is posted, also with one that began long ago.
    async fn posted(&self) -> store::Result<i64> {
        let from = now_us().div_euclid(HOUR_US) * HOUR_US - HOUR_US;
        let filter = Filter { tenant: self.tenant, from_us: Some(from), ..Filter::default() };
        Ok(Moment::now(self.state.store.db()).await?.total(&filter).await?.requests)
    }

    /// Waits for news; `None`: the stream is over.
    async fn news(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            tokio::select! {
                biased;
                () = self.state.draining.cancelled() => return None,
                () = sleep_until(self.end) => return None,
                () = sleep_until(self.next) => {}
            }
            self.next = Instant::now() + PERIOD;
            // While the database is away there is nothing to tell.
            let Ok(posted) = self.posted().await else { continue };
            if posted != self.seen {
                self.seen = posted;
                return Some((Ok(Event::default().event("usage").data("{}")), self));
            }
        }
    }
}

/// Follows what happens: an event `usage` whenever requests were posted, at most one a second.
#[utoipa::path(get, path = "/api/v1/events", tag = "usage", params(EventsAsked),
    responses((status = 200, content_type = "text/event-stream", body = String)))]
pub async fn follow(
    State(state): State<ApiState>,
    scope: Scope,
    Asked(asked): Asked<EventsAsked>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let topics = asked.topics.as_deref().unwrap_or("usage");
    if let Some(unknown) = topics.split(',').find(|topic| *topic != "usage") {
        return Err(Problem::invalid(format!("query: there is no topic {unknown:?}; there is `usage`")));
    }
    let tenant = tenant(&scope, asked.tenant)?;
    let now = Instant::now();
    let mut follower = Follower { state, tenant, seen: 0, next: now + PERIOD, end: now + LONGEST };
    follower.seen = follower.posted().await?;
    let hello = stream::iter([Ok(Event::default().event("hello").data("{}").retry(RETRY))]);
    let news = stream::unfold(follower, Follower::news);
    Ok(Sse::new(futures::StreamExt::chain(hello, news)).keep_alive(KeepAlive::new().interval(SILENCE)))
}
