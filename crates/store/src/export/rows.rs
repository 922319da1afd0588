//! What there is one of, as the cells of its row.

use crate::{
    audit::AuditRow,
    budgets::BudgetNow,
    db::Row,
    error::{Error, Result},
    keys::Key,
    ledger::listing::Line,
    members::Member,
    sheet::{self, guarded},
    statements::Statement,
    topups::Topup,
};
use domain::{
    exchange::minor_text,
    ids::{ChannelId, KeyId},
    money::{NanoUsd, PicoPerUnit},
};
use std::{collections::HashSet, fmt::Display};

/// A time that may not have been.
fn time(us: Option<i64>) -> Result<String> {
    us.map(sheet::time).transpose().map(Option::unwrap_or_default)
}

/// Words with blanks between.
fn words(list: impl IntoIterator<Item = impl Display>) -> String {
    let list: Vec<String> = list.into_iter().map(|word| word.to_string()).collect();
    guarded(&list.join(" "))
}

pub(super) fn line(line: &Line) -> Result<[String; 7]> {
    Ok([
        line.line.to_string(),
        sheet::time(line.time_us)?,
        line.id.to_string(),
        line.kind.clone(),
        guarded(&line.reference),
        line.amount.to_string(),
        line.balance.to_string(),
    ])
}

/// Of a row of `usage_days`.
pub(super) fn day(row: &Row) -> Result<[String; 18]> {
    let number = |column: &'static str| row.int(column).map(|number| number.to_string());
    let channel = Some(row.int("channel")?).filter(|channel| *channel != 0);
    Ok([
        sheet::time(row.int("day_us")?)?,
        KeyId(row.int("key_id")?).to_string(),
        guarded(&row.text("model")?),
        channel.map(|channel| ChannelId(channel).to_string()).unwrap_or_default(),
        number("requests")?,
        number("errors")?,
        number("input")?,
        number("output")?,
        number("cache_read")?,
        row.int("cache_write_5m")?.saturating_add(row.int("cache_write_1h")?).to_string(),
        number("reasoning")?,
        number("cache_write_1h")?,
        number("audio_input")?,
        number("audio_output")?,
        number("image_input")?,
        number("image_output")?,
        number("web_searches")?,
        NanoUsd(row.int("sale")?).to_string(),
    ])
}

pub(super) fn statement(of: &Statement) -> Result<[String; 9]> {
    Ok([
        guarded(&of.label),
        of.month.clone(),
        of.zone.clone(),
        sheet::time(of.from_us)?,
        sheet::time(of.to_us)?,
        of.first_line.to_string(),
        of.last_line.to_string(),
        of.opening.to_string(),
        of.closing.to_string(),
    ])
}

pub(super) fn topup(of: &Topup) -> Result<[String; 14]> {
    let quote = &of.quote;
    Ok([
        of.id.to_string(),
        sheet::time(of.created_us)?,
        time(of.ended_us)?,
        of.state.word().to_owned(),
        of.provider.clone(),
        guarded(&of.method),
        guarded(of.payment.as_deref().unwrap_or_default()),
        of.receipt.map(|number| number.to_string()).unwrap_or_default(),
        quote.currency.clone(),
        PicoPerUnit(quote.rate).to_string(),
        minor_text(&quote.currency, quote.pay),
        minor_text(&quote.currency, quote.fee),
        quote.credited.to_string(),
        of.back.credit.to_string(),
    ])
}

pub(super) fn key(of: &Key) -> Result<[String; 13]> {
    Ok([
        of.id.to_string(),
        guarded(&of.name),
        of.prefix.clone(),
        guarded(&of.last4),
        of.enabled.to_string(),
        sheet::time(of.created_us)?,
        time(of.expires_at_ms.map(|ms| ms.saturating_mul(1_000)))?,
        time(of.revoked_us)?,
        of.member.map(|member| member.to_string()).unwrap_or_default(),
        words(of.scope.models.iter().flatten()),
        words(of.scope.endpoints.iter().flatten()),
        words(of.scope.ip_allow.iter().flatten()),
        serde_json::to_string(&of.limits).map_err(|_| Error::Corrupt("limits"))?,
    ])
}

pub(super) fn member(of: &Member) -> [String; 3] {
    [of.user.id.to_string(), guarded(&of.user.email), of.role.to_string()]
}

pub(super) fn budget(of: &BudgetNow) -> [String; 8] {
    let BudgetNow { budget, owner_name, spent, .. } = of;
    [
        budget.id.to_string(),
        budget.of.to_string(),
        guarded(owner_name),
        budget.period.to_string(),
        budget.amount.to_string(),
        budget.hard.to_string(),
        words(&budget.steps),
        spent.to_string(),
    ]
}

/// Addresses of those who are no members are not the tenant's to know.
pub(super) fn audit(row: &AuditRow, members: &HashSet<String>) -> Result<[String; 7]> {
    let address = row.address.as_deref().filter(|_| members.contains(&row.actor));
    Ok([
        sheet::time(row.time_us)?,
        row.actor.clone(),
        address.unwrap_or_default().to_owned(),
        row.action.clone(),
        guarded(&row.target),
        guarded(row.before.as_deref().unwrap_or_default()),
        guarded(row.after.as_deref().unwrap_or_default()),
    ])
}
