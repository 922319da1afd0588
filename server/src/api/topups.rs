//! Credit that is bought: what it costs, orders of it, and what goes back of them.

use super::{
    ApiState,
    guard::{By, OfTenant},
    input::{Asked, Fields, InPath},
    page::{Page, Part},
    problem::Problem,
    shown::{made, time_us},
};
use crate::payments::{NotMade, Wish};
use axum::{Json, extract::State, response::IntoResponse};
use domain::{
    exchange::minor_text,
    ids::{RefundId, RequestId, TenantId, TopupId},
    money::{NanoUsd, PicoPerUnit},
};
use serde::{Deserialize, Serialize};
use store::{
    topups::{self, Refund, RefundState, State as Stands, Topup},
    words::Name,
};
use utoipa::ToSchema;

/// What credit costs here.
#[derive(Debug, Serialize, ToSchema)]
pub struct Fees {
    /// The least credit of one order, in USD.
    #[schema(value_type = String)]
    min: NanoUsd,
    /// The most, in USD.
    #[schema(value_type = String)]
    max: NanoUsd,
    /// Through whom it can be paid; empty: nothing is sold.
    providers: Vec<ProviderShown>,
    /// What it can be paid in.
    currencies: Vec<CurrencyShown>,
}

/// A provider of payments that is open.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProviderShown {
    /// `stripe` or `epay`.
    name: String,
    /// What an order's `method` must be one of; empty: it has none.
    methods: Vec<String>,
    /// The currencies it takes.
    currencies: Vec<String>,
}

/// A currency, what credit costs in it, and the fee on top.
#[derive(Debug, Serialize, ToSchema)]
pub struct CurrencyShown {
    /// Such as `EUR`.
    code: String,
    /// What one USD of credit costs.
    rate: String,
    /// The part of the fee that is always the same, in the currency.
    fee_fixed: String,
    /// The part that grows with the price, in percent of it.
    fee_percent: String,
}

/// An order of credit. `pay` and `fee` are in its currency, `credited` and `refunded` in USD.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Topup)]
pub struct TopupShown {
    /// `top_…`
    #[schema(value_type = String)]
    id: TopupId,
    /// Whose.
    #[schema(value_type = String)]
    tenant: TenantId,
    /// Through whom it is paid.
    provider: String,
    /// How, where the order says so.
    #[serde(skip_serializing_if = "String::is_empty")]
    method: String,
    /// `pending`, `succeeded`, `failed` or `expired`.
    #[schema(value_type = String)]
    state: Stands,
    /// What it is paid in.
    currency: String,
    /// What one USD of credit costs in it.
    rate: String,
    /// All that is paid: price and fee.
    pay: String,
    /// The fee in it.
    fee: String,
    /// What comes into the wallet.
    #[schema(value_type = String)]
    credited: NanoUsd,
    /// What of it went back.
    #[schema(value_type = String)]
    refunded: NanoUsd,
    /// Where it is paid; null once it is over.
    pay_url: Option<String>,
    /// The number of its receipt; null: not paid.
    receipt: Option<i64>,
    /// When it was made (RFC 3339, UTC).
    created_at: String,
    /// Until when it can be paid.
    expires_at: String,
    /// When it was paid, or was over.
    ended_at: Option<String>,
}

impl From<Topup> for TopupShown {
    fn from(order: Topup) -> Self {
        let Topup { id, tenant, provider, method, state, quote, pay_url, receipt, back, .. } = order;
        Self {
            id,
            tenant,
            provider,
            method,
            state,
            rate: PicoPerUnit(quote.rate).to_string(),
            pay: minor_text(&quote.currency, quote.pay),
            fee: minor_text(&quote.currency, quote.fee),
            currency: quote.currency,
            credited: quote.credited,
            refunded: back.credit,
            pay_url: (state == Stands::Pending).then_some(pay_url),
            receipt,
            created_at: time_us(order.created_us),
            expires_at: time_us(order.expires_us),
            ended_at: order.ended_us.map(time_us),
        }
    }
}

/// An order with what went back of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct TopupWithRefunds {
    #[serde(flatten)]
    topup: TopupShown,
    /// Refunds and chargebacks, newest first.
    refunds: Vec<RefundShown>,
}

