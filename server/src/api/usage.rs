//! Usage: one row a request, as pages and as a file. A member's rows are their tenant's, whatever they ask for.

use super::{
    ApiState,
    caller::Scope,
    file::attachment,
    input::{Asked, time_us},
    page::Page,
    problem::Problem,
    shown,
};
use axum::{Json, extract::State, response::Response};
use domain::{
    ids::{ChannelId, KeyId, PriceId, RequestId, TenantId},
    money::NanoUsd,
};
use serde::{Deserialize, Serialize};
use store::{
    Moment,
    usage::{self, Event, Filter, Place},
    words,
};
use utoipa::{IntoParams, ToSchema};

/// One request.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UsageRow)]
pub struct UsageShown {
    /// The relay's id of it.
    #[schema(value_type = String)]
    pub request_id: RequestId,
    /// When it came (RFC 3339, UTC).
    pub time: String,
    /// Who paid.
    #[schema(value_type = String)]
    pub tenant: TenantId,
    /// With which key.
    #[schema(value_type = String)]
    pub key: KeyId,
    /// The public name of the model.
    pub model: String,
    /// The channel that answered; null: none did.
    #[schema(value_type = Option<String>)]
    pub channel: Option<ChannelId>,
    /// The caller's dialect.
    pub dialect: String,
    /// The HTTP status the caller saw; 0: the node died.
    pub status: u16,
    /// Input tokens, without cache.
    pub input_tokens: u64,
    /// Output tokens, reasoning included.
    pub output_tokens: u64,
    /// Input tokens read from a prompt cache.
    pub cache_read_tokens: u64,
    /// Input tokens written to one.
    pub cache_write_tokens: u64,
    /// Output tokens spent on reasoning.
    pub reasoning_tokens: u64,
    /// The rates it was charged by, in USD per million units.
    pub unit_prices: String,
    /// What the tenant was charged, in USD.
    #[schema(value_type = String)]
    pub cost_usd: NanoUsd,
    /// To the last byte, in milliseconds.
    pub latency_ms: u64,
    /// To the first meaningful byte.
    pub ttft_ms: Option<u64>,
    /// How many upstreams were tried.
    pub attempts: u64,
    /// Who counted: `reported`, `counted`, `estimated`, `checkpoint`.
    pub usage_source: String,
    /// How it ended: `complete`, `failed`, `cut`, …
    pub end_state: String,
    /// The code of the error; null: none.
    pub error_code: Option<String>,
    /// The version of the sale price.
    #[schema(value_type = String)]
    pub price_version: PriceId,
    /// For admins: what it cost us, in USD; attempts that failed have theirs in `tries` of `GET /api/v1/requests/{id}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub provider_cost_usd: Option<NanoUsd>,
    /// For admins: charge less cost, in USD.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub margin_usd: Option<NanoUsd>,
}

impl UsageShown {
    /// A row as this caller may see it.
    pub fn of(event: &Event, costs: bool) -> Self {
        let usage = &event.usage;
        Self {
            request_id: event.request,
            time: shown::time_us(event.time_us),
            tenant: event.tenant,
            key: event.key,
            model: event.model.clone(),
            channel: event.channel,
            dialect: event.dialect.clone(),
            status: event.status,
            input_tokens: usage.input,
            output_tokens: usage.output,
            cache_read_tokens: usage.cache_read,
            cache_write_tokens: usage.cache_write(),
            reasoning_tokens: usage.reasoning,
            unit_prices: event.unit_prices.clone(),
            cost_usd: event.sale,
            latency_ms: event.latency_us.div_ceil(1000),
            ttft_ms: event.ttft_us.map(|us| us.div_ceil(1000)),
            attempts: event.attempt_count,
            usage_source: event.usage_source.clone(),
            end_state: event.end_state.clone(),
            error_code: Some(event.error_code.clone()).filter(|code| !code.is_empty()),
            price_version: event.sale_price,
            provider_cost_usd: costs.then_some(event.cost),
            margin_usd: costs.then(|| event.sale.saturating_sub(event.cost)),
        }
    }
}

/// Which requests.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UsageAsked {
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
    /// `true`: only those with an error, which is 400 and more, and no answer.
    errors: Option<bool>,
    /// Rows at most, 1 to 500; default 50.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// The same, for the file: it has no pages.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FileAsked {
    /// Not before this time (RFC 3339).
    pub from: Option<String>,
    /// Before this time (RFC 3339).
    pub to: Option<String>,
    /// Of this tenant.
    #[param(value_type = Option<String>)]
    pub tenant: Option<TenantId>,
    /// With this key.
    #[param(value_type = Option<String>)]
    pub key: Option<KeyId>,
    /// For this model.
    pub model: Option<String>,
    /// Answered by this channel.
    #[param(value_type = Option<String>)]
    pub channel: Option<ChannelId>,
    /// With this HTTP status.
    pub status: Option<u16>,
    /// `true`: only those with an error, which is 400 and more, and no answer.
    pub errors: Option<bool>,
}

