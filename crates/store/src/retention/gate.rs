//! What a month waits for before it is frozen.

use super::DAY_US;
use crate::{db::Db, error::Result, sql};
use domain::ids::TenantId;
use std::fmt;

/// A request is in its node's journal by then, and an idle drain has said that it is posted.
const SETTLED_US: i64 = DAY_US;
/// A node that was silent for so long holds nothing up any more. Should it come back, its rows are late ones.
const LOST_US: i64 = 93 * DAY_US;

/// What holds it up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waits {
    /// This node is away, and may have usage of that time in its journal.
    Node(String),
    /// This tenant's statement is not made.
    Statement(TenantId),
}

impl fmt::Display for Waits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(node) => write!(f, "node {node} may have usage of it to post"),
            Self::Statement(tenant) => write!(f, "the statement of {tenant} is not made"),
        }
    }
}

/// Segments that are not complete and were not seen posted since that time, and leases that their node let run out.
const NODES: &str = "SELECT node_id FROM journal_segments WHERE complete = 0 \
    AND CASE WHEN drained_us = 0 THEN updated ELSE drained_us END BETWEEN $2 AND $1 \
    UNION SELECT node_id FROM leases WHERE state <> 'closed' AND expires_at BETWEEN $2 AND $1 LIMIT 1";

/// Tenants whose first line that is on no statement is from before that time.
const STATEMENTS: &str = "SELECT a.tenant FROM accounts a JOIN transfers t ON t.tenant = a.tenant AND t.line = 1 + \
    (SELECT COALESCE(MAX(s.last_line), 0) FROM statements s WHERE s.tenant = a.tenant) \
    WHERE a.kind = 'wallet' AND t.time < $1 LIMIT 1";

/// Whether usage from before `until_us` has to wait, and for what.
pub(super) async fn check(db: &Db, until_us: i64, now_us: i64) -> Result<Option<Waits>> {
    if let Some(row) = db.fetch_optional(sql!(NODES, until_us + SETTLED_US, now_us - LOST_US)).await? {
        return Ok(Some(Waits::Node(row.text(0)?)));
    }
    let open = db.fetch_optional(sql!(STATEMENTS, until_us)).await?;
    open.map(|row| Ok(Waits::Statement(TenantId(row.int(0)?)))).transpose()
}
