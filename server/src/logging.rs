//! Log lines: to standard error, filtered, as text or JSON. Secrets cannot get here: their types do not print.

use crate::config::{LogFormat, Telemetry};
use anyhow::Context;
use tracing_subscriber::EnvFilter;

/// Starts logging.
///
/// # Errors
/// When the filter is not one.
pub fn start(telemetry: &Telemetry) -> anyhow::Result<()> {
    // sqlx would log every slow statement with its text; errors say enough.
    let filter = format!("{},sqlx=error,hyper=warn", telemetry.log);
    let filter = EnvFilter::try_new(filter).context("telemetry.log")?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match telemetry.log_format {
        LogFormat::Text => builder.with_ansi(false).try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    started.map_err(|error| anyhow::anyhow!("logging: {error}"))
}
