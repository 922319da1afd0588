//! C1: `kill -9` at random moments under load. What a caller saw the end of is charged in full, once; anything else at
//! most once, within its hold and close to what was sent; the node is ready again within two seconds. On PostgreSQL two
//! nodes run, and either dies.

use testkit::{Result, auditor::Auditor, bed::Bed, crash, database::Kind, run::figure, size};

testkit::on_both_databases!(
    c1_kill_9_at_any_moment_loses_no_charge_and_makes_none_twice,
    c1_kill_9_where_every_charge_is_synced_first,
);

async fn c1_kill_9_at_any_moment_loses_no_charge_and_makes_none_twice(program: &str, kind: Kind) -> Result<()> {
    // In CI 25 on SQLite, the default database, and half as many on two nodes.
    let short = if kind == Kind::Sqlite { 25 } else { 12 };
    storm(program, kind, "process", size::of("C1_KILLS", short)).await
}

async fn c1_kill_9_where_every_charge_is_synced_first(program: &str, kind: Kind) -> Result<()> {
    storm(program, kind, "power", size::of("C1_POWER_KILLS", 3)).await
}

async fn storm(program: &str, kind: Kind, durability: &str, kills: usize) -> Result<()> {
    let mut bed = Bed::with(program, kind, &[("MONEY__DURABILITY", durability)], "1000").await?;
    let mut other = match kind {
        Kind::Sqlite => None,
        Kind::Postgres => Some(bed.second_node(program).await?),
    };
    let auditor = Auditor::start(bed.reader().await?);
    let outcome = crash::storm(&mut bed, other.as_mut(), kills).await?;
    let reads = auditor.finish()?;
    figure(&format!(
        "C1 {kind:?}, {} node(s), {durability}: {} kills; {}; ready again after {:?} (median), {:?} (slowest); {reads} \
         reads of the books",
        1 + usize::from(other.is_some()),
        outcome.kills,
        outcome.judged,
        outcome.median_ready,
        outcome.slowest_ready
    ));
    Ok(())
}
