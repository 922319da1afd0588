//! Channels as they come in: every field read into what it means, or refused by name.
//!
//! The address goes through the egress guard here, and again at every connect. An address that would not be used (the
//! sandbox has none) is refused rather than kept, and so is a weight of nothing. What belongs to each other (dialects to
//! providers, names to lists) the store checks.

use super::{
    channel_parts::{
        CredentialChangeFields, CredentialFields, LimitsShape, MAX_WEIGHT, ModelFields, TimeoutsShape, weight,
    },
    input::{given, word},
    problem::Problem,
};
use crate::{egress::Egress, upstream::ServiceAccount};
use domain::{
    channel::{ChannelSettings, Limits, Overrides, Proxy, Timeouts},
    dialect::{Dialect, Provider},
    secret::CredentialSecret,
};
use protocol::upstream::is_account;
use serde::Deserialize;
use store::{
    channels::{BaseUrl, ChannelPatch, ChannelRow, CredentialPatch, NewChannel},
    words::Name,
};
use utoipa::ToSchema;
use zeroize::Zeroizing;

/// The most credentials, and the most models, of a channel.
const MAX_LIST: usize = 1_000;

/// A channel to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewChannel)]
pub struct ChannelFields {
    /// Its name, unique among channels.
    name: String,
    /// `openai`, `azure_openai`, `anthropic`, `gemini`, `vertex`, `deepseek`, `qwen`, `mistral`, `xai`, `groq`, `openrouter`,
    /// `ollama`, `openai_compatible` or `sandbox`.
    provider: String,
    /// Where it is: the host's root for `anthropic`, `gemini`, `ollama` and `azure_openai`, with the version path (`…/v1`)
    /// for the others, which at `vertex` goes on to the location (`…/v1/projects/{project}/locations/{location}`). Default:
    /// the provider's public address; `azure_openai`, `vertex`, `ollama` and `openai_compatible` have none.
    #[serde(default)]
    base_url: Option<String>,
    /// Its upstream secrets; they never come back.
    #[serde(default)]
    credentials: Vec<CredentialFields>,
    /// The models it carries.
    models: Vec<ModelFields>,
    /// Higher comes first; default 0.
    #[serde(default)]
    priority: Option<i32>,
    /// Its share among equals of one priority, 1 or more; default 1.
    #[serde(default)]
    weight: Option<u32>,
    /// Whether requests go to it; default: yes.
    #[serde(default)]
    enabled: Option<bool>,
    /// How long to wait for what, in milliseconds; default: the relay's.
    #[serde(default)]
    #[schema(value_type = Option<TimeoutsShape>)]
    timeouts: Option<Timeouts>,
    /// The only dialects it speaks, preferred first; default: all of its provider's, which at `vertex` are Gemini's models
    /// (`["anthropic"]`: Anthropic's).
    #[serde(default)]
    dialects: Option<Vec<String>>,
    /// Whether it may be at a private or loopback address.
    #[serde(default)]
    allow_private_network: Option<bool>,
    /// What rules call it by, besides its name.
    #[serde(default)]
    tags: Option<Vec<String>>,
    /// Where it is, in your words; rules call it by this too.
    #[serde(default)]
    region: Option<String>,
    /// How much it may be given: requests and tokens a minute, requests at once. At its limit the next channel serves.
    #[serde(default)]
    #[schema(value_type = Option<LimitsShape>)]
    limits: Option<Limits>,
    /// The way out: `http://`, `socks5://` or `socks5h://` (which looks names up itself), with user and password where it
    /// wants them. Kept sealed, shown without them.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    proxy: Option<Zeroizing<String>>,
    /// Headers of every request to it: `{set?: {name: value}, default?: {…}, remove?: [names]}`, names in lower case.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    headers: Option<Overrides<String>>,
    /// Fields of the top level of every JSON body to it, in its own dialect: `{set?: {name: value}, default?: {…}, remove?:
    /// [names]}`.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    params: Option<Overrides<serde_json::Value>>,
}

