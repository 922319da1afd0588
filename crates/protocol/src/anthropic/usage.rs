//! The `usage` block of Messages. `input_tokens` leaves cached tokens out; cache writes are told apart by lifetime in
//! `cache_creation`, else all count as five minutes.
//! Source: <https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching>.

use crate::{
    lenient::{Count, Maybe, Tier},
    usage::Report,
};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wire {
    input_tokens: Count,
    output_tokens: Count,
    cache_read_input_tokens: Count,
    cache_creation_input_tokens: Count,
    cache_creation: Maybe<CacheCreation>,
    server_tool_use: Maybe<ServerToolUse>,
    service_tier: Tier,
    speed: Tier,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CacheCreation {
    ephemeral_5m_input_tokens: Count,
    ephemeral_1h_input_tokens: Count,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ServerToolUse {
    web_search_requests: Count,
}

impl Wire {
    pub fn report(self) -> Report {
        let creation = self.cache_creation.0.unwrap_or_default();
        Report {
            input: self.input_tokens.0,
            output: self.output_tokens.0,
            cache_read: self.cache_read_input_tokens.0,
            cache_write: self.cache_creation_input_tokens.0,
            cache_write_5m: creation.ephemeral_5m_input_tokens.0,
            cache_write_1h: creation.ephemeral_1h_input_tokens.0,
            web_searches: self.server_tool_use.0.unwrap_or_default().web_search_requests.or_zero(),
            // Fast mode is a price of its own: <https://docs.anthropic.com/en/docs/build-with-claude/fast-mode>.
            service_tier: self.speed.0.filter(|speed| !speed.is_standard()).or(self.service_tier.0),
            ..Report::default()
        }
    }
}
