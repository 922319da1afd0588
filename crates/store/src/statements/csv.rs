//! A statement as a file: opening balance, usage by model and key, every other line, closing balance. Charges and credits
//! stand in two columns, so neither has signs; what is debited as `usage` sums to the ledger's.

use super::{Statement, Statements, UsageLine};
use crate::{
    Store,
    error::Result,
    ledger::listing::Line,
    sheet::{self, guarded},
};
use bytes::Bytes;
use domain::money::NanoUsd;
use futures::{Stream, stream};

/// Rows of a piece.
const PIECE: u32 = 1000;

/// The header.
pub const COLUMNS: [&str; 23] = [
    "statement",
    "tenant",
    "month",
    "kind",
    "time",
    "reference",
    "model",
    "key",
    "key_name",
    "requests",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "audio_input_tokens",
    "audio_output_tokens",
    "image_input_tokens",
    "image_output_tokens",
    "web_searches",
    "debit_usd",
    "credit_usd",
    "balance_usd",
];

type Cells = [String; COLUMNS.len()];

/// Where the file goes on.
enum At {
    Top,
    /// After so many lines of usage.
    Usage(i64),
    /// After this line of the wallet.
    Others(i64),
}

/// The file in pieces, the header with the first.
pub fn csv(store: Store, of: Statement) -> impl Stream<Item = Result<Bytes>> + Send + 'static {
    stream::try_unfold(Some((store, of, At::Top)), |state| async move {
        let Some((store, of, at)) = state else { return Ok(None) };
        let (rows, next) = rows(store.statements(), &of, at).await?;
        Ok(Some((sheet::piece(rows)?, next.map(|at| (store, of, at)))))
    })
}

async fn rows(statements: Statements<'_>, of: &Statement, at: At) -> Result<(Vec<Cells>, Option<At>)> {
    let full = |rows: usize| u32::try_from(rows).is_ok_and(|rows| rows == PIECE);
    match at {
        At::Top => {
            let head = [COLUMNS.map(str::to_owned), balance(of, "opening", of.from_us, of.opening)?];
            Ok((head.into(), Some(At::Usage(0))))
        }
        At::Usage(after) => {
            let lines = statements.usage(of.id, after, PIECE).await?;
            let next = if full(lines.len()) { At::Usage(after + i64::from(PIECE)) } else { At::Others(0) };
            Ok((lines.iter().map(|line| used(of, line)).collect(), Some(next)))
        }
        At::Others(after) => {
            let lines = statements.others(of, after, PIECE).await?;
            let next = lines.last().filter(|_| full(lines.len())).map(|line| At::Others(line.line));
            let mut rows = lines.iter().map(|line| moved(of, line)).collect::<Result<Vec<_>>>()?;
            if next.is_none() {
                rows.push(balance(of, "closing", of.to_us, of.closing)?);
            }
            Ok((rows, next))
        }
    }
}

/// A row with what all have.
fn row(of: &Statement, kind: &str) -> Cells {
    let mut cells = Cells::default();
    let [label, tenant, month, word, ..] = &mut cells;
    (*label, *tenant, *month) = (guarded(&of.label), of.tenant.to_string(), of.month.clone());
    kind.clone_into(word);
    cells
}

fn balance(of: &Statement, kind: &str, time_us: i64, amount: NanoUsd) -> Result<Cells> {
    let mut cells = row(of, kind);
    let [.., balance] = &mut cells;
    *balance = amount.to_string();
    let [_, _, _, _, time, ..] = &mut cells;
    *time = sheet::time(time_us)?;
    Ok(cells)
}

fn used(of: &Statement, line: &UsageLine) -> Cells {
    let UsageLine { model, key, key_name, requests, usage, amount } = line;
    let [label, tenant, month, kind, time, reference, ..] = row(of, "usage");
    [
        label,
        tenant,
        month,
        kind,
        time,
        reference,
        guarded(model),
        key.map(|key| key.to_string()).unwrap_or_default(),
        guarded(key_name),
        requests.to_string(),
        usage.input.to_string(),
        usage.output.to_string(),
        usage.cache_read.to_string(),
        usage.cache_write().to_string(),
        usage.reasoning.to_string(),
        usage.audio_input.to_string(),
        usage.audio_output.to_string(),
        usage.image_input.to_string(),
        usage.image_output.to_string(),
        usage.web_searches.to_string(),
        amount.to_string(),
        String::new(),
        String::new(),
    ]
}

fn moved(of: &Statement, line: &Line) -> Result<Cells> {
    let mut cells = row(of, &line.kind);
    let [.., debit, credit, balance] = &mut cells;
    let side = if line.amount < NanoUsd::ZERO { debit } else { credit };
    *side = NanoUsd(line.amount.0.saturating_abs()).to_string();
    *balance = line.balance.to_string();
    let [_, _, _, _, time, reference, ..] = &mut cells;
    (*time, *reference) = (sheet::time(line.time_us)?, guarded(&line.reference));
    Ok(cells)
}
