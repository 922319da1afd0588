//! A database full of usage, written by SQL as a year of drains would have left it: rows, one transfer a wallet and hour,
//! roll-ups, balances. It adds up to the nano, so `reconcile` must say 0.
//!
//! Everything follows from a row's number by arithmetic, the same text on both databases. Keys differ by orders of
//! magnitude and come in bursts, as agents do; each key uses three models at most, each model two channels; 3 % of requests
//! fail in three ways.

use crate::{
    api::Api,
    database::{Database, Kind, sqlite_file},
    node::Node,
};
use anyhow::{Context, Result, ensure};
use serde_json::json;
use std::{path::Path, time::Instant};

/// How much.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Usage rows.
    pub rows: u64,
    /// Over so many days up to now.
    pub days: u64,
    /// Tenants; a tenth of the keys.
    pub tenants: u64,
}

/// Keys of a tenant.
const KEYS: u64 = 10;
/// Models, and the channels that carry them.
const MODELS: u64 = 20;
const CHANNELS: u64 = 8;
/// Requests that a key makes one after the other.
const BURST: u64 = 20;
/// Rows of one statement.
const STEP: u64 = 500_000;
/// Ids of transfers that were not made by the server.
const FIRST_TRANSFER: i64 = 1 << 40;
const HOUR_US: i64 = 3_600_000_000;

/// Makes tenants, keys, models and channels by the management API.
pub async fn furnish(api: &Api, size: Size) -> Result<()> {
    for model in 0..MODELS {
        let rates = json!({"input": "0.15", "output": "0.6", "cache_read": "0.075"});
        api.price(&format!("model-{model:02}"), &rates).await?;
    }
    for channel in 0..CHANNELS {
        let models: Vec<_> = (0..MODELS)
            .filter(|model| model % CHANNELS == channel || (model + 3) % CHANNELS == channel)
            .map(|model| json!({"model": format!("model-{model:02}"), "cost": {"input": "0.1", "output": "0.4", "cache_read": "0.05"}}))
            .collect();
        let more = json!({"name": format!("channel {channel}"), "models": models});
        api.channel("openai", "http://127.0.0.1:9/v1", "none", &more).await?;
    }
    for tenant in 0..size.tenants {
        let id = api.tenant(&format!("tenant {tenant:03}")).await?;
        api.credit(&id, "1000000").await?;
        for key in 0..KEYS {
            api.key(&id, &json!({"name": format!("key {key}")})).await?;
        }
    }
    Ok(())
}

/// Fills the database of a node that is furnished and does not run. `now_us` is the end of the last day.
pub async fn fill(database: &Database, node: &Node, size: Size, now_us: i64) -> Result<()> {
    let writer = Writer::open(database, node.data()).await?;
    let begun = Instant::now();
    let say = |what: &str| crate::run::figure(&format!("{:>6.1} s {what}", begun.elapsed().as_secs_f32()));
    writer.run(&partitions(&writer, size, now_us)).await?;
    for (name, list) in [
        ("fill_keys", "SELECT ROW_NUMBER() OVER (ORDER BY id) - 1 AS n, id, tenant FROM keys"),
        (
            "fill_models",
            "SELECT ROW_NUMBER() OVER (ORDER BY name) - 1 AS n, name, sale_price AS price FROM models WHERE sale_price IS NOT NULL",
        ),
        ("fill_channels", "SELECT ROW_NUMBER() OVER (ORDER BY id) - 1 AS n, id FROM channels"),
        ("fill_costs", "SELECT MIN(id) AS price FROM prices WHERE scope = 'cost'"),
    ] {
        writer.run(&[format!("CREATE TABLE {name} AS {list}")]).await?;
    }
    let mut from = 0;
    while from < size.rows {
        let to = (from + STEP).min(size.rows);
        writer.run(&[writer.rows(size, now_us, from, to)]).await?;
        from = to;
    }
    say(&format!("{} usage rows", size.rows));
    let now = now_us.to_string();
    let statements: Vec<String> = TRANSFERS
        .iter()
        .chain(&ROLLUPS)
        .map(|text| {
            let text = text.replace("{now}", &now).replace("{first}", &FIRST_TRANSFER.to_string());
            writer.told(&text.replace("{units}", UNITS).replace("{sums}", SUMS).replace("{errors}", ERRORS))
        })
        .collect();
    for statement in &statements {
        writer.run(std::slice::from_ref(statement)).await?;
        say(statement.split_whitespace().take(3).collect::<Vec<_>>().join(" ").as_str());
    }
    writer.run(&durations(size, now_us)).await?;
    say("INSERT INTO usage_durations");
    writer.run(&writer.stale()).await?;
    for name in ["fill_keys", "fill_models", "fill_channels", "fill_costs", "fill_lengths"] {
        writer.run(&[format!("DROP TABLE {name}")]).await?;
    }
    writer.finish().await?;
    say("analysed");
    Ok(())
}

