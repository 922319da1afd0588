//! One handle to everything in the main database, by area.

use crate::{
    addresses::Addresses,
    alerts::Alerts,
    audit::AuditLog,
    budgets::Budgets,
    change::{Actor, Change},
    channels::Channels,
    closing::Closing,
    codes::Codes,
    db::Db,
    error::Result,
    events::Events,
    groups::Groups,
    idempotency::{Idempotency, KEPT_US},
    jobs::Jobs,
    keys::Keys,
    members::Members,
    models::Models,
    passwords::Passwords,
    prices::Prices,
    responses::Responses,
    routes::Routes,
    seal::Sealer,
    sessions::Sessions,
    setup::Setup,
    sql,
    statements::Statements,
    tenants::Tenants,
    time,
    tokens::Tokens,
    topups::Topups,
    users::Users,
};
use domain::ids::TenantId;
use std::sync::Arc;
use tokio::sync::Notify;

/// Changes older than this are forgotten; a node that slept longer reads everything anew.
const CHANGES_KEPT_US: i64 = 3600 * 1_000_000;

/// The main database and the key that opens its secrets. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    db: Db,
    sealer: Sealer,
    nudge: Notify,
    changed: Notify,
    passwords: Passwords,
}

macro_rules! areas {
    ($($(#[$doc:meta])* $method:ident: $area:ident;)*) => {$(
        $(#[$doc])*
        pub fn $method(&self) -> $area<'_> { $area(self) }
    )*};
}

impl Store {
    /// On this database, with this key. The schema must be there ([`Db::migrate`]).
    pub fn new(db: Db, sealer: Sealer) -> Self {
        Self(Arc::new(Inner {
            db,
            sealer,
            nudge: Notify::new(),
            changed: Notify::new(),
            passwords: Passwords::default(),
        }))
    }

    areas! {
        /// Customers.
        tenants: Tenants;
        /// API keys.
        keys: Keys;
        /// Channels, their credentials and the models they carry.
        channels: Channels;
        /// Versions of prices.
        prices: Prices;
        /// What groups of tenants pay and may call.
        groups: Groups;
        /// How requests find their channel.
        routes: Routes;
        /// How much may be spent.
        budgets: Budgets;
        /// What one node does for all.
        jobs: Jobs;
        /// From where keys are used.
        addresses: Addresses;
        /// What happened on the way.
        events: Events;
        /// The names callers may use.
        models: Models;
        /// People.
        users: Users;
        /// Who belongs to a tenant.
        members: Members;
        /// Their sessions.
        sessions: Sessions;
        /// Management tokens.
        tokens: Tokens;
        /// Responses that tenants let the relay keep.
        responses: Responses;
        /// Frozen bills.
        statements: Statements;
        /// Who did what.
        audit: AuditLog;
        /// Calls that happen once.
        idempotency: Idempotency;
        /// Orders of credit, and what goes back of them.
        topups: Topups;
        /// Redemption codes.
        codes: Codes;
        /// Tenants that leave.
        closing: Closing;
        /// The first start.
        setup: Setup;
    }

    /// Who is told of it: the place's rules.
    pub fn alerts(&self) -> Alerts<'_> {
        self.alerts_of(None)
    }

    /// The rules of a tenant; `None`: the place's.
    pub fn alerts_of(&self, tenant: Option<TenantId>) -> Alerts<'_> {
        Alerts { store: self, of: tenant }
    }

    /// The database itself.
    pub fn db(&self) -> &Db {
        &self.0.db
    }

    pub(crate) fn sealer(&self) -> &Sealer {
        &self.0.sealer
    }

    pub(crate) fn passwords(&self) -> &Passwords {
        &self.0.passwords
    }

    /// Opens a change by `actor`: for effects that live outside this crate's areas.
    ///
    /// # Errors
    /// Any of [`crate::Error`]'s database kinds; [`crate::Error::Conflict`] when its idempotent attempt was taken over.
    pub async fn change<'a>(&'a self, actor: &'a Actor) -> Result<Change<'a>> {
        Change::begin(self, actor).await
    }

    /// Something was changed here: this node looks at once, and the others are told.
    pub(crate) fn nudge(&self) {
        self.nudge_self();
        self.0.changed.notify_one();
    }

    /// This node looks for changes at once.
    pub(crate) fn nudge_self(&self) {
        self.0.nudge.notify_one();
    }

    pub(crate) async fn changed(&self) {
        self.0.changed.notified().await;
    }

    pub(crate) async fn nudged(&self) {
        self.0.nudge.notified().await;
    }

    /// Forgets what has run out: sessions, idempotency keys, responses, failed sign-ins, old changes. For a job, every few minutes.
    ///
    /// # Errors
    /// Any of [`crate::Error`]'s database kinds.
    pub async fn prune(&self) -> Result<()> {
        let now = time::now_us();
        let db = self.db();
        db.execute(sql!("DELETE FROM sessions WHERE expires < $1", now)).await?;
        db.execute(sql!("DELETE FROM idempotency WHERE created < $1", now - KEPT_US)).await?;
        db.execute(sql!("DELETE FROM sign_in_failures WHERE window_start < $1", now - crate::sign_in::WINDOW_US))
            .await?;
        self.responses().prune().await?;
        self.events().prune().await?;
        self.addresses().prune().await?;
        db.execute(sql!("DELETE FROM changes WHERE time < $1", now - CHANGES_KEPT_US)).await.map(drop)
    }
}
