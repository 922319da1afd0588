//! Paging from the first page to the last: every row once, in order, however many pages that takes.

use crate::{api::Api, asked::Session, database::Reader};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::{collections::HashSet, net::SocketAddr};

/// All ids of a list of the management API, page by page; each is there once.
pub async fn list(api: &Api, path: &str, id: &str) -> Result<Vec<String>> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = api.get(&format!("{path}{cursor}")).await?;
        all.extend(ids(&page["data"], id)?);
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    once(path, &all)?;
    Ok(all)
}

/// All ids of the console's log with this filter.
pub async fn log(address: SocketAddr, session: &Session, filter: &str) -> Result<Vec<String>> {
    let (mut all, mut before) = (Vec::new(), String::new());
    loop {
        let page = &session.get(&format!("/fn/log_view?{filter}{before}")).send(address).await?.json()?["page"];
        all.extend(ids(&page["lines"], "request")?);
        let Some(next) = page["next"].as_str() else { break };
        before = format!("&filter[before]={next}");
    }
    once(filter, &all)?;
    Ok(all)
}

/// The API's lists and the console's log have every row of the database, in the order of all requests.
pub async fn everything(address: SocketAddr, api: &Api, session: &Session, ledger: &Reader) -> Result<()> {
    let rows = list(api, "/usage?limit=500", "request_id").await?;
    ensure!(rows.is_sorted_by(|newer, older| newer > older), "usage is not the newest first");
    let count = |of: &str| format!("SELECT COUNT(*) FROM {of}");
    let expected = ledger.integer(&count("usage_events")).await?;
    ensure!(i64::try_from(rows.len())? == expected, "{} of {expected} rows are listed", rows.len());

    let failed = list(api, "/usage?limit=100&errors=true", "request_id").await?;
    let shown = log(address, session, "filter[errors]=true").await?;
    ensure!(shown == failed, "the console's log has {} errors, the API {}", shown.len(), failed.len());
    let expected = ledger.integer(&count("usage_events WHERE status >= 400 OR status = 0")).await?;
    ensure!(i64::try_from(failed.len())? == expected, "{} of {expected} errors are listed", failed.len());

    let tenants = list(api, "/tenants?limit=2", "id").await?;
    let mut lines = 0;
    for tenant in &tenants {
        lines += list(api, &format!("/tenants/{tenant}/ledger?limit=500"), "id").await?.len();
    }
    let expected = ledger.integer(&count("transfers WHERE tenant IS NOT NULL")).await?;
    ensure!(i64::try_from(lines)? == expected, "{lines} of {expected} lines of wallets are listed");
    Ok(())
}

fn ids(rows: &Value, id: &str) -> Result<Vec<String>> {
    let rows = rows.as_array().context("no rows")?;
    rows.iter().map(|row| Ok(row[id].as_str().with_context(|| format!("no {id} in {row}"))?.to_owned())).collect()
}

fn once(what: &str, ids: &[String]) -> Result<()> {
    let distinct: HashSet<_> = ids.iter().collect();
    ensure!(distinct.len() == ids.len(), "{what}: {} rows, {} of them different", ids.len(), distinct.len());
    Ok(())
}