/// The partitions that were made ahead, each month, in all that time.
fn partitions(writer: &Writer, size: Size, now_us: i64) -> Vec<String> {
    if matches!(writer, Writer::Sqlite(_)) {
        return Vec::new();
    }
    let first = now_us - i64::try_from(size.days).unwrap_or(0) * 24 * HOUR_US;
    let mut months = Vec::new();
    let mut month = jiff::Timestamp::from_microsecond(first).unwrap_or_default().to_zoned(jiff::tz::TimeZone::UTC);
    let mut start = month.date().first_of_month();
    while month.timestamp().as_microsecond() < now_us {
        let next = start.saturating_add(jiff::Span::new().months(1));
        let us = |date: jiff::civil::Date| {
            date.to_zoned(jiff::tz::TimeZone::UTC).map_or(0, |zoned| zoned.timestamp().as_microsecond())
        };
        months.push((start, us(start), us(next)));
        (start, month) = (next, next.to_zoned(jiff::tz::TimeZone::UTC).unwrap_or_default());
    }
    let make = |(date, from, to): (jiff::civil::Date, i64, i64)| {
        format!(
            "DO $$ BEGIN CREATE TABLE usage_events_{} PARTITION OF usage_events FOR VALUES FROM ({from}) TO ({to}); \
             EXCEPTION WHEN duplicate_table OR invalid_object_definition THEN NULL; END $$",
            date.strftime("%Y_%m")
        )
    };
    months.into_iter().map(make).collect()
}

const UNITS: &str = "input, cache_read, cache_write_5m, cache_write_1h, output, reasoning, audio_input, audio_output, \
    image_input, image_output, web_searches";
const SUMS: &str =
    "SUM(input), SUM(cache_read), 0, 0, SUM(output), SUM(reasoning), 0, 0, 0, 0, 0, SUM(sale), SUM(cost)";
const ERRORS: &str = "COUNT(*), SUM(CASE WHEN status >= 400 THEN 1 ELSE 0 END), SUM(CASE WHEN status = 429 THEN 1 ELSE 0 END), \
    SUM(CASE WHEN status = 499 THEN 1 ELSE 0 END), SUM(CASE WHEN status >= 500 THEN 1 ELSE 0 END)";

/// Transfers and what they did to accounts.
const TRANSFERS: [&str; 6] = [
    "INSERT INTO transfers (id, time, debit_account, credit_account, amount, kind, reference, idempotency_key, tenant, line, balance) \
     SELECT id, time, wallet, 1, amount, 'usage', 'requests', {text(id)}, tenant, \
     1 + ROW_NUMBER() OVER (PARTITION BY tenant ORDER BY id), \
     before - SUM(amount) OVER (PARTITION BY tenant ORDER BY id) FROM ( \
     SELECT transfer AS id, MAX(time_us) AS time, a.id AS wallet, SUM(sale) AS amount, u.tenant AS tenant, a.posted AS before \
     FROM usage_events u JOIN accounts a ON a.tenant = u.tenant AND a.kind = 'wallet' WHERE sale > 0 \
     GROUP BY transfer, a.id, u.tenant, a.posted) AS charges",
    "INSERT INTO accounts (id, kind, provider) VALUES (9, 'payable', 'openai')",
    "INSERT INTO transfers (id, time, debit_account, credit_account, amount, kind, reference, idempotency_key) \
     SELECT 2 * {first} + hour, hour * 3600000000, 2, 9, amount, 'cost', 'openai', {text(2 * {first} + hour)} FROM ( \
     SELECT time_us / 3600000000 AS hour, SUM(cost) AS amount FROM usage_events WHERE cost > 0 GROUP BY 1) AS costs",
    "UPDATE accounts SET posted = posted - s.amount, lines = lines + s.charges FROM (SELECT debit_account, SUM(amount) AS amount, \
     COUNT(*) AS charges FROM transfers WHERE kind = 'usage' GROUP BY 1) AS s WHERE accounts.id = s.debit_account",
    "UPDATE accounts SET posted = posted + (SELECT SUM(amount) FROM transfers WHERE kind = 'usage') WHERE id = 1",
    "UPDATE accounts SET posted = posted + CASE WHEN id = 2 THEN -1 ELSE 1 END * \
     (SELECT SUM(amount) FROM transfers WHERE kind = 'cost') WHERE id IN (2, 9)",
];

