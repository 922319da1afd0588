//! One request's row.

use super::{
    filter::{Filter, Where},
    index,
};
use crate::{
    attempts,
    db::{Db, Row, Sql, Tx},
    drain::row::time_us,
    error::{Error, Result},
};
use domain::{
    ids::{ChannelId, CredentialId, KeyId, PriceId, RequestId, TenantId, TransferId},
    money::NanoUsd,
    record::Attempt,
    usage::Usage,
};
use std::ops::RangeInclusive;

const NEWEST: &str = "time_us DESC, request_id DESC";

/// A place in the order of all requests: the cursor of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The row's time.
    pub time_us: i64,
    /// Its id.
    pub request: RequestId,
}

impl Place {
    /// The place of a request, which its id tells.
    pub fn of(request: RequestId) -> Self {
        Self { time_us: time_us(request), request }
    }
}

/// What is known of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When it came, in microseconds since 1970.
    pub time_us: i64,
    /// Which.
    pub request: RequestId,
    /// Who paid.
    pub tenant: TenantId,
    /// With which key.
    pub key: KeyId,
    /// The public model.
    pub model: String,
    /// The caller's dialect.
    pub dialect: String,
    /// Whether it was streamed.
    pub stream: bool,
    /// The sale price version.
    pub sale_price: PriceId,
    /// Its rates.
    pub unit_prices: String,
    /// The most it could have cost.
    pub hold: NanoUsd,
    /// How it ended.
    pub end_state: String,
    /// What the caller saw; 0: its node died.
    pub status: u16,
    /// Empty without an error.
    pub error_code: String,
    /// Who answered.
    pub channel: Option<ChannelId>,
    /// With which credential.
    pub credential: Option<CredentialId>,
    /// The cost price version.
    pub cost_price: Option<PriceId>,
    /// What it used.
    pub usage: Usage,
    /// Who counted.
    pub usage_source: String,
    /// What the tenant was charged.
    pub sale: NanoUsd,
    /// What it cost us.
    pub cost: NanoUsd,
    /// To the last byte.
    pub latency_us: u64,
    /// To the first meaningful one.
    pub ttft_us: Option<u64>,
    /// Spent here.
    pub overhead_us: u64,
    /// How many tries.
    pub attempt_count: u64,
    /// Every try, where they are known.
    pub attempts: Vec<Attempt>,
    /// Why this channel.
    pub decision: String,
    /// The caller's id.
    pub client_request_id: Option<String>,
    /// The transfer that charged it.
    pub transfer: Option<TransferId>,
}

/// The newest rows before `before` (`None`: the newest of all), newest first.
pub async fn page(tx: &mut Tx, filter: &Filter, before: Option<Place>, limit: u32) -> Result<Vec<Event>> {
    // Of two upper bounds SQLite may take the higher one, and read all rows down to the lower.
    let to_us = filter.to_us.into_iter().chain(before.map(|place| place.time_us.saturating_add(1))).min();
    let mut wanted = Where::requests(tx.is_sqlite(), &Filter { to_us, ..filter.clone() });
    wanted.beyond(false, before);
    let select = index::rows(tx.is_sqlite(), filter, wanted, NEWEST, limit);
    tx.fetch_all(select).await?.iter().map(event).collect()
}

/// The oldest rows after `after`, oldest first. `until`: only what its wallet's lines up to this one charged, or nothing did.
pub(super) async fn ascending(
    db: &Db,
    filter: &Filter,
    until: Option<i64>,
    after: Option<Place>,
    limit: u32,
) -> Result<Vec<Event>> {
    let from_us = filter.from_us.into_iter().chain(after.map(|place| place.time_us)).max();
    let mut wanted = Where::requests(db.is_sqlite(), &Filter { from_us, ..filter.clone() });
    wanted.add("COALESCE((SELECT t.line FROM transfers t WHERE t.id = usage_events.transfer), 0) <= ", until);
    wanted.beyond(true, after);
    fetch(db, index::rows(db.is_sqlite(), filter, wanted, "time_us, request_id", limit)).await
}

