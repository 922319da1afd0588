//! Who belongs to a tenant, in which role. A tenant that has members has an owner among them.

use crate::{
    Store,
    change::{Actor, ActorKind, Change, NOTHING},
    db::{Row, Sql, Tx},
    error::{Error, Result},
    sql, time,
    users::{self, User},
    words::{Listing, Page},
};
use domain::{
    ids::{TenantId, UserId},
    role::Role,
};
use serde::Serialize;

/// A tenant as one of its members sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// Which tenant.
    pub tenant: TenantId,
    /// What people call it.
    pub name: String,
    /// What the member is to it.
    pub role: Role,
}

/// A member of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub user: User,
    /// In which role.
    pub role: Role,
}

/// A membership as the audit log keeps it.
#[derive(Debug, Serialize)]
struct Kept {
    user: UserId,
    role: Role,
}

/// Members of tenants. From [`Store::members`].
#[derive(Debug, Clone, Copy)]
pub struct Members<'a>(pub(crate) &'a Store);

fn role(row: &Row) -> Result<Role> {
    match row.text("role")?.as_str() {
        // As builds before roles wrote it.
        "member" => Ok(Role::Owner),
        word => word.parse().map_err(|_| Error::Corrupt("role")),
    }
}

impl Members<'_> {
    /// Makes a person a member.
    ///
    /// # Errors
    /// [`Error::NotFound`] for either; [`Error::Conflict`] when they are one.
    pub async fn add(self, actor: &Actor, tenant: TenantId, user: UserId, role: Role) -> Result<()> {
        let mut change = self.0.change(actor).await?;
        users::must_exist(&mut change.tx, user).await?;
        add(&mut change, tenant, user, role).await?;
        change.commit().await
    }

    /// Gives a member another role.
    ///
    /// # Errors
    /// [`Error::NotFound`] when they are none; [`Error::Conflict`] when they are the last owner.
    pub async fn set_role(self, actor: &Actor, tenant: TenantId, user: UserId, role: Role) -> Result<()> {
        let mut change = self.0.change(actor).await?;
        let before = locked(&mut change.tx, tenant, user).await?;
        if role != Role::Owner {
            keep_an_owner(&mut change.tx, tenant, user).await?;
        }
        let update = "UPDATE memberships SET role = $1 WHERE tenant = $2 AND user_id = $3";
        change.tx.execute(sql!(update, role.word(), tenant, user)).await?;
        change.audit("member.role", tenant, Some(&Kept { user, role: before }), Some(&Kept { user, role })).await?;
        change.commit().await
    }

    /// Ends a membership.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none; [`Error::Conflict`] when others would be left without an owner.
    pub async fn remove(self, actor: &Actor, tenant: TenantId, user: UserId) -> Result<()> {
        let mut change = self.0.change(actor).await?;
        let before = locked(&mut change.tx, tenant, user).await?;
        keep_an_owner(&mut change.tx, tenant, user).await?;
        let delete = sql!("DELETE FROM memberships WHERE tenant = $1 AND user_id = $2", tenant, user);
        change.tx.execute(delete).await?;
        change.audit("member.remove", tenant, Some(&Kept { user, role: before }), NOTHING).await?;
        change.commit().await
    }

    /// A tenant's members, newest first.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn list(self, tenant: TenantId, page: Page) -> Result<Listing<Member>> {
        let select = sql!(
            "SELECT u.*, m.role FROM memberships m JOIN users u ON u.id = m.user_id WHERE m.tenant = $1 AND u.id < $2 \
             ORDER BY u.id DESC LIMIT $3",
            tenant,
            page.before(),
            page.fetch()
        );
        let rows = self.0.db().fetch_all(select).await?;
        let member = |row: &Row| Ok(Member { user: users::user(row)?, role: role(row)? });
        Ok(page.cut(rows.iter().map(member).collect::<Result<_>>()?, |member| member.user.id.0))
    }

    /// The tenants a person is a member of, in the order they joined.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn of(self, user: UserId) -> Result<Vec<Membership>> {
        let select = sql!(
            "SELECT t.id, t.name, m.role FROM memberships m JOIN tenants t ON t.id = m.tenant WHERE m.user_id = $1 \
             ORDER BY m.created, t.id",
            user
        );
        let rows = self.0.db().fetch_all(select).await?;
        let membership =
            |row: &Row| Ok(Membership { tenant: TenantId(row.int("id")?), name: row.text("name")?, role: role(row)? });
        rows.iter().map(membership).collect()
    }
}

/// Makes a person a member within a change, audited.
pub(crate) async fn add(change: &mut Change<'_>, tenant: TenantId, user: UserId, role: Role) -> Result<()> {
    crate::tenants::must_exist(&mut change.tx, tenant).await?;
    let insert = "INSERT INTO memberships (tenant, user_id, role, created) VALUES ($1, $2, $3, $4)";
    let insert = sql!(insert, tenant, user, role.word(), time::now_us());
    change.tx.execute(insert).await.map_err(|e| e.duplicate_means("they are a member already"))?;
    change.audit("member.add", tenant, NOTHING, Some(&Kept { user, role })).await
}

/// A member's role. Changes commit one after another, so what is read here holds until this one ends.
async fn locked(tx: &mut Tx, tenant: TenantId, user: UserId) -> Result<Role> {
    let select = sql!("SELECT role FROM memberships WHERE tenant = $1 AND user_id = $2", tenant, user);
    tx.fetch_optional(select).await?.as_ref().map_or(Err(Error::NotFound("member")), role)
}

/// Refuses where members are left and none of them is an owner, once this one is none any more.
async fn keep_an_owner(tx: &mut Tx, tenant: TenantId, but: UserId) -> Result<()> {
    let select = "SELECT COUNT(*) AS others, CAST(COALESCE(SUM(CASE WHEN role IN ('owner', 'member') THEN 1 ELSE 0 END), 0) \
                  AS BIGINT) AS owners FROM memberships WHERE tenant = $1 AND user_id <> $2";
    let row = tx.fetch_one(Sql::new(select).bind(tenant).bind(but)).await?;
    if row.int("others")? > 0 && row.int("owners")? == 0 {
        return Err(Error::conflict("make somebody else an owner first"));
    }
    Ok(())
}

/// Whose a new key is: the member named, else whoever makes it, where they are a member.
///
/// # Errors
/// [`Error::Invalid`] for one who is named and is no member.
pub(crate) async fn of_key(
    tx: &mut Tx,
    actor: &Actor,
    tenant: TenantId,
    named: Option<UserId>,
) -> Result<Option<UserId>> {
    let maker = if let ActorKind::User(user) = actor.kind { Some(user) } else { None };
    let Some(user) = named.or(maker) else { return Ok(None) };
    let find = "SELECT user_id FROM memberships WHERE tenant = $1 AND user_id = $2";
    let is_member = tx.fetch_optional(sql!(find, tenant, user)).await?.is_some();
    if named.is_some() && !is_member {
        return Err(Error::invalid("member", "must be a member of this tenant"));
    }
    Ok(is_member.then_some(user))
}