/// Sums as the drain keeps them, minutes of four days only; a bucket is the first that ends at or after a length.
const ROLLUPS: [&str; 5] = [
    "INSERT INTO usage_hours (hour_us, tenant, key_id, model, channel, requests, errors, limited, left_early, failed, {units}, sale, cost) \
     SELECT time_us / 3600000000 * 3600000000, tenant, key_id, model, COALESCE(channel, 0), {errors}, {sums} FROM usage_events \
     GROUP BY 1, 2, 3, 4, 5 ORDER BY 1",
    "INSERT INTO usage_minutes (minute_us, tenant, key_id, model, channel, requests, errors, limited, left_early, failed, {units}, sale, cost) \
     SELECT time_us / 60000000 * 60000000, tenant, key_id, model, COALESCE(channel, 0), {errors}, {sums} FROM usage_events \
     WHERE time_us >= {now} - 345600000000 GROUP BY 1, 2, 3, 4, 5 ORDER BY 1",
    "CREATE TABLE fill_lengths (above BIGINT, up_to BIGINT, bucket BIGINT)",
    "INSERT INTO fill_lengths SELECT * FROM (WITH steps (n, step) AS (VALUES (1, 121), (2, 147), (3, 178), (4, 215), (5, 261), \
     (6, 316), (7, 383), (8, 464), (9, 562), (10, 681), (11, 825), (12, 1000)), decades (d, ten) AS (VALUES (0, 1), (1, 10), \
     (2, 100), (3, 1000), (4, 10000), (5, 100000), (6, 1000000)), ends AS (SELECT d * 12 + n AS bucket, ten * step AS us \
     FROM steps, decades UNION ALL SELECT 0, 100) SELECT COALESCE(LAG(us) OVER (ORDER BY us), -1) AS above, us, bucket FROM ends) AS lengths",
    "CREATE UNIQUE INDEX fill_lengths_up_to ON fill_lengths (up_to)",
];

/// How long things took between two times, in slots of a length.
const DURATIONS: &str = "INSERT INTO usage_durations (span_us, slot_us, tenant, key_id, model, channel, what, bucket, requests) \
     SELECT {span}, time_us / {span} * {span}, tenant, key_id, model, COALESCE(channel, 0), what, bucket, COUNT(*) FROM ( \
     SELECT time_us, tenant, key_id, model, channel, 0 AS what, \
     (SELECT bucket FROM fill_lengths WHERE up_to >= latency_us ORDER BY up_to LIMIT 1) AS bucket FROM usage_events \
     WHERE time_us >= {from} AND time_us < {to} UNION ALL \
     SELECT time_us, tenant, key_id, model, channel, 1, \
     (SELECT bucket FROM fill_lengths WHERE up_to >= ttft_us ORDER BY up_to LIMIT 1) FROM usage_events \
     WHERE time_us >= {from} AND time_us < {to} AND ttft_us IS NOT NULL) AS taken \
     GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY 1, 2";

/// Those of all days by the hour, ten days a statement, and of the last four days by the minute.
fn durations(size: Size, now_us: i64) -> Vec<String> {
    let day = 24 * HOUR_US;
    let end = now_us / day + 1;
    let first = end - 1 - i64::try_from(size.days).unwrap_or(0);
    let statement = |span: i64, from: i64, to: i64| {
        let text = DURATIONS.replace("{span}", &span.to_string());
        text.replace("{from}", &(from * day).to_string()).replace("{to}", &(to * day).to_string())
    };
    let hours = (first..end).step_by(10).map(|from| statement(HOUR_US, from, (from + 10).min(end)));
    hours.chain([statement(60_000_000, end - 4, end)]).collect()
}

/// A connection that writes.
enum Writer {
    Sqlite(sqlx::SqlitePool),
    Postgres(sqlx::PgPool),
}

