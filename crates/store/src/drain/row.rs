//! A request's end as a row of `usage_events`.

use super::values::Shape;
use crate::{attempts, db::Value, journal::record::Settled};
use domain::ids::{RequestId, TransferId};

/// The INSERT; which rows are new comes back.
pub const SHAPE: Shape = Shape {
    before: "INSERT INTO usage_events (time_us, request_id, tenant, key_id, model, dialect, stream, sale_price, \
             unit_prices, hold, end_state, status, error_code, channel, credential, cost_price, input, cache_read, \
             cache_write_5m, cache_write_1h, output, reasoning, audio_input, audio_output, image_input, image_output, \
             web_searches, usage_source, sale, cost, latency_us, ttft_us, overhead_us, attempt_count, attempts, decision, \
             client_request_id, transfer)",
    fixed: 0,
    columns: 38,
    after: " ON CONFLICT DO NOTHING RETURNING request_id",
};

/// The time in the id, which is the row's time.
pub fn time_us(request: RequestId) -> i64 {
    request.unix_ms().saturating_mul(1000)
}

/// The row's values, in the order of [`SHAPE`].
pub fn values(end: &Settled, transfer: Option<TransferId>, out: &mut Vec<Value>) {
    let (opened, done) = (&end.opened, &end.settlement);
    let usage = &done.usage;
    // Without attempts (an interrupted request) a channel means one attempt at least.
    let attempts = if done.attempts.is_empty() { usize::from(done.channel.is_some()) } else { done.attempts.len() };
    out.extend([
        time_us(opened.request).into(),
        opened.request.into(),
        opened.tenant.into(),
        opened.key.into(),
        opened.model.as_str().into(),
        opened.dialect.as_str().into(),
        opened.stream.into(),
        opened.sale_price.into(),
        done.unit_prices.as_deref().unwrap_or(&opened.unit_prices).into(),
        opened.hold.into(),
        done.end_state.as_str().into(),
        done.status.into(),
        done.error_code.as_str().into(),
        done.channel.into(),
        done.credential.into(),
        done.cost_price.into(),
        usage.input.into(),
        usage.cache_read.into(),
        usage.cache_write_5m.into(),
        usage.cache_write_1h.into(),
        usage.output.into(),
        usage.reasoning.into(),
        usage.audio_input.into(),
        usage.audio_output.into(),
        usage.image_input.into(),
        usage.image_output.into(),
        usage.web_searches.into(),
        done.usage_source.as_str().into(),
        done.sale.into(),
        done.cost.into(),
        done.latency_us.into(),
        done.ttft_us.into(),
        done.overhead_us.into(),
        u32::try_from(attempts).unwrap_or(u32::MAX).into(),
        attempts::to_json(&done.attempts).into(),
        done.decision.as_str().into(),
        done.client_request_id.clone().into(),
        transfer.into(),
    ]);
}
