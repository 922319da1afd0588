//! API keys: made once, shown once, kept as a hash. Revoking is for good; switching off is not.

mod rotate;
mod rows;

pub use rotate::{Former, Overlap};
pub(crate) use rows::{limits, records, select_records};

use crate::{
    Store,
    budgets::{self, NewBudget, rows::Owner},
    change::{Actor, Announce, NOTHING},
    channels,
    db::Sql,
    error::{Error, Result},
    ids, members,
    seal::{last4, random_secret},
    sql, time,
    words::{Listing, ModelName, Name, Page},
};
use domain::{
    budget::Period,
    channel::Limits,
    dialect::Dialect,
    ids::{KeyId, TenantId, UserId},
    money::NanoUsd,
    secret::{API_KEY_PREFIX, ApiKeySecret, SecretHash},
};
use ipnet::IpNet;
use rows::{COLUMNS, key, locked, write};
use serde::Serialize;
use std::collections::HashMap;

/// How much of a secret is shown in lists.
const SHOWN: usize = API_KEY_PREFIX.len() + 4;

/// What a key may do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Scope {
    /// Public model names; `None`: all.
    pub models: Option<Vec<String>>,
    /// [`Dialect::endpoint`] words; `None`: all.
    pub endpoints: Option<Vec<String>>,
    /// Networks; `None`: any.
    pub ip_allow: Option<Vec<IpNet>>,
}

impl Scope {
    /// Reads the three lists as the API takes them. An address without a mask is that one address.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an empty list (leave it out to allow all), an unknown endpoint, a bad name or network.
    pub fn parse(
        models: Option<Vec<String>>,
        endpoints: Option<Vec<String>>,
        ip_allow: Option<Vec<String>>,
    ) -> Result<Self> {
        let some = |field, list: Option<Vec<String>>| match list {
            Some(list) if list.is_empty() => Err(Error::invalid(field, "must not be empty; leave it out to allow all")),
            Some(list) if list.len() > 1000 => Err(Error::invalid(field, "must not have over 1000 entries")),
            list => Ok(list),
        };
        let (models, endpoints, ip_allow) =
            (some("models", models)?, some("endpoints", endpoints)?, some("ip_allow", ip_allow)?);
        for model in models.iter().flatten() {
            ModelName::parse("models", model)?;
        }
        for endpoint in endpoints.iter().flatten() {
            if !Dialect::ALL.iter().any(|dialect| dialect.has_callers() && dialect.endpoint() == endpoint) {
                return Err(Error::invalid("endpoints", format!("no such endpoint: {endpoint:?}")));
            }
        }
        let network = |text: &String| {
            let address = text.parse::<std::net::IpAddr>().map(|address| IpNet::from(address.to_canonical()));
            address
                .or_else(|_| text.parse::<IpNet>())
                .map_err(|_| Error::invalid("ip_allow", format!("not an address or network: {text:?}")))
        };
        let ip_allow = ip_allow.map(|list| list.iter().map(network).collect::<Result<Vec<_>>>()).transpose()?;
        Ok(Self { models, endpoints, ip_allow })
    }
}

/// A key to be made.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// What people call it.
    pub name: Name,
    /// What it may do.
    pub scope: Scope,
    /// Milliseconds since 1970 after which it is refused.
    pub expires_at_ms: Option<i64>,
    /// How much it may ask for.
    pub limits: Limits,
    /// Which member it belongs to; `None`: the one who makes it, if it is one.
    pub member: Option<UserId>,
    /// How much may be spent with it: a hard budget for each period.
    pub budgets: Vec<(Period, NanoUsd)>,
}

impl NewKey {
    /// One that may do everything.
    pub fn named(name: Name) -> Self {
        let (scope, limits) = (Scope::default(), Limits::default());
        Self { name, scope, expires_at_ms: None, limits, member: None, budgets: Vec::new() }
    }
}

/// What of a key is to change; `None` leaves it. An inner `None` takes the restriction away.
#[derive(Debug, Clone, Default)]
pub struct KeyPatch {
    /// What people call it.
    pub name: Option<Name>,
    /// On or off.
    pub enabled: Option<bool>,
    /// What it may do, as a whole.
    pub scope: Option<Scope>,
    /// When it ends.
    pub expires_at_ms: Option<Option<i64>>,
    /// How much it may ask for, as a whole.
    pub limits: Option<Limits>,
}