/// Money that goes back, of an order or of a request.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Refund)]
pub struct RefundShown {
    /// `rfd_…`
    #[schema(value_type = String)]
    id: RefundId,
    /// Of which order.
    #[schema(value_type = Option<String>)]
    topup: Option<TopupId>,
    /// Of which request.
    request: Option<String>,
    /// Whether the payer's bank took it.
    chargeback: bool,
    /// `pending`, `done`, or `undone`: it did not go back, and was put back.
    #[schema(value_type = String)]
    state: RefundState,
    /// How much credit, in USD.
    #[schema(value_type = String)]
    amount: NanoUsd,
    /// Why.
    reason: String,
    /// When (RFC 3339, UTC).
    created_at: String,
}

impl From<Refund> for RefundShown {
    fn from(refund: Refund) -> Self {
        let Refund { id, chargeback, topup, request, state, part, reason, created_us, .. } = refund;
        let request = request.map(|id| id.to_string());
        Self { id, topup, request, chargeback, state, amount: part.credit, reason, created_at: time_us(created_us) }
    }
}

/// Credit to be bought.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewTopup)]
pub struct TopupFields {
    /// For whom.
    #[schema(value_type = String)]
    tenant: TenantId,
    /// How much credit, in USD.
    #[schema(value_type = String, example = "20")]
    amount: NanoUsd,
    /// Through whom: one of `GET /fees`.
    provider: String,
    /// What it is paid in; default: the first currency that the provider takes.
    #[serde(default)]
    currency: Option<String>,
    /// How it is paid, where the provider has methods.
    #[serde(default)]
    method: Option<String>,
}

/// What is to go back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRefund)]
pub struct RefundFields {
    /// How much credit, in USD; default: all that is left of it.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    amount: Option<NanoUsd>,
    /// Why, 1 to 200 characters; the tenant sees it.
    reason: String,
}

impl From<NotMade> for Problem {
    fn from(why: NotMade) -> Self {
        match why {
            NotMade::Invalid(field, why) => Self::field(field, why),
            NotMade::Provider(error) => {
                tracing::warn!(%error, "a provider of payments did not open an order");
                Self::provider_failed()
            }
            NotMade::Store(error) => error.into(),
        }
    }
}

/// What credit costs, for everybody: every fee there is.
#[utoipa::path(get, path = "/api/v1/fees", tag = "payments", responses((status = 200, description = "Done", body = Fees)))]
pub async fn fees(State(state): State<ApiState>) -> Json<Fees> {
    let payments = &state.payments;
    let (min, max) = payments.limits();
    let providers = payments.providers().map(|provider| ProviderShown {
        name: provider.name().to_owned(),
        methods: provider.methods().to_vec(),
        currencies: payments.taken_by(provider).map(|currency| currency.code.clone()).collect(),
    });
    let currencies = payments.currencies().iter().map(|currency| CurrencyShown {
        code: currency.code.clone(),
        rate: PicoPerUnit(currency.rate).to_string(),
        fee_fixed: minor_text(&currency.code, currency.fee_fixed),
        fee_percent: currency.fee_percent(),
    });
    Json(Fees { min, max, providers: providers.collect(), currencies: currencies.collect() })
}

/// Orders credit: the order fixes currency, rate and fee, and is paid at `pay_url` within an hour.
#[utoipa::path(post, path = "/api/v1/topups", tag = "payments", request_body = TopupFields,
    responses((status = 201, body = TopupShown)))]
pub async fn create(
    State(state): State<ApiState>,
    By(actor): By,
    Fields(fields): Fields<TopupFields>,
) -> Result<impl IntoResponse, Problem> {
    let TopupFields { tenant, amount, provider, currency, method } = fields;
    let wish = Wish { tenant, amount, currency, provider, method: method.unwrap_or_default() };
    Ok(made(TopupShown::from(state.payments.order(&actor, wish).await?)))
}

/// Lists all orders of credit, newest first.
#[utoipa::path(get, path = "/api/v1/topups", tag = "payments", params(Part),
    responses((status = 200, body = Page<TopupShown>)))]
