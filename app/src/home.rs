//! The first page: the server function.

use crate::refusal::Refusal;
use domain::views::{Operations, Span, TenantHome};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the first page shows: it depends on who looks, and at what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FirstPage {
    /// The whole place.
    Operations {
        /// Its numbers.
        place: Box<Operations>,
        /// The address to call the relay under, as the configuration or else this request has it.
        address: String,
    },
    /// One tenant.
    Tenant {
        /// Its numbers.
        home: Box<TenantHome>,
        /// As above.
        address: String,
    },
}

/// The first page, in the viewer's scope. A range is for those who see the whole place.
#[server(prefix = "/fn", endpoint = "home_view", input = leptos::server_fn::codec::GetUrl)]
pub async fn home_view(span: Span) -> Result<FirstPage, Refusal> {
    use domain::role::Permission;
    let (seen, tenant) = crate::guard::may_or_sees_all(Permission::SeeUsage).await?;
    let console = crate::port::console()?;
    let address = console.public_url().unwrap_or_else(crate::leptos_port::request_origin);
    Ok(match tenant {
        None => FirstPage::Operations { place: Box::new(console.operations(span).await?), address },
        Some(tenant) => FirstPage::Tenant {
            home: Box::new(console.tenant_home(tenant, seen.viewer.may(Permission::SeeMoney)).await?),
            address,
        },
    })
}
