//! The client for calls this server makes for itself (webhooks of alerts, providers of payments): it follows no redirect, uses no
//! proxy, and reaches no address that the guard forbids. Private ones are allowed where whoever runs the place names them, and
//! not where a tenant does.

use crate::egress::Egress;
use anyhow::Context;
use reqwest::{
    Client,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect::Policy,
};
use std::{fmt::Write as _, net::SocketAddr, sync::Arc, time::Duration};

/// Looks names up, and leaves out addresses that must not be reached.
struct Guarded {
    egress: Arc<Egress>,
    private_allowed: bool,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let (egress, private) = (self.egress.clone(), self.private_allowed);
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let permitted: Vec<SocketAddr> = found.filter(|it| egress.check(it.ip(), private).is_ok()).collect();
            Ok(Box::new(permitted.into_iter()) as Addrs)
        })
    }
}

/// A client whose calls take `patience` at most, and reach private addresses or do not.
///
/// # Errors
/// When it cannot be made.
pub fn client(egress: Arc<Egress>, patience: Duration, private_allowed: bool) -> anyhow::Result<Client> {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let tls = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    Client::builder()
        .tls_backend_preconfigured(tls)
        .dns_resolver(Arc::new(Guarded { egress, private_allowed }))
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
