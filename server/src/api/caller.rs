//! Who calls: a management token, or a person with a session of the console.
//!
//! The console's session layer puts a [`Caller::User`] into the request's extensions; a bearer token comes before it, so
//! that a program never acts as whoever happens to be signed in.

use super::{ApiState, problem::Problem};
use crate::origin;
use domain::{
    ids::{TenantId, TokenId, UserId},
    role::Role,
};
use http::request::Parts;
use std::net::IpAddr;
use store::change::Actor;

/// Who calls, and what they may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// A program with a management token, which acts for the admins.
    Token {
        /// Which token.
        id: TokenId,
        /// Whether it may only read.
        read_only: bool,
    },
    /// A person who is signed in.
    #[cfg_attr(not(any(feature = "console", test)), expect(dead_code, reason = "only the console signs people in"))]
    User {
        /// Which person.
        id: UserId,
        /// Whether they run the place.
        admin: bool,
        /// The tenants they belong to, in which roles.
        memberships: Vec<(TenantId, Role)>,
    },
}

/// What of the place a caller may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// All of it, costs and margins too.
    Everything,
    /// These tenants, at the prices they pay.
    Tenants(Vec<TenantId>),
}

impl Caller {
    /// What they may see.
    pub fn scope(&self) -> Scope {
        match self {
            Self::User { admin: false, memberships, .. } => {
                Scope::Tenants(memberships.iter().map(|(tenant, _)| *tenant).collect())
            }
            _ => Scope::Everything,
        }
    }

    /// What they are to a tenant, as its member.
    pub fn role_in(&self, tenant: TenantId) -> Option<Role> {
        let Self::User { memberships, .. } = self else { return None };
        memberships.iter().find(|(theirs, _)| *theirs == tenant).map(|(_, role)| *role)
    }

    /// Who answers for a change by this caller.
    pub fn actor(&self, address: Option<IpAddr>) -> Actor {
        match self {
            Self::Token { id, .. } => Actor::token(*id, address),
            Self::User { id, .. } => Actor::user(*id, address),
        }
    }

    /// The caller as the audit log names it; one caller's idempotency keys are not another's.
    pub fn label(&self) -> String {
        self.actor(None).label()
    }
}

impl Scope {
    /// Whether this tenant is in it.
    pub fn holds(&self, tenant: TenantId) -> bool {
        match self {
            Self::Everything => true,
            Self::Tenants(tenants) => tenants.contains(&tenant),
        }
    }

    /// Whether costs to us, margins and channels may be shown.
    pub fn sees_costs(&self) -> bool {
        matches!(self, Self::Everything)
    }
}

/// Finds out who sent this request; `None`: nobody we know of.
///
/// # Errors
/// 401 for a bearer token that is not one, 503 when the database is away.
pub async fn identify(state: &ApiState, parts: &Parts) -> Result<Option<Caller>, Problem> {
    match origin::bearer(&parts.headers) {
        Some(token) => by_token(state, token).await.map(Some),
        None => Ok(parts.extensions.get::<Caller>().cloned()),
    }
}

async fn by_token(state: &ApiState, presented: &str) -> Result<Caller, Problem> {
    let token = state.store.tokens().authenticate(presented).await?;
    let token = token.ok_or_else(|| Problem::unauthenticated("The management token is unknown or revoked."))?;
    Ok(Caller::Token { id: token.id, read_only: token.read_only })
}