impl Writer {
    async fn open(database: &Database, data: &Path) -> Result<Self> {
        Ok(match database {
            Database::Sqlite => {
                let options = sqlx::sqlite::SqliteConnectOptions::new()
                    .filename(sqlite_file(data)?)
                    .synchronous(sqlx::sqlite::SqliteSynchronous::Off)
                    .pragma("cache_size", "-1000000")
                    .pragma("temp_store", "FILE");
                Self::Sqlite(sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect_with(options).await?)
            }
            Database::Postgres { url, .. } => {
                let pool = sqlx::postgres::PgPoolOptions::new().max_connections(1).connect(url).await?;
                for set in
                    ["SET work_mem = '512MB'", "SET maintenance_work_mem = '512MB'", "SET synchronous_commit = off"]
                {
                    sqlx::raw_sql(set).execute(&pool).await?;
                }
                Self::Postgres(pool)
            }
        })
    }

    async fn run(&self, statements: &[String]) -> Result<()> {
        for statement in statements {
            let text = sqlx::AssertSqlSafe(statement.clone());
            let done = match self {
                Self::Sqlite(pool) => sqlx::raw_sql(text).execute(pool).await.map(drop),
                Self::Postgres(pool) => sqlx::raw_sql(text).execute(pool).await.map(drop),
            };
            done.with_context(|| statement.chars().take(80).collect::<String>())?;
        }
        Ok(())
    }

    /// Statistics for the planner, and no more files than a server would have.
    async fn finish(self) -> Result<()> {
        match &self {
            Self::Sqlite(_) => self.run(&["PRAGMA wal_checkpoint(TRUNCATE)".to_owned()]).await,
            Self::Postgres(_) => self.run(&["VACUUM (ANALYZE)".to_owned(), "CHECKPOINT".to_owned()]).await,
        }
    }

    /// Marks every slot as not rolled up yet, as the drain does: the node does that when it runs.
    fn stale(&self) -> [String; 3] {
        let month = match self {
            Self::Sqlite(_) => "unixepoch(hour_us / 1000000, 'unixepoch', 'start of month')",
            Self::Postgres(_) => {
                "CAST(EXTRACT(EPOCH FROM date_trunc('month', to_timestamp(hour_us / 1000000) AT TIME ZONE 'UTC')) AS BIGINT)"
            }
        };
        let slots =
            ["hour_us".to_owned(), "hour_us / 86400000000 * 86400000000".to_owned(), format!("{month} * 1000000")];
        let mut span = -1;
        slots.map(|slot| {
            span += 1;
            format!("INSERT INTO usage_stale (span, slot_us, batch) SELECT DISTINCT {span}, {slot}, 0 FROM usage_hours")
        })
    }

    /// `{text(x)}` as a text in this database's words.
    fn told(&self, statement: &str) -> String {
        statement.replace("{text(", "CAST((").replace(")}", ") AS TEXT)")
    }

