//! A year of usage in the database: it adds up, every page and list answers, and a file's total is the ledger's. `make size`
//! runs the same with ten million rows and holds each to its time (crates/testkit/src/bin/size).

use testkit::{Result, database::Kind, filled::Size, pages, size};

testkit::on_both_databases!(everything_answers_over_a_year_of_usage);

async fn everything_answers_over_a_year_of_usage(program: &str, kind: Kind) -> Result<()> {
    let size = Size { rows: size::of("SIZE_ROWS", 20_000) as u64, days: 365, tenants: 6 };
    pages::run(program, kind, size, 1, false).await
}
