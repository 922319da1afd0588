//! Who may do what: one table, from which the router is built, so that a route outside it cannot exist.
//!
//! Each row says, for every kind of caller (members by what their role may), whether the route is open to them or with which status it is closed. The
//! guard in front of every route works by that row alone; handlers get only what it hands them ([`super::guard`]). What
//! belongs to another tenant is "not found", in the same words as what does not exist, so that ids cannot be guessed.

use super::{
    ApiState, alerts, audit, budgets, catalogue, channels, closing, codes, events, events_log, export, groups, health,
    import, keys, ledger, margin, members, models, openapi, people, prices, probe, reconciliation, requests, routes,
    statements, summary, tenants, topups, usage,
};
use axum::routing::{self, MethodRouter};
use domain::role::{
    Permission::{self, ChangeKeys, ChangeMembers, ChangeTenant, SeeKeys, SeeMembers, SeeMoney, SeeUsage, TopUp},
    Role,
};
use http::Method;

/// Kinds of callers: the columns of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// No token, no session.
    Nobody,
    /// Signed in, but not a member of the tenant in question.
    OtherTenant,
    /// A member of the tenant in question, in this role.
    Member(Role),
    /// A read-only management token.
    ReadOnly,
    /// An admin, or a management token.
    Admin,
}

/// One cell of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// Let through.
    Open,
    /// Let through; the answer holds nothing of other tenants.
    Filtered,
    /// Refused with this status.
    Closed(u16),
}

/// One row's cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    /// [`Kind::Nobody`].
    pub nobody: Cell,
    /// [`Kind::OtherTenant`].
    pub other_tenant: Cell,
    /// [`Kind::Member`], where their role may what the route needs; otherwise it is closed with 403.
    pub member: Cell,
    /// What a member's role must allow.
    pub needs: Option<Permission>,
    /// [`Kind::ReadOnly`].
    pub read_only: Cell,
    /// [`Kind::Admin`].
    pub admin: Cell,
}

impl Access {
    /// What this kind of caller gets.
    pub fn of(&self, kind: Kind) -> Cell {
        match kind {
            Kind::Nobody => self.nobody,
            Kind::OtherTenant => self.other_tenant,
            Kind::Member(role) if self.needs.is_some_and(|needed| !role.may(needed)) => FORBIDDEN,
            Kind::Member(_) => self.member,
            Kind::ReadOnly => self.read_only,
            Kind::Admin => self.admin,
        }
    }
}

const OPEN: Cell = Cell::Open;
const FILTERED: Cell = Cell::Filtered;
const UNKNOWN: Cell = Cell::Closed(401);
const FORBIDDEN: Cell = Cell::Closed(403);
const HIDDEN: Cell = Cell::Closed(404);

const PUBLIC: Access =
    Access { nobody: OPEN, other_tenant: OPEN, member: OPEN, needs: None, read_only: OPEN, admin: OPEN };
const ADMIN_READS: Access = Access { nobody: UNKNOWN, other_tenant: FORBIDDEN, member: FORBIDDEN, ..PUBLIC };
const ADMIN_CHANGES: Access = Access { read_only: FORBIDDEN, ..ADMIN_READS };
const OWN_READS: Access = Access { nobody: UNKNOWN, other_tenant: FILTERED, member: FILTERED, ..PUBLIC };

/// Members whose role allows it see it; strangers do not learn that it is there.
const fn reads(needs: Permission) -> Access {
    Access { nobody: UNKNOWN, other_tenant: HIDDEN, needs: Some(needs), ..PUBLIC }
}

/// Members whose role allows it change it.
const fn changes(needs: Permission) -> Access {
    Access { read_only: FORBIDDEN, ..reads(needs) }
}

/// Which tenant a path is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// None: the place, or whatever the caller's scope holds.
    Place,
    /// The tenant with this id.
    Tenant,
    /// The tenant of the key with this id.
    Key,
    /// The tenant of the request with this id.
    Request,
    /// The tenant of the statement with this id.
    Statement,
    /// The tenant of the order of credit with this id.
    Topup,
    /// The tenant that the body names as `tenant`.
    Named,
}

/// One row: a route of the management API.
pub struct Route {
    /// The method; GET answers HEAD too.
    pub method: Method,
    /// The path under `/api`, as axum writes it.
    pub path: &'static str,
    /// Whom the path is about.
    pub subject: Subject,
    /// Who may.
    pub access: Access,
    /// What serves it.
    pub serve: fn() -> MethodRouter<ApiState>,
}

macro_rules! route {
    ($method:ident $path:literal, $subject:ident, $access:expr, $verb:ident($handler:path)) => {
        Route {
            method: Method::$method,
            path: $path,
            subject: Subject::$subject,
            access: $access,
            serve: || routing::$verb($handler),
        }
    };
}

