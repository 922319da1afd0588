//! Tells people: by mail, and by a call of a webhook whose body is signed.

use crate::egress::{Egress, EgressRefused};
use anyhow::{Context, ensure};
use domain::secret::CredentialSecret;
use hmac::{Hmac, Mac};
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
};
use reqwest::{Client, Url};
use sha2::Sha256;
use std::{sync::Arc, time::Duration};

/// A call or a mail may take so long.
const PATIENCE: Duration = Duration::from_secs(10);
/// The header with the time of the call and its signature.
pub const SIGNATURE: &str = "x-turnpike-signature";

/// The ways to people.
pub struct Tellers {
    mail: Option<(AsyncSmtpTransport<Tokio1Executor>, Mailbox)>,
    /// For the place's own webhooks, which may be at private addresses.
    web: Client,
    egress: Arc<Egress>,
    /// For tenants', which may not.
    outward: Client,
}

impl Tellers {
    /// With this mail server, if there is one.
    ///
    /// # Errors
    /// When the server's address or the sender's cannot be read.
    pub fn new(smtp_url: Option<&str>, from: Option<&str>, egress: Arc<Egress>) -> anyhow::Result<Self> {
        let mail = match (smtp_url, from) {
            (Some(url), Some(from)) => {
                // The error would quote the address, which may hold a password.
                let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url);
                let transport = transport.ok().context("alerts.smtp_url is not a mail server's address")?;
                let from = from.parse().context("alerts.from is not an address")?;
                Some((transport.timeout(Some(PATIENCE)).build(), from))
            }
            _ => None,
        };
        let web = crate::web::client(egress.clone(), PATIENCE, true)?;
        let outward = crate::web::client(Arc::new(egress.outward()), PATIENCE, false)?;
        Ok(Self { mail, web, egress, outward })
    }

    /// Whether there is a mail server.
    pub fn can_mail(&self) -> bool {
        self.mail.is_some()
    }

    /// Sends one mail.
    ///
    /// # Errors
    /// When there is no mail server, or it does not take the mail.
    pub async fn mail(&self, to: &str, subject: &str, text: &str) -> anyhow::Result<()> {
        let (transport, from) = self.mail.as_ref().context("alerts.smtp_url is not set")?;
        let message = Message::builder()
            .from(from.clone())
            .to(to.parse().context("not an address")?)
            .subject(subject)
            .header(ContentType::TEXT_PLAIN)
            .body(text.to_owned())?;
        transport.send(message).await.map(drop).context("the mail server did not take it")
    }

    /// Calls a webhook, of the place's or of a tenant's.
    ///
    /// # Errors
    /// When its address may not be reached, or it does not answer with a success.
    pub async fn call(
        &self,
        url: &str,
        secret: &CredentialSecret,
        unix: i64,
        body: String,
        place: bool,
    ) -> anyhow::Result<()> {
        let url = permitted(&self.egress, url, place).map_err(|why| anyhow::anyhow!("{why}"))?;
        let signature = format!("t={unix},v1={}", sign(secret, unix, &body));
        let web = if place { &self.web } else { &self.outward };
        let call = web.post(url).header("content-type", "application/json").header(SIGNATURE, signature);
        // Its error would quote the address, which may hold a token.
        let answer = call.body(body).send().await.map_err(|error| anyhow::anyhow!("{}", error.without_url()))?;
        ensure!(answer.status().is_success(), "it answered {}", answer.status().as_u16());
        Ok(())
    }
}

/// A webhook's address, if it may be called at all: the place's own may be private, a tenant's may not. Unlike a channel's it
/// may have a query.
///
/// # Errors
/// Why not, in a webhook's words: the guard's are about channels.
pub fn permitted(egress: &Egress, text: &str, place: bool) -> Result<Url, &'static str> {
    const NOT_WEB: &str = "must be an http or https URL with a host";
    let url = Url::parse(text).map_err(|_| NOT_WEB)?;
    let mut plain = url.clone();
    plain.set_query(None);
    let checked =
        if place { egress.check_url(plain.as_str(), true) } else { egress.outward().check_url(plain.as_str(), false) };
    let checked = checked.map_err(|refused| match refused {
        EgressRefused::NotAWebUrl => NOT_WEB,
        EgressRefused::Credentials => "must not hold a user name or password",
        EgressRefused::QueryOrFragment => "must not hold a fragment",
        EgressRefused::Private => "must not be at a private address",
        EgressRefused::Forbidden => "must not be at an address that is link-local, multicast, reserved or denied",
    });
    checked.map(|_| url)
}

/// HMAC-SHA-256 over the time, a dot and the body, in hexadecimal: a call that is sent again later shows by its time.
pub fn sign(secret: &CredentialSecret, unix: i64, body: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()) else { return String::new() };
    mac.update(format!("{unix}.{body}").as_bytes());
    crate::web::hexadecimal(&mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_hmac_of_time_and_body() {
        // printf '1700000000.{}' | openssl dgst -sha256 -hmac whsec_test
        let secret = CredentialSecret::new("whsec_test".into());
        let signed = sign(&secret, 1_700_000_000, "{}");
        assert_eq!(signed, "35495024f4ef3f94e5a93e22221544c4b75e9a42300cd965ab81cb85cd994e91");
        assert_ne!(signed, sign(&secret, 1_700_000_001, "{}"));
        assert_ne!(signed, sign(&CredentialSecret::new("other".into()), 1_700_000_000, "{}"));
    }
}
