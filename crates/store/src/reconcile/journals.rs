//! This node's journal against the database.

use super::Report;
use crate::{
    db::{Sql, Tx},
    drain::{digest::SegmentDigest, replay::Replay, row},
    error::{Error, Result},
    journal::{
        self,
        node::Node,
        record::Settled,
        segment::{HEADER, Reader, Segment},
    },
    sql,
};
use std::{collections::HashMap, fmt::Write as _, path::Path};

/// Rows looked up at a time.
const CHUNK: usize = 256;

/// What the database says of a segment.
#[derive(Debug, Clone)]
struct Posted {
    posted_to: u64,
    complete: bool,
    records: i64,
    sale: i64,
    hash: String,
}

/// Compares every segment that is kept with its digest and its records with their rows.
pub(super) async fn compare(tx: &mut Tx, data_dir: &Path, report: &mut Report) -> Result<()> {
    let file = |error| Error::File(data_dir.display().to_string(), error);
    let Some(node) = Node::peek(data_dir).map_err(file)? else { return Ok(()) };
    let mut posted = HashMap::new();
    let text = "SELECT segment, posted_to, complete, records, sale, hash FROM journal_segments WHERE node_id = $1";
    for row in tx.fetch_all(sql!(text, node.as_str())).await? {
        let it = Posted {
            posted_to: u64::try_from(row.int("posted_to")?).unwrap_or(0),
            complete: row.flag("complete")?,
            records: row.int("records")?,
            sale: row.int("sale")?,
            hash: row.text("hash")?,
        };
        posted.insert(row.text("segment")?, it);
    }
    let mut replay = Replay::default();
    let mut complete = Vec::new();
    for (number, segment) in journal::read_only(data_dir).map_err(file)?.enumerate() {
        let segment = segment.map_err(file)?;
        if segment.header.node != node {
            continue;
        }
        let known = posted.remove(&segment.id);
        if known.as_ref().is_some_and(|it| it.complete) {
            complete.push(number);
        }
        self::segment(tx, number, &segment, known.as_ref(), &mut replay, report).await?;
    }
    // A complete segment may have been deleted when its days were over; one that is not may not.
    for (id, _) in posted.iter().filter(|(_, it)| !it.complete) {
        report.expect(format!("journal segment {id}, which is not fully posted"), false, 1, 0);
    }
    // Requests without an end in segments that are over: their node died, and they have a row.
    for ends in replay.dead_in(&complete).chunks(CHUNK) {
        rows(tx, ends, report).await?;
    }
    Ok(())
}

async fn segment(
    tx: &mut Tx,
    number: usize,
    segment: &Segment,
    known: Option<&Posted>,
    replay: &mut Replay,
    report: &mut Report,
) -> Result<()> {
    let file = |error| Error::File(segment.path.display().to_string(), error);
    let posted_to = known.map_or(0, |it| it.posted_to);
    let mut digest = SegmentDigest::default();
    let mut reader = Reader::at(HEADER);
    let mut ends = Vec::new();
    while let Some((at, record)) = reader.next(segment).map_err(file)? {
        let Some(end) = replay.take(segment, (number, at), record) else { continue };
        if at >= posted_to {
            report.pending_requests += 1;
            report.pending = report.pending.saturating_add(end.settlement.sale);
            continue;
        }
        report.journal_records += 1;
        digest.add(&end);
        ends.push(*end);
        if ends.len() == CHUNK {
            rows(tx, &ends, report).await?;
            ends.clear();
        }
    }
    rows(tx, &ends, report).await?;
    if let Some(known) = known {
        let of = format!("journal segment {}", segment.id);
        report.expect(format!("records posted of {of}"), false, digest.records, known.records);
        report.expect(format!("sales posted of {of}"), true, digest.sale, known.sale);
        report.expect(format!("hash of {of}"), false, 0, i64::from(digest.hash_text() != known.hash));
        report.expect(format!("bytes of {of}"), false, 0, i64::from(reader.position < posted_to));
    }
    Ok(())
}

/// Compares end records with their rows.
async fn rows(tx: &mut Tx, ends: &[Settled], report: &mut Report) -> Result<()> {
    if ends.is_empty() {
        return Ok(());
    }
    let mut text = String::from(
        "SELECT request_id, tenant, sale, cost, (SELECT CAST(COALESCE(SUM(a.cost), 0) AS BIGINT) \
            FROM attempt_costs a WHERE a.time_us = usage_events.time_us AND a.request_id = usage_events.request_id) \
            FROM usage_events WHERE (time_us, request_id) IN (VALUES ",
    );
    for number in 0..ends.len() {
        let separator = if number == 0 { "" } else { ", " };
        let cast = if tx.is_sqlite() { "BLOB" } else { "BYTEA" };
        let (time, id) = (2 * number + 1, 2 * number + 2);
        // Writing to a String does not fail.
        let _ = write!(text, "{separator}(CAST(${time} AS BIGINT), CAST(${id} AS {cast}))");
    }
    text.push(')');
    let select = ends
        .iter()
        .fold(Sql::built(text), |select, end| select.bind(row::time_us(end.opened.request)).bind(end.opened.request));
    let mut found = HashMap::new();
    for row in tx.fetch_all(select).await? {
        found.insert(row.bytes(0)?, (row.int(1)?, row.int(2)?, row.int(3)?, row.int(4)?));
    }
    for end in ends {
        let (opened, done) = (&end.opened, &end.settlement);
        let request = opened.request;
        let Some((tenant, sale, cost, failed)) = found.get(request.0.as_slice()).copied() else {
            if row::time_us(request) < report.frozen_until_us {
                // In the sum of its day; the segment's digest says that it was posted.
                continue;
            }
            report.expect(format!("usage row of {request}"), false, 1, 0);
            report.expect(format!("sale of {request}, which has no row"), true, done.sale.0, 0);
            continue;
        };
        report.expect(format!("sale of {request}, against the journal"), true, done.sale.0, sale);
        report.expect(format!("cost of {request}, against the journal"), true, done.cost.0, cost);
        let spent = done.spent_in_vain().0;
        report.expect(format!("cost of failed attempts of {request}, against the journal"), true, spent, failed);
        report.expect(format!("tenant of {request}, against the journal"), false, opened.tenant.0, tenant);
    }
    Ok(())
}
