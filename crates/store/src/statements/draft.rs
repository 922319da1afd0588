//! What a tenant's next statement would say, read in one snapshot that waits for nobody and holds nobody up: lines that are
//! committed never change, and new ones only come after them.

use super::{Month, UsageLine, rows};
use crate::{
    budgets::window,
    db::{Sql, Tx},
    error::{Error, Result},
    ids, sql,
};
use domain::{
    ids::{StatementId, TenantId},
    money::NanoUsd,
};
use jiff::tz::TimeZone;
use std::collections::HashMap;

/// A request's row is older than its charge by no more than this, as a rule; where it is not, all rows are read.
const OLDER_US: i64 = 2 * 86_400_000_000;
/// And no newer than by so much (clocks of two nodes).
const NEWER_US: i64 = 3_600_000_000;

/// A statement without its number.
pub(super) struct Draft {
    pub id: StatementId,
    pub tenant: TenantId,
    pub billed_to: String,
    pub month: Month,
    pub zone: String,
    pub from_us: i64,
    pub to_us: i64,
    pub first_line: i64,
    pub last_line: i64,
    pub opening: NanoUsd,
    pub closing: NanoUsd,
    pub sums: Vec<(String, NanoUsd)>,
    pub usage: Vec<UsageLine>,
}

/// The zone whose months a tenant's statements are of, and its name. One that is not known any more counts as UTC.
pub(super) fn zone(name: &str) -> (TimeZone, &str) {
    window::zone(name).map_or((TimeZone::UTC, "UTC"), |zone| (zone, name))
}

/// The last statement of a tenant: its last line, and its month.
pub(super) async fn last(tx: &mut Tx, tenant: TenantId) -> Result<Option<(i64, Month)>> {
    let text = "SELECT last_line, month FROM statements WHERE tenant = $1 ORDER BY first_line DESC LIMIT 1";
    let row = tx.fetch_optional(sql!(text, tenant)).await?;
    row.map(|row| Ok((row.int(0)?, row.text(1)?.parse()?))).transpose()
}

/// The next month of this tenant that has lines and ends at `now_us` or before it; `None`: there is none.
pub(super) async fn next(tx: &mut Tx, tenant: TenantId, now_us: i64) -> Result<Option<Draft>> {
    let named = tx.fetch_one(sql!("SELECT name, zone FROM tenants WHERE id = $1", tenant)).await?;
    let zone_name = named.text(1)?;
    let (zone, zone_name) = zone(&zone_name);
    let last = last(tx, tenant).await?;
    let covered = last.map_or(0, |(line, _)| line);
    let text = "SELECT time FROM transfers WHERE tenant = $1 AND line = $2";
    let Some(first) = tx.fetch_optional(sql!(text, tenant, covered + 1)).await? else { return Ok(None) };
    let month = Month::of(first.int(0)?, &zone)?;
    let month = match last {
        Some((_, before)) => month.max(before.next()?),
        None => month,
    };
    let to_us = month.end_us(&zone)?;
    if to_us > now_us {
        return Ok(None);
    }
    let text = "SELECT line, time, balance FROM transfers WHERE tenant = $1 AND line > $2 AND time < $3 \
                ORDER BY line DESC LIMIT 1";
    let end = tx.fetch_one(sql!(text, tenant, covered, to_us)).await?;
    let (first_line, last_line, closing) = (covered + 1, end.int(0)?, NanoUsd(end.int(2)?));
    let range = Range { tenant, first_line, last_line };
    let sums = range.sums(tx).await?;
    let moved: NanoUsd = sums.iter().map(|(_, amount)| *amount).sum();
    let charged = sums.iter().find(|(kind, _)| kind == "usage").map_or(NanoUsd::ZERO, |(_, amount)| -*amount);
    let rows = (first.int(0)?.saturating_sub(OLDER_US), end.int(1)?.saturating_add(NEWER_US));
    Ok(Some(Draft {
        id: StatementId(ids::next()),
        tenant,
        billed_to: named.text(0)?,
        month,
        zone: zone_name.to_owned(),
        from_us: month.begin_us(&zone)?,
        to_us,
        first_line,
        last_line,
        opening: closing.saturating_sub(moved),
        closing,
        usage: range.usage(tx, charged, rows).await?,
        sums,
    }))
}

