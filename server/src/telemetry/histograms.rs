//! Tokens and times as histograms, with the conventions' boundaries.

use super::names;
use opentelemetry::{
    KeyValue,
    metrics::{Histogram, MeterProvider},
};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use std::time::Duration;
use store::ledger::Ended;

/// The conventions' boundaries of `gen_ai.client.token.usage`: the powers of 4.
const TOKENS: [f64; 14] = [
    1.0,
    4.0,
    16.0,
    64.0,
    256.0,
    1_024.0,
    4_096.0,
    16_384.0,
    65_536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
];
/// Of `gen_ai.server.request.duration`, in seconds.
const DURATION: [f64; 14] = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
/// Of `gen_ai.server.time_to_first_token`, in seconds.
const FIRST_TOKEN: [f64; 16] =
    [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// What is counted.
pub struct Histograms {
    tokens: Histogram<u64>,
    duration: Histogram<f64>,
    first_token: Histogram<f64>,
}

impl Histograms {
    pub fn of(provider: &SdkMeterProvider) -> Self {
        let meter = provider.meter("turnpike");
        let seconds = |name: &'static str, boundaries: &[f64]| {
            meter.f64_histogram(name).with_unit("s").with_boundaries(boundaries.to_vec()).build()
        };
        Self {
            tokens: meter
                .u64_histogram("gen_ai.client.token.usage")
                .with_unit("{token}")
                .with_boundaries(TOKENS.to_vec())
                .build(),
            duration: seconds("gen_ai.server.request.duration", &DURATION),
            first_token: seconds("gen_ai.server.time_to_first_token", &FIRST_TOKEN),
        }
    }

    /// A request that ended.
    pub fn tell(&self, ended: &Ended, provider: Option<&'static str>) {
        let settlement = &ended.settlement;
        let mut common = names::common(ended, provider);
        let usage = &settlement.usage;
        for (kind, count) in [("input", names::input_tokens(usage)), ("output", usage.output)] {
            if count > 0 {
                let mut attributes = common.clone();
                attributes.push(KeyValue::new("gen_ai.token.type", kind));
                self.tokens.record(count, &attributes);
            }
        }
        if let Some(us) = settlement.ttft_us {
            self.first_token.record(Duration::from_micros(us).as_secs_f64(), &common);
        }
        common.extend(names::error(ended));
        self.duration.record(Duration::from_micros(settlement.latency_us).as_secs_f64(), &common);
    }
}
