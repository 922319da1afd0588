//! Tenants: customers with a wallet, keys and members. Freezing one stops its requests on every node within a second.

use crate::{
    Store, budgets,
    change::{Actor, Announce, NOTHING, to_json},
    channels,
    db::{Row, Sql, Tx},
    error::{Error, Result},
    ids, keys, lease, ledger, sql, time,
    words::{Listing, Name, Page},
};
use domain::{channel::Limits, ids::TenantId, money::NanoUsd};
use serde::Serialize;

/// A customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tenant {
    /// Which.
    pub id: TenantId,
    /// What people call it.
    pub name: String,
    /// Frozen ones cannot call.
    pub frozen: bool,
    /// How far below zero its wallet may go.
    pub credit_limit: NanoUsd,
    /// For how many days its responses are kept; 0: they are not.
    pub response_days: u16,
    /// What rules call it by; empty: nothing.
    pub group: String,
    /// How much all its keys together may ask for.
    pub limits: Limits,
    /// Where its days begin: an IANA name.
    pub zone: String,
    /// Microseconds since 1970.
    pub created_us: i64,
    /// Closed for good, microseconds since 1970.
    pub closed_us: Option<i64>,
}

/// What of a tenant is to change; `None` leaves it. The credit limit is changed by [`crate::ledger`], which may have to
/// call money back first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TenantPatch {
    /// What people call it.
    pub name: Option<Name>,
    /// Whether it is frozen.
    pub frozen: Option<bool>,
    /// For how many days its responses are kept ([`crate::responses::days`]).
    pub response_days: Option<u16>,
    /// What rules call it by; empty: nothing.
    pub group: Option<String>,
    /// How much all its keys together may ask for, as a whole.
    pub limits: Option<Limits>,
    /// Where its days begin: an IANA name.
    pub zone: Option<String>,
}

/// A new tenant's zone.
const UTC: &str = "UTC";

/// Tenants. From [`Store::tenants`].
#[derive(Debug, Clone, Copy)]
pub struct Tenants<'a>(pub(crate) &'a Store);

const SELECT: &str = "SELECT t.id, t.name, t.frozen, t.response_days, t.tenant_group, t.limits, t.zone, t.created, t.closed_at, a.credit_limit \
    FROM tenants t \
    JOIN accounts a ON a.tenant = t.id AND a.kind = 'wallet'";

/// Of a row of `tenants`.
pub(crate) fn response_days(row: &Row) -> Result<u16> {
    u16::try_from(row.int("response_days")?).map_err(|_| Error::Corrupt("response_days"))
}

pub(crate) fn tenant(row: &Row) -> Result<Tenant> {
    Ok(Tenant {
        id: TenantId(row.int("id")?),
        name: row.text("name")?,
        frozen: row.flag("frozen")?,
        response_days: response_days(row)?,
        group: row.text("tenant_group")?,
        limits: keys::limits(row, "limits")?,
        zone: row.text("zone")?,
        credit_limit: NanoUsd(row.int("credit_limit")?),
        created_us: row.int("created")?,
        closed_us: row.opt_int("closed_at")?,
    })
}

