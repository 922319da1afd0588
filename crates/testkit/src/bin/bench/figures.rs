//! The figures of one gateway, their medians over rounds, and the table of goals.md.

/// One round's figures of one gateway.
#[derive(Debug, Clone, Copy, Default)]
pub struct Figures {
    /// Microseconds added to the median at one connection.
    pub added_p50: f64,
    /// Microseconds added to the 99th percentile at one connection.
    pub added_p99: f64,
    /// Requests a second at 32 connections.
    pub rate: f64,
    /// Microseconds of CPU a request at 32 connections.
    pub cpu: f64,
    /// Milliseconds to the first body byte of 50 concurrent streams, median.
    pub ttft_p50: f64,
    /// The same, 99th percentile.
    pub ttft_p99: f64,
    /// Resident MiB after the load.
    pub resident: f64,
}

/// The median of each figure.
pub fn medians(rounds: &[Figures]) -> Figures {
    let of = |figure: fn(&Figures) -> f64| median(rounds.iter().map(figure).collect());
    Figures {
        added_p50: of(|f| f.added_p50),
        added_p99: of(|f| f.added_p99),
        rate: of(|f| f.rate),
        cpu: of(|f| f.cpu),
        ttft_p50: of(|f| f.ttft_p50),
        ttft_p99: of(|f| f.ttft_p99),
        resident: of(|f| f.resident),
    }
}

/// The middle value.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// One row of the table.
pub fn row(name: &str, f: &Figures) -> String {
    format!(
        "{name:<34} {:>8.0} µs {:>8.0} µs {:>9.0} {:>8.1} µs {:>7.2} / {:<7.2}ms {:>6.1} MiB",
        f.added_p50, f.added_p99, f.rate, f.cpu, f.ttft_p50, f.ttft_p99, f.resident
    )
}

/// The table's head.
pub fn head() -> String {
    format!(
        "{:<34} {:>11} {:>11} {:>9} {:>11} {:>19} {:>10}",
        "", "added p50", "added p99", "RPS c=32", "CPU/request", "TTFT p50 / p99", "RSS"
    )
}

/// Each goal of goals.md for this build against nginx in the same run, and whether it is met.
pub fn verdicts(ours: &Figures, nginx: &Figures) -> Vec<String> {
    let line = |name: &str, value: f64, goal: &str, met: bool| {
        format!("  {} {name:<38} {value:>10.2}   goal {goal}", if met { "met   " } else { "MISSED" })
    };
    let p50 = ours.added_p50 / nginx.added_p50;
    let rate = ours.rate / nginx.rate;
    let cpu = ours.cpu / nginx.cpu;
    vec![
        line("ratio to nginx: added p50", p50, "≤ 1.35", p50 <= 1.35),
        line("ratio to nginx: RPS", rate, "≥ 0.42", rate >= 0.42),
        line("ratio to nginx: CPU", cpu, "≤ 2.9", cpu <= 2.9),
        line("added p50, µs", ours.added_p50, "≤ 300", ours.added_p50 <= 300.0),
        line("added p99, µs", ours.added_p99, "≤ 480", ours.added_p99 <= 480.0),
        line("RPS at 32 connections", ours.rate, "≥ 25 000", ours.rate >= 25_000.0),
        line("CPU a request, µs", ours.cpu, "≤ 40", ours.cpu <= 40.0),
        line("TTFT p50 of 50 streams, ms", ours.ttft_p50, "≤ 1.3", ours.ttft_p50 <= 1.3),
        line("TTFT p99 of 50 streams, ms", ours.ttft_p99, "≤ 5", ours.ttft_p99 <= 5.0),
        line("RSS, MiB", ours.resident, "≤ 40", ours.resident <= 40.0),
    ]
}
