//! Credit is sold: orders at a provider of payments, what the provider says of them, refunds.
//!
//! A provider is a [`Provider`]: it opens an order, says how one stands, and gives money back. Everything it says, by webhook,
//! by a look at it, or by the payer's return, ends in the same calls of the store, which happen once. A provider whose secrets
//! are not configured does not exist: nothing is sold through it and its webhook is not there.

mod epay;
mod job;
mod stripe;
mod stripe_webhook;
pub mod webhooks;

pub use job::watch;

use crate::{config, egress::Egress};
use domain::{
    exchange::{Currency, Quote},
    ids::{TenantId, TopupId},
    money::NanoUsd,
};
use epay::Epay;
use futures::future::BoxFuture;
use std::{sync::Arc, time::Duration};
use store::{
    Actor, Error, Store, ids, time,
    topups::{NewTopup, Paid, Refund, RefundState, Settled, State, Told, Topup},
};
use stripe::Stripe;

/// A call of a provider may take so long.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long an order can be paid at its rate.
const LIFETIME_US: i64 = 3_600_000_000;
/// Returning customers ask the provider at most so often.
const LOOK_AGAIN_US: i64 = 2_000_000;

/// An order that is to be opened.
#[derive(Debug)]
pub struct Order<'a> {
    /// Its id.
    pub id: TopupId,
    /// What it costs.
    pub quote: &'a Quote,
    /// How it is paid; empty where the provider asks that itself.
    pub method: &'a str,
    /// Until when, microseconds since 1970.
    pub expires_us: i64,
    /// How people reach this server.
    pub public_url: &'a str,
}

/// An order that a provider knows.
#[derive(Debug)]
pub struct Opened {
    /// What it calls it, where it has a name of its own for it.
    pub reference: Option<String>,
    /// Where it is paid.
    pub pay_url: String,
}

/// How an order stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// Not paid, and may still be.
    Pending,
    /// Paid.
    Paid {
        /// What the provider calls the payment.
        payment: String,
        /// How much, in minor units.
        minor: i64,
        /// Of which currency.
        currency: String,
    },
    /// It will not be paid.
    Over(State),
}

/// What came of a refund.
#[derive(Debug)]
pub enum Refunded {
    /// So, under this name.
    Ended(RefundState, Option<String>),
    /// The provider takes it, and will say later.
    Taken(String),
    /// The provider does not do it.
    Refused(String),
}

/// A provider did not do what it was asked; nobody knows, or it said why.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ProviderFailed(pub String);

/// One provider of payments.
pub trait Provider: Send + Sync {
    /// Its name in orders.
    fn name(&self) -> &'static str;

    /// How orders can be paid there, where they must say so.
    fn methods(&self) -> &[String];

    /// Whether it takes this currency.
    fn takes(&self, currency: &str) -> bool;

    /// Opens an order: with the same id, the same order.
    fn open<'a>(&'a self, order: &'a Order<'a>) -> BoxFuture<'a, Result<Opened, ProviderFailed>>;

    /// How an order stands.
    fn look<'a>(&'a self, order: &'a Topup) -> BoxFuture<'a, Result<Seen, ProviderFailed>>;

    /// Gives money back: with the same refund, once.
    fn refund<'a>(&'a self, refund: &'a Refund, order: &'a Topup) -> BoxFuture<'a, Result<Refunded, ProviderFailed>>;
}

