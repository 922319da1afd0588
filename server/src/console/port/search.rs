//! Searching for the console.

use super::{ServerConsole, failed};
use app::port::{Failed, Scope, Search};
use domain::{
    begun_id::begun,
    ids::TenantId,
    views::{Found, RequestFound},
};
use futures::future::BoxFuture;
use store::{
    Error, Name, search,
    usage::{Event, among},
};

/// The most requests that are found.
const REQUESTS: u32 = 8;

impl ServerConsole {
    async fn begun(&self, tenant: Option<TenantId>, text: &str) -> Result<Vec<RequestFound>, Error> {
        let Some(ids) = begun(text) else { return Ok(Vec::new()) };
        let found = among(self.store.db(), tenant, &ids, REQUESTS).await?;
        let line = |event: Event| RequestFound { id: event.request, model: event.model, status: event.status };
        Ok(found.into_iter().map(line).collect())
    }

    async fn found(&self, scope: Scope, text: &str) -> Result<Found, Error> {
        let db = self.store.db();
        let mut found = Found::default();
        match scope {
            Scope::Place => {
                found.tenants = search::tenants(db, text).await?;
                found.requests = self.begun(None, text).await?;
            }
            Scope::Tenant { id, keys, requests } => {
                if keys {
                    found.keys = search::keys(db, id, text).await?;
                }
                if requests {
                    found.requests = self.begun(Some(id), text).await?;
                }
            }
        }
        Ok(found)
    }
}

impl Search for ServerConsole {
    fn search(&self, scope: Scope, text: String) -> BoxFuture<'_, Result<Found, Failed>> {
        Box::pin(async move {
            // What could be no name is in none.
            let Ok(text) = Name::parse("text", &text) else { return Ok(Found::default()) };
            self.found(scope, text.as_str()).await.map_err(failed)
        })
    }
}
