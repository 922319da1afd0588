//! What stands on a statement, as rows.

use super::{Statement, UsageLine};
use crate::{
    db::{Db, Row, Value},
    drain::values::Shape,
    error::{Error, Result},
    ledger::listing,
    sql,
};
use domain::{
    ids::{KeyId, StatementId},
    money::NanoUsd,
    usage::Usage,
};

/// The INSERT of usage lines.
pub(super) const SHAPE: Shape = Shape {
    before: "INSERT INTO statement_lines (statement, position, model, key_id, key_name, requests, input, output, cache_read, \
             cache_write, reasoning, audio_input, audio_output, image_input, image_output, web_searches, amount)",
    fixed: 0,
    columns: 17,
    after: "",
};

/// One line's values, in the order of [`SHAPE`].
pub(super) fn values((id, position, line): (StatementId, usize, &UsageLine), out: &mut Vec<Value>) {
    let usage = &line.usage;
    let position = u64::try_from(position).unwrap_or(u64::MAX);
    out.extend([id.into(), position.into(), line.model.as_str().into(), line.key.into()]);
    out.extend([line.key_name.as_str().into(), line.requests.into(), usage.input.into(), usage.output.into()]);
    out.extend([usage.cache_read.into(), usage.cache_write().into(), usage.reasoning.into()]);
    out.extend([usage.audio_input.into(), usage.audio_output.into()]);
    out.extend([usage.image_input.into(), usage.image_output.into(), usage.web_searches.into(), line.amount.into()]);
}

/// Reads one.
pub(super) fn line(row: &Row, key_name: String) -> Result<UsageLine> {
    let count = |column: &'static str| u64::try_from(row.int(column)?).map_err(|_| Error::Corrupt(column));
    Ok(UsageLine {
        model: row.text("model")?,
        key: row.opt_int("key_id")?.map(KeyId),
        key_name,
        requests: row.int("requests")?,
        usage: Usage {
            input: count("input")?,
            output: count("output")?,
            cache_read: count("cache_read")?,
            cache_write_5m: count("cache_write")?,
            reasoning: count("reasoning")?,
            audio_input: count("audio_input")?,
            audio_output: count("audio_output")?,
            image_input: count("image_input")?,
            image_output: count("image_output")?,
            web_searches: count("web_searches")?,
            ..Usage::default()
        },
        amount: NanoUsd(row.int("amount")?),
    })
}

/// [`super::Statements::usage`].
pub(super) async fn usage(db: &Db, id: StatementId, after: i64, limit: u32) -> Result<Vec<UsageLine>> {
    let text = "SELECT * FROM statement_lines WHERE statement = $1 AND position >= $2 ORDER BY position LIMIT $3";
    let rows = db.fetch_all(sql!(text, id, after, limit)).await?;
    rows.iter().map(|row| line(row, row.text("key_name")?)).collect()
}

/// [`super::Statements::others`].
pub(super) async fn others(db: &Db, of: &Statement, after: i64, limit: u32) -> Result<Vec<listing::Line>> {
    let (first, last) = (of.first_line.max(after.saturating_add(1)), of.last_line);
    listing::ascending(db, of.tenant, first..=last, " AND t.kind <> 'usage'", limit).await
}
