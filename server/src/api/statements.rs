//! Statements: a tenant's frozen bills, as JSON and as files.

use super::{
    ApiState,
    file::attachment,
    guard::{By, OfTenant},
    input::{Asked, Fields, InPath},
    page::{Page, Part},
    problem::Problem,
    shown::{made, time_us},
};
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    ids::{KeyId, StatementId, TenantId},
    money::NanoUsd,
};
use serde::{Deserialize, Serialize};
use store::{
    ledger::listing::Line,
    statements::{self, Issuer, Month, Statement, UsageLine},
    time::now_us,
};
use utoipa::ToSchema;

/// So many lines of a kind are told; the file has all.
const SHOWN: u32 = 1_000;

/// A frozen bill.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Statement)]
pub struct StatementShown {
    /// `stm_…`
    #[schema(value_type = String)]
    id: StatementId,
    /// Its number, as it is printed; statements have no gaps.
    number: String,
    /// Whose.
    #[schema(value_type = String)]
    tenant: TenantId,
    /// `2026-10`
    month: String,
    /// The zone whose month it is.
    zone: String,
    /// When the month begins (RFC 3339, UTC).
    from: String,
    /// When it ends.
    to: String,
    /// The first of the wallet's lines on it; the one after the statement before.
    first_line: i64,
    /// The last: the last that was posted before the month's end.
    last_line: i64,
    /// The balance before them, in USD.
    #[schema(value_type = String)]
    opening: NanoUsd,
    /// The balance after them.
    #[schema(value_type = String)]
    closing: NanoUsd,
    /// What the tenant was called.
    billed_to: String,
    /// When it was frozen (RFC 3339, UTC).
    created_at: String,
}

/// A frozen bill with what is on it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StatementInFull)]
pub struct StatementInFull {
    #[serde(flatten)]
    statement: StatementShown,
    /// Who it is from.
    issuer: IssuerShown,
    /// What the lines of each kind come to; they sum to closing less opening.
    sums: Vec<KindSum>,
    /// The usage by model and key, the largest charge first; at most 1 000.
    usage: Vec<StatementUsage>,
    /// The lines that are no usage, oldest first; at most 1 000.
    transfers: Vec<StatementTransfer>,
    /// Whether there are more of either than are told here: the file has all.
    more: bool,
}

/// Who a bill is from.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Issuer)]
pub struct IssuerShown {
    /// The house's name.
    name: String,
    /// Its address, a line each.
    address: String,
    /// Its tax number.
    tax: String,
}

/// What the lines of a kind come to.
#[derive(Debug, Serialize, ToSchema)]
pub struct KindSum {
    /// `usage`, `topup`, `refund`, `adjustment`, `bonus`, `writeoff`, `chargeback`, …
    kind: String,
    /// In USD; negative: taken from the wallet.
    #[schema(value_type = String)]
    amount: NanoUsd,
}

/// What a model was used for with a key.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatementUsage {
    /// The model; empty: requests that are no longer kept.
    model: String,
    /// The key.
    #[schema(value_type = Option<String>)]
    key: Option<KeyId>,
    /// What the key was called.
    key_name: String,
    /// Charged requests.
    requests: i64,
    /// Input tokens, without cache.
    input_tokens: u64,
    /// Output tokens, reasoning included.
    output_tokens: u64,
    /// Input tokens read from a prompt cache.
    cache_read_tokens: u64,
    /// Input tokens written to one.
    cache_write_tokens: u64,
    /// Output tokens spent on reasoning.
    reasoning_tokens: u64,
    /// Tokens of sound in.
    audio_input_tokens: u64,
    /// Tokens of sound out.
    audio_output_tokens: u64,
    /// Tokens of pictures in.
    image_input_tokens: u64,
    /// Tokens of pictures out.
    image_output_tokens: u64,
    /// Searches.
    web_searches: u64,
    /// What they were charged, in USD.
    #[schema(value_type = String)]
    amount: NanoUsd,
}

/// A line that is no usage.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatementTransfer {
    /// When (RFC 3339, UTC).
    time: String,
    /// `topup`, `refund`, …
    kind: String,
    /// What it was for.
    reference: String,
    /// In USD; negative: taken from the wallet.
    #[schema(value_type = String)]
    amount: NanoUsd,
    /// The balance after it.
    #[schema(value_type = String)]
    balance: NanoUsd,
}

impl From<Statement> for StatementShown {
    fn from(of: Statement) -> Self {
        Self {
            id: of.id,
            number: of.label,
            tenant: of.tenant,
            month: of.month,
            zone: of.zone,
            from: time_us(of.from_us),
            to: time_us(of.to_us),
            first_line: of.first_line,
            last_line: of.last_line,
            opening: of.opening,
            closing: of.closing,
            billed_to: of.billed_to,
            created_at: time_us(of.created_us),
        }
    }
}