/// The table.
#[rustfmt::skip]
pub const ROUTES: &[Route] = &[
    route!(GET    "/api/openapi.json",                  Place,   PUBLIC,         get(openapi::serve)),
    route!(POST   "/api/v1/tenants",                    Place,   ADMIN_CHANGES,  post(tenants::create)),
    route!(GET    "/api/v1/tenants",                    Place,   OWN_READS,      get(tenants::list)),
    route!(GET    "/api/v1/tenants/{id}",               Tenant,  reads(SeeUsage), get(tenants::show)),
    route!(PATCH  "/api/v1/tenants/{id}",               Tenant,  ADMIN_CHANGES,  patch(tenants::change)),
    route!(GET    "/api/v1/tenants/{id}/balance",       Tenant,  reads(SeeMoney), get(ledger::balance)),
    route!(POST   "/api/v1/tenants/{id}/adjustments",   Tenant,  ADMIN_CHANGES,  post(ledger::adjust)),
    route!(GET    "/api/v1/tenants/{id}/ledger",        Tenant,  reads(SeeMoney), get(ledger::transfers)),
    route!(GET    "/api/v1/tenants/{id}/statements",    Tenant,  reads(SeeMoney), get(statements::list)),
    route!(POST   "/api/v1/tenants/{id}/statements",    Tenant,  ADMIN_CHANGES,  post(statements::create)),
    route!(GET    "/api/v1/statements/{id}",            Statement, reads(SeeMoney), get(statements::show)),
    route!(GET    "/api/v1/statements/{id}.csv",        Statement, reads(SeeMoney), get(statements::csv)),
    route!(GET    "/api/v1/tenants/{id}/export",        Tenant,  reads(ChangeTenant), get(export::download)),
    route!(GET    "/api/v1/tenants/{id}/topups",        Tenant,  reads(SeeMoney), get(topups::list_of_tenant)),
    route!(GET    "/api/v1/tenants/{id}/close",         Tenant,  reads(SeeMoney), get(closing::preview)),
    route!(POST   "/api/v1/tenants/{id}/close",         Tenant,  ADMIN_CHANGES,  post(closing::close)),
    route!(GET    "/api/v1/fees",                       Place,   PUBLIC,         get(topups::fees)),
    route!(POST   "/api/v1/topups",                     Named,   changes(TopUp), post(topups::create)),
    route!(GET    "/api/v1/topups",                     Place,   ADMIN_READS,    get(topups::list)),
    route!(GET    "/api/v1/topups/{id}",                Topup,   reads(SeeMoney), get(topups::show)),
    route!(POST   "/api/v1/topups/{id}/check",          Topup,   changes(TopUp), post(topups::check)),
    route!(POST   "/api/v1/topups/{id}/refund",         Place,   ADMIN_CHANGES,  post(topups::refund)),
    route!(POST   "/api/v1/codes",                      Place,   ADMIN_CHANGES,  post(codes::create)),
    route!(GET    "/api/v1/codes",                      Place,   ADMIN_READS,    get(codes::list)),
    route!(DELETE "/api/v1/codes/{id}",                 Place,   ADMIN_CHANGES,  delete(codes::revoke)),
    route!(POST   "/api/v1/redeem",                     Named,   changes(TopUp), post(codes::redeem)),
    route!(POST   "/api/v1/tenants/{id}/keys",          Tenant,  changes(ChangeKeys), post(keys::create)),
    route!(GET    "/api/v1/tenants/{id}/keys",          Tenant,  reads(SeeKeys),  get(keys::list)),
    route!(POST   "/api/v1/tenants/{id}/budgets",       Tenant,  changes(ChangeTenant), post(budgets::create)),
    route!(GET    "/api/v1/tenants/{id}/budgets",       Tenant,  reads(SeeMoney), get(budgets::list)),
    route!(PATCH  "/api/v1/tenants/{id}/budgets/{budget}", Tenant, changes(ChangeTenant), patch(budgets::change)),
    route!(DELETE "/api/v1/tenants/{id}/budgets/{budget}", Tenant, changes(ChangeTenant), delete(budgets::remove)),
    route!(POST   "/api/v1/tenants/{id}/alerts",        Tenant,  changes(ChangeTenant), post(alerts::create_of_tenant)),
    route!(GET    "/api/v1/tenants/{id}/alerts",        Tenant,  reads(SeeMoney), get(alerts::list_of_tenant)),
    route!(PATCH  "/api/v1/tenants/{id}/alerts/{rule}", Tenant,  changes(ChangeTenant), patch(alerts::change_of_tenant)),
    route!(DELETE "/api/v1/tenants/{id}/alerts/{rule}", Tenant,  changes(ChangeTenant), delete(alerts::remove_of_tenant)),
    route!(POST   "/api/v1/tenants/{id}/alerts/{rule}/test", Tenant, changes(ChangeTenant), post(alerts::test_of_tenant)),
    route!(GET    "/api/v1/tenants/{id}/events",        Tenant,  reads(SeeMoney), get(alerts::events_of_tenant)),
    route!(POST   "/api/v1/tenants/{id}/members",       Tenant,  ADMIN_CHANGES,  post(members::add)),
    route!(GET    "/api/v1/tenants/{id}/members",       Tenant,  reads(SeeMembers), get(members::list)),
    route!(PATCH  "/api/v1/tenants/{id}/members/{user}", Tenant, changes(ChangeMembers), patch(members::change)),
    route!(DELETE "/api/v1/tenants/{id}/members/{user}", Tenant, changes(ChangeMembers), delete(members::remove)),
    route!(GET    "/api/v1/keys/{id}",                  Key,     reads(SeeKeys),  get(keys::show)),
    route!(PATCH  "/api/v1/keys/{id}",                  Key,     changes(ChangeKeys), patch(keys::change)),
    route!(POST   "/api/v1/keys/{id}/rotate",           Key,     changes(ChangeKeys), post(keys::rotate)),
    route!(DELETE "/api/v1/keys/{id}",                  Key,     changes(ChangeKeys), delete(keys::revoke)),
    route!(POST   "/api/v1/channels",                   Place,   ADMIN_CHANGES,  post(channels::create)),
    route!(GET    "/api/v1/channels",                   Place,   ADMIN_READS,    get(channels::list)),
    route!(GET    "/api/v1/channels/{id}",              Place,   ADMIN_READS,    get(channels::show)),
    route!(PATCH  "/api/v1/channels/{id}",              Place,   ADMIN_CHANGES,  patch(channels::change)),
    route!(DELETE "/api/v1/channels/{id}",              Place,   ADMIN_CHANGES,  delete(channels::remove)),
    route!(POST   "/api/v1/channels/{id}/test",         Place,   ADMIN_CHANGES,  post(probe::test)),
    route!(GET    "/api/v1/channels/{id}/upstream-models", Place, ADMIN_READS,   get(probe::models::discover)),
    route!(GET    "/api/v1/channels/{id}/health",       Place,   ADMIN_READS,    get(health::show)),
    route!(DELETE "/api/v1/channels/{id}/health",       Place,   ADMIN_CHANGES,  delete(health::reset)),
    route!(GET    "/api/v1/routes",                     Place,   ADMIN_READS,    get(routes::list)),
    route!(GET    "/api/v1/routes/{model}",             Place,   ADMIN_READS,    get(routes::show)),
    route!(PUT    "/api/v1/routes/{model}",             Place,   ADMIN_CHANGES,  put(routes::set)),
    route!(DELETE "/api/v1/routes/{model}",             Place,   ADMIN_CHANGES,  delete(routes::remove)),
    route!(POST   "/api/v1/routes/{model}/explain",     Place,   ADMIN_CHANGES,  post(routes::explain)),
    route!(POST   "/api/v1/alerts",                     Place,   ADMIN_CHANGES,  post(alerts::create)),
    route!(GET    "/api/v1/alerts",                     Place,   ADMIN_READS,    get(alerts::list)),
    route!(PATCH  "/api/v1/alerts/{id}",                Place,   ADMIN_CHANGES,  patch(alerts::change)),
    route!(DELETE "/api/v1/alerts/{id}",                Place,   ADMIN_CHANGES,  delete(alerts::remove)),
    route!(POST   "/api/v1/alerts/{id}/test",           Place,   ADMIN_CHANGES,  post(alerts::test)),
    route!(GET    "/api/v1/models",                     Place,   OWN_READS,      get(models::list)),
    route!(GET    "/api/v1/catalog",                    Place,   ADMIN_READS,    get(catalogue::list)),
    route!(GET    "/api/v1/catalog/diff",               Place,   ADMIN_READS,    get(import::differences)),
    route!(POST   "/api/v1/catalog/import",             Place,   ADMIN_CHANGES,  post(import::take_over)),
    route!(PUT    "/api/v1/models/{name}/price",        Place,   ADMIN_CHANGES,  put(prices::set)),
    route!(GET    "/api/v1/models/{name}/price",        Place,   ADMIN_READS,    get(prices::versions)),
    route!(DELETE "/api/v1/models/{name}/price",        Place,   ADMIN_CHANGES,  delete(prices::clear)),
    route!(DELETE "/api/v1/prices/{id}",                Place,   ADMIN_CHANGES,  delete(prices::cancel)),
    route!(POST   "/api/v1/groups",                     Place,   ADMIN_CHANGES,  post(groups::create)),
    route!(GET    "/api/v1/groups",                     Place,   ADMIN_READS,    get(groups::list)),
    route!(GET    "/api/v1/groups/{name}",              Place,   ADMIN_READS,    get(groups::show)),
    route!(PATCH  "/api/v1/groups/{name}",              Place,   ADMIN_CHANGES,  patch(groups::change)),
    route!(DELETE "/api/v1/groups/{name}",              Place,   ADMIN_CHANGES,  delete(groups::remove)),
    route!(GET    "/api/v1/usage",                      Place,   OWN_READS,      get(usage::list)),
    route!(GET    "/api/v1/usage.csv",                  Place,   OWN_READS,      get(usage::csv)),
    route!(GET    "/api/v1/usage/summary",              Place,   OWN_READS,      get(summary::show)),
    route!(GET    "/api/v1/events",                     Place,   OWN_READS,      get(events::follow)),
    route!(GET    "/api/v1/events/log",                 Place,   ADMIN_READS,    get(events_log::list)),
    route!(GET    "/api/v1/requests/{id}",              Request, reads(SeeUsage), get(requests::show)),
    route!(POST   "/api/v1/requests/{id}/refund",       Place,   ADMIN_CHANGES,  post(topups::refund_request)),
    route!(GET    "/api/v1/margin",                     Place,   ADMIN_READS,    get(margin::show)),
    route!(GET    "/api/v1/margin.csv",                 Place,   ADMIN_READS,    get(margin::csv)),
    route!(GET    "/api/v1/reconciliation",             Place,   ADMIN_READS,    get(reconciliation::show)),
    route!(POST   "/api/v1/users",                      Place,   ADMIN_CHANGES,  post(people::create_user)),
    route!(GET    "/api/v1/users",                      Place,   ADMIN_READS,    get(people::users)),
    route!(GET    "/api/v1/audit",                      Place,   ADMIN_READS,    get(audit::list)),
];

