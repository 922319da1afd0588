//! Files that are written as they are read.

use super::problem::Problem;
use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use http::header;

/// An answer that is kept as a file of this name.
///
/// # Errors
/// Those of the first piece, which is waited for: a database that is away is told as such, not as a file cut short.
pub async fn attachment(
    name: &str,
    kind: &'static str,
    pieces: impl Stream<Item = store::Result<Bytes>> + Send + 'static,
) -> Result<Response, Problem> {
    let mut pieces = Box::pin(pieces);
    let first = pieces.next().await.transpose()?.unwrap_or_default();
    let pieces = stream::once(async move { Ok(first) }).chain(pieces).inspect(|piece| {
        if let Err(error) = piece {
            tracing::warn!(%error, "a file was cut short");
        }
    });
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, Body::from_stream(pieces)).into_response())
}
