//! Sums of usage, and the books: the server functions, and what is asked for as a query string.

use crate::{query, refusal::Refusal};
use domain::views::{By, Measure, MoneyView, Span, UsageView};
use leptos::prelude::*;
use leptos_router::params::ParamsMap;
use serde::{Deserialize, Serialize};

/// What the page is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageAsked {
    /// When.
    pub span: Span,
    /// By what.
    pub by: By,
    /// What the chart shows.
    pub measure: Measure,
}

/// Reads it from a query string; what cannot be read is the default.
pub fn from_query(query: &ParamsMap) -> UsageAsked {
    UsageAsked {
        span: query::span(query).unwrap_or_default(),
        by: query::parsed(query, "by").unwrap_or_default(),
        measure: query::parsed(query, "measure").unwrap_or_default(),
    }
}

/// The address of the page with it.
pub fn to_address(asked: UsageAsked) -> String {
    let UsageAsked { span, by, measure } = asked;
    let mut query = ParamsMap::new();
    query::put_span(&mut query, Some(span));
    query.insert("by", by.word().to_owned());
    query::put(&mut query, "measure", (measure != Measure::default()).then(|| measure.word().to_owned()));
    format!("/usage{}", query.to_query_string())
}

/// Usage over a range, in the viewer's scope.
#[server(prefix = "/fn", endpoint = "usage_view", input = leptos::server_fn::codec::GetUrl)]
pub async fn usage_sums(span: Span, by: By) -> Result<UsageView, Refusal> {
    use domain::role::Permission;
    let (_, tenant) = crate::guard::may_or_sees_all(Permission::SeeUsage).await?;
    if tenant.is_some() && by.is_for_the_place() {
        return Err(Refusal::Forbidden);
    }
    Ok(crate::port::console()?.usage(tenant, span, by).await?)
}

/// Whether the books added up when they were last compared, or with `now` whether they do.
#[server(prefix = "/fn", endpoint = "money_view", input = leptos::server_fn::codec::GetUrl)]
pub async fn books(#[server(default)] now: bool) -> Result<MoneyView, Refusal> {
    crate::guard::admin().await?;
    Ok(crate::port::console()?.money(now).await?)
}

/// Margins, drawn for this query.
#[server(prefix = "/fn", endpoint = "margin_page", input = leptos::server_fn::codec::GetUrl)]
pub async fn margin_page(query: String) -> Result<String, Refusal> {
    use crate::components::served::{Asked, draw};
    crate::guard::admin().await?;
    let asked = Asked::read(&query);
    let span = asked.span().unwrap_or(Span::Last(domain::views::Range::Month));
    let by = asked.get("by").unwrap_or_default().to_owned();
    let view = crate::port::console()?.margins(span, by).await?;
    Ok(draw(|| crate::pages::margin::margins(view)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_survives_its_address() {
        for by in By::ALL {
            for measure in Measure::ALL {
                let asked = UsageAsked { by: *by, measure: *measure, ..UsageAsked::default() };
                assert_eq!(from_query(&query::read(&to_address(asked))), asked);
            }
        }
        assert_eq!(from_query(&ParamsMap::new()), UsageAsked::default());
    }
}
