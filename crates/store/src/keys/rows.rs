//! Keys as rows: for lists, for the relay, and written back.

use super::{Former, Key, Scope};
use crate::{
    budgets,
    change::to_json,
    db::{Row, Sql, Tx},
    error::{Error, Result},
    sql, tenants, time,
};
use domain::{
    budget::Budgets,
    channel::Limits,
    ids::{KeyId, TenantId, UserId},
    key::KeyRecord,
    secret::SecretHash,
};
use serde::de::DeserializeOwned;

/// What [`key`] and [`records`] read.
pub(super) const COLUMNS: &str = "k.id, k.tenant, k.name, k.prefix, k.last4, k.hash, k.enabled, k.expires, k.models, k.endpoints, \
    k.ip_allow, k.created, k.revoked_at, k.former_hash, k.former_prefix, k.former_last4, k.former_ends, \
    k.limits, k.member";

fn list<T: DeserializeOwned>(row: &Row, column: &'static str) -> Result<Option<Vec<T>>> {
    let text = row.opt_text(column)?;
    text.map(|text| serde_json::from_str(&text).map_err(|_| Error::Corrupt("scope of a key"))).transpose()
}

/// Limits as a row has them.
pub(crate) fn limits(row: &Row, column: &'static str) -> Result<Limits> {
    serde_json::from_str(&row.text(column)?).map_err(|_| Error::Corrupt("limits"))
}

fn former(row: &Row) -> Result<Option<Former>> {
    let (prefix, last4) = (row.opt_text("former_prefix")?, row.opt_text("former_last4")?);
    Ok(match (prefix, last4, row.opt_int("former_ends")?) {
        (Some(prefix), Some(last4), Some(ends_at_ms)) => Some(Former { prefix, last4, ends_at_ms }),
        _ => None,
    })
}

/// A key as a row has it.
pub(super) fn key(row: &Row) -> Result<Key> {
    let (now_ms, revoked_us) = (time::now_ms(), row.opt_int("revoked_at")?);
    Ok(Key {
        former: former(row)?.filter(|former| revoked_us.is_none() && now_ms < former.ends_at_ms),
        id: KeyId(row.int("id")?),
        tenant: TenantId(row.int("tenant")?),
        name: row.text("name")?,
        prefix: row.text("prefix")?,
        last4: row.text("last4")?,
        enabled: row.flag("enabled")?,
        expires_at_ms: row.opt_int("expires")?,
        scope: Scope {
            models: list(row, "models")?,
            endpoints: list(row, "endpoints")?,
            ip_allow: list(row, "ip_allow")?,
        },
        limits: limits(row, "limits")?,
        member: row.opt_int("member")?.map(UserId),
        created_us: row.int("created")?,
        revoked_us,
    })
}

fn hash(bytes: Vec<u8>) -> Result<SecretHash> {
    bytes.try_into().map(SecretHash).map_err(|_| Error::Corrupt("hash of a key"))
}

/// A key as the relay knows it, under the hash of its secret, and under that of its former one with the end of that.
pub(crate) fn records(row: &Row) -> Result<Vec<(SecretHash, KeyRecord)>> {
    let key = key(row)?;
    let record = KeyRecord {
        id: key.id,
        tenant: key.tenant,
        enabled: key.enabled && key.revoked_us.is_none(),
        tenant_frozen: row.flag("frozen")?,
        response_days: tenants::response_days(row)?,
        expires_at_ms: key.expires_at_ms,
        models: key.scope.models,
        endpoints: key.scope.endpoints,
        ip_allow: key.scope.ip_allow,
        limits: key.limits,
        tenant_limits: limits(row, "tenant_limits")?,
        tenant_group: row.text("tenant_group")?.into(),
        budgets: Budgets {
            zone: row.text("zone")?.into(),
            tenant: budgets::read(row.opt_text("tenant_budgets")?)?,
            key: budgets::read(row.opt_text("key_budgets")?)?,
        },
    };
    let mut records = vec![(hash(row.bytes("hash")?)?, record)];
    if let (Some(former), Some((_, record))) = (key.former, records.first()) {
        let ends_ms = record.expires_at_ms.map_or(former.ends_at_ms, |expires| expires.min(former.ends_at_ms));
        let record = KeyRecord { expires_at_ms: Some(ends_ms), ..record.clone() };
        records.push((hash(row.bytes("former_hash")?)?, record));
    }
    Ok(records)
}

/// The statement for [`records`], with a condition on `k` and an order.
pub(crate) fn select_records(condition: &'static str) -> Sql {
    let of_tenant = budgets::column("b.owner = k.tenant AND b.owner_kind = 'tenant'");
    let of_key = budgets::column(
        "(b.owner = k.id AND b.owner_kind = 'key') \
         OR (b.owner = k.member AND b.owner_kind = 'member' AND b.tenant = k.tenant)",
    );
    Sql::built(format!(
        "SELECT {COLUMNS}, t.frozen, t.response_days, t.limits AS tenant_limits, t.tenant_group, t.zone, \
         {of_tenant} AS tenant_budgets, {of_key} AS key_budgets \
         FROM keys k JOIN tenants t ON t.id = k.tenant WHERE {condition}"
    ))
}

/// A key, locked until the transaction's end.
pub(super) async fn locked(tx: &mut Tx, id: KeyId) -> Result<Key> {
    let select = Sql::built(format!("SELECT {COLUMNS} FROM keys k WHERE k.id = $1{}", tx.for_update())).bind(id);
    tx.fetch_optional(select).await?.as_ref().map_or(Err(Error::NotFound("key")), key)
}

/// Writes what of a key can be changed.
pub(super) async fn write(tx: &mut Tx, key: &Key) -> Result<()> {
    let json = |list: Option<&Vec<String>>| list.map(to_json).transpose();
    let update = sql!(
        "UPDATE keys SET name = $1, enabled = $2, expires = $3, models = $4, endpoints = $5, ip_allow = $6, \
         limits = $7 WHERE id = $8",
        &key.name,
        key.enabled,
        key.expires_at_ms,
        json(key.scope.models.as_ref())?,
        json(key.scope.endpoints.as_ref())?,
        key.scope.ip_allow.as_ref().map(to_json).transpose()?,
        to_json(&key.limits)?,
        key.id
    );
    tx.execute(update).await.map(drop)
}
