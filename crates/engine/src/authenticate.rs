//! Who calls: the key, its validity, endpoint and address. Answers from memory.

use crate::{clock::Clock, received::Received};
use domain::{
    dialect::Dialect,
    key::KeyRecord,
    ports::Catalog,
    refusal::{Code, Refusal},
    secret::SecretHash,
};
use http::{HeaderMap, header};
use std::{net::IpAddr, sync::Arc, time::Duration};

/// A request whose key is valid, for this endpoint, from this address.
#[derive(Debug)]
pub struct Authed {
    /// The request.
    pub received: Received,
    /// Its key.
    pub key: Arc<KeyRecord>,
}

/// The secret a caller presented, wherever its SDK puts it.
pub fn presented_key<'a>(headers: &'a HeaderMap, query_key: Option<&'a str>) -> Option<&'a str> {
    let header = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    header(header::AUTHORIZATION)
        .and_then(|value| value.strip_prefix("Bearer ").or_else(|| value.strip_prefix("bearer ")))
        .or_else(|| header(header::HeaderName::from_static("x-api-key")))
        .or_else(|| header(header::HeaderName::from_static("x-goog-api-key")))
        .or(query_key)
        .map(str::trim)
        .filter(|key| !key.is_empty())
}

/// Finds the key and checks everything about it that does not need the body.
///
/// # Errors
/// 401 for a missing, unknown, expired or revoked key; 403 for a frozen tenant, a foreign address or endpoint; 503 when
/// the database is away and the key was never seen.
pub async fn authenticate<C: Catalog>(catalog: &C, clock: &impl Clock, received: Received) -> Result<Authed, Refusal> {
    let key = valid_key(catalog, clock, &received.headers, received.query_key.as_deref()).await?;
    admits(&key, received.peer, received.dialect)?;
    Ok(Authed { received, key })
}

/// Whether a key may be used from this address, for this dialect's endpoint.
///
/// # Errors
/// 403 for a foreign address or endpoint.
pub fn admits(key: &KeyRecord, peer: IpAddr, dialect: Dialect) -> Result<(), Refusal> {
    if !key.allows_address(peer) {
        return Err(Refusal::new(Code::NotAllowed, "This key may not be used from your address."));
    }
    if !key.allows_endpoint(dialect) {
        return Err(Refusal::new(Code::NotAllowed, "This key may not use this endpoint."));
    }
    Ok(())
}

/// The valid key behind these headers, of a tenant that is not frozen; for paths that cost nothing (`GET /v1/models`) too.
///
/// # Errors
/// As [`authenticate`], without the checks of address and endpoint.
pub async fn valid_key<C: Catalog>(
    catalog: &C,
    clock: &impl Clock,
    headers: &HeaderMap,
    query_key: Option<&str>,
) -> Result<Arc<KeyRecord>, Refusal> {
    let presented = presented_key(headers, query_key).ok_or_else(|| {
        Refusal::new(
            Code::InvalidApiKey,
            "No API key was given. Send it as `Authorization: Bearer sk-tp-…`, `x-api-key` or `x-goog-api-key`.",
        )
    })?;
    let found = catalog.key(SecretHash::of(presented)).await.map_err(|_| {
        Refusal::new(Code::Overloaded, "Your key cannot be checked at the moment.").retry_after(Duration::from_secs(1))
    })?;
    let invalid = || Refusal::new(Code::InvalidApiKey, "The API key is unknown, expired or revoked.");
    let key = found.filter(|key| key.is_valid_at(clock.unix_ms())).ok_or_else(invalid)?;
    if key.tenant_frozen {
        return Err(Refusal::new(Code::TenantFrozen, "This account is frozen. Its owner can tell you why."));
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(n, v)| (header::HeaderName::from_static(n), header::HeaderValue::from_static(v))).collect()
    }

    #[test]
    fn the_key_is_found_wherever_an_sdk_puts_it() {
        for pair in [("authorization", "Bearer k1"), ("x-api-key", "k1"), ("x-goog-api-key", " k1 ")] {
            assert_eq!(presented_key(&headers(&[pair]), None), Some("k1"), "{pair:?}");
        }
        assert_eq!(presented_key(&HeaderMap::new(), Some("k1")), Some("k1"));
        assert_eq!(presented_key(&headers(&[("authorization", "Basic k1"), ("x-api-key", "")]), None), None);
    }
}
