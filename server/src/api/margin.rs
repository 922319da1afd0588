//! Margin: what tenants were charged less what it cost us, by model, channel, tenant and day (UTC), for those who run the
//! place. A channel whose cost is not known counts as costing nothing. What an attempt used that failed is a cost of its channel, in
//! a line that may have no request.

use super::{
    ApiState,
    file::attachment,
    input::{Asked, time_us},
    problem::Problem,
    shown,
    summary::groups,
    usage::named,
};
use axum::{Json, extract::State, response::Response};
use domain::{
    ids::{ChannelId, TenantId},
    money::{NanoUsd, Percent},
};
use futures::stream;
use serde::{Deserialize, Serialize};
use store::{
    Moment,
    usage::{Filter, GroupBy, Line, Margins, margin_csv, margins},
};
use utoipa::{IntoParams, ToSchema};

/// By what, where nobody says.
const USUAL: &str = "model,channel,tenant";

/// The margin of one group; of its dimensions, those that were asked for are there.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Margin)]
pub struct MarginShown {
    /// The day (UTC).
    #[serde(skip_serializing_if = "Option::is_none")]
    day: Option<String>,
    /// The model.
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    /// The channel that answered; absent where none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    channel: Option<ChannelId>,
    /// The tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    tenant: Option<TenantId>,
    /// Requests.
    requests: i64,
    /// What tenants were charged, in USD.
    #[schema(value_type = String)]
    sale_usd: NanoUsd,
    /// What it cost us, in USD.
    #[schema(value_type = String)]
    cost_usd: NanoUsd,
    /// Charges less costs, in USD.
    #[schema(value_type = String)]
    margin_usd: NanoUsd,
    /// Its share of the charges, in percent with up to four decimals, rounded down; null: nothing was charged.
    #[schema(value_type = Option<String>)]
    margin_percent: Option<Percent>,
}

impl From<Line> for MarginShown {
    fn from(line: Line) -> Self {
        Self {
            margin_usd: line.margin(),
            margin_percent: line.margin_share(),
            day: line.of.time_us.map(|us| shown::time_us(us).chars().take(10).collect()),
            model: line.of.model,
            channel: line.of.channel,
            tenant: line.of.tenant,
            requests: line.requests,
            sale_usd: line.sale,
            cost_usd: line.cost,
        }
    }
}

/// Margins, and all of them together.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Margins)]
pub struct MarginsShown {
    /// The largest charge first, or by day where that is asked for.
    data: Vec<MarginShown>,
    /// All of it.
    total: MarginShown,
}

/// Margins of what.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MarginAsked {
    /// By what, with commas between: `model`, `channel`, `tenant`, `day`. Default: `model,channel,tenant`.
    group_by: Option<String>,
    /// Not before this whole hour (RFC 3339).
    from: Option<String>,
    /// Before this whole hour (RFC 3339).
    to: Option<String>,
    /// Of this tenant.
    #[param(value_type = Option<String>)]
    tenant: Option<TenantId>,
    /// For this model.
    model: Option<String>,
    /// Answered by this channel.
    #[param(value_type = Option<String>)]
    channel: Option<ChannelId>,
}

impl MarginAsked {
    fn filter(&self) -> Result<Filter, Problem> {
        Ok(Filter {
            from_us: self.from.as_deref().map(|text| time_us("from", text)).transpose()?,
            to_us: self.to.as_deref().map(|text| time_us("to", text)).transpose()?,
            tenant: self.tenant,
            model: self.model.clone(),
            channel: self.channel,
            ..Filter::default()
        })
    }

    async fn margins(&self, state: &ApiState) -> Result<Margins, Problem> {
        let groups = groups(self.group_by.as_deref().unwrap_or(USUAL))?;
        if groups.iter().any(|group| matches!(group, GroupBy::Key | GroupBy::Hour)) {
            return Err(Problem::invalid("query: group_by takes model, channel, tenant, day"));
        }
        let filter = self.filter()?;
        let found = margins(&mut Moment::now(state.store.db()).await?, &filter, &groups).await?;
        if found.are_whole() {
            return Ok(found);
        }
        let most = found.lines.len();
        Err(Problem::invalid(format!("query: more than {most} groups; take a shorter range, a filter or fewer groups")))
    }
}

/// Sums charges and costs. More than 10 000 groups are refused, never cut: what is answered adds up.
#[utoipa::path(get, path = "/api/v1/margin", tag = "money", params(MarginAsked),
    responses((status = 200, body = MarginsShown)))]
pub async fn show(
    State(state): State<ApiState>,
    Asked(asked): Asked<MarginAsked>,
) -> Result<Json<MarginsShown>, Problem> {
    let Margins { lines, total } = asked.margins(&state).await?;
    Ok(Json(MarginsShown { data: lines.into_iter().map(MarginShown::from).collect(), total: total.into() }))
}

/// The same lines as a file (RFC 4180, CRLF).
#[utoipa::path(get, path = "/api/v1/margin.csv", tag = "money", params(MarginAsked),
    responses((status = 200, content_type = "text/csv", body = String)))]
pub async fn csv(State(state): State<ApiState>, Asked(asked): Asked<MarginAsked>) -> Result<Response, Problem> {
    let file = margin_csv(&asked.margins(&state).await?.lines);
    let name = named("margin", &asked.filter()?);
    attachment(&name, "text/csv; charset=utf-8", stream::once(async move { file })).await
}