/// A key as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Key {
    /// Which.
    pub id: KeyId,
    /// Whose.
    pub tenant: TenantId,
    /// What people call it.
    pub name: String,
    /// How its secret begins.
    pub prefix: String,
    /// How its secret ends.
    pub last4: String,
    /// The secret it had before, while that still works.
    pub former: Option<Former>,
    /// On or off.
    pub enabled: bool,
    /// Milliseconds since 1970.
    pub expires_at_ms: Option<i64>,
    /// What it may do.
    #[serde(flatten)]
    pub scope: Scope,
    /// How much it may ask for.
    pub limits: Limits,
    /// The member it belongs to; `None`: nobody in particular.
    pub member: Option<UserId>,
    /// Microseconds since 1970.
    pub created_us: i64,
    /// Revoked for good, microseconds since 1970.
    pub revoked_us: Option<i64>,
}

/// A secret just made, and what of it is shown in lists.
struct Minted {
    secret: ApiKeySecret,
    prefix: String,
    last4: String,
}

impl Minted {
    fn new() -> Result<Self> {
        let secret = random_secret(API_KEY_PREFIX)?;
        let (prefix, last4) = (secret.chars().take(SHOWN).collect(), last4(&secret));
        Ok(Self { secret: ApiKeySecret::new(secret), prefix, last4 })
    }
}

/// API keys. From [`Store::keys`].
#[derive(Debug, Clone, Copy)]
pub struct Keys<'a>(pub(crate) &'a Store);

