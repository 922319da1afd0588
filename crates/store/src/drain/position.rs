//! How far a segment is drained, in memory and in `journal_segments`.

use super::digest::SegmentDigest;
use crate::{
    db::{Db, Tx},
    error::{Error, Result},
    journal::segment::{HEADER, Reader, Segment},
    sql, time,
};
use std::{collections::HashSet, sync::Arc};

/// The segments of this node that the database has complete; `None`: it has never heard of this node.
///
/// # Errors
/// The database's.
pub async fn complete(db: &Db, node: &str) -> Result<Option<HashSet<String>>> {
    let rows = db.fetch_all(sql!("SELECT segment, complete FROM journal_segments WHERE node_id = $1", node)).await?;
    let mut complete = HashSet::new();
    for row in &rows {
        if row.flag(1)? {
            complete.insert(row.text(0)?);
        }
    }
    Ok((!rows.is_empty()).then_some(complete))
}

/// A segment being drained.
#[derive(Debug)]
pub struct Cursor {
    /// Counts the segments of this drain from 0.
    pub number: usize,
    /// What is read.
    pub segment: Arc<Segment>,
    /// Reads it.
    pub reader: Reader,
    /// Every end record before this is posted.
    pub posted_to: u64,
    /// Of the end records before `posted_to`.
    pub digest: SegmentDigest,
    /// What the database has: low-water mark, posted to, complete.
    stored: Option<(u64, u64, bool)>,
}

impl Cursor {
    /// Finds out where to begin.
    ///
    /// # Errors
    /// The database's.
    pub async fn load(db: &Db, number: usize, segment: Arc<Segment>) -> Result<Self> {
        let text =
            "SELECT low_water, posted_to, complete, records, sale, hash FROM journal_segments WHERE segment = $1";
        let mut cursor = Self {
            number,
            reader: Reader::at(HEADER),
            posted_to: HEADER,
            digest: SegmentDigest::default(),
            stored: None,
            segment,
        };
        if let Some(row) = db.fetch_optional(sql!(text, cursor.segment.id.as_str())).await? {
            let position = |n: i64| u64::try_from(n).map_err(|_| Error::Corrupt("journal position"));
            let (low_water, posted_to) = (position(row.int(0)?)?, position(row.int(1)?)?);
            cursor.reader = Reader::at(low_water.max(HEADER));
            cursor.posted_to = posted_to.max(HEADER);
            cursor.digest = SegmentDigest::from_row(row.int(3)?, row.int(4)?, &row.text(5)?)
                .ok_or(Error::Corrupt("journal digest"))?;
            cursor.stored = Some((low_water, posted_to, row.flag(2)?));
        }
        Ok(cursor)
    }

    /// Whether there is something to read.
    pub fn has_more(&self) -> bool {
        self.reader.position < self.segment.written()
    }

    /// Whether it was read to an end that will not move.
    pub fn is_at_end(&self) -> bool {
        // Closed is asked first: what was written before it closed is then seen.
        self.segment.is_closed() && !self.has_more()
    }

    /// Whether the database has it complete.
    pub fn is_stored_complete(&self) -> bool {
        matches!(self.stored, Some((_, _, true)))
    }

    /// Whether the database has another position than this one.
    pub fn differs(&self, low_water: u64, complete: bool) -> bool {
        self.stored != Some((low_water, self.posted_to, complete))
    }

    /// Writes the position in the transaction that posts; call [`Cursor::stored`] when that is committed.
    ///
    /// # Errors
    /// The database's.
    pub async fn store(&self, tx: &mut Tx, low_water: u64, complete: bool) -> Result<()> {
        let text = "INSERT INTO journal_segments (segment, node_id, epoch, sequence, low_water, posted_to, complete, \
                    records, sale, hash, updated) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
                    ON CONFLICT (segment) DO UPDATE SET low_water = excluded.low_water, posted_to = excluded.posted_to, \
                    complete = excluded.complete, records = excluded.records, sale = excluded.sale, \
                    hash = excluded.hash, updated = excluded.updated";
        let header = &self.segment.header;
        let insert = sql!(text, self.segment.id.as_str(), header.node.as_str(), header.epoch, header.sequence);
        let insert = insert.bind(low_water).bind(self.posted_to).bind(complete);
        let insert = insert.bind(self.digest.records).bind(self.digest.sale).bind(self.digest.hash_text());
        tx.execute(insert.bind(time::now_us())).await.map(drop)
    }

    /// The position is committed.
    pub fn stored(&mut self, low_water: u64, complete: bool) {
        self.stored = Some((low_water, self.posted_to, complete));
    }
}