impl From<UsageLine> for StatementUsage {
    fn from(line: UsageLine) -> Self {
        let usage = line.usage;
        Self {
            model: line.model,
            key: line.key,
            key_name: line.key_name,
            requests: line.requests,
            input_tokens: usage.input,
            output_tokens: usage.output,
            cache_read_tokens: usage.cache_read,
            cache_write_tokens: usage.cache_write(),
            reasoning_tokens: usage.reasoning,
            audio_input_tokens: usage.audio_input,
            audio_output_tokens: usage.audio_output,
            image_input_tokens: usage.image_input,
            image_output_tokens: usage.image_output,
            web_searches: usage.web_searches,
            amount: line.amount,
        }
    }
}

impl From<Line> for StatementTransfer {
    fn from(line: Line) -> Self {
        let Line { time_us: time, kind, reference, amount, balance, .. } = line;
        Self { time: time_us(time), kind, reference, amount, balance }
    }
}

/// Which month.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewStatement)]
pub struct StatementFields {
    /// One that has ended, such as `2026-10`.
    month: String,
}

/// Lists a tenant's statements, newest first.
#[utoipa::path(get, path = "/api/v1/tenants/{id}/statements", tag = "money", params(("id" = String, Path), Part),
    responses((status = 200, body = Page<StatementShown>)))]
pub async fn list(
    State(state): State<ApiState>,
    OfTenant(tenant): OfTenant,
    Asked(part): Asked<Part>,
) -> Result<Json<Page<StatementShown>>, Problem> {
    state.store.tenants().get(tenant).await?;
    let listing = state.store.statements().list(tenant, part.page()?).await?;
    Ok(Json(Page::shown(listing, StatementShown::from)))
}

/// Freezes a month that has ended, now rather than by itself soon after, and months before it that are missing. One that is
/// frozen is answered as it is; a month in which nothing was posted is refused with 409.
#[utoipa::path(post, path = "/api/v1/tenants/{id}/statements", tag = "money", params(("id" = String, Path)),
    request_body = StatementFields, responses((status = 201, body = StatementShown)))]
pub async fn create(
    State(state): State<ApiState>,
    OfTenant(tenant): OfTenant,
    By(actor): By,
    Fields(fields): Fields<StatementFields>,
) -> Result<impl IntoResponse, Problem> {
    let month: Month = fields.month.parse()?;
    let frozen = state.store.statements().freeze(&actor, &state.letterhead, tenant, month, now_us()).await?;
    Ok(made(StatementShown::from(frozen)))
}

/// One statement with what is on it.
#[utoipa::path(get, path = "/api/v1/statements/{id}", tag = "money", params(("id" = String, Path)),
    responses((status = 200, body = StatementInFull)))]
pub async fn show(
    State(state): State<ApiState>,
    InPath(id): InPath<StatementId>,
) -> Result<Json<StatementInFull>, Problem> {
    let statements = state.store.statements();
    let statement = statements.get(id).await?;
    let sums = statements.sums(id).await?;
    let usage = statements.usage(id, 0, SHOWN + 1).await?;
    let transfers = statements.others(&statement, 0, SHOWN + 1).await?;
    let shown = usize::try_from(SHOWN).unwrap_or(usize::MAX);
    let more = usage.len() > shown || transfers.len() > shown;
    let Issuer { name, address, tax } = statement.issuer.clone();
    Ok(Json(StatementInFull {
        statement: statement.into(),
        issuer: IssuerShown { name, address, tax },
        sums: sums.into_iter().map(|(kind, amount)| KindSum { kind, amount }).collect(),
        usage: usage.into_iter().take(shown).map(StatementUsage::from).collect(),
        transfers: transfers.into_iter().take(shown).map(StatementTransfer::from).collect(),
        more,
    }))
}

/// One statement as a file (RFC 4180, CRLF): opening balance, usage by model and key, every other line, closing balance.
/// What is debited as `usage` sums to the ledger's lines of that kind.
#[utoipa::path(get, path = "/api/v1/statements/{id}.csv", tag = "money", params(("id" = String, Path)),
    responses((status = 200, content_type = "text/csv", body = String)))]
pub async fn csv(State(state): State<ApiState>, InPath(id): InPath<StatementId>) -> Result<Response, Problem> {
    let statement = state.store.statements().get(id).await?;
    let name = format!("statement-{}-{}.csv", statement.tenant, statement.month);
    attachment(&name, "text/csv; charset=utf-8", statements::csv(state.store.clone(), statement)).await
}
