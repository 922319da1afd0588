//! Signing in, and who looks at what.

use super::{ServerConsole, actor, away, failed, unavailable};
use app::port::{Author, Failed, Session, SetUpRefused, SignInRefused};
use domain::{
    ids::{TenantId, UserId},
    ports::Unavailable,
    secret::Password,
    views::{TenantSeen, Viewer},
};
use futures::future::BoxFuture;
use std::net::IpAddr;
use store::{Error, NOTHING, sign_in::SignIn, words::Email};

impl ServerConsole {
    async fn who(&self, user: UserId, chosen: Option<TenantId>) -> Result<Option<Viewer>, Error> {
        let person = match self.store.users().get(user).await {
            Err(Error::NotFound(_)) => return Ok(None),
            found => found?,
        };
        let own = self.store.members().of(user).await?.into_iter();
        let tenants: Vec<TenantSeen> =
            own.map(|it| TenantSeen { id: it.tenant, name: it.name, role: Some(it.role) }).collect();
        let among = |id: TenantId| tenants.iter().find(|tenant| tenant.id == id).cloned();
        let tenant = match chosen {
            Some(id) if person.admin => self.inside(id).await?,
            Some(id) => among(id).or_else(|| tenants.first().cloned()),
            None if person.admin => None,
            None => tenants.first().cloned(),
        };
        Ok(Some(Viewer { email: person.email, admin: person.admin, tenant, tenants }))
    }

    /// A tenant as one who runs the place sees it from inside.
    async fn inside(&self, id: TenantId) -> Result<Option<TenantSeen>, Error> {
        match self.store.tenants().get(id).await {
            Err(Error::NotFound(_)) => Ok(None),
            found => found.map(|tenant| Some(TenantSeen { id, name: tenant.name, role: None })),
        }
    }

    async fn step(&self, by: Author, tenant: Option<TenantId>) -> Result<(), Failed> {
        let person = self.store.users().get(by.user).await.map_err(failed)?;
        if let Some(id) = tenant {
            self.store.tenants().get(id).await.map_err(failed)?;
            let own = self.store.members().of(by.user).await.map_err(failed)?;
            if !person.admin && !own.iter().any(|it| it.tenant == id) {
                return Err(Failed::NotFound);
            }
        }
        if !person.admin {
            return Ok(());
        }
        let actor = actor(by);
        let mut change = self.store.change(&actor).await.map_err(failed)?;
        let written = match tenant {
            Some(id) => change.audit("tenant.step_into", id, NOTHING, NOTHING).await,
            None => change.audit("tenant.step_out", by.user, NOTHING, NOTHING).await,
        };
        written.map_err(failed)?;
        change.commit().await.map_err(failed)
    }
}

impl Session for ServerConsole {
    fn sign_in(&self, email: String, password: Password, from: IpAddr) -> BoxFuture<'_, Result<UserId, SignInRefused>> {
        Box::pin(async move {
            let Ok(email) = Email::parse(&email) else { return Err(SignInRefused::Wrong) };
            match self.store.users().sign_in(&email, &password, from).await {
                Ok(SignIn::Welcome(user)) => Ok(user.id),
                Ok(SignIn::Wrong) => Err(SignInRefused::Wrong),
                Ok(SignIn::TooMany { retry_after }) => Err(SignInRefused::Throttled { retry_after }),
                Err(error) => {
                    away(&error);
                    Err(SignInRefused::Unavailable)
                }
            }
        })
    }

    fn viewer(&self, user: UserId, chosen: Option<TenantId>) -> BoxFuture<'_, Result<Option<Viewer>, Unavailable>> {
        Box::pin(async move { self.who(user, chosen).await.map_err(unavailable) })
    }

    fn choose(&self, by: Author, tenant: Option<TenantId>) -> BoxFuture<'_, Result<(), Failed>> {
        Box::pin(self.step(by, tenant))
    }

    fn change_password(
        &self,
        by: Author,
        email: String,
        old: Password,
        new: Password,
    ) -> BoxFuture<'_, Result<(), Failed>> {
        Box::pin(async move {
            let wrong = || Failed::Invalid { field: "Old password".to_owned(), why: "is not right".to_owned() };
            let email = Email::parse(&email).map_err(failed)?;
            match self.store.users().sign_in(&email, &old, by.from).await.map_err(failed)? {
                SignIn::Welcome(user) if user.id == by.user => {}
                SignIn::TooMany { .. } => {
                    return Err(Failed::Conflict("there were too many tries; wait a minute".to_owned()));
                }
                SignIn::Welcome(_) | SignIn::Wrong => return Err(wrong()),
            }
            self.store.users().set_password(&actor(by), by.user, &new).await.map_err(failed)
        })
    }

    fn setup_pending(&self, token: String) -> BoxFuture<'_, Result<bool, Unavailable>> {
        Box::pin(async move { self.store.setup().is_valid(&token).await.map_err(unavailable) })
    }

    fn set_up(&self, token: String, email: String, password: Password) -> BoxFuture<'_, Result<UserId, SetUpRefused>> {
        Box::pin(async move {
            let Ok(email) = Email::parse(&email) else { return Err(SetUpRefused::Email) };
            match self.store.setup().claim(&token, &email, &password).await {
                Ok(user) => Ok(user.id),
                Err(Error::NotFound(_)) => Err(SetUpRefused::LinkOver),
                Err(Error::Invalid { field: "password", .. }) => Err(SetUpRefused::Password),
                Err(error) => {
                    away(&error);
                    Err(SetUpRefused::Unavailable)
                }
            }
        })
    }

    fn public_url(&self) -> Option<String> {
        self.public_url.as_ref().map(|url| url.trim_end_matches('/').to_owned())
    }
}