impl FileAsked {
    /// The filter, narrowed to what the caller may see.
    ///
    /// # Errors
    /// 400 for a time that is none, or when a member of several tenants names none; 404 for a tenant that is not theirs.
    pub fn filter(self, scope: &Scope) -> Result<Filter, Problem> {
        Ok(Filter {
            from_us: self.from.as_deref().map(|text| time_us("from", text)).transpose()?,
            to_us: self.to.as_deref().map(|text| time_us("to", text)).transpose()?,
            tenant: tenant(scope, self.tenant)?,
            key: self.key,
            model: self.model,
            channel: self.channel,
            status: self.status,
            errors: self.errors.unwrap_or_default(),
            any_of: Vec::new(),
        })
    }
}

/// The one tenant whose rows may be read; `None`: everybody's.
pub fn tenant(scope: &Scope, asked: Option<TenantId>) -> Result<Option<TenantId>, Problem> {
    match (scope, asked) {
        (Scope::Everything, asked) => Ok(asked),
        (Scope::Tenants(_), Some(asked)) if scope.holds(asked) => Ok(Some(asked)),
        (Scope::Tenants(_), Some(_)) => Err(Problem::not_found("tenant")),
        (Scope::Tenants(own), None) => match own.as_slice() {
            [only] => Ok(Some(*only)),
            [] => Err(Problem::forbidden("not_allowed", "You are a member of no tenant.")),
            _ => Err(Problem::invalid("query: name one of your tenants in `tenant`")),
        },
    }
}

/// Lists requests, newest first.
#[utoipa::path(get, path = "/api/v1/usage", tag = "usage", params(UsageAsked),
    responses((status = 200, body = Page<UsageShown>)))]
pub async fn list(
    State(state): State<ApiState>,
    scope: Scope,
    Asked(asked): Asked<UsageAsked>,
) -> Result<Json<Page<UsageShown>>, Problem> {
    let UsageAsked { from, to, tenant, key, model, channel, status, errors, limit, cursor } = asked;
    let limit = limit.unwrap_or(words::Page::DEFAULT);
    words::Page::parse(Some(limit), None)?;
    let not_one = || Problem::invalid("query: `cursor` is not one of this list");
    let before = cursor.map(|text| text.parse().map_err(|_| not_one())).transpose()?.map(Place::of);
    let filter = FileAsked { from, to, tenant, key, model, channel, status, errors }.filter(&scope)?;
    let mut rows = Moment::now(state.store.db()).await?.requests(&filter, before, limit + 1).await?;
    let shown = usize::try_from(limit).unwrap_or(1);
    let more = rows.len() > shown;
    rows.truncate(shown);
    let next_cursor = rows.last().filter(|_| more).map(|last| last.request.to_string());
    let data = rows.iter().map(|event| UsageShown::of(event, scope.sees_costs())).collect();
    Ok(Json(Page { data, next_cursor }))
}

/// All requests as a file (RFC 4180, CRLF, oldest first), written as it is read.
#[utoipa::path(get, path = "/api/v1/usage.csv", tag = "usage", params(FileAsked),
    responses((status = 200, content_type = "text/csv", body = String)))]
pub async fn csv(
    State(state): State<ApiState>,
    scope: Scope,
    Asked(asked): Asked<FileAsked>,
) -> Result<Response, Problem> {
    let filter = asked.filter(&scope)?;
    let name = named("usage", &filter);
    attachment(&name, "text/csv; charset=utf-8", usage::csv(state.store.db().clone(), filter)).await
}

/// `usage-TENANT-FROM-TO.csv`, with what was named.
pub fn named(what: &str, filter: &Filter) -> String {
    let day = |us: Option<i64>| us.map(|us| format!("-{}", shown::time_us(us).replace(':', "")));
    let tenant = filter.tenant.map_or_else(|| "-all".to_owned(), |tenant| format!("-{tenant}"));
    let (from, to) = (day(filter.from_us), day(filter.to_us));
    format!("{what}{tenant}{}{}.csv", from.unwrap_or_default(), to.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_reads_their_own_tenant_whatever_they_ask() {
        let (a, b) = (TenantId(1), TenantId(2));
        let one = Scope::Tenants(vec![a]);
        assert_eq!(tenant(&one, None).unwrap(), Some(a));
        assert_eq!(tenant(&one, Some(a)).unwrap(), Some(a));
        assert!(tenant(&one, Some(b)).is_err());
        assert!(tenant(&Scope::Tenants(vec![]), None).is_err());
        assert!(tenant(&Scope::Tenants(vec![a, b]), None).is_err(), "which one?");
        assert_eq!(tenant(&Scope::Everything, None).unwrap(), None);
    }

    #[test]
    fn the_file_is_named_by_tenant_and_period() {
        assert_eq!(named("usage", &Filter::default()), "usage-all.csv");
        let filter =
            Filter { tenant: Some(TenantId(1)), from_us: Some(0), to_us: Some(86_400_000_000), ..Filter::default() };
        assert_eq!(named("usage", &filter), "usage-ten_0000000000001-1970-01-01T000000Z-1970-01-02T000000Z.csv");
    }
}
