//! Where SQLite finds requests.
//!
//! It keeps no statistics: by itself it looks for the few errors of a tenant among all of its requests, and for a model that
//! a tenant never asked for among those of all its models. And a row of `usage_events` is found by its key, not by a number,
//! so an index that leads to rows which do not fit costs a search for each. Hence the index is named here, and places are
//! picked in it first, then their rows are read (`migrations/sqlite/0022_requests.sql`).

use super::{Filter, filter::Where};
use crate::db::Sql;

impl Filter {
    /// The index that leads to the fewest; `None`: the table itself, by time.
    fn index(&self) -> Option<&'static str> {
        let Self { tenant, key, model, channel, status, .. } = self;
        let (tenant, key, model, channel) = (tenant.is_some(), key.is_some(), model.is_some(), channel.is_some());
        Some(match self.only_errors() {
            true if key => "usage_events_key_errors",
            true if tenant => "usage_events_tenant_errors",
            true if model => "usage_events_model_errors",
            true if channel => "usage_events_channel_errors",
            true if status.is_some() => "usage_events_failed",
            true => "usage_events_errors",
            false if key => "usage_events_key",
            false if tenant && model => "usage_events_tenant_model",
            false if tenant => "usage_events_tenant",
            false if model => "usage_events_model",
            false if channel => "usage_events_channel",
            false => return None,
        })
    }
}

/// Rows under conditions that `filter` is part of, in this order and no more than that.
pub(super) fn rows(sqlite: bool, filter: &Filter, conditions: Where, order: &str, limit: u32) -> Sql {
    const ROWS: &str = "SELECT * FROM usage_events";
    let end = format!("ORDER BY {order} LIMIT {limit}");
    match filter.index().filter(|_| sqlite) {
        Some(index) => {
            let picked = format!(
                "{ROWS} WHERE (time_us, request_id) IN (SELECT time_us, request_id FROM usage_events INDEXED BY {index}"
            );
            conditions.sql(&picked, &format!("{end}) ORDER BY {order}"))
        }
        None => conditions.sql(ROWS, &end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Db;
    use domain::ids::{ChannelId, KeyId, TenantId};

    /// What can be asked for.
    fn filters() -> Vec<Filter> {
        (0..128_u8)
            .map(|bits| {
                let has = |bit: u8| bits & (1 << bit) != 0;
                Filter {
                    tenant: has(0).then_some(TenantId(1)),
                    key: has(1).then_some(KeyId(2)),
                    model: has(2).then(|| "m".to_owned()),
                    channel: has(3).then_some(ChannelId(3)),
                    status: has(4).then_some(404),
                    errors: has(5),
                    from_us: has(6).then_some(0),
                    to_us: has(6).then_some(i64::MAX),
                    ..Filter::default()
                }
            })
            .collect()
    }

    #[tokio::test]
    async fn errors_are_picked_in_their_index_alone_and_nothing_but_the_page_is_sorted() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::connect(dir.path().join("a.db").to_str().unwrap()).await.unwrap();
        db.migrate().await.unwrap();
        for filter in filters() {
            let select = rows(true, &filter, Where::requests(true, &filter), "time_us DESC, request_id DESC", 51);
            let asked = Sql::built(format!("EXPLAIN QUERY PLAN {}", select.text.as_str()));
            let asked = select.values.into_iter().fold(asked, Sql::bind);
            let plan = db.fetch_all(asked).await.unwrap();
            let plan: Vec<String> = plan.iter().map(|row| row.text("detail").unwrap()).collect();
            let picking = plan.iter().rfind(|step| step.contains("usage_events")).unwrap();
            if let Some(index) = filter.index() {
                assert!(picking.contains(index), "{filter:?}: {plan:?}");
                // Of all errors, every one fits.
                let alone = picking.contains("COVERING INDEX") || index == "usage_events_errors";
                assert!(alone || !filter.only_errors(), "{filter:?}: {plan:?}");
            }
            // Picked in the order of the index: only the rows of the page are sorted, after they were read.
            let sorts: Vec<_> = plan.iter().map(|step| step.contains("ORDER BY")).collect();
            let only_last = sorts.iter().rev().skip(1).all(|sorts| !sorts);
            assert!(only_last, "{filter:?}: {plan:?}");
        }
    }
}
