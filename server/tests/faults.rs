//! C2: at every named point where money changes hands, an error, a panic, the death of the process and a stall. C1's rules
//! hold after each of them. On PostgreSQL a second node serves on meanwhile.
//!
//! `make storm` tries every point in all four ways on both databases; CI every other point in one way, on one of them.

use store::faults::Point;
use testkit::{
    Context, Result, answers,
    auditor::Auditor,
    bed::Bed,
    crash,
    database::{Database, Kind},
    ensure,
    faults::{ACTIONS, Faults},
    json,
    node::Node,
    run::figure,
    size,
};

testkit::on_both_databases!(c2_a_fault_at_any_point_loses_no_charge_makes_none_twice_and_leaves_no_hold);

async fn c2_a_fault_at_any_point_loses_no_charge_makes_none_twice_and_leaves_no_hold(
    program: &str,
    kind: Kind,
) -> Result<()> {
    let database = Database::fresh(kind).await?;
    let mut node = Node::new(program, database.url())?;
    node.with_faults();
    // Small draws and small segments, so that every point is passed often.
    node.set("MONEY__LEASE_MIN_USD", "0.001");
    node.set("MONEY__LEASE_SECONDS", "1");
    node.set("MONEY__JOURNAL_SEGMENT_MIB", "1");
    node.start().await?;
    let mut bed = Bed::on(node, database, "1000").await?;
    let mut other = match kind {
        Kind::Sqlite => None,
        Kind::Postgres => Some(bed.second_node(program).await?),
    };
    let auditor = Auditor::start(bed.reader().await?);
    let nodes: Vec<_> = [&bed.node].into_iter().chain(other.as_ref()).map(Node::address).collect();
    let load = crash::Load::start(&bed, &nodes).await?;
    let (mut made, mut again) = (0, 0);
    let reader = bed.reader().await?;
    bed.upstream.on_model("quick", answers::chat("quick", 1, 1));
    bed.model("quick", "openai", &json!({"input": "0", "output": "1"})).await?;
    let quick = bed.chat("quick", &json!({"max_tokens": 100}));
    let mut faults = Faults { bed: &mut bed, load: &load, reader, quick, failures: 0 };
    // Panics come last: what they would leave must not be cleared away by the next death.
    for (number, action) in ACTIONS.iter().enumerate() {
        for (place, point) in Point::ALL.iter().enumerate() {
            let chosen = place % 4 == 2 * usize::from(kind == Kind::Postgres) && place / 4 % ACTIONS.len() == number;
            // One point alone, to look into it.
            let chosen = match size::of("C2_POINT", usize::MAX) {
                usize::MAX => chosen || size::of("C2_ALL", 0) > 0,
                one => one == place,
            };
            if chosen {
                again += usize::from(faults.make(point.name(), action).await?);
                made += 1;
            }
        }
    }
    let judged = load.judge(&bed, other.as_ref()).await.with_context(|| bed.node.printed())?;
    // With nothing running every cent can be taken out: no hold is left behind, not even in a node's memory.
    let posted = bed.api.balance(&bed.tenant).await?.posted;
    let all =
        json!({"amount": format!("-{}.{:09}", posted / 1_000_000_000, posted % 1_000_000_000), "reason": "all of it"});
    let taken = bed.api.call("POST", &format!("/tenants/{}/adjustments", bed.tenant), Some(&all)).await?;
    ensure!(taken.status() == 201, "C2: money is still held: {}", taken.text());
    crash::no_hold_left(&mut bed, other.as_mut()).await?;
    bed.node.reconcile().await?;
    let reads = auditor.finish()?;
    figure(&format!(
        "C2 {kind:?}, {} node(s): {made} faults at {} points, {again} restarts; {judged}; nothing held, difference 0; \
         {reads} reads of the books",
        nodes.len(),
        Point::ALL.len()
    ));
    Ok(())
}
