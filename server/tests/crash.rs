//! C1: `kill -9` at random moments under load. What a caller saw the end of is charged in full, once; anything else at
//! most once, within its hold and close to what was sent; the node is ready again within two seconds.

use testkit::{Result, auditor::Auditor, bed::Bed, crash, database::Kind, run::figure, size};

testkit::on_both_databases!(c1_kill_9_at_any_moment_loses_no_charge_and_makes_none_twice);

async fn c1_kill_9_at_any_moment_loses_no_charge_and_makes_none_twice(program: &str, kind: Kind) -> Result<()> {
    let mut bed = Bed::start(program, kind).await?;
    let auditor = Auditor::start(bed.reader().await?);
    let outcome = crash::storm(&mut bed, size::of("C1_KILLS", 25)).await?;
    let reads = auditor.finish()?;
    figure(&format!(
        "C1 {kind:?}: {} kills; {} answers ended, each charged once in full; {} cut, {} of them charged at a checkpoint; \
         ready again after {:?} (median), {:?} (slowest); {reads} reads of the books",
        outcome.kills, outcome.ended, outcome.cut, outcome.cut_charged, outcome.median_ready, outcome.slowest_ready
    ));
    Ok(())
}
