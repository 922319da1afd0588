//! `serve --quickstart`: a first tenant with $10, a key, and a priced sandbox channel, so that a request works at once.
//!
//! Refused unless the address is loopback and the database is untouched or was made so; never the beginning of a real
//! installation. The key is kept in the data directory, readable by its owner only, so that later starts print it again.

use crate::{commands::say, config::Config};
use anyhow::{Context, ensure};
use domain::{
    channel::{ChannelSettings, Timeouts},
    dialect::Provider,
    money::NanoUsd,
    price::Tariff,
    secret::{ApiKeySecret, TokenSecret},
};
use serde::Deserialize;
use std::{fs, io::Write, os::unix::fs::OpenOptionsExt, path::PathBuf};
use store::{
    Store,
    change::Actor,
    channels::{NewChannel, NewOffer},
    keys::NewKey,
    ledger::changes,
    words::{ModelName, Name},
};

/// What a first tenant begins with.
const FIRST_CREDIT: NanoUsd = NanoUsd(10_000_000_000);
const CATALOGUE: &str = include_str!("../../catalog/sandbox.json");

#[derive(Deserialize)]
struct Catalogue {
    models: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    model: String,
    rates: Tariff,
}

/// Checks that quick start may run here.
///
/// # Errors
/// When the address is not loopback or somebody uses this database for real.
pub async fn check(config: &Config, store: &Store) -> anyhow::Result<()> {
    ensure!(config.server.listen.ip().is_loopback(), "--quickstart is for loopback addresses only");
    let ours = store.setup().quickstart().await?.is_some();
    ensure!(ours || store.setup().is_untouched().await?, "--quickstart needs an empty data directory, or one it made");
    Ok(())
}

/// Makes what is missing and gives the key.
///
/// # Errors
/// When the database or the key's file fails.
pub async fn prepare(config: &Config, store: &Store) -> anyhow::Result<ApiKeySecret> {
    let file = key_file(config);
    if store.setup().quickstart().await?.is_some() {
        let text =
            fs::read_to_string(&file).with_context(|| format!("the key of the first start, {}", file.display()))?;
        return Ok(ApiKeySecret::new(text.trim().to_owned()));
    }
    let actor = Actor::system();
    make_sandbox(store, &actor).await?;
    let tenant = store.tenants().create(&actor, &name("First tenant")?, NanoUsd::ZERO).await?;
    changes::adjust(store.db(), tenant.id, FIRST_CREDIT, "quick start", &format!("quickstart:{}", tenant.id)).await?;
    let new = NewKey::named(name("First key")?);
    let (_, secret) = store.keys().create(&actor, tenant.id, new).await?;
    let mut options = fs::File::options();
    let mut kept = options.write(true).create(true).truncate(true).mode(0o600).open(&file)?;
    writeln!(kept, "{}", secret.expose())?;
    kept.sync_all()?;
    store.setup().mark_quickstart("made by --quickstart").await?;
    Ok(secret)
}

async fn make_sandbox(store: &Store, actor: &Actor) -> anyhow::Result<()> {
    let catalogue: Catalogue = serde_json::from_str(CATALOGUE).context("the sandbox's catalogue")?;
    let mut models = Vec::with_capacity(catalogue.models.len());
    for entry in &catalogue.models {
        let model = ModelName::parse("model", &entry.model)?;
        store.prices().put_sale(actor, &model, entry.rates.clone()).await?;
        models.push(NewOffer { model, upstream: None, cost: None });
    }
    let channel = NewChannel {
        name: name("sandbox")?,
        provider: Provider::Sandbox,
        base_url: None,
        dialects: None,
        priority: 0,
        weight: 1,
        enabled: true,
        timeouts: Timeouts::default(),
        allow_private_network: false,
        settings: ChannelSettings::default(),
        proxy: None,
        credentials: Vec::new(),
        models,
    };
    store.channels().create(actor, channel).await?;
    Ok(())
}

fn name(text: &str) -> store::Result<Name> {
    Name::parse("name", text)
}

fn key_file(config: &Config) -> PathBuf {
    config.data_dir.join("quickstart.key")
}

/// Tells the person at the terminal what to do next.
///
/// # Errors
/// When nobody reads standard output.
pub fn greet(base: &str, setup: Option<&TokenSecret>, key: &ApiKeySecret) -> anyhow::Result<()> {
    let console = setup.map_or_else(|| format!("{base}/sign-in"), |token| format!("{base}/setup/{}", token.expose()));
    say(&format!(
        "Turnpike is ready.\n\n  Console   {console}\n  API key   {key}\n\n  Try it:\n\n  curl {base}/v1/chat/completions -H 'Authorization: Bearer {key}' \
         -H 'content-type: application/json' -d '{{\"model\":\"sandbox/echo\",\"messages\":[{{\"role\":\"user\",\"content\":\"Hello, Turnpike\"}}]}}'\n",
        key = key.expose()
    ))
}
