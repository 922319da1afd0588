//! Requests: the server functions, and the filter as a query string.

use crate::{clock, query, refusal::Refusal};
use domain::{
    ids::{KeyId, RequestId, TenantId},
    views::{RequestDetail, RequestFilter, RequestPage},
};
use leptos::prelude::*;
use leptos_router::params::ParamsMap;
use serde::{Deserialize, Serialize};

/// The log, and whether its viewer sees the whole place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestLog {
    /// One page.
    pub page: RequestPage,
    /// The filter as the server read it.
    pub filter: RequestFilter,
    /// The tenant it is of; `None`: the whole place.
    pub tenant: Option<TenantId>,
}

/// Reads the filter from a query string; what cannot be read does not filter.
pub fn from_query(query: &ParamsMap) -> RequestFilter {
    RequestFilter {
        model: query::text(query, "model"),
        status: query::parsed(query, "status"),
        key: query::parsed::<KeyId>(query, "key"),
        errors: query::text(query, "errors").is_some(),
        span: query::span(query),
        before: query::parsed::<RequestId>(query, "before"),
    }
}

/// The address of the log with this filter.
pub fn to_address(filter: &RequestFilter) -> String {
    let mut query = ParamsMap::new();
    query::put(&mut query, "model", filter.model.clone());
    query::put(&mut query, "status", filter.status.map(|status| status.to_string()));
    query::put(&mut query, "key", filter.key.map(|key| key.to_string()));
    query::put(&mut query, "errors", filter.errors.then(|| "1".to_owned()));
    query::put_span(&mut query, filter.span);
    query::put(&mut query, "before", filter.before.map(|id| id.to_string()));
    format!("/requests{}", query.to_query_string())
}

impl RequestLog {
    /// The address of the file with every request that fits, not only this page's.
    pub fn csv(&self) -> String {
        let mut query = ParamsMap::new();
        let RequestFilter { model, status, key, errors, span, .. } = &self.filter;
        let window = span.map(|_| self.page.timeline.window);
        let texts = [
            ("from", window.map(|window| clock::rfc3339(window.from_us))),
            ("to", window.map(|window| clock::rfc3339(window.to_us))),
            ("tenant", self.tenant.map(|id| id.to_string())),
            ("model", model.clone()),
            ("status", status.map(|status| status.to_string())),
            ("key", key.map(|key| key.to_string())),
            ("errors", errors.then(|| "true".to_owned())),
        ];
        for (name, value) in texts {
            if let Some(value) = value {
                query.insert(name, value);
            }
        }
        format!("/api/v1/usage.csv{}", query.to_query_string())
    }
}

/// One page of the log, in the viewer's scope.
#[server(prefix = "/fn", endpoint = "log_view", input = leptos::server_fn::codec::GetUrl)]
pub async fn log_view(filter: RequestFilter) -> Result<RequestLog, Refusal> {
    use domain::role::Permission;
    let (_, tenant) = crate::guard::may_or_sees_all(Permission::SeeUsage).await?;
    let page = crate::port::console()?.requests(tenant, filter.clone()).await?;
    Ok(RequestLog { page, filter, tenant })
}

/// One request. What it cost us and where it went is for those who run the place.
#[server(prefix = "/fn", endpoint = "request_view", input = leptos::server_fn::codec::GetUrl)]
pub async fn request_view(id: RequestId) -> Result<RequestDetail, Refusal> {
    use domain::role::Permission;
    let (seen, tenant) = crate::guard::may_or_sees_all(Permission::SeeUsage).await?;
    Ok(crate::port::console()?.request(tenant, id, seen.viewer.admin).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::views::{Range, Span};

    #[test]
    fn a_filter_survives_its_address() {
        let filters = [
            RequestFilter::default(),
            RequestFilter { model: Some("a/b c&d=é".into()), status: Some(502), ..RequestFilter::default() },
            RequestFilter { errors: true, span: Some(Span::Last(Range::Hour)), ..RequestFilter::default() },
            RequestFilter { key: Some(KeyId(77)), before: Some(RequestId([7; 16])), ..RequestFilter::default() },
        ];
        for filter in filters {
            let address = to_address(&filter);
            assert!(address.starts_with("/requests"));
            assert_eq!(from_query(&query::read(&address)), filter, "{address}");
        }
    }

    #[test]
    fn nonsense_does_not_filter() {
        let query: ParamsMap = [("status", "fine"), ("key", "x"), ("before", "1"), ("model", "")]
            .map(|(n, v)| (n.to_owned(), v.to_owned()))
            .into_iter()
            .collect();
        assert_eq!(from_query(&query), RequestFilter::default());
    }
}
