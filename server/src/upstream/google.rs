//! Google's service accounts: a key signs who asks, and is exchanged for a token of an hour (RFC 7523).
//! <https://developers.google.com/identity/protocols/oauth2/service-account#httprest>

use super::{Http, exchange, failed};
use bytes::Bytes;
use domain::secret::{CredentialSecret, SecretHash};
use engine::upstream::SendFailed;
use http::{HeaderValue, Request, header};
use http_body_util::{BodyExt, Full, Limited};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::time::{Instant, timeout};

/// What a token is for: all of the cloud, as far as the account's own roles go.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// Google takes no longer ones.
const SIGNED_FOR: i64 = 3_600;
/// A token with less time left is exchanged anew, so that none ends on its way.
const SPARE: Duration = Duration::from_secs(120);
/// For a token, connecting included.
const PATIENCE: Duration = Duration::from_secs(10);
const MAX_ANSWER: usize = 64 << 10;

/// Tokens by account.
#[derive(Default)]
pub(super) struct Accounts(Mutex<HashMap<SecretHash, Arc<Slot>>>);

/// One account's token; who holds it asks, and the others wait for that.
type Slot = tokio::sync::Mutex<Option<Token>>;

struct Token {
    bearer: HeaderValue,
    until: Instant,
}

/// A service account's key, as Google hands it out.
#[derive(Deserialize)]
pub struct ServiceAccount {
    client_email: String,
    private_key: zeroize::Zeroizing<String>,
    #[serde(default)]
    private_key_id: Option<String>,
    token_uri: String,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    scope: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
}

#[derive(Deserialize)]
struct Granted {
    access_token: zeroize::Zeroizing<String>,
    expires_in: u64,
}

impl ServiceAccount {
    /// Reads a key.
    ///
    /// # Errors
    /// What is wrong with it; never a part of it.
    pub fn read(secret: &CredentialSecret) -> Result<Self, &'static str> {
        let account: Self = serde_json::from_str(secret.expose())
            .map_err(|_| "is no key of a service account: `client_email`, `private_key` and `token_uri` are needed")?;
        account.key()?;
        Ok(account)
    }

    /// Where it asks for its tokens.
    pub fn token_uri(&self) -> &str {
        &self.token_uri
    }

    fn key(&self) -> Result<EncodingKey, &'static str> {
        EncodingKey::from_rsa_pem(self.private_key.as_bytes())
            .map_err(|_| "has a `private_key` that is no RSA key in PEM")
    }

    /// Who asks, signed.
    fn assertion(&self, now: i64) -> Result<String, &'static str> {
        let header = Header { kid: self.private_key_id.clone(), ..Header::new(Algorithm::RS256) };
        let (iss, aud) = (self.client_email.as_str(), self.token_uri.as_str());
        let claims = Claims { iss, scope: SCOPE, aud, iat: now, exp: now + SIGNED_FOR };
        jsonwebtoken::encode(&header, &claims, &self.key()?).map_err(|_| "could not sign")
    }
}

impl Accounts {
    /// The header with a token of this account, which is asked for over the channel's own way out.
    pub async fn token(&self, client: &Http, secret: &CredentialSecret) -> Result<HeaderValue, SendFailed> {
        let slot = self.0.lock().entry(SecretHash::of(secret.expose())).or_default().clone();
        let mut token = slot.lock().await;
        if let Some(token) = token.as_ref().filter(|token| Instant::now() + SPARE < token.until) {
            return Ok(token.bearer.clone());
        }
        let fresh = timeout(PATIENCE, ask(client, secret)).await.map_err(|_| away("no token in time"))??;
        Ok(token.insert(fresh).bearer.clone())
    }

    /// Asks anew next time, unless the token that was refused is no longer the one there is.
    pub async fn forget(&self, secret: &CredentialSecret, refused: &HeaderValue) {
        let Some(slot) = self.0.lock().get(&SecretHash::of(secret.expose())).cloned() else { return };
        let mut token = slot.lock().await;
        if token.as_ref().is_some_and(|token| token.bearer == *refused) {
            *token = None;
        }
    }
}

async fn ask(client: &Http, secret: &CredentialSecret) -> Result<Token, SendFailed> {
    let refused = |what: &str| SendFailed { refused: true, ..away(&format!("the service account {what}")) };
    let account = ServiceAccount::read(secret).map_err(refused)?;
    let asked = Instant::now();
    let assertion = account.assertion(jiff::Timestamp::now().as_second()).map_err(refused)?;
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", GRANT)
        .append_pair("assertion", &assertion)
        .finish();
    let request = Request::post(&account.token_uri)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT, "application/json")
        .body(Full::new(Bytes::from(form)))
        .map_err(|_| refused("has a `token_uri` that is no address"))?;
    let (head, body) = exchange(client, request).await?.into_parts();
    let body = Limited::new(body, MAX_ANSWER).collect().await.map_err(|_| away("the token's answer broke off"))?;
    match head.status.as_u16() {
        200 => {}
        // <https://www.rfc-editor.org/rfc/rfc6749#section-5.2>
        400 | 401 | 403 => return Err(refused("was refused a token")),
        status => return Err(away(&format!("no token: status {status}"))),
    }
    let granted: Granted =
        serde_json::from_slice(&body.to_bytes()).map_err(|_| away("the token's answer cannot be read"))?;
    let bearer = zeroize::Zeroizing::new(["Bearer ", granted.access_token.as_str()].concat());
    let mut bearer = HeaderValue::from_str(&bearer).map_err(|_| away("the token cannot stand in a header"))?;
    bearer.set_sensitive(true);
    Ok(Token { bearer, until: asked + Duration::from_secs(granted.expires_in) })
}

/// Not the credential's fault.
fn away(what: &str) -> SendFailed {
    failed(what.to_owned())
}
