//! `make size`: ten million usage rows, on PostgreSQL and then on SQLite, and how long everything that people look at takes.
//! Exits with an error when something is over the goals.

use anyhow::{Context, Result, bail};
use testkit::{database::Kind, filled::Size, pages, size};

fn main() -> Result<()> {
    let program = std::env::var("TURNPIKE_BIN").context("TURNPIKE_BIN names the release binary to measure")?;
    let size = Size { rows: size::of("SIZE_ROWS", 10_000_000) as u64, days: 365, tenants: 50 };
    let (times, mut over) = (size::of("SIZE_TIMES", 5), Vec::new());
    let databases = std::env::var("TURNPIKE_TEST_SIZE_ON").unwrap_or_else(|_| "postgres sqlite".to_owned());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    for name in databases.split_whitespace() {
        let kind = match name {
            "postgres" => Kind::Postgres,
            "sqlite" => Kind::Sqlite,
            other => bail!("TURNPIKE_TEST_SIZE_ON takes postgres and sqlite, not {other}"),
        };
        if let Err(error) = runtime.block_on(pages::run(&program, kind, size, times, true)) {
            over.push(format!("{name}: {error:#}"));
        }
    }
    if over.is_empty() { Ok(()) } else { bail!("{}", over.join("\n")) }
}
