//! C2: one fault at one named point, under load, and back to work: what the crash driver does at random, at every place where
//! money changes hands and in four ways.

use crate::{bed::Bed, crash::Load, database::Reader, http::Request, node::Node, wait::until};
use anyhow::{Context, Result, ensure};
use serde_json::json;
use std::time::Duration;
use tokio::task::JoinSet;

/// What can go wrong at a point.
pub const ACTIONS: [&str; 4] = ["kill", "stall", "error", "panic"];

/// Within this a point is passed, whatever it takes to get there: a segment of the journal fills in some seconds.
const PASSED: Duration = Duration::from_secs(60);
/// Callers that fill a segment.
const CROWD: usize = 16;
/// Within this a node whose task failed or panicked is well again by itself, or will not be.
const WELL: Duration = Duration::from_secs(5);

/// A bed whose node makes faults.
#[derive(Debug)]
pub struct Faults<'a> {
    /// The bed.
    pub bed: &'a mut Bed,
    /// Its load.
    pub load: &'a Load,
    /// A request that is answered at once and uses little of its hold: many of them fill the journal, and leave something
    /// idle in a lease whose money is asked back.
    pub quick: Request,
    /// How often its journal failed so far.
    pub failures: usize,
    /// Its database.
    pub reader: Reader,
}

impl Faults<'_> {
    /// Does `action` at `point`; the node is started again if it dies or can admit nothing any more. Answers flow again
    /// then, they are posted, and everything adds up. Whether it had to be started again.
    pub async fn make(&mut self, point: &str, action: &str) -> Result<bool> {
        self.one(point, action).await.with_context(|| format!("C2: {action} at {point}"))
    }

    async fn one(&mut self, point: &str, action: &str) -> Result<bool> {
        self.bed.node.fault(point, action)?;
        let mut asking: JoinSet<Result<()>> = JoinSet::new();
        if ["replay.", "renew.", "close."].iter().any(|start| point.starts_with(start)) {
            // Passed at a start.
            self.bed.node.kill().await?;
            if self.bed.node.start().await.is_err() {
                ensure!(self.bed.node.fault_happened(), "the node did not start, and not because of the fault");
            }
        } else if point.starts_with("return.") {
            // More than there is: leases are asked back for two seconds.
            let (api, path) = (self.bed.api.clone(), format!("/tenants/{}/adjustments", self.bed.tenant));
            asking.spawn(async move {
                let more = json!({"amount": "-1000000", "reason": "more than there is"});
                loop {
                    api.call("POST", &path, Some(&more)).await?;
                }
            });
        }
        let callers = match point {
            "journal.roll_over" | "segment.complete" => CROWD,
            // A crowd would use at once what lies idle.
            point if point.starts_with("return.") => 1,
            _ => 0,
        };
        for _ in 0..callers {
            let (quick, address) = (self.quick.clone(), self.bed.node.address());
            asking.spawn(async move {
                while quick.send(address).await?.status() == 200 {}
                Ok(())
            });
        }
        until("the point to be passed", PASSED, async || Ok(self.bed.node.fault_happened().then_some(()))).await?;
        asking.abort_all();
        let again = self.recover(action).await?;
        self.load.flows().await?;
        let before = self.posted().await?;
        until("rows to be posted", Duration::from_secs(20), async || Ok((self.posted().await? > before).then_some(())))
            .await?;
        self.bed.node.reconcile().await?;
        Ok(again)
    }

    async fn recover(&mut self, action: &str) -> Result<bool> {
        let node = &mut self.bed.node;
        if action == "kill" {
            node.ended(Duration::from_secs(10)).await?;
            node.start().await?;
            return Ok(true);
        }
        // A journal that failed is read anew by a start, and by nothing else.
        let failures = |node: &Node| node.printed().matches("the journal failed").count();
        let known = self.failures;
        let well = async || {
            let ready = node.is_ready().await;
            Ok((ready || failures(node) > known).then_some(ready))
        };
        if until("the node to be well, or its journal to have failed", WELL, well).await? {
            return Ok(false);
        }
        self.failures = failures(node);
        node.kill().await?;
        node.start().await?;
        Ok(true)
    }

    async fn posted(&self) -> Result<i64> {
        self.reader.integer("SELECT COUNT(*) FROM usage_events").await
    }
}