/// Lines of a wallet.
pub(super) struct Range {
    pub tenant: TenantId,
    pub first_line: i64,
    pub last_line: i64,
}

const SUMS: &str = "SELECT t.kind, CAST(SUM(CASE WHEN a.kind = 'wallet' THEN t.amount ELSE -t.amount END) AS BIGINT) AS amount \
    FROM transfers t JOIN accounts a ON a.id = t.credit_account \
    WHERE t.tenant = $1 AND t.line >= $2 AND t.line <= $3 GROUP BY t.kind ORDER BY t.kind";

const USAGE: &str = "SELECT u.model, u.key_id, COUNT(*) AS requests";
const UNITS: [(&str, &str); 11] = [
    ("u.input", "input"),
    ("u.output", "output"),
    ("u.cache_read", "cache_read"),
    ("u.cache_write_5m + u.cache_write_1h", "cache_write"),
    ("u.reasoning", "reasoning"),
    ("u.audio_input", "audio_input"),
    ("u.audio_output", "audio_output"),
    ("u.image_input", "image_input"),
    ("u.image_output", "image_output"),
    ("u.web_searches", "web_searches"),
    ("u.sale", "amount"),
];
const CHARGED: &str = "FROM usage_events u JOIN transfers t ON t.id = u.transfer WHERE u.tenant = $1 AND t.tenant = $1 \
    AND t.line >= $2 AND t.line <= $3 AND u.time_us >= $4 AND u.time_us < $5 \
    GROUP BY u.model, u.key_id ORDER BY amount DESC, u.model, u.key_id";

impl Range {
    /// What its lines of each kind come to.
    pub async fn sums(&self, tx: &mut Tx) -> Result<Vec<(String, NanoUsd)>> {
        let rows = tx.fetch_all(sql!(SUMS, self.tenant, self.first_line, self.last_line)).await?;
        rows.iter().map(|row| Ok((row.text(0)?, NanoUsd(row.int(1)?)))).collect()
    }

    /// The usage that its lines charged, by model and key, `charged` in all.
    async fn usage(&self, tx: &mut Tx, charged: NanoUsd, (from_us, to_us): (i64, i64)) -> Result<Vec<UsageLine>> {
        if charged == NanoUsd::ZERO {
            return Ok(Vec::new());
        }
        let names = tx.fetch_all(sql!("SELECT id, name FROM keys WHERE tenant = $1", self.tenant)).await?;
        let names: HashMap<i64, String> =
            names.iter().map(|row| Ok::<_, Error>((row.int(0)?, row.text(1)?))).collect::<Result<_>>()?;
        let mut lines = self.rows(tx, &names, from_us, to_us).await?;
        if sum(&lines) != charged {
            lines = self.rows(tx, &names, i64::MIN, i64::MAX).await?;
        }
        let rest = charged.saturating_sub(sum(&lines));
        if rest != NanoUsd::ZERO {
            tracing::warn!(tenant = %self.tenant, %rest, "a statement has usage whose requests are not kept");
            let gone = UsageLine {
                model: String::new(),
                key: None,
                key_name: String::new(),
                requests: 0,
                usage: domain::usage::Usage::default(),
                amount: rest,
            };
            lines.push(gone);
        }
        Ok(lines)
    }

    async fn rows(
        &self,
        tx: &mut Tx,
        names: &HashMap<i64, String>,
        from_us: i64,
        to_us: i64,
    ) -> Result<Vec<UsageLine>> {
        let sums: String =
            UNITS.iter().map(|(what, name)| format!(", CAST(SUM({what}) AS BIGINT) AS {name}")).collect();
        let select = Sql::built(format!("{USAGE}{sums} {CHARGED}")).bind(self.tenant).bind(self.first_line);
        let rows = tx.fetch_all(select.bind(self.last_line).bind(from_us).bind(to_us)).await?;
        rows.iter().map(|row| rows::line(row, names.get(&row.int("key_id")?).cloned().unwrap_or_default())).collect()
    }
}

fn sum(lines: &[UsageLine]) -> NanoUsd {
    lines.iter().map(|line| line.amount).sum()
}
