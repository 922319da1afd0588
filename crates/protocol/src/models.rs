//! `GET /v1/models` in the caller's shape.

use crate::dialects::cells;
use bytes::Bytes;
use domain::dialect::Dialect;

/// The list of these models, each with its time of creation in Unix seconds.
pub fn list(dialect: Dialect, models: &[(String, i64)]) -> Bytes {
    let cells = cells(dialect);
    let all = models.iter().map(|(name, created)| (cells.model)(name, *created)).collect();
    Bytes::from((cells.model_list)(all).to_string())
}

/// One model.
pub fn one(dialect: Dialect, (name, created): &(String, i64)) -> Bytes {
    Bytes::from((cells(dialect).model)(name, *created).to_string())
}
