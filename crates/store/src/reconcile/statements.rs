//! Frozen statements against the lines they cover: no line on two of them or on none in between, and every sum the ledger's.

use super::{Report, books::listed};
use crate::{db::Tx, error::Result};
use domain::ids::StatementId;

/// Where a statement does not go on after the one before it.
const CHAIN: &str = "SELECT s.id, s.first_line, COALESCE(MAX(p.last_line), 0) + 1 AS expected FROM statements s \
    LEFT JOIN statements p ON p.tenant = s.tenant AND p.first_line < s.first_line GROUP BY s.id, s.first_line \
    HAVING s.first_line <> COALESCE(MAX(p.last_line), 0) + 1 ORDER BY s.id";

/// Balances before and after, where they are not the ledger's.
const BALANCES: &str = "SELECT id, opening, closing, CAST(before AS BIGINT) AS before, CAST(after AS BIGINT) AS after \
    FROM (SELECT s.id AS id, s.opening AS opening, s.closing AS closing, \
    COALESCE((SELECT t.balance FROM transfers t WHERE t.tenant = s.tenant AND t.line = s.first_line - 1), 0) AS before, \
    COALESCE((SELECT t.balance FROM transfers t WHERE t.tenant = s.tenant AND t.line = s.last_line), 0) AS after \
    FROM statements s) AS sums WHERE opening <> before OR closing <> after ORDER BY id";

/// Sums by kind, where they are not the ledger's.
const SUMS: &str = "SELECT id, kind, CAST(SUM(frozen) AS BIGINT) AS frozen, CAST(SUM(moved) AS BIGINT) AS moved FROM (\
    SELECT statement AS id, kind, amount AS frozen, 0 AS moved FROM statement_sums \
    UNION ALL SELECT s.id, t.kind, 0, CASE WHEN a.kind = 'wallet' THEN t.amount ELSE -t.amount END FROM statements s \
    JOIN transfers t ON t.tenant = s.tenant AND t.line >= s.first_line AND t.line <= s.last_line \
    JOIN accounts a ON a.id = t.credit_account) AS sums GROUP BY id, kind HAVING SUM(frozen) <> SUM(moved) ORDER BY id";

/// Usage by model and key, where it is not the usage in all.
const USAGE: &str = "SELECT id, CAST(SUM(lines) AS BIGINT) AS lines, CAST(SUM(total) AS BIGINT) AS total FROM (\
    SELECT statement AS id, amount AS lines, 0 AS total FROM statement_lines \
    UNION ALL SELECT statement, 0, -amount FROM statement_sums WHERE kind = 'usage') AS sums \
    GROUP BY id HAVING SUM(lines) <> SUM(total) ORDER BY id";

/// Compares all of them in the caller's snapshot.
pub(super) async fn compare(tx: &mut Tx, report: &mut Report) -> Result<()> {
    for row in tx.fetch_all(listed(CHAIN)).await? {
        let of = StatementId(row.int("id")?);
        report.expect(format!("first line of {of}"), false, row.int("expected")?, row.int("first_line")?);
    }
    for row in tx.fetch_all(listed(BALANCES)).await? {
        let of = StatementId(row.int("id")?);
        report.expect(format!("opening balance of {of}"), true, row.int("before")?, row.int("opening")?);
        report.expect(format!("closing balance of {of}"), true, row.int("after")?, row.int("closing")?);
    }
    for row in tx.fetch_all(listed(SUMS)).await? {
        let (of, kind) = (StatementId(row.int("id")?), row.text("kind")?);
        report.expect(format!("{kind} of {of}, against its lines"), true, row.int("moved")?, row.int("frozen")?);
    }
    for row in tx.fetch_all(listed(USAGE)).await? {
        let of = StatementId(row.int("id")?);
        report.expect(format!("usage of {of} by model and key"), true, row.int("total")?, row.int("lines")?);
    }
    Ok(())
}
