//! Sums of usage by model, key, tenant, channel, day or hour (UTC).

use super::{ApiState, caller::Scope, input::Asked, page::Page, problem::Problem, shown::time_us, usage::FileAsked};
use axum::{Json, extract::State};
use domain::{
    ids::{ChannelId, KeyId, TenantId},
    money::NanoUsd,
};
use serde::{Deserialize, Serialize};
use store::{
    Moment,
    usage::{GroupBy, Line},
};
use utoipa::{IntoParams, ToSchema};

/// The sums of one group; of its dimensions, those that were asked for are there.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UsageSum)]
pub struct SumShown {
    /// The model.
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    /// The key.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    key: Option<KeyId>,
    /// The tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    tenant: Option<TenantId>,
    /// The channel that answered; absent where none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    channel: Option<ChannelId>,
    /// The beginning of the day or hour (RFC 3339, UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    /// Requests.
    requests: i64,
    /// Of those, with an error.
    errors: i64,
    /// Input tokens, without cache.
    input_tokens: i64,
    /// Output tokens, reasoning included.
    output_tokens: i64,
    /// Input tokens read from a prompt cache.
    cache_read_tokens: i64,
    /// Input tokens written to one.
    cache_write_tokens: i64,
    /// Output tokens spent on reasoning.
    reasoning_tokens: i64,
    /// What tenants were charged, in USD.
    #[schema(value_type = String)]
    cost_usd: NanoUsd,
    /// For admins: what it cost us, in USD.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    provider_cost_usd: Option<NanoUsd>,
    /// For admins: charges less costs, in USD.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    margin_usd: Option<NanoUsd>,
}

impl SumShown {
    fn of(line: Line, costs: bool) -> Self {
        Self {
            model: line.of.model,
            key: line.of.key,
            tenant: line.of.tenant,
            channel: line.of.channel,
            time: line.of.time_us.map(time_us),
            requests: line.requests,
            errors: line.errors,
            input_tokens: line.input,
            output_tokens: line.output,
            cache_read_tokens: line.cache_read,
            cache_write_tokens: line.cache_write,
            reasoning_tokens: line.reasoning,
            cost_usd: line.sale,
            provider_cost_usd: costs.then_some(line.cost),
            margin_usd: costs.then(|| line.sale.saturating_sub(line.cost)),
        }
    }
}

/// Sums of what.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SumsAsked {
    /// By what, with commas between: `model`, `key`, `tenant`, `channel`, `day`, `hour`. Absent: one sum of everything.
    group_by: Option<String>,
    /// Not before this time (RFC 3339).
    from: Option<String>,
    /// Before this time (RFC 3339).
    to: Option<String>,
    /// Of this tenant.
    #[param(value_type = Option<String>)]
    tenant: Option<TenantId>,
    /// With this key.
    #[param(value_type = Option<String>)]
    key: Option<KeyId>,
    /// For this model.
    model: Option<String>,
    /// Answered by this channel.
    #[param(value_type = Option<String>)]
    channel: Option<ChannelId>,
    /// With this HTTP status.
    status: Option<u16>,
}

/// Sums usage, the largest charge first, or by time where that is asked for; at most 10 000 groups.
#[utoipa::path(get, path = "/api/v1/usage/summary", tag = "usage", params(SumsAsked),
    responses((status = 200, body = Page<SumShown>)))]
pub async fn show(
    State(state): State<ApiState>,
    scope: Scope,
    Asked(asked): Asked<SumsAsked>,
) -> Result<Json<Page<SumShown>>, Problem> {
    let SumsAsked { group_by, from, to, tenant, key, model, channel, status } = asked;
    let groups = groups(group_by.as_deref().unwrap_or_default())?;
    let filter = FileAsked { from, to, tenant, key, model, channel, status, errors: None }.filter(&scope)?;
    let lines = Moment::now(state.store.db()).await?.summary(&filter, &groups).await?;
    let data = lines.into_iter().map(|line| SumShown::of(line, scope.sees_costs())).collect();
    Ok(Json(Page { data, next_cursor: None }))
}

/// Reads the words of `group_by`.
///
/// # Errors
/// 400 naming the word that is none, or that is there twice.
pub fn groups(words: &str) -> Result<Vec<GroupBy>, Problem> {
    let mut groups = Vec::new();
    for word in words.split(',').filter(|word| !word.is_empty()) {
        let group = word.parse().map_err(|unknown| Problem::invalid(format!("query: {unknown}")))?;
        if groups.contains(&group) {
            return Err(Problem::invalid(format!("query: group_by names {word} twice")));
        }
        groups.push(group);
    }
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_words_with_commas_between() {
        assert_eq!(groups("model,day").unwrap(), [GroupBy::Model, GroupBy::Day]);
        assert_eq!(groups("").unwrap(), []);
        assert!(groups("colour").is_err() && groups("model,model").is_err());
    }
}
