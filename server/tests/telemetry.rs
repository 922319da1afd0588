//! What a collector of OpenTelemetry is told, decoded with OpenTelemetry's own types.

use opentelemetry_proto::tonic::{
    collector::{metrics::v1::ExportMetricsServiceRequest, trace::v1::ExportTraceServiceRequest},
    common::v1::{KeyValue, any_value::Value},
    metrics::v1::metric::Data,
    trace::v1::Span,
};
use prost::Message;
use std::collections::BTreeMap;
use testkit::{
    Context, Result, answers,
    bed::Bed,
    database::Kind,
    ensure, json,
    upstream::{Play, Script, Upstream},
};

testkit::on_a_node!(requests_become_spans_and_histograms, a_collector_that_is_away_costs_nothing);

async fn requests_become_spans_and_histograms(program: &str) -> Result<()> {
    let collector = Upstream::start().await?;
    (0..20).for_each(|_| collector.next(Script::Answer(Play::new(200, "application/x-protobuf", ""))));
    let url = format!("http://{}/", collector.address());
    let mut bed = Bed::with(program, Kind::Sqlite, &[("TELEMETRY__OTLP_URL", url.as_str())], "10").await?;
    bed.upstream.on_model("well", Script::Answer(Play::new(200, "application/json", partly_cached())));
    let failure = json!({"error": {"message": "planted", "type": "server_error", "code": null, "param": null}});
    for model in ["sick", "lent"] {
        bed.upstream.on_model(model, answers::error(500, &failure));
    }
    bed.api.put("/routes/lent", &json!({"fallbacks": ["well"]})).await?;
    for model in ["well", "sick", "lent"] {
        bed.model(model, "openai", &json!({"input": "1", "output": "1"})).await?;
    }
    let well = bed.send(&bed.chat("well", &json!({"max_tokens": 9}))).await?;
    let sick = bed.send(&bed.chat("sick", &json!({"max_tokens": 9}))).await?;
    ensure!((well.status(), sick.status()) == (200, 502), "answered {} and {}", well.status(), sick.status());
    let lent = bed.send(&bed.chat("lent", &json!({"max_tokens": 9}))).await?;
    ensure!(lent.status() == 200, "the fallback answered {}", lent.status());
    bed.node.stop().await?;

    let (spans, points) = told(&collector)?;
    let of = |model: &str| {
        let name = format!("chat {model}");
        spans.iter().find(|span| span.name == name).with_context(|| format!("a span of {model}"))
    };
    let (well, sick) = (of("well")?, of("sick")?);
    let told = attributes(&well.attributes);
    for (name, wanted) in [
        ("gen_ai.operation.name", "chat"),
        ("gen_ai.provider.name", "openai"),
        ("gen_ai.request.model", "well"),
        ("gen_ai.usage.input_tokens", "11"),
        ("gen_ai.usage.output_tokens", "7"),
        ("gen_ai.usage.cache_read.input_tokens", "4"),
        ("http.response.status_code", "200"),
        ("turnpike.sale_usd", "0.000018"),
    ] {
        ensure!(told.get(name).is_some_and(|is| is == wanted), "{name} is {:?}, not {wanted}", told.get(name));
    }
    ensure!(!told.contains_key("error.type"), "{told:?}");
    ensure!(attributes(&sick.attributes).contains_key("error.type"), "the failure has no type");
    let lent = attributes(&of("lent")?.attributes);
    ensure!(lent.get("gen_ai.provider.name").is_some_and(|is| is == "openai"), "of another model's channel: {lent:?}");
    let attempts = |span: &Span| {
        let inside = |it: &&Span| it.parent_span_id == span.span_id && it.trace_id == span.trace_id;
        spans.iter().filter(inside).collect::<Vec<_>>()
    };
    ensure!(attempts(well).len() == 1, "{} attempts", attempts(well).len());
    for attempt in attempts(sick) {
        let told = attributes(&attempt.attributes);
        ensure!(told.get("http.response.status_code").is_some_and(|is| is == "500"), "{told:?}");
        ensure!(attempt.start_time_unix_nano >= sick.start_time_unix_nano, "it began before its request");
    }
    ensure!(!attempts(sick).is_empty(), "no attempt of the failure");

    for (name, sum) in [("gen_ai.client.token.usage input", 22.0), ("gen_ai.client.token.usage output", 14.0)] {
        ensure!(points.get(name).is_some_and(|is| *is == (2, sum)), "{name} is {:?}", points.get(name));
    }
    let (requests, seconds) = points.get("gen_ai.server.request.duration").context("durations")?;
    ensure!(*requests == 3 && *seconds > 0.0, "{requests} in {seconds} s");
    for call in collector.seen() {
        let body = String::from_utf8_lossy(&call.body);
        ensure!(!body.contains("planted") && !body.contains("scripted answer"), "a body was told");
    }
    Ok(())
}