    /// Rows `from` to `to` of the year that ends at `now_us`.
    fn rows(&self, size: Size, now_us: i64, from: u64, to: u64) -> String {
        let Size { rows, days, tenants } = size;
        let (length, keys) = (i64::try_from(days).unwrap_or(0) * 24 * HOUR_US, tenants * KEYS);
        let begin = now_us - length;
        let id = match self {
            Self::Sqlite(_) => "unhex(printf('%012x7%03x8%015x', ms, number % 4096, number))",
            Self::Postgres(_) => {
                "decode(lpad(to_hex(ms), 12, '0') || '7' || lpad(to_hex(number % 4096), 3, '0') || '8' || lpad(to_hex(number), 15, '0'), 'hex')"
            }
        };
        // a, b and c are spread over 0 to 2^24; the key goes by the cube of a, so that few have most.
        format!(
            "WITH RECURSIVE numbers (n) AS (SELECT CAST({from} AS BIGINT) UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < {to}), \
             spread AS (SELECT n, ({begin} + n * {step} + n * 7919 % {step}) / 1000 AS ms, \
             n / {BURST} * 2654435761 % 4294967296 / 256 AS a, n * 2246822519 % 4294967296 / 256 AS b, n * 3266489917 % 4294967296 / 256 AS c \
             FROM numbers), \
             chosen AS (SELECT n, ms, a, b, c, (a / 1024) * (a / 1024) * (a / 1024) * {keys} / 4398046511104 AS k, \
             CASE WHEN b % 100 < 70 THEN 0 WHEN b % 100 < 95 THEN 1 ELSE 2 END AS alternative, \
             CASE WHEN c % 200 < 2 THEN 429 WHEN c % 200 < 3 THEN 499 WHEN c % 200 < 6 THEN 502 ELSE 200 END AS status, \
             200 + b % 3000 AS input, CASE WHEN c % 4 = 0 THEN b % 1500 ELSE 0 END AS cached, 50 + c % 800 AS output, \
             300000 + (c % 1000) * (c % 1000) * 12 AS latency FROM spread), \
             placed AS (SELECT *, (k * 7 + alternative * 5) % {MODELS} AS model_n, \
             CASE WHEN b % 10 = 0 THEN 3 ELSE 0 END AS other FROM chosen), \
             priced AS (SELECT *, n AS number, CASE WHEN status = 200 THEN input * 150 + output * 600 + cached * 75 ELSE 0 END AS sale, \
             CASE WHEN status = 200 THEN input * 100 + output * 400 + cached * 50 ELSE 0 END AS cost FROM placed) \
             INSERT INTO usage_events (time_us, request_id, tenant, key_id, model, dialect, stream, sale_price, unit_prices, hold, \
             end_state, status, error_code, channel, credential, cost_price, input, cache_read, cache_write_5m, cache_write_1h, output, \
             reasoning, audio_input, audio_output, image_input, image_output, web_searches, usage_source, sale, cost, latency_us, \
             ttft_us, overhead_us, attempt_count, attempts, decision, client_request_id, transfer) \
             SELECT ms * 1000, {id}, keys.tenant, keys.id, models.name, 'openai_chat', 1, models.price, \
             'input=0.15;output=0.6;cache_read=0.075', 2000000, CASE WHEN status = 200 THEN 'complete' ELSE 'failed' END, status, \
             CASE WHEN status = 200 THEN '' ELSE 'upstream_error' END, CASE WHEN status = 200 THEN channels.id END, NULL, \
             CASE WHEN status = 200 THEN costs.price END, \
             CASE WHEN status = 200 THEN input ELSE 0 END, CASE WHEN status = 200 THEN cached ELSE 0 END, 0, 0, \
             CASE WHEN status = 200 THEN output ELSE 0 END, 0, 0, 0, 0, 0, 0, 'reported', sale, cost, latency, \
             CASE WHEN status = 200 THEN latency / 4 END, 90 + b % 50, 1, '[]', \
             'by balanced over two channels, the first one served', NULL, \
             CASE WHEN sale > 0 THEN {FIRST_TRANSFER} + ms / 3600000 * 1024 + keys.n / {KEYS} END \
             FROM priced JOIN fill_keys keys ON keys.n = k JOIN fill_models models ON models.n = model_n \
             JOIN fill_channels channels ON channels.n = (model_n + other) % {CHANNELS} JOIN fill_costs costs ON 1 = 1 ORDER BY ms",
            step = length / i64::try_from(rows.max(1)).unwrap_or(i64::MAX),
        )
    }
}

/// A furnished and filled node on a database of this kind; it runs. With a folder everything stays in it, and what is there
/// from the last time is used again.
pub async fn node(
    program: &str,
    kind: Kind,
    size: Size,
    settings: &[(&str, &str)],
    kept: Option<&Path>,
) -> Result<(Node, Database, Api)> {
    let kept = kept.map(|dir| dir.join(format!("{kind:?}")));
    let database = match &kept {
        Some(dir) => Database::kept(kind, dir).await?,
        None => Database::fresh(kind).await?,
    };
    let mut node = Node::new(program, database.url())?;
    for (name, value) in settings {
        node.set(name, value);
    }
    let filled = kept.as_ref().map(|dir| dir.join("filled"));
    if let Some(dir) = &kept {
        std::fs::create_dir_all(dir.join("data"))?;
        node.data_at(&dir.join("data"));
    }
    if !filled.as_ref().is_some_and(|done| done.exists()) {
        node.start().await?;
        let api = Api::new(node.address(), &node.token().await?);
        furnish(&api, size).await?;
        node.stop().await?;
        fill(&database, &node, size, jiff::Timestamp::now().as_microsecond()).await?;
        if let Some(done) = &filled {
            std::fs::write(done, format!("{size:?}"))?;
        }
    }
    node.start().await?;
    let api = Api::new(node.address(), &node.token().await?);
    let shown = api.get("/usage?limit=1").await?;
    ensure!(shown["data"].as_array().is_some_and(|rows| rows.len() == 1), "no usage is shown: {shown}");
    Ok((node, database, api))
}