/// What of a channel is to change; absent fields stay. The provider is fixed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelChange {
    /// Its name.
    #[serde(default)]
    name: Option<String>,
    /// Where it is.
    #[serde(default)]
    base_url: Option<String>,
    /// All its credentials: one that is left out is gone, one without `secret` keeps the secret stored under its name.
    #[serde(default)]
    credentials: Option<Vec<CredentialChangeFields>>,
    /// All models it carries: one that is left out is carried no more.
    #[serde(default)]
    models: Option<Vec<ModelFields>>,
    /// Higher comes first.
    #[serde(default)]
    priority: Option<i32>,
    /// Its share among equals of one priority.
    #[serde(default)]
    weight: Option<u32>,
    /// Whether requests go to it.
    #[serde(default)]
    enabled: Option<bool>,
    /// How long to wait for what, in milliseconds; all of them.
    #[serde(default)]
    #[schema(value_type = Option<TimeoutsShape>)]
    timeouts: Option<Timeouts>,
    /// The only dialects it speaks, preferred first.
    #[serde(default)]
    dialects: Option<Vec<String>>,
    /// Whether it may be at a private or loopback address.
    #[serde(default)]
    allow_private_network: Option<bool>,
    /// What rules call it by, besides its name.
    #[serde(default)]
    tags: Option<Vec<String>>,
    /// Where it is, in your words; rules call it by this too.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    region: Option<Option<String>>,
    /// How much it may be given: requests and tokens a minute, requests at once. At its limit the next channel serves.
    #[serde(default)]
    #[schema(value_type = Option<LimitsShape>)]
    limits: Option<Limits>,
    /// The way out: `http://`, `socks5://` or `socks5h://` (which looks names up itself), with user and password where it
    /// wants them. Kept sealed, shown without them.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    proxy: Option<Option<Zeroizing<String>>>,
    /// Headers of every request to it: `{set?: {name: value}, default?: {…}, remove?: [names]}`, names in lower case.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    headers: Option<Overrides<String>>,
    /// Fields of the top level of every JSON body to it, in its own dialect: `{set?: {name: value}, default?: {…}, remove?:
    /// [names]}`.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    params: Option<Overrides<serde_json::Value>>,
}

impl ChannelFields {
    /// The channel these fields describe.
    ///
    /// # Errors
    /// 400 naming the field.
    pub fn checked(self, egress: &Egress) -> Result<NewChannel, Problem> {
        let provider: Provider = word("provider", &self.provider)?;
        let allow_private_network = self.allow_private_network.unwrap_or(false);
        let base_url = self.base_url.map(|url| address(provider, &url, allow_private_network, egress)).transpose()?;
        let credentials = each("credentials", self.credentials, CredentialFields::checked)?;
        accounts(provider, credentials.iter().map(|new| &new.secret), allow_private_network, egress)?;
        Ok(NewChannel {
            name: Name::parse("name", &self.name)?,
            provider,
            base_url,
            dialects: self.dialects.map(|words| dialects(&words)).transpose()?,
            priority: priority(self.priority)?.unwrap_or(0),
            weight: weight("weight", self.weight)?.unwrap_or(1),
            enabled: self.enabled.unwrap_or(true),
            timeouts: self.timeouts.unwrap_or_default(),
            allow_private_network,
            settings: ChannelSettings {
                tags: self.tags.unwrap_or_default(),
                region: self.region,
                limits: self.limits.unwrap_or_default(),
                headers: self.headers.unwrap_or_default(),
                params: self.params.unwrap_or_default(),
            },
            proxy: self.proxy.map(proxy),
            credentials,
            models: each("models", self.models, ModelFields::checked)?,
        })
    }
}

impl ChannelChange {
    /// The change these fields ask for, of the channel as it is `now`.
    ///
    /// # Errors
    /// 400 naming the field.
    pub fn checked(self, now: &ChannelRow, egress: &Egress) -> Result<ChannelPatch, Problem> {
        let private = self.allow_private_network.unwrap_or(now.allow_private_network);
        // Taking the permission away is checked against the address that stays.
        let lowered = now.allow_private_network && !private;
        let url = self.base_url.as_deref().or_else(|| lowered.then_some(now.base_url.as_str()));
        let checked_url = url.map(|url| address(now.provider, url, private, egress)).transpose()?;
        // The one that stays is not written: another change may be about to replace it.
        let base_url = if self.base_url.is_some() { checked_url } else { None };
        let credentials =
            self.credentials.map(|list| each("credentials", list, CredentialChangeFields::checked)).transpose()?;
        let new = credentials.iter().flatten().filter_map(|patch: &CredentialPatch| patch.secret.as_ref());
        accounts(now.provider, new, private, egress)?;
        Ok(ChannelPatch {
            tags: self.tags,
            region: self.region,
            limits: self.limits,
            headers: self.headers,
            params: self.params,
            proxy: self.proxy.map(|given| given.map(proxy)),
            name: self.name.map(|text| Name::parse("name", &text)).transpose()?,
            base_url,
            dialects: self.dialects.map(|words| dialects(&words)).transpose()?,
            priority: priority(self.priority)?,
            weight: weight("weight", self.weight)?,
            enabled: self.enabled,
            timeouts: self.timeouts,
            allow_private_network: self.allow_private_network,
            credentials,
            models: self.models.map(|list| each("models", list, ModelFields::checked)).transpose()?,
        })
    }
}