pub async fn list(State(state): State<ApiState>, Asked(part): Asked<Part>) -> Result<Json<Page<TopupShown>>, Problem> {
    listed(&state, None, &part).await
}

/// Lists a tenant's orders of credit, newest first.
#[utoipa::path(get, path = "/api/v1/tenants/{id}/topups", tag = "payments", params(("id" = String, Path), Part),
    responses((status = 200, body = Page<TopupShown>)))]
pub async fn list_of_tenant(
    State(state): State<ApiState>,
    OfTenant(tenant): OfTenant,
    Asked(part): Asked<Part>,
) -> Result<Json<Page<TopupShown>>, Problem> {
    listed(&state, Some(tenant), &part).await
}

async fn listed(state: &ApiState, tenant: Option<TenantId>, part: &Part) -> Result<Json<Page<TopupShown>>, Problem> {
    let only = tenant.map(|tenant| [tenant]);
    let listing = state.store.topups().list(only.as_ref().map(<[_; 1]>::as_slice), part.page()?).await?;
    Ok(Json(Page::shown(listing, TopupShown::from)))
}

async fn with_refunds(state: &ApiState, order: Topup) -> Result<Json<TopupWithRefunds>, Problem> {
    let refunds = state.store.topups().refunds(order.id).await?;
    let refunds = refunds.into_iter().map(RefundShown::from).collect();
    Ok(Json(TopupWithRefunds { topup: order.into(), refunds }))
}

/// One order with what went back of it.
#[utoipa::path(get, path = "/api/v1/topups/{id}", tag = "payments", params(("id" = String, Path)),
    responses((status = 200, body = TopupWithRefunds)))]
pub async fn show(
    State(state): State<ApiState>,
    InPath(id): InPath<TopupId>,
) -> Result<Json<TopupWithRefunds>, Problem> {
    with_refunds(&state, state.store.topups().get(id).await?).await
}

/// Asks the provider how a pending order stands, at most every two seconds; the order as it is then.
#[utoipa::path(post, path = "/api/v1/topups/{id}/check", tag = "payments", params(("id" = String, Path)),
    responses((status = 201, body = TopupWithRefunds)))]
pub async fn check(State(state): State<ApiState>, InPath(id): InPath<TopupId>) -> Result<impl IntoResponse, Problem> {
    let order = state.payments.look(state.store.topups().get(id).await?).await?;
    Ok(made(with_refunds(&state, order).await?.0))
}

/// Gives a paid order back, as a whole or in part: out of the wallet, then through its provider; the fee stays. What is not in
/// the wallet is refused with 409 `insufficient_balance`. With Epay it is only booked: pay it back in the aggregator's pages.
#[utoipa::path(post, path = "/api/v1/topups/{id}/refund", tag = "payments", params(("id" = String, Path)),
    request_body = RefundFields, responses((status = 201, body = RefundShown)))]
pub async fn refund(
    State(state): State<ApiState>,
    By(actor): By,
    InPath(id): InPath<TopupId>,
    Fields(fields): Fields<RefundFields>,
) -> Result<impl IntoResponse, Problem> {
    let reason = Name::parse("reason", &fields.reason)?;
    let amount = match fields.amount {
        Some(amount) => amount,
        None => state.store.topups().get(id).await?.left(),
    };
    let refund = state.payments.refund(&actor, id, amount, reason.as_str()).await?;
    Ok(made(RefundShown::from(refund)))
}

/// Gives back what a request was charged, as a whole or in part, into the wallet; at most what is left of it.
#[utoipa::path(post, path = "/api/v1/requests/{id}/refund", tag = "payments", params(("id" = String, Path)),
    request_body = RefundFields, responses((status = 201, body = RefundShown)))]
pub async fn refund_request(
    State(state): State<ApiState>,
    By(actor): By,
    InPath(id): InPath<RequestId>,
    Fields(fields): Fields<RefundFields>,
) -> Result<impl IntoResponse, Problem> {
    let reason = Name::parse("reason", &fields.reason)?;
    let charged = topups::charged(&state.store, id).await?;
    let refund = state.store.topups().refund_request(&actor, charged, fields.amount, reason.as_str()).await?.0;
    Ok(made(RefundShown::from(refund)))
}
