//! Who did what, when, from where. Rows are written by [`crate::change::Change`] and never changed.

use crate::{
    Store,
    db::Sql,
    error::Result,
    sql,
    words::{Listing, Page},
};
use domain::ids::TenantId;

/// One row of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Which.
    pub id: i64,
    /// Microseconds since 1970.
    pub time_us: i64,
    /// `usr_…`, `tok_…` or `system`.
    pub actor: String,
    /// The address it came from.
    pub address: Option<String>,
    /// What was done: `key.create`, `price.put`, …
    pub action: String,
    /// To what.
    pub target: String,
    /// How it was, as JSON.
    pub before: Option<String>,
    /// How it is since, as JSON.
    pub after: Option<String>,
}

/// The audit log. From [`Store::audit`].
#[derive(Debug, Clone, Copy)]
pub struct AuditLog<'a>(pub(crate) &'a Store);

impl AuditLog<'_> {
    /// Newest first; of one target or of all.
    ///
    /// # Errors
    /// Any of [`crate::Error`]'s database kinds.
    pub async fn list(self, target: Option<&str>, page: Page) -> Result<Listing<AuditRow>> {
        let select = sql!(
            "SELECT * FROM audit WHERE id < $1 AND ($2 = '' OR target = $2) ORDER BY id DESC LIMIT $3",
            page.before(),
            target.unwrap_or_default(),
            page.fetch()
        );
        self.rows(select, page).await
    }

    /// Newest first: what was done to a tenant, and to what is its own.
    ///
    /// # Errors
    /// Any of [`crate::Error`]'s database kinds.
    pub async fn of_tenant(self, tenant: TenantId, page: Page) -> Result<Listing<AuditRow>> {
        let select = sql!(
            "SELECT * FROM audit WHERE id < $1 AND (target = $2 OR before LIKE $3 OR after LIKE $3) ORDER BY id DESC LIMIT $4",
            page.before(),
            tenant.to_string(),
            format!("%\"tenant\":\"{tenant}\"%"),
            page.fetch()
        );
        self.rows(select, page).await
    }

    async fn rows(self, select: Sql, page: Page) -> Result<Listing<AuditRow>> {
        let mut rows = Vec::new();
        for row in self.0.db().fetch_all(select).await? {
            rows.push(AuditRow {
                id: row.int("id")?,
                time_us: row.int("time")?,
                actor: row.text("actor")?,
                address: row.opt_text("address")?,
                action: row.text("action")?,
                target: row.text("target")?,
                before: row.opt_text("before")?,
                after: row.opt_text("after")?,
            });
        }
        Ok(page.cut(rows, |row| row.id))
    }
}
