//! Requests as lists show them, with the names of their keys.

use super::{ServerConsole, time};
use domain::{ids::KeyId, views::RequestLine};
use std::collections::HashMap;
use store::{Error, usage::Event};

/// One line.
pub fn line(event: &Event, keys: &HashMap<KeyId, String>) -> RequestLine {
    let usage = &event.usage;
    RequestLine {
        request: event.request,
        time: time(event.time_us),
        model: event.model.clone(),
        status: event.status,
        input_tokens: usage.input.saturating_add(usage.cache_read).saturating_add(usage.cache_write()),
        output_tokens: usage.output,
        cost: event.sale,
        latency_us: event.latency_us,
        ttft_us: event.ttft_us,
        error_code: event.error_code.clone(),
        tries: u32::try_from(event.attempt_count).unwrap_or(u32::MAX),
        key: keys.get(&event.key).cloned().unwrap_or_default(),
    }
}

impl ServerConsole {
    /// The lines of these requests.
    pub(super) async fn lines(&self, events: &[Event]) -> Result<Vec<RequestLine>, Error> {
        let mut ids: Vec<KeyId> = events.iter().map(|event| event.key).collect();
        ids.sort_unstable();
        ids.dedup();
        let keys = self.store.keys().names_of(&ids).await?.into_iter().collect();
        Ok(events.iter().map(|event| line(event, &keys)).collect())
    }
}
