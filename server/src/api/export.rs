//! A tenant's whole history as one file.

use super::{ApiState, archive::zipped, file::attachment, guard::OfTenant, problem::Problem, shown::time_us};
use axum::{extract::State, response::Response};
use store::export::Export;

/// Everything that is kept about a tenant as a ZIP of CSV files: usage, the ledger with its running balance, statements,
/// top-ups, prices, keys without their secrets, budgets, members, its own audit log, and a `README.txt` that tells every
/// file's columns. Written as it is read. Where old usage is frozen meanwhile, the file is cut short: ask again.
#[utoipa::path(get, path = "/api/v1/tenants/{id}/export", tag = "money", params(("id" = String, Path)),
    responses((status = 200, content_type = "application/zip", body = Vec<u8>)))]
pub async fn download(State(state): State<ApiState>, OfTenant(tenant): OfTenant) -> Result<Response, Problem> {
    let export = Export::of(&state.store, tenant).await?;
    let (at_us, until) = (export.at_us, time_us(export.at_us));
    let name = format!("export-{tenant}-{}.zip", until.get(..10).unwrap_or_default());
    attachment(&name, "application/zip", zipped(export.parts(), at_us)).await
}
