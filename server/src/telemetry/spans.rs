//! A request as a span, its attempts as spans in it.

use super::names;
use domain::record::Attempt;
use opentelemetry::{
    Context, KeyValue, Value,
    trace::{Span, SpanKind, Status, TraceContextExt, Tracer, TracerProvider},
};
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use std::time::{Duration, SystemTime};
use store::ledger::Ended;

/// Makes spans.
pub struct Spans(SdkTracer);

impl Spans {
    pub fn of(provider: &SdkTracerProvider) -> Self {
        Self(provider.tracer("turnpike"))
    }

    /// A request that ended just now.
    pub fn tell(&self, ended: &Ended, provider: Option<&'static str>) {
        let end = SystemTime::now();
        let start = before(end, ended.settlement.latency_us);
        let name = format!("{} {}", names::operation(ended.opened.dialect), ended.opened.model);
        let mut span = self
            .0
            .span_builder(name)
            .with_kind(SpanKind::Server)
            .with_start_time(start)
            .with_attributes(attributes(ended, provider))
            .start_with_context(&self.0, &Context::new());
        if let Some(error) = names::error(ended) {
            span.set_status(Status::error(error.value.as_str().into_owned()));
            span.set_attribute(error);
        }
        let inside = Context::new().with_remote_span_context(span.span_context().clone());
        for attempt in &ended.settlement.attempts {
            self.attempt(attempt, start, &inside);
        }
        span.end_with_timestamp(end);
    }

    fn attempt(&self, attempt: &Attempt, request: SystemTime, inside: &Context) {
        let start = request + Duration::from_micros(attempt.start_us);
        let mut attributes = vec![KeyValue::new("turnpike.channel.id", attempt.channel.to_string())];
        attributes.extend(attempt.credential.map(|id| KeyValue::new("turnpike.credential.id", id.to_string())));
        if attempt.status != 0 {
            attributes.push(KeyValue::new("http.response.status_code", i64::from(attempt.status)));
        }
        let mut span = self
            .0
            .span_builder("attempt")
            .with_kind(SpanKind::Client)
            .with_start_time(start)
            .with_attributes(attributes)
            .start_with_context(&self.0, inside);
        if !attempt.error.is_empty() {
            span.set_attribute(KeyValue::new("error.type", attempt.error.clone()));
            span.set_status(Status::error(attempt.error.clone()));
        }
        span.end_with_timestamp(start + Duration::from_micros(attempt.took_us));
    }
}

fn attributes(ended: &Ended, provider: Option<&'static str>) -> Vec<KeyValue> {
    let Ended { opened, settlement } = ended;
    let mut attributes = names::common(ended, provider);
    let usage = settlement.usage;
    let counts = [
        ("gen_ai.usage.input_tokens", names::input_tokens(&usage)),
        ("gen_ai.usage.output_tokens", usage.output),
        ("gen_ai.usage.cache_read.input_tokens", usage.cache_read),
        ("gen_ai.usage.cache_creation.input_tokens", usage.cache_write()),
    ];
    attributes.extend(counts.map(|(name, count)| KeyValue::new(name, whole(count))));
    attributes.extend([
        KeyValue::new("http.response.status_code", i64::from(settlement.status)),
        KeyValue::new("turnpike.request.id", opened.request.to_string()),
        KeyValue::new("turnpike.tenant.id", opened.tenant.to_string()),
        KeyValue::new("turnpike.key.id", opened.key.to_string()),
        KeyValue::new("turnpike.stream", opened.stream),
        KeyValue::new("turnpike.end_state", settlement.end_state.as_str()),
        KeyValue::new("turnpike.sale_usd", settlement.sale.to_string()),
        KeyValue::new("turnpike.cost_usd", settlement.cost.to_string()),
    ]);
    attributes.extend(settlement.channel.map(|id| KeyValue::new("turnpike.channel.id", id.to_string())));
    attributes.extend(settlement.ttft_us.map(|us| KeyValue::new("turnpike.time_to_first_token_us", whole(us))));
    attributes
}

fn whole(count: u64) -> Value {
    Value::I64(i64::try_from(count).unwrap_or(i64::MAX))
}

fn before(end: SystemTime, us: u64) -> SystemTime {
    end.checked_sub(Duration::from_micros(us)).unwrap_or(end)
}