/// Why an order was not made.
#[derive(Debug, thiserror::Error)]
pub enum NotMade {
    /// A value that cannot be taken.
    #[error("{0}: {1}")]
    Invalid(&'static str, String),
    /// The provider did not open it.
    #[error("the provider of payments did not answer as it should: {0}")]
    Provider(#[from] ProviderFailed),
    /// The database's words.
    #[error(transparent)]
    Store(#[from] Error),
}

/// What is wanted.
#[derive(Debug, Clone)]
pub struct Wish {
    /// For whom.
    pub tenant: TenantId,
    /// How much credit.
    pub amount: NanoUsd,
    /// Paid in which currency; `None`: the first that the provider takes.
    pub currency: Option<String>,
    /// Through whom.
    pub provider: String,
    /// How; empty where there is one way.
    pub method: String,
}

/// Payments on this server.
pub struct Payments {
    store: Store,
    config: config::Payments,
    public_url: Option<String>,
    stripe: Option<Stripe>,
    epay: Option<Epay>,
}

impl Payments {
    /// With the providers that are configured.
    ///
    /// # Errors
    /// When the client for their APIs cannot be made.
    pub fn new(
        store: Store,
        config: &config::Payments,
        public_url: Option<&str>,
        egress: Arc<Egress>,
    ) -> anyhow::Result<Self> {
        let web = crate::web::client(egress, PATIENCE, true)?;
        let (stripe, epay) = (Stripe::new(&config.stripe, web.clone()), Epay::new(&config.epay, web));
        let public_url = public_url.map(|url| url.trim_end_matches('/').to_owned());
        Ok(Self { store, config: config.clone(), public_url, stripe, epay })
    }

    /// The providers that are open.
    pub fn providers(&self) -> impl Iterator<Item = &dyn Provider> {
        let stripe = self.stripe.as_ref().map(|it| it as &dyn Provider);
        stripe.into_iter().chain(self.epay.as_ref().map(|it| it as &dyn Provider))
    }

    fn provider(&self, name: &str) -> Option<&dyn Provider> {
        self.providers().find(|provider| provider.name() == name)
    }

    /// The currencies credit can be paid in.
    pub fn currencies(&self) -> &[Currency] {
        &self.config.currencies
    }

    /// The least and the most credit of one order.
    pub fn limits(&self) -> (NanoUsd, NanoUsd) {
        (self.config.min_usd, self.config.max_usd)
    }

    /// Those of them that a provider takes.
    pub fn taken_by<'a>(&'a self, provider: &'a dyn Provider) -> impl Iterator<Item = &'a Currency> {
        self.currencies().iter().filter(|currency| provider.takes(&currency.code))
    }

    /// What so much credit costs.
    fn quote(&self, amount: NanoUsd, currency: &Currency) -> Result<Quote, NotMade> {
        let (min, max) = self.limits();
        if amount < min || amount > max {
            return Err(NotMade::Invalid("amount", format!("must be {min} to {max} USD")));
        }
        currency.quote(amount).map_err(|why| NotMade::Invalid("amount", why.to_string()))
    }

    /// Makes an order: at its provider first, so that an order that is kept can be paid.
    ///
    /// # Errors
    /// [`NotMade`]; nothing was changed then.
    pub async fn order(&self, actor: &Actor, wish: Wish) -> Result<Topup, NotMade> {
        let no_provider = || NotMade::Invalid("provider", "is not one that is open".to_owned());
        let provider = self.provider(&wish.provider).ok_or_else(no_provider)?;
        let public_url = self.public_url.as_deref().ok_or_else(no_provider)?;
        let mut taken = self.taken_by(provider);
        let currency = match &wish.currency {
            None => taken.next(),
            Some(code) => taken.find(|currency| currency.code == *code),
        };
        let not_taken = || NotMade::Invalid("currency", format!("is not one that {} takes here", provider.name()));
        let quote = self.quote(wish.amount, currency.ok_or_else(not_taken)?)?;
        let methods = provider.methods();
        let fits = if methods.is_empty() { wish.method.is_empty() } else { methods.contains(&wish.method) };
        if !fits {
            let why = if methods.is_empty() {
                "must be left out".to_owned()
            } else {
                format!("must be one of: {}", methods.join(", "))
            };
            return Err(NotMade::Invalid("method", why));
        }
        self.store.topups().may_be_made(wish.tenant).await?;
        let (id, expires_us) = (TopupId(ids::next()), time::now_us() + LIFETIME_US);
        let order = Order { id, quote: &quote, method: &wish.method, expires_us, public_url };
        let Opened { reference, pay_url } = provider.open(&order).await?;
        let new = NewTopup {
            id,
            tenant: wish.tenant,
            provider: provider.name(),
            method: wish.method,
            quote,
            reference,
            pay_url,
            expires_us,
        };
        Ok(self.store.topups().open(actor, new).await?)
    }

    /// Asks the provider how an order stands, unless it is over or was looked at just now; the order as it is then.
    ///
    /// # Errors
    /// The database's.
    pub async fn look(&self, order: Topup) -> Result<Topup, Error> {
        if order.state != State::Pending || !self.store.topups().may_look(order.id, LOOK_AGAIN_US).await? {
            return Ok(order);
        }
        self.look_now(order).await
    }

    async fn look_now(&self, order: Topup) -> Result<Topup, Error> {
        let Some(provider) = self.provider(&order.provider) else { return Ok(order) };
        match provider.look(&order).await {
            Ok(seen) => match self.say(&order, seen, None).await? {
                Settled::Done(order) => Ok(*order),
                Settled::Unmatched(why) => {
                    let told = Told {
                        provider: provider.name(),
                        event: format!("look:{}", order.id),
                        kind: "look".to_owned(),
                    };
                    self.store.topups().unmatched(&told, &why).await?;
                    Ok(order)
                }
            },
            Err(error) => {
                tracing::warn!(%error, order = %order.id, "a provider of payments could not be asked about an order");
                Ok(order)
            }
        }
    }

    /// Does what a provider says of an order; `told` is what said so, where that has a name.
    async fn say(&self, order: &Topup, seen: Seen, told: Option<&Told>) -> Result<Settled, Error> {
        match seen {
            Seen::Pending => Ok(Settled::Done(Box::new(order.clone()))),
            Seen::Over(state) => Ok(Settled::Done(Box::new(self.store.topups().over(order.id, state, told).await?))),
            Seen::Paid { payment, minor, currency } => {
                let paid = Paid {
                    topup: order.id,
                    provider: &order.provider,
                    reference: order.reference.as_deref(),
                    payment: &payment,
                    minor,
                    currency: &currency,
                };
                self.store.topups().paid(paid, told).await
            }
        }
    }

    /// Refunds an order, as a whole or in part: out of the wallet, then through the provider.
    ///
    /// # Errors
    /// As [`store::topups::Topups::refund`]; what the provider says is in the answer.
    pub async fn refund(&self, actor: &Actor, id: TopupId, amount: NanoUsd, reason: &str) -> Result<Refund, Error> {
        let refund = self.store.topups().refund(actor, id, amount, reason).await?;
        let order = self.store.topups().get(id).await?;
        // From here on the effect stands: what fails now is asked again by the job.
        match self.ask_back(&refund, &order).await {
            Ok(after) => Ok(after),
            Err(error) => {
                tracing::warn!(%error, refund = %refund.id, "a refund will be asked for again");
                Ok(refund)
            }
        }
    }

    /// Asks the provider for a refund that is pending; the refund as it is then.
    async fn ask_back(&self, refund: &Refund, order: &Topup) -> Result<Refund, Error> {
        let Some(provider) = self.provider(&order.provider) else { return Ok(refund.clone()) };
        let (state, reference) = match provider.refund(refund, order).await {
            Ok(Refunded::Ended(state, reference)) => (state, reference),
            Ok(Refunded::Taken(reference)) => (RefundState::Pending, Some(reference)),
            Ok(Refunded::Refused(why)) => {
                tracing::warn!(%why, refund = %refund.id, "a provider of payments refused a refund");
                (RefundState::Undone, None)
            }
            Err(error) => {
                tracing::warn!(%error, refund = %refund.id, "a provider of payments could not be asked for a refund");
                return Ok(refund.clone());
            }
        };
        self.store.topups().refunded(refund.id, state, reference.as_deref()).await
    }
}