/// The newest rows whose ids are among these, newest first.
///
/// # Errors
/// The database's.
pub async fn among(
    db: &Db,
    tenant: Option<TenantId>,
    ids: &RangeInclusive<RequestId>,
    limit: u32,
) -> Result<Vec<Event>> {
    // By time too: that is the order of the indices.
    let (from_us, to_us) = (time_us(*ids.start()), time_us(*ids.end()).saturating_add(1));
    let filter = Filter { tenant, from_us: Some(from_us), to_us: Some(to_us), ..Filter::default() };
    let mut wanted = Where::requests(db.is_sqlite(), &filter);
    wanted.add("request_id >= ", Some(*ids.start()));
    wanted.add("request_id <= ", Some(*ids.end()));
    fetch(db, index::rows(db.is_sqlite(), &filter, wanted, NEWEST, limit)).await
}

/// One request; `None`: it has no row (yet).
///
/// # Errors
/// The database's.
pub async fn get(db: &Db, request: RequestId) -> Result<Option<Event>> {
    let all = Filter::default();
    let mut wanted = Where::requests(db.is_sqlite(), &all);
    wanted.add("time_us = ", Some(time_us(request)));
    wanted.add("request_id = ", Some(request));
    Ok(fetch(db, index::rows(db.is_sqlite(), &all, wanted, NEWEST, 1)).await?.pop())
}

async fn fetch(db: &Db, select: Sql) -> Result<Vec<Event>> {
    db.fetch_all(select).await?.iter().map(event).collect()
}

fn count(row: &Row, column: &'static str) -> Result<u64> {
    u64::try_from(row.int(column)?).map_err(|_| Error::Corrupt(column))
}

fn event(row: &Row) -> Result<Event> {
    let request = row.bytes("request_id")?.try_into().map_err(|_| Error::Corrupt("request_id"))?;
    let ttft = row.opt_int("ttft_us")?.map(u64::try_from).transpose();
    Ok(Event {
        time_us: row.int("time_us")?,
        request: RequestId(request),
        tenant: TenantId(row.int("tenant")?),
        key: KeyId(row.int("key_id")?),
        model: row.text("model")?,
        dialect: row.text("dialect")?,
        stream: row.flag("stream")?,
        sale_price: PriceId(row.int("sale_price")?),
        unit_prices: row.text("unit_prices")?,
        hold: NanoUsd(row.int("hold")?),
        end_state: row.text("end_state")?,
        status: u16::try_from(row.int("status")?).map_err(|_| Error::Corrupt("status"))?,
        error_code: row.text("error_code")?,
        channel: row.opt_int("channel")?.map(ChannelId),
        credential: row.opt_int("credential")?.map(CredentialId),
        cost_price: row.opt_int("cost_price")?.map(PriceId),
        usage: usage(row)?,
        usage_source: row.text("usage_source")?,
        sale: NanoUsd(row.int("sale")?),
        cost: NanoUsd(row.int("cost")?),
        latency_us: count(row, "latency_us")?,
        ttft_us: ttft.map_err(|_| Error::Corrupt("ttft_us"))?,
        overhead_us: count(row, "overhead_us")?,
        attempt_count: count(row, "attempt_count")?,
        attempts: attempts::from_json(&row.text("attempts")?)?,
        decision: row.text("decision")?,
        client_request_id: row.opt_text("client_request_id")?,
        transfer: row.opt_int("transfer")?.map(TransferId),
    })
}

fn usage(row: &Row) -> Result<Usage> {
    Ok(Usage {
        input: count(row, "input")?,
        cache_read: count(row, "cache_read")?,
        cache_write_5m: count(row, "cache_write_5m")?,
        cache_write_1h: count(row, "cache_write_1h")?,
        output: count(row, "output")?,
        reasoning: count(row, "reasoning")?,
        audio_input: count(row, "audio_input")?,
        audio_output: count(row, "audio_output")?,
        image_input: count(row, "image_input")?,
        image_output: count(row, "image_output")?,
        web_searches: count(row, "web_searches")?,
    })
}