/// Who may ask for what is served beside the management API. The relay, the probes and the console each keep their own
/// door; their tests hold them to it.
#[cfg(test)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "console"), expect(dead_code, reason = "the console's doors"))]
pub enum Door {
    /// Anybody.
    Anybody,
    /// A valid key of a tenant that is not frozen, within its scopes.
    RelayKey,
    /// Loopback, or the holder of `telemetry.metrics_token`.
    MetricsToken,
    /// A provider of payments, by its signature.
    Signature,
    /// Anybody, before signing in; changes pass the Origin check.
    SignInPage,
    /// A person with a session; changes pass the Origin check. Without one: the sign-in page.
    Session,
    /// A person whose role in the tenant they look at allows it, or who runs the place.
    May(Permission),
    /// A person who runs the place.
    Admin,
}

/// The paths of the relay API and the probes. Those of the console are listed in its router.
#[cfg(test)]
#[rustfmt::skip]
pub const OUTSIDE: &[(Method, &str, Door)] = &[
    (Method::POST, "/v1/chat/completions", Door::RelayKey),
    (Method::POST, "/v1/responses",        Door::RelayKey),
    (Method::POST, "/v1/completions",      Door::RelayKey),
    (Method::POST, "/v1/embeddings",       Door::RelayKey),
    (Method::POST, "/v1/messages",         Door::RelayKey),
    (Method::POST, "/v1/messages/count_tokens", Door::RelayKey),
    (Method::POST, "/v1/models/{model}:generateContent",           Door::RelayKey),
    (Method::POST, "/v1/models/{model}:streamGenerateContent",     Door::RelayKey),
    (Method::POST, "/v1/models/{model}:countTokens",               Door::RelayKey),
    (Method::POST, "/v1beta/models/{model}:generateContent",       Door::RelayKey),
    (Method::POST, "/v1beta/models/{model}:streamGenerateContent", Door::RelayKey),
    (Method::POST, "/v1beta/models/{model}:countTokens",           Door::RelayKey),
    (Method::GET,  "/v1/models",           Door::RelayKey),
    (Method::GET,  "/v1/models/{model}",   Door::RelayKey),
    (Method::GET,  "/v1beta/models",         Door::RelayKey),
    (Method::GET,  "/v1beta/models/{model}", Door::RelayKey),
    (Method::HEAD, "/",                    Door::Anybody),
    (Method::GET,  "/healthz",             Door::Anybody),
    (Method::GET,  "/readyz",              Door::Anybody),
    (Method::GET,  "/metrics",             Door::MetricsToken),
    (Method::POST, "/webhooks/stripe",     Door::Signature),
    (Method::GET,  "/webhooks/epay",       Door::Signature),
    (Method::POST, "/webhooks/epay",       Door::Signature),
];
