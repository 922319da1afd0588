//! Freezing: a draft gets its number and is kept, in one short transaction. Whoever comes second finds it done.

use super::{
    Letterhead, Month, Statement, Statements,
    draft::{self, Draft},
    rows,
};
use crate::{
    NOTHING,
    change::{Actor, Change, to_json},
    drain::values::Bulk,
    error::{Error, Result},
    sql, time,
};
use domain::{
    ids::{StatementId, TenantId},
    money::NanoUsd,
};
use jiff::tz::TimeZone;
use serde::Serialize;

/// How long after a month's end the job freezes it: what committed last has been seen by then.
const SETTLE_US: i64 = 10 * 60 * 1_000_000;
/// A month ends in the last zone so long after it does in the first.
const ZONES_US: i64 = 15 * 3600 * 1_000_000;

/// For the audit log.
#[derive(Serialize)]
struct Frozen<'a> {
    statement: StatementId,
    label: &'a str,
    month: String,
    opening: NanoUsd,
    closing: NanoUsd,
}

impl Statements<'_> {
    /// Freezes every month of every tenant that has ended: for a job that one node does. How many statements it made.
    ///
    /// # Errors
    /// The database's, when no tenant can be looked at; one tenant's trouble is logged and keeps no other from theirs.
    pub async fn freeze_due(self, letterhead: &Letterhead, now_us: i64) -> Result<u32> {
        let due_us = now_us.saturating_sub(SETTLE_US);
        // Whoever has lines before this month's end, on no statement; which month they are of is looked at one by one.
        let latest = Month::of(due_us.saturating_add(ZONES_US), &TimeZone::UTC)?.begin_us(&TimeZone::UTC)?;
        let text = "SELECT a.tenant FROM accounts a JOIN transfers t ON t.tenant = a.tenant AND t.line = 1 + \
                    (SELECT COALESCE(MAX(s.last_line), 0) FROM statements s WHERE s.tenant = a.tenant) \
                    WHERE a.kind = 'wallet' AND t.time < $1 ORDER BY a.tenant";
        let tenants = self.0.db().fetch_all(sql!(text, latest.saturating_add(ZONES_US))).await?;
        let mut made = 0;
        for row in tenants {
            let tenant = TenantId(row.int(0)?);
            loop {
                match self.freeze_next(&Actor::system(), letterhead, tenant, due_us).await {
                    Ok(Some(_)) => made += 1,
                    Ok(None) => break,
                    Err(error) => {
                        tracing::warn!(%error, %tenant, "a statement could not be frozen");
                        break;
                    }
                }
            }
        }
        Ok(made)
    }

    /// Freezes a month that has ended, for an admin, and those before it that are missing. One that is frozen is answered
    /// as it is.
    ///
    /// # Errors
    /// [`Error::NotFound`] for the tenant, [`Error::Invalid`] for a month that has not ended, [`Error::Conflict`] for one in
    /// which nothing was posted.
    pub async fn freeze(
        self,
        actor: &Actor,
        letterhead: &Letterhead,
        tenant: TenantId,
        month: Month,
        now_us: i64,
    ) -> Result<Statement> {
        let (zone, _) = draft::zone(&self.0.tenants().get(tenant).await?.zone);
        let end_us = month.end_us(&zone)?;
        loop {
            if let Some(frozen) = self.of_month(tenant, month).await? {
                return Ok(frozen);
            }
            if end_us > now_us {
                return Err(Error::invalid("month", "has not ended yet"));
            }
            if self.freeze_next(actor, letterhead, tenant, end_us).await?.is_none() {
                // Or somebody else froze it since it was looked for.
                let none = || Error::conflict("nothing was posted in this month that is not on another statement");
                return self.of_month(tenant, month).await?.ok_or_else(none);
            }
        }
    }

    /// Freezes the tenant's next month that ended by `due_us`; `None`: there is none.
    async fn freeze_next(
        self,
        actor: &Actor,
        letterhead: &Letterhead,
        tenant: TenantId,
        due_us: i64,
    ) -> Result<Option<StatementId>> {
        loop {
            // A month of usage that is dropped meanwhile would be gone from this snapshot, too.
            let mut snapshot = self.0.db().snapshot_of_usage().await?;
            let draft = draft::next(&mut snapshot, tenant, due_us).await?;
            snapshot.rollback().await?;
            let Some(draft) = draft else { return Ok(None) };
            let mut change = self.0.change(actor).await?;
            let covered = draft::last(&mut change.tx, tenant).await?.map_or(0, |(line, _)| line);
            if covered + 1 != draft.first_line {
                // Another node was quicker.
                change.tx.rollback().await?;
                continue;
            }
            keep(&mut change, letterhead, &draft).await?;
            change.commit().await?;
            return Ok(Some(draft.id));
        }
    }
}

async fn keep(change: &mut Change<'_>, letterhead: &Letterhead, draft: &Draft) -> Result<()> {
    let number = "UPDATE document_numbers SET last = last + 1 WHERE kind = 'statement' RETURNING last";
    let number = change.tx.fetch_one(sql!(number)).await?.int(0)?;
    let label = format!("{}{number:06}", letterhead.prefix);
    let insert = "INSERT INTO statements (id, number, label, tenant, month, zone, from_us, to_us, first_line, last_line, \
                  opening, closing, billed_to, issuer, created) \
                  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
    let insert = sql!(insert, draft.id, number, &label, draft.tenant, draft.month.to_string(), &draft.zone);
    let insert = insert.bind(draft.from_us).bind(draft.to_us).bind(draft.first_line).bind(draft.last_line);
    let insert = insert.bind(draft.opening).bind(draft.closing).bind(&draft.billed_to);
    change.tx.execute(insert.bind(to_json(&letterhead.issuer)?).bind(time::now_us())).await?;
    for (kind, amount) in &draft.sums {
        let insert = "INSERT INTO statement_sums (statement, kind, amount) VALUES ($1, $2, $3)";
        change.tx.execute(sql!(insert, draft.id, kind, *amount)).await?;
    }
    let lines = Bulk::new(change.tx.is_sqlite(), rows::SHAPE);
    let numbered = draft.usage.iter().enumerate().map(|(position, line)| (draft.id, position, line));
    for statement in lines.statements(&[], numbered, rows::values) {
        change.tx.execute(statement).await?;
    }
    let row = Frozen {
        statement: draft.id,
        label: &label,
        month: draft.month.to_string(),
        opening: draft.opening,
        closing: draft.closing,
    };
    change.audit("statement.freeze", draft.tenant, NOTHING, Some(&row)).await
}