/// An answer of which 4 of the 11 input tokens came from a cache.
fn partly_cached() -> String {
    let answer = json!({
        "id": "chatcmpl-scripted", "object": "chat.completion", "created": 1_760_000_000, "model": "well",
        "choices": [{"index": 0, "finish_reason": "stop", "logprobs": null,
            "message": {"role": "assistant", "content": "A scripted answer.", "refusal": null}}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18,
            "prompt_tokens_details": {"cached_tokens": 4}},
    });
    answer.to_string()
}

async fn a_collector_that_is_away_costs_nothing(program: &str) -> Result<()> {
    let url = format!("http://{}", Upstream::refusing().await?);
    let mut bed = Bed::with(program, Kind::Sqlite, &[("TELEMETRY__OTLP_URL", url.as_str())], "10").await?;
    bed.upstream.on_model("well", answers::chat("well", 11, 7));
    bed.model("well", "openai", &json!({"input": "1", "output": "1"})).await?;
    for _ in 0..20 {
        let answer = bed.send(&bed.chat("well", &json!({"max_tokens": 9}))).await?;
        ensure!(answer.status() == 200, "answered {}", answer.status());
    }
    bed.node.stop().await?;
    Ok(())
}

fn attributes(pairs: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |value: &Value| match value {
        Value::StringValue(text) => text.clone(),
        Value::IntValue(number) => number.to_string(),
        other => format!("{other:?}"),
    };
    let pair = |pair: &KeyValue| Some((pair.key.clone(), text(pair.value.as_ref()?.value.as_ref()?)));
    pairs.iter().filter_map(pair).collect()
}

/// How many points of a histogram, and their sum.
type Points = (u64, f64);

/// The spans, and of every histogram's points of one name (and kind of token).
fn told(collector: &Upstream) -> Result<(Vec<Span>, BTreeMap<String, Points>)> {
    let (mut spans, mut points) = (Vec::new(), BTreeMap::<String, Points>::new());
    for call in collector.seen() {
        match call.path.as_str() {
            "/v1/traces" => {
                let request = ExportTraceServiceRequest::decode(call.body)?;
                let scopes = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
                spans.extend(scopes.flat_map(|scope| scope.spans));
            }
            "/v1/metrics" => {
                let request = ExportMetricsServiceRequest::decode(call.body)?;
                let scopes = request.resource_metrics.into_iter().flat_map(|resource| resource.scope_metrics);
                for metric in scopes.flat_map(|scope| scope.metrics) {
                    let Some(Data::Histogram(histogram)) = metric.data else { continue };
                    for point in histogram.data_points {
                        let kind = attributes(&point.attributes).remove("gen_ai.token.type");
                        let name = kind.map_or(metric.name.clone(), |kind| format!("{} {kind}", metric.name));
                        let (count, sum) = points.entry(name).or_default();
                        *count += point.count;
                        *sum += point.sum.unwrap_or(0.0);
                    }
                }
            }
            other => testkit::bail!("the collector was asked for {other}"),
        }
    }
    Ok((spans, points))
}
