//! Does it add up? The journal of this node, usage, ledger and balances, compared in one snapshot while requests run.

use super::{ApiState, problem::Problem, shown::time_us};
use axum::{Json, extract::State};
use domain::money::NanoUsd;
use serde::Serialize;
use store::reconcile::{Difference, Report, reconcile};
use utoipa::ToSchema;

/// What a reconciliation found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reconciliation)]
pub struct ReconciliationShown {
    /// The sum of all differences in USD, each taken as positive: `"0"` when everything adds up.
    #[schema(value_type = String)]
    difference: NanoUsd,
    /// What does not add up.
    differences: Vec<DifferenceShown>,
    /// When it was made (RFC 3339, UTC).
    time: String,
    /// Usage rows in the database.
    requests: u64,
    /// What they come to, in USD.
    #[schema(value_type = String)]
    charged: NanoUsd,
    /// End records of this node's journal that were compared.
    journal_records: u64,
    /// Requests that ended in this node's journal and are not posted yet; no difference.
    pending_requests: u64,
    /// What these come to, in USD.
    #[schema(value_type = String)]
    pending: NanoUsd,
}

/// Something that does not add up.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Difference)]
pub struct DifferenceShown {
    /// What was compared, and of whom.
    what: String,
    /// What it should be: USD, or a count.
    expected: String,
    /// What it is: USD, or a count.
    found: String,
}

impl From<Difference> for DifferenceShown {
    fn from(difference: Difference) -> Self {
        let shown = |value: i64| if difference.money { NanoUsd(value).to_string() } else { value.to_string() };
        Self { expected: shown(difference.expected), found: shown(difference.found), what: difference.what }
    }
}

impl From<Report> for ReconciliationShown {
    fn from(report: Report) -> Self {
        Self {
            difference: report.difference(),
            time: time_us(report.time_us),
            requests: report.requests,
            charged: report.charged,
            journal_records: report.journal_records,
            pending_requests: report.pending_requests,
            pending: report.pending,
            differences: report.differences.into_iter().map(DifferenceShown::from).collect(),
        }
    }
}

/// Compares everything now. It reads every usage row; calls at the same time wait for each other.
#[utoipa::path(get, path = "/api/v1/reconciliation", tag = "operation",
    responses((status = 200, body = ReconciliationShown)))]
pub async fn show(State(state): State<ApiState>) -> Result<Json<ReconciliationShown>, Problem> {
    let _one_at_a_time = state.reconciling().await;
    let report = reconcile(state.store.db(), &state.data_dir).await?;
    Ok(Json(report.into()))
}
