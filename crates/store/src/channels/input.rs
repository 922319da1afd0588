//! What a channel may be made of, read once and checked.

use super::{ChannelRow, settings};
use crate::{
    error::{Error, Result},
    prices::check_tariff,
    words::{ModelName, Name},
};
use domain::{
    channel::{ChannelSettings, Limits, Overrides, Proxy, Timeouts},
    dialect::{Dialect, Provider},
    price::Tariff,
    secret::CredentialSecret,
};
use std::collections::HashSet;
use url::Url;

/// Where a provider is: http or https, without user, query, fragment or trailing slash. Whether that address may be
/// reached at all is for the egress guard to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// Reads an address.
    ///
    /// # Errors
    /// [`Error::Invalid`].
    pub fn parse(text: &str) -> Result<Self> {
        let invalid = |why| Error::invalid("base_url", why);
        let url = Url::parse(text.trim()).map_err(|_| invalid("not a URL"))?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(invalid("must begin with http:// or https://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(invalid("must not hold a user or password"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(invalid("must not hold a query or fragment"));
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A channel to be made.
#[derive(Debug, Clone)]
pub struct NewChannel {
    /// What people call it; no two channels share one.
    pub name: Name,
    /// What is at the other end.
    pub provider: Provider,
    /// Where; `None`: the provider's public address.
    pub base_url: Option<BaseUrl>,
    /// What it speaks, preferred first; `None`: all its provider does.
    pub dialects: Option<Vec<Dialect>>,
    /// Higher comes first.
    pub priority: i32,
    /// Share among equals.
    pub weight: u32,
    /// Whether it is used.
    pub enabled: bool,
    /// How long it may take.
    pub timeouts: Timeouts,
    /// Whether it may be at a private address.
    pub allow_private_network: bool,
    /// How it is treated.
    pub settings: ChannelSettings,
    /// The way out; `None`: the straight one.
    pub proxy: Option<Proxy>,
    /// Its secrets.
    pub credentials: Vec<NewCredential>,
    /// What it carries.
    pub models: Vec<NewOffer>,
}

/// An upstream secret to be kept.
#[derive(Debug, Clone)]
pub struct NewCredential {
    /// What people call it; unique in its channel.
    pub name: Name,
    /// The secret: visible ASCII, as it must fit a header.
    pub secret: CredentialSecret,
    /// Share among the channel's.
    pub weight: u32,
}

/// A credential in a patch.
#[derive(Debug, Clone)]
pub struct CredentialPatch {
    /// Its name.
    pub name: Name,
    /// A new secret, or `None` to keep the one of this name.
    pub secret: Option<CredentialSecret>,
    /// Share among the channel's.
    pub weight: u32,
}

/// A model that a channel carries.
#[derive(Debug, Clone)]
pub struct NewOffer {
    /// The public name.
    pub model: ModelName,
    /// Its name there; `None`: the same.
    pub upstream: Option<ModelName>,
    /// What it costs us; `None`: not known.
    pub cost: Option<Tariff>,
}

/// What of a channel is to change; `None` leaves it. Lists are replaced.
#[derive(Debug, Clone, Default)]
pub struct ChannelPatch {
    /// As in [`NewChannel`].
    pub name: Option<Name>,
    /// As in [`NewChannel`].
    pub base_url: Option<BaseUrl>,
    /// As in [`NewChannel`].
    pub dialects: Option<Vec<Dialect>>,
    /// As in [`NewChannel`].
    pub priority: Option<i32>,
    /// As in [`NewChannel`].
    pub weight: Option<u32>,
    /// As in [`NewChannel`].
    pub enabled: Option<bool>,
    /// As in [`NewChannel`].
    pub timeouts: Option<Timeouts>,
    /// As in [`NewChannel`].
    pub allow_private_network: Option<bool>,
    /// As in [`ChannelSettings`]. Its parts are apart, so that changes of two of them at once both stay.
    pub tags: Option<Vec<String>>,
    /// As in [`ChannelSettings`]; an inner `None` takes it away.
    pub region: Option<Option<String>>,
    /// As in [`ChannelSettings`].
    pub limits: Option<Limits>,
    /// As in [`ChannelSettings`].
    pub headers: Option<Overrides<String>>,
    /// As in [`ChannelSettings`].
    pub params: Option<Overrides<serde_json::Value>>,
    /// As in [`NewChannel`]; an inner `None` takes it away.
    pub proxy: Option<Option<Proxy>>,
    /// As in [`NewChannel`], secrets optional.
    pub credentials: Option<Vec<CredentialPatch>>,
    /// As in [`NewChannel`].
    pub models: Option<Vec<NewOffer>>,
}

/// A [`NewChannel`] whose parts fit each other.
pub(super) struct Checked {
    pub name: Name,
    pub provider: Provider,
    pub base_url: BaseUrl,
    pub dialects: Vec<Dialect>,
    pub priority: i32,
    pub weight: u32,
    pub enabled: bool,
    pub timeouts: Timeouts,
    pub allow_private_network: bool,
    pub settings: ChannelSettings,
    pub proxy: Option<Proxy>,
    pub credentials: Vec<NewCredential>,
    pub models: Vec<NewOffer>,
}

/// Whether a provider can be called without a credential.
fn needs_none(provider: Provider) -> bool {
    matches!(provider, Provider::Ollama | Provider::OpenaiCompatible | Provider::Sandbox)
}

impl NewChannel {
    pub(super) fn check(self) -> Result<Checked> {
        let base_url = match (self.base_url, self.provider.default_base_url()) {
            (Some(url), _) => url,
            (None, Some(public)) => BaseUrl(public.to_owned()),
            (None, None) => return Err(Error::invalid("base_url", "this provider has no public address")),
        };
        let dialects = self.dialects.unwrap_or_else(|| self.provider.dialects().to_vec());
        check_dialects(self.provider, &dialects)?;
        check_timeouts(&self.timeouts)?;
        settings::check(&self.settings)?;
        self.proxy.as_ref().map_or(Ok(()), settings::check_proxy)?;
        if self.credentials.is_empty() && !needs_none(self.provider) {
            return Err(Error::invalid("credentials", "this provider needs at least one"));
        }
        for credential in &self.credentials {
            check_secret(&credential.secret)?;
        }
        check_offers(&self.models)?;
        Ok(Checked {
            name: self.name,
            provider: self.provider,
            base_url,
            dialects,
            priority: self.priority,
            weight: self.weight,
            enabled: self.enabled,
            timeouts: self.timeouts,
            allow_private_network: self.allow_private_network,
            settings: self.settings,
            proxy: self.proxy,
            credentials: self.credentials,
            models: self.models,
        })
    }
}

impl ChannelPatch {
    /// The channel's own columns as they will be.
    pub(super) fn onto(&self, before: &ChannelRow) -> Result<ChannelRow> {
        let mut after = before.clone();
        if let Some(name) = &self.name {
            after.name = name.to_string();
        }
        if let Some(url) = &self.base_url {
            after.base_url = url.as_str().to_owned();
        }
        if let Some(dialects) = &self.dialects {
            check_dialects(before.provider, dialects)?;
            after.dialects.clone_from(dialects);
        }
        after.timeouts = self.timeouts.unwrap_or(after.timeouts);
        check_timeouts(&after.timeouts)?;
        after.settings = self.settings_onto(&before.settings);
        if after.settings != before.settings {
            settings::check(&after.settings)?;
        }
        if let Some(Some(proxy)) = &self.proxy {
            settings::check_proxy(proxy)?;
        }
        after.priority = self.priority.unwrap_or(after.priority);
        after.weight = self.weight.unwrap_or(after.weight);
        after.enabled = self.enabled.unwrap_or(after.enabled);
        after.allow_private_network = self.allow_private_network.unwrap_or(after.allow_private_network);
        if let Some(credentials) = &self.credentials {
            if credentials.is_empty() && !needs_none(before.provider) {
                return Err(Error::invalid("credentials", "this provider needs at least one"));
            }
            credentials.iter().filter_map(|new| new.secret.as_ref()).try_for_each(check_secret)?;
            unique("credentials", credentials.iter().map(|new| new.name.as_str()))?;
        }
        check_offers(self.models.as_deref().unwrap_or_default())?;
        Ok(after)
    }

    fn settings_onto(&self, before: &ChannelSettings) -> ChannelSettings {
        ChannelSettings {
            tags: self.tags.as_ref().unwrap_or(&before.tags).clone(),
            region: self.region.as_ref().unwrap_or(&before.region).clone(),
            limits: self.limits.unwrap_or(before.limits),
            headers: self.headers.as_ref().unwrap_or(&before.headers).clone(),
            params: self.params.as_ref().unwrap_or(&before.params).clone(),
        }
    }
}

fn check_dialects(provider: Provider, dialects: &[Dialect]) -> Result<()> {
    if dialects.is_empty() {
        return Err(Error::invalid("dialects", "must not be empty; leave it out for all its provider speaks"));
    }
    unique("dialects", dialects.iter().map(|dialect| dialect.as_str()))?;
    // A server that speaks like OpenAI may speak Anthropic's dialect too; the others speak what they speak. Legacy Completions,
    // Ollama's own API and Anthropic's models at Google are spoken only where that is said.
    let speaks = |dialect: &&Dialect| {
        provider == Provider::OpenaiCompatible
            || provider.dialects().contains(dialect)
            || (**dialect == Dialect::OpenaiCompletions && provider.dialects().contains(&Dialect::OpenaiChat))
            || (**dialect == Dialect::Ollama && provider == Provider::Ollama)
            || (**dialect == Dialect::Anthropic && provider == Provider::Vertex)
    };
    match dialects.iter().find(|dialect| !speaks(dialect)) {
        Some(dialect) => Err(Error::invalid("dialects", format!("{provider} does not speak {dialect}"))),
        None => Ok(()),
    }
}

fn check_timeouts(timeouts: &Timeouts) -> Result<()> {
    /// A day: longer than any answer.
    const LONGEST_MS: u64 = 86_400_000;
    let all = [timeouts.connect_ms, timeouts.first_token_ms, timeouts.idle_ms, timeouts.total_ms];
    if all.iter().flatten().all(|ms| (1..=LONGEST_MS).contains(ms)) {
        Ok(())
    } else {
        Err(Error::invalid("timeouts", "must be 1 to 86400000 ms each"))
    }
}

/// Google's are about 2 400 bytes.
const LONGEST_DOCUMENT: usize = 16 << 10;

fn check_secret(secret: &CredentialSecret) -> Result<()> {
    let text = secret.expose();
    // A service account's key is a document, which stands in no header.
    let document = text.starts_with('{') && text.len() <= LONGEST_DOCUMENT && text.is_ascii();
    if document || (1..=4096).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
        Ok(())
    } else {
        Err(Error::invalid("credentials", "a secret must be 1 to 4096 visible ASCII characters"))
    }
}

fn check_offers(offers: &[NewOffer]) -> Result<()> {
    unique("models", offers.iter().map(|offer| offer.model.as_str()))?;
    offers.iter().filter_map(|offer| offer.cost.as_ref()).try_for_each(check_tariff)
}

fn unique<'a>(field: &'static str, mut names: impl Iterator<Item = &'a str>) -> Result<()> {
    let mut seen = HashSet::new();
    match names.find(|name| !seen.insert(*name)) {
        Some(twice) => Err(Error::invalid(field, format!("{twice:?} is listed twice"))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_plain_and_end_without_a_slash() {
        assert_eq!(BaseUrl::parse("https://api.example.com/v1/").unwrap().as_str(), "https://api.example.com/v1");
        assert_eq!(BaseUrl::parse("http://127.0.0.1:9000").unwrap().as_str(), "http://127.0.0.1:9000");
        for bad in [
            "",
            "api.example.com",
            "ftp://x",
            "file:///etc/passwd",
            "https://u:p@x",
            "https://x/?a=b",
            "https://x/#f",
            "https://",
            "javascript:alert(1)",
            "unix:/run/x",
        ] {
            assert!(BaseUrl::parse(bad).is_err(), "{bad}");
        }
    }
}
