//! Finding by a part of a name, whatever the case of its letters (of Latin letters only, on SQLite).

use crate::{
    db::{Db, Row, Sql},
    error::Result,
};
use domain::{
    ids::{KeyId, TenantId},
    views::{KeyFound, TenantFound},
};

/// The most that is found of a kind.
const MOST: u32 = 8;

/// `$1` is in the name; names that begin with it (`$2`) come first, then the newest.
const IN_NAME: &str = r"LOWER(name) LIKE LOWER($1) ESCAPE '\'";
const ORDER: &str = r"ORDER BY CASE WHEN LOWER(name) LIKE LOWER($2) ESCAPE '\' THEN 0 ELSE 1 END, id DESC";

/// The text as a pattern of LIKE that means just this text.
fn literal(text: &str) -> String {
    let escape = |c: char| matches!(c, '%' | '_' | '\\').then_some('\\').into_iter().chain([c]);
    text.chars().flat_map(escape).collect()
}

async fn named(db: &Db, select: &str, condition: &str, text: &str, tenant: Option<TenantId>) -> Result<Vec<Row>> {
    let text = literal(text);
    let statement = Sql::built(format!("{select} WHERE {IN_NAME}{condition} {ORDER} LIMIT {MOST}"));
    let statement = statement.bind(format!("%{text}%")).bind(format!("{text}%"));
    db.fetch_all(match tenant {
        Some(tenant) => statement.bind(tenant),
        None => statement,
    })
    .await
}

/// Tenants whose name holds this text.
///
/// # Errors
/// The database's.
pub async fn tenants(db: &Db, text: &str) -> Result<Vec<TenantFound>> {
    let rows = named(db, "SELECT id, name FROM tenants", "", text, None).await?;
    rows.iter().map(|row| Ok(TenantFound { id: TenantId(row.int("id")?), name: row.text("name")? })).collect()
}

/// This tenant's keys whose name holds this text, revoked ones left out.
///
/// # Errors
/// The database's.
pub async fn keys(db: &Db, tenant: TenantId, text: &str) -> Result<Vec<KeyFound>> {
    let select = "SELECT id, name, prefix, last4 FROM keys";
    let rows = named(db, select, " AND tenant = $3 AND revoked_at IS NULL", text, Some(tenant)).await?;
    let key = |row: &Row| {
        Ok(KeyFound {
            id: KeyId(row.int("id")?),
            name: row.text("name")?,
            prefix: row.text("prefix")?,
            last4: row.text("last4")?,
        })
    };
    rows.iter().map(key).collect()
}

#[cfg(test)]
mod tests {
    use super::literal;

    #[test]
    fn a_pattern_means_its_text() {
        assert_eq!(literal(r"100%_\é"), r"100\%\_\\é");
    }
}
