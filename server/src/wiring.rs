//! From the configuration to an open database and store.

use crate::config::{Config, Durability};
use anyhow::Context;
use std::{fs, os::unix::fs::DirBuilderExt, path::Path, time::Duration};
use store::{Db, Store, ledger::LedgerConfig, seal::Sealer};

/// The SQLite database's file in the data directory.
const SQLITE_FILE: &str = "turnpike.db";

/// Makes the data directory if it is missing; nobody else may read it.
///
/// # Errors
/// When it cannot be made.
pub fn make_data_dir(data_dir: &Path) -> anyhow::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data_dir)
        .with_context(|| format!("the data directory {}", data_dir.display()))
}

/// Opens the database, as it is.
///
/// # Errors
/// When it cannot be opened, or its address cannot be read.
pub async fn connect(config: &Config) -> anyhow::Result<Db> {
    match &config.database.url {
        Some(url) => Ok(Db::connect(url).await?),
        None => {
            make_data_dir(&config.data_dir)?;
            let path = config.data_dir.join(SQLITE_FILE);
            Db::sqlite(&path).await.with_context(|| format!("the database {}", path.display()))
        }
    }
}

/// Opens the database, brings it to this version, and gives the store on it.
///
/// # Errors
/// When the database is away, newer than this build in a way it cannot read, or the key for secrets cannot be read.
pub async fn open_store(config: &Config) -> anyhow::Result<Store> {
    let db = connect(config).await?;
    db.migrate().await.context("bringing the database to this version")?;
    Ok(Store::new(db, sealer(config)?))
}

fn sealer(config: &Config) -> anyhow::Result<Sealer> {
    make_data_dir(&config.data_dir)?;
    let secrets = &config.secrets;
    Ok(match (&secrets.key, &secrets.key_file) {
        (Some(key), _) => Sealer::from_base64(key)?,
        (None, Some(file)) => Sealer::from_file(Path::new(file))?,
        (None, None) => Sealer::in_data_dir(&config.data_dir)?,
    })
}

/// The money part of the configuration, as the store wants it.
pub fn ledger_config(config: &Config) -> LedgerConfig {
    let money = &config.money;
    LedgerConfig {
        durability: match money.durability {
            Durability::Process => store::journal::Durability::Process,
            Durability::Power => store::journal::Durability::Power,
        },
        segment_bytes: money.journal_segment_mib << 20,
        journal_days: money.journal_days,
        lease_min: money.lease_min_usd,
        lease_seconds: money.lease_seconds,
        lease_lifetime: Duration::from_secs(money.lease_lifetime),
        lost_node_after: Duration::from_secs(money.lost_node_after),
        drain_yields: true,
    }
}
