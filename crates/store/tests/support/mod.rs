//! Both databases for the contract tests: each test gets a fresh one, migrated.
//!
//! PostgreSQL is a real one, from the installed binaries, in a temporary directory, on a free port, without fsync (no
//! test loses power); one per test binary. A guard process holds it: when this process ends, however it ends, the guard's
//! standard input closes, and it stops the server and removes the directory.

#[macro_use]
mod both;
mod postgres;
pub mod silence;

use domain::{ids::TenantId, money::NanoUsd, price::Tariff};
use store::{Actor, Db, ModelName, Name, Sealer, Store};
use tempfile::TempDir;

/// A database of this test's own.
pub struct Bed {
    /// Opened and migrated.
    pub db: Db,
    /// To open it again, as another node would.
    pub url: String,
    /// A directory of this test's own.
    pub dir: TempDir,
}

impl Bed {
    /// On SQLite.
    pub async fn sqlite() -> Self {
        let dir = TempDir::with_prefix("turnpike-store-").unwrap();
        let url = format!("sqlite:{}", dir.path().join("turnpike.db").display());
        Self::open(url, dir).await
    }

    /// On PostgreSQL.
    pub async fn postgres() -> Self {
        let url = postgres::fresh_database().await;
        Self::open(url, TempDir::with_prefix("turnpike-store-").unwrap()).await
    }

    async fn open(url: String, dir: TempDir) -> Self {
        let db = Db::connect(&url).await.unwrap();
        db.migrate().await.unwrap();
        Self { db, url, dir }
    }

    /// The store on it.
    pub fn store(&self) -> Store {
        Store::new(self.db.clone(), Sealer::in_data_dir(self.dir.path()).unwrap())
    }

    /// Another node's store: its own connections, the same key.
    pub async fn other_node(&self) -> Store {
        Store::new(Db::connect(&self.url).await.unwrap(), Sealer::in_data_dir(self.dir.path()).unwrap())
    }
}

/// This program, from nowhere.
pub fn me() -> Actor {
    Actor::system()
}

/// A name that is one.
pub fn name(text: &str) -> Name {
    Name::parse("name", text).unwrap()
}

/// A model's name that is one.
pub fn model(text: &str) -> ModelName {
    ModelName::parse("model", text).unwrap()
}

/// Rates, and their tiers perhaps, from JSON.
pub fn rates(json: &str) -> Tariff {
    serde_json::from_str(json).unwrap()
}

/// A new tenant without credit.
pub async fn tenant(store: &Store) -> TenantId {
    store.tenants().create(&me(), &name("Acme"), NanoUsd::ZERO).await.unwrap().id
}
