//! The client for calls this server makes for itself (webhooks of alerts, providers of payments): it follows no redirect, uses no
//! proxy, and reaches no address that the guard forbids. Private ones are allowed: whoever configures the server names them.

use crate::egress::Egress;
use anyhow::Context;
use reqwest::{
    Client,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect::Policy,
};
use std::{fmt::Write as _, net::SocketAddr, sync::Arc, time::Duration};

/// Looks names up, and leaves out addresses that must not be reached.
struct Guarded(Arc<Egress>);

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let egress = self.0.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let permitted: Vec<SocketAddr> = found.filter(|it| egress.check(it.ip(), true).is_ok()).collect();
            Ok(Box::new(permitted.into_iter()) as Addrs)
        })
    }
}

/// A client whose calls take `patience` at most.
///
/// # Errors
/// When it cannot be made.
pub fn client(egress: Arc<Egress>, patience: Duration) -> anyhow::Result<Client> {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let tls = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    Client::builder()
        .tls_backend_preconfigured(tls)
        .dns_resolver(Arc::new(Guarded(egress)))
        .redirect(Policy::none())
        .no_proxy()
        .timeout(patience)
        .build()
        .context("the client for calls of our own")
}

/// Bytes in hexadecimal, in lower case.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
