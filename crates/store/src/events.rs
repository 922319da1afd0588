//! What happened on the way that people should know. Alike things of one second are one row that counts, so that a storm of
//! failures is no storm of rows.

use crate::{
    Store,
    db::{Row, Sql, Tx},
    error::Result,
    ids, sql, time,
    words::{Listing, Page},
};
use domain::{
    event::TENANT_KINDS,
    ids::{ChannelId, CredentialId, KeyId, TenantId},
};
use std::collections::HashSet;

/// Rows older than this are removed.
pub(crate) const KEPT_US: i64 = 30 * 86_400 * 1_000_000;

/// Something that happened, once or more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// What: a word of the relay's.
    pub kind: String,
    /// The model it was about; empty: none.
    pub model: String,
    /// The channel it was about.
    pub channel: Option<ChannelId>,
    /// Its credential.
    pub credential: Option<CredentialId>,
    /// Whose request it was.
    pub tenant: Option<TenantId>,
    /// With which key.
    pub key: Option<KeyId>,
    /// The last request it happened in.
    pub request: Option<String>,
    /// More words.
    pub detail: String,
    /// How often.
    pub count: i64,
    /// Of the first and of the last, microseconds since 1970.
    pub times_us: (i64, i64),
}

impl NewEvent {
    /// Something that happened once, just now, to nobody in particular.
    pub fn now(kind: impl Into<String>, detail: String) -> Self {
        let now_us = time::now_us();
        Self {
            kind: kind.into(),
            model: String::new(),
            channel: None,
            credential: None,
            tenant: None,
            key: None,
            request: None,
            detail,
            count: 1,
            times_us: (now_us, now_us),
        }
    }
}

/// One that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// Which.
    pub id: i64,
    /// What.
    pub event: NewEvent,
}

/// Which ones are wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Of this kind; empty: of all.
    pub kind: String,
    /// About this channel.
    pub channel: Option<ChannelId>,
    /// From then on, microseconds since 1970.
    pub since_us: i64,
}

/// Events. From [`Store::events`].
#[derive(Debug, Clone, Copy)]
pub struct Events<'a>(pub(crate) &'a Store);

impl Events<'_> {
    /// Keeps these.
    ///
    /// # Errors
    /// Any of [`crate::Error`]'s database kinds.
    pub async fn add(self, events: &[NewEvent]) -> Result<()> {
        let mut tx = self.0.db().begin().await?;
        for event in events {
            insert(&mut tx, event).await?;
        }
        tx.commit().await
    }

    /// Those that are wanted, newest first.
    ///
    /// # Errors
    /// Any of [`crate::Error`]'s database kinds.
    pub async fn list(self, wanted: &Wanted, page: Page) -> Result<Listing<EventRow>> {
        let select = sql!(
            "SELECT * FROM events WHERE id < $1 AND (kind = $2 OR $2 = '') AND (channel = $3 OR $3 = 0) AND time >= $4 \
             ORDER BY id DESC LIMIT $5",
            page.before(),
            &wanted.kind,
            wanted.channel.map_or(0, |channel| channel.0),
            wanted.since_us,
            page.fetch()
        );
        let rows = self.0.db().fetch_all(select).await?;
        Ok(page.cut(rows.iter().map(event).collect::<Result<_>>()?, |event| event.id))
    }

    /// The latest that happened to a tenant, of the kinds it hears of ([`TENANT_KINDS`]).
    ///
    /// # Errors
    /// Any of [`crate::Error`]'s database kinds.
    pub async fn of_tenant(self, tenant: TenantId, limit: u32) -> Result<Vec<EventRow>> {
        let kinds = TENANT_KINDS.map(|kind| format!("'{kind}'")).join(", ");
        let text = format!(
            "SELECT * FROM events WHERE tenant = $1 AND kind IN ({kinds}) ORDER BY last DESC, id DESC LIMIT $2"
        );
        let rows = self.0.db().fetch_all(Sql::built(text).bind(tenant).bind(limit)).await?;
        rows.iter().map(event).collect()
    }

    /// What was told of which key since then.
    ///
    /// # Errors
    /// Any of [`crate::Error`]'s database kinds.
    pub async fn of_keys(self, since_us: i64) -> Result<HashSet<(String, KeyId)>> {
        let select = sql!("SELECT DISTINCT kind, key_id FROM events WHERE last > $1 AND key_id IS NOT NULL", since_us);
        let rows = self.0.db().fetch_all(select).await?;
        rows.iter().map(|row| Ok((row.text(0)?, KeyId(row.int(1)?)))).collect()
    }

    /// How often each kind happened after `since` and up to `until`, by kind; to one tenant, or at all.
    ///
    /// # Errors
    /// Any of [`crate::Error`]'s database kinds.
    pub(crate) async fn counts_between(
        self,
        tenant: Option<TenantId>,
        since_us: i64,
        until_us: i64,
    ) -> Result<Vec<(String, i64)>> {
        let only = if tenant.is_some() { "AND tenant = $3" } else { "" };
        let text = format!(
            "SELECT kind, CAST(SUM(count) AS BIGINT) AS happened FROM events WHERE last > $1 AND last <= $2 {only} \
             GROUP BY kind ORDER BY kind"
        );
        let select = Sql::built(text).bind(since_us).bind(until_us);
        let select = if let Some(tenant) = tenant { select.bind(tenant) } else { select };
        let rows = self.0.db().fetch_all(select).await?;
        rows.iter().map(|row| Ok((row.text("kind")?, row.int("happened")?))).collect()
    }

    /// Removes old ones.
    ///
    /// # Errors
    /// Any of [`crate::Error`]'s database kinds.
    pub(crate) async fn prune(self) -> Result<()> {
        self.0.db().execute(sql!("DELETE FROM events WHERE last < $1", time::now_us() - KEPT_US)).await.map(drop)
    }
}

/// Keeps one in the caller's transaction.
pub(crate) async fn insert(tx: &mut Tx, event: &NewEvent) -> Result<()> {
    let insert = sql!(
        "INSERT INTO events (id, time, last, kind, model, channel, credential, tenant, key_id, request, detail, count) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        ids::next(),
        event.times_us.0,
        event.times_us.1,
        &event.kind,
        &event.model,
        event.channel,
        event.credential,
        event.tenant,
        event.key,
        event.request.clone(),
        &event.detail,
        event.count
    );
    tx.execute(insert).await.map(drop)
}

fn event(row: &Row) -> Result<EventRow> {
    Ok(EventRow {
        id: row.int("id")?,
        event: NewEvent {
            kind: row.text("kind")?,
            model: row.text("model")?,
            channel: row.opt_int("channel")?.map(ChannelId),
            credential: row.opt_int("credential")?.map(CredentialId),
            tenant: row.opt_int("tenant")?.map(TenantId),
            key: row.opt_int("key_id")?.map(KeyId),
            request: row.opt_text("request")?,
            detail: row.text("detail")?,
            count: row.int("count")?,
            times_us: (row.int("time")?, row.int("last")?),
        },
    })
}
