//! What the console needs from the server: traits by area, so that this crate knows no database and the server wires it.
//!
//! Futures are boxed: the port is one object in Leptos' context, called a few times a page. Whoever calls it has asked
//! [`crate::guard`] first; the port does what it is told.

mod alerts;
mod bills;
mod channels;
mod home;
mod keys;
mod models;
mod money_back;
mod payments;
mod requests;
mod routing;
mod search;
mod session;
mod tenants;
mod usage;

pub use alerts::{AlertSet, Alerts, BudgetSet};
pub use bills::Bills;
pub use channels::{Channels, NewChannel};
pub use home::Homes;
pub use keys::{KeySettings, Keys};
pub use models::{Models, NewPrice};
pub use money_back::{Closing, ClosingWould, MoneyBack, RefundOf, Refundable, TenantClosed};
pub use payments::{NewCodes, Payments};
pub use requests::Requests;
pub use routing::{NewRoute, Routing};
pub use search::{Scope, Search};
pub use session::{CallerAddress, RequestId, Session, SetUpRefused, SignInRefused, TENANT, USER, user_of};
pub use tenants::Tenants;
pub use usage::Sums;

use crate::refusal::Refusal;
use domain::{ids::UserId, ports::Unavailable};
use leptos::prelude::*;
use std::{net::IpAddr, sync::Arc};

/// The server's side of the console.
pub trait Console:
    Session
    + Homes
    + Keys
    + Requests
    + Sums
    + Tenants
    + Channels
    + Models
    + Routing
    + Payments
    + Bills
    + Search
    + Alerts
    + MoneyBack
{
}

impl<
    T: Session
        + Homes
        + Keys
        + Requests
        + Sums
        + Tenants
        + Channels
        + Models
        + Routing
        + Payments
        + Bills
        + Search
        + Alerts
        + MoneyBack,
> Console for T
{
}

/// Who makes a change, for the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Author {
    /// Who.
    pub user: UserId,
    /// From where.
    pub from: IpAddr,
}

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failed {
    /// There is no such thing, or not for them.
    #[error("not found")]
    NotFound,
    /// A value is refused.
    #[error("{field}: {why}")]
    Invalid {
        /// Which field.
        field: String,
        /// What is wrong with it.
        why: String,
    },
    /// It does not go with how things are.
    #[error("{0}")]
    Conflict(String),
    /// The database did not answer.
    #[error("the database is away")]
    Unavailable,
}

/// The port that the server put into the context.
pub fn console() -> Result<Arc<dyn Console>, Refusal> {
    use_context::<Arc<dyn Console>>().ok_or_else(Refusal::unavailable)
}

impl From<Unavailable> for Refusal {
    fn from(Unavailable: Unavailable) -> Self {
        Self::unavailable()
    }
}

impl From<Failed> for Refusal {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::NotFound => Self::NotFound,
            Failed::Invalid { field, why } => Self::Invalid { field, why },
            Failed::Conflict(why) => Self::Conflict(why),
            Failed::Unavailable => Self::unavailable(),
        }
    }
}
