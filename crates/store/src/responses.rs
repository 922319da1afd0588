//! Responses that a tenant lets the relay keep: what was asked and answered, sealed, for as many days as the tenant allows.
//!
//! A response names the one it went on from, so a conversation is a chain. Who shortens the days, or sets them to none,
//! shortens them for what is kept already.

use crate::{
    Store,
    db::{Row, Sql},
    error::{Error, Result},
    seal::Place,
    sql, time,
};
use domain::ids::TenantId;
use std::collections::HashMap;

/// The longest time a tenant may allow, in days.
pub const MOST_DAYS: u16 = 365;
/// A conversation may have so many responses behind it.
pub const LONGEST_CHAIN: usize = 1_000;

const TABLE: &str = "responses";
/// Rows whose time is not over.
const ALIVE: &str = "r.tenant = $1 AND r.created >= $2 - t.response_days * 86400000000";

/// A response to be kept.
#[derive(Debug, Clone, Copy)]
pub struct NewResponse<'a> {
    /// Its id, unique in its tenant.
    pub id: &'a str,
    /// The response it went on from.
    pub parent: Option<&'a str>,
    /// What was asked and answered.
    pub content: &'a [u8],
    /// The ids of the items of its answer.
    pub items: &'a [String],
}

/// A kept response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Its id.
    pub id: String,
    /// The response it went on from.
    pub parent: Option<String>,
    /// What was asked and answered.
    pub content: Vec<u8>,
}

/// Kept responses. From [`Store::responses`].
#[derive(Debug, Clone, Copy)]
pub struct Responses<'a>(pub(crate) &'a Store);

impl Responses<'_> {
    /// Keeps one. It is not there any more once its tenant's days are over.
    ///
    /// # Errors
    /// [`Error::Conflict`] for an id that is taken; any of [`Error`]'s database kinds.
    pub async fn keep(self, tenant: TenantId, new: NewResponse<'_>) -> Result<()> {
        let owner = tenant.to_string();
        let content = self.0.sealer().seal(place(new.id, &owner), new.content)?;
        let mut tx = self.0.db().begin().await?;
        let insert = sql!(
            "INSERT INTO responses (tenant, id, parent, created, content) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (tenant, id) DO NOTHING",
            tenant,
            new.id,
            new.parent.map(str::to_owned),
            time::now_us(),
            content
        );
        if tx.execute(insert).await? == 0 {
            return Err(Error::conflict("a response with this id is kept already"));
        }
        for item in new.items {
            let insert = sql!(
                "INSERT INTO response_items (tenant, item, response) VALUES ($1, $2, $3) \
                 ON CONFLICT (tenant, item) DO UPDATE SET response = excluded.response",
                tenant,
                item,
                new.id
            );
            tx.execute(insert).await?;
        }
        tx.commit().await
    }

    /// One of a tenant's.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn get(self, tenant: TenantId, id: &str) -> Result<Response> {
        let text = "SELECT r.id, r.parent, r.content FROM responses r JOIN tenants t ON t.id = r.tenant \
                    WHERE r.id = $3 AND ";
        let select = Sql::built(format!("{text}{ALIVE}")).bind(tenant).bind(time::now_us()).bind(id);
        let row = self.0.db().fetch_optional(select).await?;
        row.as_ref().map_or(Err(Error::NotFound("response")), |row| self.opened(tenant, row))
    }

    /// One of a tenant's and all it went on from, the oldest first; no more than `most_bytes` are read.
    ///
    /// # Errors
    /// [`Error::NotFound`] when one of them is not kept, or not any more; [`Error::Invalid`] for over [`LONGEST_CHAIN`] or
    /// `most_bytes`.
    pub async fn chain(self, tenant: TenantId, id: &str, most_bytes: i64) -> Result<Vec<Response>> {
        let select = Sql::built(format!(
            "WITH RECURSIVE chain (id, parent, bytes, place) AS (\
             SELECT r.id, r.parent, CAST(LENGTH(r.content) AS BIGINT), 0 FROM responses r \
             JOIN tenants t ON t.id = r.tenant WHERE r.id = $3 AND {ALIVE} UNION ALL \
             SELECT r.id, r.parent, c.bytes + LENGTH(r.content), c.place + 1 FROM responses r \
             JOIN tenants t ON t.id = r.tenant JOIN chain c ON r.id = c.parent \
             WHERE {ALIVE} AND c.place < {LONGEST_CHAIN} AND c.bytes <= $4\
             ) SELECT r.id, r.parent, c.bytes, CASE WHEN c.bytes <= $4 THEN r.content ELSE NULL END AS content \
             FROM chain c JOIN responses r ON r.tenant = $1 AND r.id = c.id ORDER BY c.place DESC"
        ));
        let select = select.bind(tenant).bind(time::now_us()).bind(id).bind(most_bytes);
        let rows = self.0.db().fetch_all(select).await?;
        if rows.len() > LONGEST_CHAIN {
            return Err(Error::invalid("previous_response_id", "goes on from over 1000 responses"));
        }
        if rows.first().map(|row| row.int("bytes")).transpose()?.is_some_and(|bytes| bytes > most_bytes) {
            return Err(Error::invalid("previous_response_id", "goes on from a conversation that is too large"));
        }
        let chain = rows.iter().map(|row| self.opened(tenant, row)).collect::<Result<Vec<_>>>()?;
        match chain.first() {
            Some(Response { parent: None, .. }) => Ok(chain),
            _ => Err(Error::NotFound("response")),
        }
    }

    /// In which of a tenant's responses these items stand.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn of_items(self, tenant: TenantId, items: &[String]) -> Result<HashMap<String, String>> {
        let mut found = HashMap::new();
        for item in items {
            let text = "SELECT response FROM response_items WHERE tenant = $1 AND item = $2";
            if let Some(row) = self.0.db().fetch_optional(sql!(text, tenant, item)).await? {
                found.insert(item.clone(), row.text(0)?);
            }
        }
        Ok(found)
    }

    /// Forgets one.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn delete(self, tenant: TenantId, id: &str) -> Result<()> {
        let text = "DELETE FROM responses WHERE tenant = $1 AND id = $2";
        match self.0.db().execute(sql!(text, tenant, id)).await? {
            0 => Err(Error::NotFound("response")),
            _ => Ok(()),
        }
    }

    /// Forgets those whose time is over.
    pub(crate) async fn prune(self) -> Result<()> {
        let text = "DELETE FROM responses WHERE created < $1 - \
                    (SELECT t.response_days FROM tenants t WHERE t.id = responses.tenant) * 86400000000";
        self.0.db().execute(sql!(text, time::now_us())).await.map(drop)
    }

    fn opened(self, tenant: TenantId, row: &Row) -> Result<Response> {
        let (id, owner) = (row.text("id")?, tenant.to_string());
        let content = self.0.sealer().open(place(&id, &owner), &row.bytes("content")?)?;
        Ok(Response { content: content.to_vec(), parent: row.opt_text("parent")?, id })
    }
}

fn place<'a>(row: &'a str, owner: &'a str) -> Place<'a> {
    Place { table: TABLE, row, owner }
}

/// Days as a tenant may set them.
///
/// # Errors
/// [`Error::Invalid`] over [`MOST_DAYS`].
pub fn days(field: &'static str, days: u32) -> Result<u16> {
    let days = u16::try_from(days).ok().filter(|days| *days <= MOST_DAYS);
    days.ok_or_else(|| Error::invalid(field, "must be 0 to 365"))
}
