//! Sessions in the store. What is kept is the hash of the id in the cookie, the person, and the session's few entries.

use app::port::USER;
use async_trait::async_trait;
use domain::{ids::UserId, secret::SecretHash};
use store::Store;
use tower_sessions::{
    SessionStore,
    cookie::time::OffsetDateTime,
    session::{Id, Record},
    session_store::{Error, Result},
};

/// The store as tower-sessions wants it.
#[derive(Debug, Clone)]
pub struct StoredSessions(pub Store);

/// How often a new id may be taken already. With 128 random bits, once is too much to expect.
const COLLISIONS: usize = 3;

fn hash(id: &Id) -> SecretHash {
    SecretHash::of(&id.to_string())
}

fn away(error: store::Error) -> Error {
    tracing::warn!(error = &error as &dyn std::error::Error, "a session could not be read or kept");
    Error::Backend(error.to_string())
}

fn micros(time: OffsetDateTime) -> i64 {
    i64::try_from(time.unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX)
}

/// The person, the entries and the end, as the store keeps them.
fn kept(record: &Record) -> Result<(Option<UserId>, Vec<u8>, i64)> {
    let user = record.data.get(USER).and_then(|user| user.as_str()).and_then(|user| user.parse().ok());
    let data = serde_json::to_vec(&record.data).map_err(|error| Error::Encode(error.to_string()))?;
    Ok((user, data, micros(record.expiry_date)))
}

#[async_trait]
impl SessionStore for StoredSessions {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let (user, data, expires_us) = kept(record)?;
        for _ in 0..COLLISIONS {
            if self.0.sessions().create(hash(&record.id), user, &data, expires_us).await.map_err(away)? {
                return Ok(());
            }
            record.id = Id::default();
        }
        Err(Error::Backend("no free session id".to_owned()))
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let (user, data, expires_us) = kept(record)?;
        // A session that was ended meanwhile stays ended.
        self.0.sessions().save(hash(&record.id), user, &data, expires_us).await.map(drop).map_err(away)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let Some((data, expires_us)) = self.0.sessions().load(hash(id)).await.map_err(away)? else { return Ok(None) };
        let data = serde_json::from_slice(&data).map_err(|error| Error::Decode(error.to_string()))?;
        let expiry_date = OffsetDateTime::from_unix_timestamp_nanos(i128::from(expires_us) * 1_000)
            .map_err(|error| Error::Decode(error.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.0.sessions().delete(hash(id)).await.map_err(away)
    }
}