impl Keys<'_> {
    /// Makes a key. Its secret is in the answer and nowhere else.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such tenant; [`Error::Conflict`] when it is closed.
    pub async fn create(self, actor: &Actor, tenant: TenantId, new: NewKey) -> Result<(Key, ApiKeySecret)> {
        channels::check_limits("limits", &new.limits)?;
        let minted = Minted::new()?;
        let mut change = self.0.change(actor).await?;
        crate::tenants::must_be_open(&mut change.tx, tenant).await?;
        let made = Key {
            id: KeyId(ids::next()),
            tenant,
            name: new.name.to_string(),
            prefix: minted.prefix,
            last4: minted.last4,
            former: None,
            enabled: true,
            expires_at_ms: new.expires_at_ms,
            scope: new.scope,
            limits: new.limits,
            member: members::of_key(&mut change.tx, actor, tenant, new.member).await?,
            created_us: time::now_us(),
            revoked_us: None,
        };
        let insert = sql!(
            "INSERT INTO keys (id, tenant, name, prefix, last4, hash, enabled, expires, member, created) \
             VALUES ($1, $2, $3, $4, $5, $6, 1, NULL, $7, $8)",
            made.id,
            tenant,
            &made.name,
            &made.prefix,
            &made.last4,
            SecretHash::of(minted.secret.expose()),
            made.member,
            made.created_us
        );
        change.tx.execute(insert).await?;
        write(&mut change.tx, &made).await?;
        change.announce(Announce::Key(made.id)).await?;
        change.audit("key.create", made.id, NOTHING, Some(&made)).await?;
        for (period, amount) in new.budgets {
            let budget = NewBudget::hard(Owner::Key(made.id), period, amount);
            budgets::create_in(&mut change, tenant, &budget).await?;
        }
        change.commit().await?;
        Ok((made, minted.secret))
    }

    /// One key.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn get(self, id: KeyId) -> Result<Key> {
        let select = Sql::built(format!("SELECT {COLUMNS} FROM keys k WHERE k.id = $1")).bind(id);
        self.0.db().fetch_optional(select).await?.as_ref().map_or(Err(Error::NotFound("key")), key)
    }

    /// A tenant's keys, newest first, revoked ones left out.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn list(self, tenant: TenantId, page: Page) -> Result<Listing<Key>> {
        self.page(tenant, page, " AND k.revoked_at IS NULL").await
    }

    /// Every key that a tenant ever had, newest first.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn ever(self, tenant: TenantId, page: Page) -> Result<Listing<Key>> {
        self.page(tenant, page, "").await
    }

    /// `more` is a further condition in SQL, text of the source.
    async fn page(self, tenant: TenantId, page: Page, more: &'static str) -> Result<Listing<Key>> {
        let select = Sql::built(format!(
            "SELECT {COLUMNS} FROM keys k WHERE k.tenant = $1 AND k.id < $2{more} ORDER BY k.id DESC LIMIT $3"
        ));
        let rows = self.0.db().fetch_all(select.bind(tenant).bind(page.before()).bind(page.fetch())).await?;
        Ok(page.cut(rows.iter().map(key).collect::<Result<_>>()?, |key| key.id.0))
    }

    /// The name of every key there ever was, of one tenant or of all: for sums of the past.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn names(self, tenant: Option<TenantId>) -> Result<Vec<(KeyId, String)>> {
        let text = "SELECT id, name FROM keys WHERE tenant = $1 OR $1 = 0";
        let rows = self.0.db().fetch_all(sql!(text, tenant.map_or(0, |tenant| tenant.0))).await?;
        rows.iter().map(|row| Ok((KeyId(row.int(0)?), row.text(1)?))).collect()
    }

    /// The names of these keys, revoked ones too.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn names_of(self, ids: &[KeyId]) -> Result<Vec<(KeyId, String)>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let places: Vec<_> = (1..=ids.len()).map(|n| format!("${n}")).collect();
        let select = Sql::built(format!("SELECT id, name FROM keys WHERE id IN ({})", places.join(", ")));
        let rows = self.0.db().fetch_all(ids.iter().fold(select, |sql, id| sql.bind(*id))).await?;
        rows.iter().map(|row| Ok((KeyId(row.int(0)?), row.text(1)?))).collect()
    }

    /// When each of a tenant's keys that are not revoked was last used, in microseconds since 1970.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn last_used(self, tenant: TenantId) -> Result<HashMap<KeyId, i64>> {
        let text = "SELECT k.id, (SELECT MAX(u.time_us) FROM usage_events u WHERE u.key_id = k.id) AS used \
                    FROM keys k WHERE k.tenant = $1 AND k.revoked_at IS NULL";
        let mut times = HashMap::new();
        for row in self.0.db().fetch_all(sql!(text, tenant)).await? {
            if let Some(used) = row.opt_int("used")? {
                times.insert(KeyId(row.int("id")?), used);
            }
        }
        Ok(times)
    }

    /// Changes a key.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Conflict`] for a revoked key.
    pub async fn patch(self, actor: &Actor, id: KeyId, patch: KeyPatch) -> Result<Key> {
        let mut change = self.0.change(actor).await?;
        let before = locked(&mut change.tx, id).await?;
        if before.revoked_us.is_some() {
            return Err(Error::conflict("the key is revoked"));
        }
        let mut after = before.clone();
        after.name = patch.name.map_or(after.name, |name| name.to_string());
        after.enabled = patch.enabled.unwrap_or(after.enabled);
        after.scope = patch.scope.unwrap_or(after.scope);
        if let Some(limits) = patch.limits {
            channels::check_limits("limits", &limits)?;
            after.limits = limits;
        }
        after.expires_at_ms = patch.expires_at_ms.unwrap_or(after.expires_at_ms);
        write(&mut change.tx, &after).await?;
        change.announce(Announce::Key(id)).await?;
        change.audit("key.patch", id, Some(&before), Some(&after)).await?;
        change.commit().await?;
        Ok(after)
    }

    /// Revokes a key for good. Every node refuses it within a second. Revoking twice is no error.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn revoke(self, actor: &Actor, id: KeyId) -> Result<()> {
        let mut change = self.0.change(actor).await?;
        let before = locked(&mut change.tx, id).await?;
        if before.revoked_us.is_some() {
            return Ok(());
        }
        let now = time::now_us();
        change.tx.execute(sql!("UPDATE keys SET revoked_at = $1 WHERE id = $2", now, id)).await?;
        change.announce(Announce::Key(id)).await?;
        let after = Key { revoked_us: Some(now), former: None, ..before.clone() };
        change.audit("key.revoke", id, Some(&before), Some(&after)).await?;
        change.commit().await
    }
}