fn proxy(text: Zeroizing<String>) -> Proxy {
    Proxy(CredentialSecret::new(text.as_str().to_owned()))
}

fn each<A, B>(field: &str, list: Vec<A>, checked: impl Fn(A) -> Result<B, Problem>) -> Result<Vec<B>, Problem> {
    if list.len() > MAX_LIST {
        return Err(Problem::field(field, format!("must have at most {MAX_LIST} entries")));
    }
    list.into_iter().map(checked).collect()
}

fn address(provider: Provider, text: &str, private: bool, egress: &Egress) -> Result<BaseUrl, Problem> {
    let text = text.trim_end_matches('/');
    if provider == Provider::Sandbox {
        let why = "the sandbox is inside this process and has no other address; leave it out";
        return match provider.default_base_url() {
            Some(usual) if usual == text => Ok(BaseUrl::parse(text)?),
            _ => Err(Problem::field("base_url", why)),
        };
    }
    if text.len() > 2_000 {
        return Err(Problem::field("base_url", "is too long"));
    }
    egress.check_url(text, private).map_err(|refused| Problem::field("base_url", refused))?;
    Ok(BaseUrl::parse(text)?)
}

/// Keys of service accounts must be some, and ask for their tokens where a channel may go.
fn accounts<'a>(
    provider: Provider,
    secrets: impl Iterator<Item = &'a CredentialSecret>,
    private: bool,
    egress: &Egress,
) -> Result<(), Problem> {
    for secret in secrets.filter(|secret| provider == Provider::Vertex && is_account(secret)) {
        let account = ServiceAccount::read(secret).map_err(|why| Problem::field("credentials.secret", why))?;
        let wrong =
            |why| Problem::field("credentials.secret", format!("has a `token_uri` that cannot be asked: {why}"));
        egress.check_url(account.token_uri(), private).map_err(wrong)?;
    }
    Ok(())
}

fn dialects(words: &[String]) -> Result<Vec<Dialect>, Problem> {
    let checked = |text: &String| match word::<Dialect>("dialects", text)? {
        dialect if dialect.of_channel() == dialect => Ok(dialect),
        beside => Err(Problem::field("dialects", format!("{beside} comes with {}: leave it out", beside.of_channel()))),
    };
    words.iter().map(checked).collect()
}

fn priority(priority: Option<i32>) -> Result<Option<i32>, Problem> {
    let bad = priority.is_some_and(|priority| priority.unsigned_abs() > MAX_WEIGHT);
    if bad { Err(Problem::field("priority", format!("must be -{MAX_WEIGHT} to {MAX_WEIGHT}"))) } else { Ok(priority) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(more: &str) -> Result<NewChannel, Problem> {
        let text = format!(r#"{{"name":"c","provider":"openai","credentials":[],"models":[{{"model":"m"}}]{more}}}"#);
        serde_json::from_str::<ChannelFields>(&text).unwrap().checked(&Egress::default())
    }

    #[test]
    fn what_is_left_out_takes_the_documented_default() {
        let channel = read("").unwrap();
        assert_eq!(
            (channel.priority, channel.weight, channel.enabled, channel.allow_private_network),
            (0, 1, true, false)
        );
        assert!(channel.base_url.is_none() && channel.dialects.is_none());
    }

    #[test]
    fn addresses_pass_the_guard_and_lose_their_slash() {
        let url = |more: &str| read(more).map(|channel| channel.base_url.unwrap().as_str().to_owned());
        assert_eq!(url(r#","base_url":"https://example.com/v1/""#).unwrap(), "https://example.com/v1");
        assert!(url(r#","base_url":"http://127.0.0.1:1/v1""#).is_err());
        assert!(url(r#","base_url":"http://127.0.0.1:1/v1","allow_private_network":true"#).is_ok());
        for hostile in [
            "http://169.254.169.254",
            "file:///etc/passwd",
            "http://u:p@example.com",
            "http://[::ffff:169.254.169.254]/",
        ] {
            assert!(read(&format!(r#","base_url":"{hostile}","allow_private_network":true"#)).is_err(), "{hostile}");
        }
        let elsewhere = address(Provider::Sandbox, "https://example.com/v1", false, &Egress::default());
        assert!(elsewhere.is_err(), "it would not be used");
    }

    #[test]
    fn values_without_a_meaning_are_refused() {
        for more in [
            r#","weight":0"#,
            r#","priority":2000000"#,
            r#","dialects":["openai_embeddings"]"#,
            r#","dialects":["nonsense"]"#,
        ] {
            assert!(read(more).is_err(), "{more}");
        }
    }
}