impl Tenants<'_> {
    /// Makes a tenant with an empty wallet, in no group.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a negative limit.
    pub async fn create(self, actor: &Actor, name: &Name, credit_limit: NanoUsd) -> Result<Tenant> {
        self.create_in(actor, "", name, credit_limit).await
    }

    /// Makes a tenant with an empty wallet in a group.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a negative limit, or a group's name that is too long.
    pub async fn create_in(self, actor: &Actor, group: &str, name: &Name, credit_limit: NanoUsd) -> Result<Tenant> {
        check_group(group)?;
        let made = Tenant {
            id: TenantId(ids::next()),
            name: name.to_string(),
            frozen: false,
            response_days: 0,
            group: group.to_owned(),
            limits: Limits::default(),
            zone: UTC.to_owned(),
            credit_limit,
            created_us: time::now_us(),
            closed_us: None,
        };
        let mut change = self.0.change(actor).await?;
        let insert = sql!(
            "INSERT INTO tenants (id, name, frozen, tenant_group, created) VALUES ($1, $2, 0, $3, $4)",
            made.id,
            name,
            group,
            made.created_us
        );
        change.tx.execute(insert).await?;
        ledger::accounts::create(&mut change.tx, made.id, credit_limit).await?;
        change.audit("tenant.create", made.id, NOTHING, Some(&made)).await?;
        change.commit().await?;
        Ok(made)
    }

    /// One tenant.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn get(self, id: TenantId) -> Result<Tenant> {
        let row = self.0.db().fetch_optional(Sql::built(format!("{SELECT} WHERE t.id = $1")).bind(id)).await?;
        row.as_ref().map_or(Err(Error::NotFound("tenant")), tenant)
    }

    /// The name of every tenant, for sums.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn names(self) -> Result<Vec<(TenantId, String)>> {
        let rows = self.0.db().fetch_all(sql!("SELECT id, name FROM tenants ORDER BY id")).await?;
        rows.iter().map(|row| Ok((TenantId(row.int(0)?), row.text(1)?))).collect()
    }

    /// Tenants, newest first.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn list(self, page: Page) -> Result<Listing<Tenant>> {
        let select = Sql::built(format!("{SELECT} WHERE t.id < $1 ORDER BY t.id DESC LIMIT $2"));
        let rows = self.0.db().fetch_all(select.bind(page.before()).bind(page.fetch())).await?;
        Ok(page.cut(rows.iter().map(tenant).collect::<Result<_>>()?, |tenant| tenant.id.0))
    }

    /// Changes a tenant. Freezing refuses new requests within a second and calls idle leases back; running requests end
    /// within their holds and are charged.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Conflict`] for thawing a closed tenant.
    pub async fn patch(self, actor: &Actor, id: TenantId, patch: TenantPatch) -> Result<Tenant> {
        let mut change = self.0.change(actor).await?;
        let found = change.tx.fetch_optional(Sql::built(format!("{SELECT} WHERE t.id = $1")).bind(id)).await?;
        let before = found.as_ref().map_or(Err(Error::NotFound("tenant")), tenant)?;
        let mut after = before.clone();
        after.name = patch.name.map_or(after.name, |name| name.to_string());
        after.frozen = patch.frozen.unwrap_or(after.frozen);
        if before.closed_us.is_some() && !after.frozen {
            return Err(Error::conflict("the tenant is closed"));
        }
        after.response_days = patch.response_days.unwrap_or(after.response_days);
        if let Some(group) = patch.group {
            check_group(&group)?;
            after.group = group;
        }
        if let Some(limits) = patch.limits {
            channels::check_limits("limits", &limits)?;
            after.limits = limits;
        }
        if let Some(zone) = patch.zone {
            budgets::window::zone(&zone)?;
            after.zone = if zone.is_empty() { UTC.to_owned() } else { zone };
        }
        if after.zone != before.zone {
            budgets::rows::end_windows(&mut change.tx, id).await?;
        }
        let update = sql!(
            "UPDATE tenants SET name = $1, frozen = $2, response_days = $3, tenant_group = $4, limits = $5, zone = $6 \
             WHERE id = $7",
            &after.name,
            after.frozen,
            i64::from(after.response_days),
            &after.group,
            to_json(&after.limits)?,
            &after.zone,
            id
        );
        change.tx.execute(update).await?;
        if after != (Tenant { name: after.name.clone(), ..before.clone() }) {
            change.announce(Announce::Tenant(id)).await?;
        }
        change.audit("tenant.patch", id, Some(&before), Some(&after)).await?;
        change.commit().await?;
        if after.frozen && !before.frozen {
            // Only a hint: an idle lease goes back by itself within 30 s, and no draw is granted from now on.
            lease::rows::recall(self.0.db(), id, "").await?;
        }
        Ok(after)
    }
}

fn check_group(group: &str) -> Result<()> {
    if group.len() <= 200 { Ok(()) } else { Err(Error::invalid("group", "must have at most 200 bytes")) }
}

/// Refuses a tenant that is not there.
pub(crate) async fn must_exist(tx: &mut Tx, id: TenantId) -> Result<()> {
    let found = tx.fetch_optional(sql!("SELECT id FROM tenants WHERE id = $1", id)).await?;
    found.map(drop).ok_or(Error::NotFound("tenant"))
}

/// Refuses a tenant that is not there, and one that is closed.
pub(crate) async fn must_be_open(tx: &mut Tx, id: TenantId) -> Result<()> {
    let found = tx.fetch_optional(sql!("SELECT closed_at FROM tenants WHERE id = $1", id)).await?;
    match found.ok_or(Error::NotFound("tenant"))?.opt_int(0)? {
        None => Ok(()),
        Some(_) => Err(Error::conflict("the tenant is closed")),
    }
}
