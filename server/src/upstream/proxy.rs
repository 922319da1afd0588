//! A channel's own way out: through an HTTP proxy (CONNECT) or a SOCKS 5 proxy, named by one URL.

use crate::gateway::percent_decoded;
use domain::channel::Proxy;
use http::{HeaderValue, Uri};
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use std::io;
use tower::{Service, ServiceExt as _};
use url::Url;

/// Where a proxy is, and what it is told.
#[derive(Clone)]
pub struct Through {
    kind: Kind,
    /// `http://host:port`
    pub at: Uri,
    user: Option<(String, String)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Http,
    /// Names are looked up here.
    Socks,
    /// Names are looked up by the proxy.
    SocksNames,
}

impl Through {
    /// Reads a proxy's URL, which the store has checked.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(proxy: &Proxy) -> io::Result<Self> {
        let invalid = || io::Error::new(io::ErrorKind::InvalidInput, "the channel's proxy is not a URL of one");
        let url = Url::parse(proxy.0.expose()).map_err(|_| invalid())?;
        let (kind, port) = match url.scheme() {
            "http" => (Kind::Http, 80),
            "socks5" => (Kind::Socks, 1080),
            "socks5h" => (Kind::SocksNames, 1080),
            _ => return Err(invalid()),
        };
        let host = url.host_str().ok_or_else(invalid)?;
        // For `http` the usual port is not written.
        let at = format!("http://{host}:{}", url.port().unwrap_or(port)).parse().map_err(|_| invalid())?;
        let decoded = |text: &str| percent_decoded(text).ok_or_else(invalid);
        let user = match (url.username(), url.password()) {
            ("", None) => None,
            (user, password) => Some((decoded(user)?, decoded(password.unwrap_or_default())?)),
        };
        Ok(Self { kind, at, user })
    }

    /// Whether names are looked up here, and their addresses so can be checked.
    pub fn looks_up_here(&self) -> bool {
        self.kind == Kind::Socks
    }

    /// A stream to `target` over `dial`, which connects to the proxy.
    ///
    /// # Errors
    /// When the proxy does not answer or refuses.
    pub async fn connect<D>(&self, dial: D, target: Uri) -> io::Result<D::Response>
    where
        D: Service<Uri, Error = io::Error> + Clone + Send + 'static,
        D::Future: Send + 'static,
        D::Response: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
    {
        match self.kind {
            Kind::Http => {
                let mut tunnel = Tunnel::new(self.at.clone(), dial);
                if let Some((user, password)) = &self.user {
                    tunnel = tunnel.with_auth(basic(user, password)?);
                }
                tunnel.ready().await.map_err(io::Error::other)?.call(target).await.map_err(io::Error::other)
            }
            Kind::Socks | Kind::SocksNames => {
                let mut socks = SocksV5::new(self.at.clone(), dial);
                if let Some((user, password)) = &self.user {
                    socks = socks.with_auth(user.clone(), password.clone());
                }
                socks.ready().await.map_err(io::Error::other)?.call(target).await.map_err(io::Error::other)
            }
        }
    }
}

/// RFC 7617.
fn basic(user: &str, password: &str) -> io::Result<HeaderValue> {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    HeaderValue::try_from(format!("Basic {text}")).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::secret::CredentialSecret;

    fn read(url: &str) -> (String, bool, Option<(String, String)>) {
        let through = Through::read(&Proxy(CredentialSecret::new(url.into()))).unwrap();
        (through.at.to_string(), through.looks_up_here(), through.user)
    }

    #[test]
    fn a_url_names_kind_place_and_user() {
        assert_eq!(read("http://proxy.example"), ("http://proxy.example:80/".into(), false, None));
        assert_eq!(read("socks5://10.0.0.1"), ("http://10.0.0.1:1080/".into(), true, None));
        let user = Some(("me".into(), "p@ss".into()));
        assert_eq!(read("socks5h://me:p%40ss@[::1]:9"), ("http://[::1]:9/".into(), false, user));
    }
}
