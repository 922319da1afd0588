//! The usage file: RFC 4180 with CRLF, oldest row first, in pieces, so that memory stays flat however long it is.

use super::{Event, Filter, Place, event::ascending};
use crate::{
    db::Db,
    error::{Error, Result},
    sheet::{self, guarded},
};
use bytes::Bytes;
use domain::ids::TenantId;
use futures::{Stream, stream};

/// Rows of a piece.
const PIECE: u32 = 1000;

/// The header. The first 22 are relied upon by outside tools.
pub const COLUMNS: [&str; 30] = [
    "request_id",
    "time",
    "tenant",
    "key",
    "model",
    "channel",
    "dialect",
    "status",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "unit_prices",
    "cost_usd",
    "latency_ms",
    "ttft_ms",
    "attempts",
    "usage_source",
    "end_state",
    "error_code",
    "price_version",
    "cache_write_1h_tokens",
    "audio_input_tokens",
    "audio_output_tokens",
    "image_input_tokens",
    "image_output_tokens",
    "web_searches",
    "hold_usd",
    "client_request_id",
];

/// The file in pieces, the header with the first. `cost_usd` is what the tenant was charged.
pub fn csv(db: Db, filter: Filter) -> impl Stream<Item = Result<Bytes>> + Send + 'static {
    pieces(db, filter, None)
}

/// The same of a tenant, without what lines of its wallet after this one charged.
pub(crate) fn charged_until(db: Db, tenant: TenantId, line: i64) -> impl Stream<Item = Result<Bytes>> + Send + 'static {
    pieces(db, Filter { tenant: Some(tenant), ..Filter::default() }, Some(line))
}

fn pieces(db: Db, filter: Filter, until: Option<i64>) -> impl Stream<Item = Result<Bytes>> + Send + 'static {
    stream::try_unfold(Some((db, filter, None)), move |state| async move {
        let Some((db, filter, after)) = state else { return Ok(None) };
        let events = ascending(&db, &filter, until, after, PIECE).await?;
        let piece = write(&events, after.is_none())?;
        let full = u32::try_from(events.len()).is_ok_and(|n| n == PIECE);
        let last = events.last().map(|event| Place { time_us: event.time_us, request: event.request });
        let next = if full { last.map(|place| (db, filter, Some(place))) } else { None };
        Ok::<_, Error>(Some((piece, next)))
    })
}

fn write(events: &[Event], header: bool) -> Result<Bytes> {
    let header = header.then(|| COLUMNS.map(str::to_owned));
    let rows = header.into_iter().map(Ok).chain(events.iter().map(cells));
    sheet::piece(rows.collect::<Result<Vec<_>>>()?)
}

fn cells(event: &Event) -> Result<[String; 30]> {
    let usage = &event.usage;
    Ok([
        event.request.to_string(),
        sheet::time(event.time_us)?,
        event.tenant.to_string(),
        event.key.to_string(),
        guarded(&event.model),
        event.channel.map(|channel| channel.to_string()).unwrap_or_default(),
        event.dialect.clone(),
        event.status.to_string(),
        usage.input.to_string(),
        usage.output.to_string(),
        usage.cache_read.to_string(),
        usage.cache_write().to_string(),
        usage.reasoning.to_string(),
        guarded(&event.unit_prices),
        event.sale.to_string(),
        milliseconds(event.latency_us),
        event.ttft_us.map(milliseconds).unwrap_or_default(),
        event.attempt_count.to_string(),
        event.usage_source.clone(),
        event.end_state.clone(),
        guarded(&event.error_code),
        event.sale_price.to_string(),
        usage.cache_write_1h.to_string(),
        usage.audio_input.to_string(),
        usage.audio_output.to_string(),
        usage.image_input.to_string(),
        usage.image_output.to_string(),
        usage.web_searches.to_string(),
        event.hold.to_string(),
        guarded(event.client_request_id.as_deref().unwrap_or_default()),
    ])
}

/// Whole milliseconds, rounded up: nothing takes none.
fn milliseconds(us: u64) -> String {
    us.div_ceil(1000).to_string()
}
