//! The guard against requests to places a relay must not reach (SSRF): checked when a channel's address is set and again
//! for every address a name resolves to, at the moment of connecting.
//!
//! Public addresses are allowed. Private and loopback ones need `egress.allow_private` or the channel's
//! `allow_private_network`. Link-local (cloud metadata), multicast, unspecified and reserved ones are never allowed unless
//! listed in `egress.allow`. `egress.deny` comes before everything.

use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use url::{Host, Url};

/// Which addresses channels may be at.
#[derive(Debug, Clone, Default)]
pub struct Egress {
    /// Whether every channel may be at a private address.
    pub allow_private: bool,
    /// Always allowed.
    pub allow: Vec<IpNet>,
    /// Never allowed.
    pub deny: Vec<IpNet>,
}

/// Why an address was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EgressRefused {
    /// Not a URL, or not one of the web.
    #[error("base_url must be an http or https URL with a host")]
    NotAWebUrl,
    /// User and password in a URL end up in logs.
    #[error("base_url must not hold a user name or password")]
    Credentials,
    /// A query or fragment would be lost or misread when paths are added.
    #[error("base_url must not hold a query or fragment")]
    QueryOrFragment,
    /// A private address without permission.
    #[error("the address is private; set allow_private_network on the channel if this is meant")]
    Private,
    /// An address nobody should relay to.
    #[error("the address is link-local, multicast, reserved or denied")]
    Forbidden,
}

#[derive(PartialEq, Eq)]
enum Reach {
    Public,
    Private,
    Forbidden,
}

impl Egress {
    /// For what tenants name: private addresses may be right for channels, which the place sets up, and are not for these,
    /// unless `allow` lists them.
    pub fn outward(&self) -> Self {
        Self { allow_private: false, ..self.clone() }
    }

    /// Checks a channel's address as written. Names are checked again when they resolve.
    ///
    /// # Errors
    /// [`EgressRefused`] says why.
    pub fn check_url(&self, base_url: &str, private_allowed: bool) -> Result<Url, EgressRefused> {
        let url = Url::parse(base_url).map_err(|_| EgressRefused::NotAWebUrl)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(EgressRefused::NotAWebUrl);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EgressRefused::Credentials);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(EgressRefused::QueryOrFragment);
        }
        match url.host().ok_or(EgressRefused::NotAWebUrl)? {
            Host::Ipv4(ip) => self.check(IpAddr::V4(ip), private_allowed)?,
            Host::Ipv6(ip) => self.check(IpAddr::V6(ip), private_allowed)?,
            Host::Domain(name) => self.check_name(name, private_allowed)?,
        }
        Ok(url)
    }

    fn check_name(&self, name: &str, private_allowed: bool) -> Result<(), EgressRefused> {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        if name == "metadata" || name == "metadata.google.internal" {
            return Err(EgressRefused::Forbidden);
        }
        let local = name == "localhost" || [".localhost", ".local", ".internal"].iter().any(|end| name.ends_with(end));
        if local && !private_allowed && !self.allow_private { Err(EgressRefused::Private) } else { Ok(()) }
    }

    /// Checks one address.
    ///
    /// # Errors
    /// [`EgressRefused::Private`] or [`EgressRefused::Forbidden`].
    pub fn check(&self, ip: IpAddr, private_allowed: bool) -> Result<(), EgressRefused> {
        let ip = embedded_v4(ip);
        if self.deny.iter().any(|net| net.contains(&ip)) {
            return Err(EgressRefused::Forbidden);
        }
        if self.allow.iter().any(|net| net.contains(&ip)) {
            return Ok(());
        }
        match reach(ip) {
            Reach::Public => Ok(()),
            Reach::Private if self.allow_private || private_allowed => Ok(()),
            Reach::Private => Err(EgressRefused::Private),
            Reach::Forbidden => Err(EgressRefused::Forbidden),
        }
    }
}

/// The IPv4 address inside an IPv6 one: mapped, compatible, NAT64 (RFC 6052) or 6to4 (RFC 3056).
fn embedded_v4(ip: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = ip else { return ip };
    if let Some(v4) = v6.to_ipv4_mapped() {
        return IpAddr::V4(v4);
    }
    let [a, b, c, d, e, f, g, h] = v6.segments();
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    };
    match (a, b) {
        (0x0064, 0xff9b) => v4(g, h),
        (0x2002, _) => v4(b, c),
        (0, 0) if (c, d, e, f) == (0, 0, 0, 0) && g != 0 => v4(g, h),
        _ => ip,
    }
}

/// By the IANA special-purpose registries for IPv4 and IPv6 addresses.
fn reach(ip: IpAddr) -> Reach {
    match ip {
        IpAddr::V4(ip) => reach_v4(ip),
        IpAddr::V6(ip) => reach_v6(ip),
    }
}

fn reach_v4(ip: Ipv4Addr) -> Reach {
    let [a, b, c, _] = ip.octets();
    let shared = a == 100 && (64..128).contains(&b);
    if ip.is_private() || ip.is_loopback() || shared {
        return Reach::Private;
    }
    let benchmarking = a == 198 && (18..20).contains(&b);
    let protocol = (a, b, c) == (192, 0, 0);
    let special = ip.is_link_local() || ip.is_multicast() || ip.is_broadcast() || ip.is_documentation();
    if special || a == 0 || a >= 240 || benchmarking || protocol { Reach::Forbidden } else { Reach::Public }
}

fn reach_v6(ip: Ipv6Addr) -> Reach {
    let [first, second, ..] = ip.segments();
    if ip.is_loopback() || (first & 0xfe00) == 0xfc00 {
        return Reach::Private;
    }
    let global = (first & 0xe000) == 0x2000;
    let documentation = (first, second) == (0x2001, 0x0db8);
    let teredo = (first, second) == (0x2001, 0);
    if global && !documentation && !teredo { Reach::Public } else { Reach::Forbidden }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRIVATE: [&str; 14] = [
        "http://127.0.0.1",
        "http://127.1",
        "http://2130706433",
        "http://0x7f000001",
        "http://0177.0.0.1",
        "http://localhost",
        "http://LOCALHOST.",
        "http://10.0.0.1",
        "http://192.168.1.1:8080/v1",
        "http://172.31.255.255",
        "http://[::1]",
        "http://[::ffff:127.0.0.1]",
        "http://[fd00::1]",
        "http://a.localhost",
    ];
    const FORBIDDEN: [&str; 13] = [
        "http://169.254.169.254/latest",
        "http://[fe80::1]",
        "http://0.0.0.0",
        "http://[::]",
        "http://224.0.0.1",
        "http://255.255.255.255",
        "http://[ff02::1]",
        "http://metadata.google.internal",
        "http://[::ffff:169.254.169.254]",
        "http://[64:ff9b::169.254.169.254]",
        "http://[2002:a9fe:a9fe::]",
        "http://0xa9fea9fe",
        "http://198.18.0.1",
    ];
    const NOT_WEB: [&str; 8] = [
        "",
        "x",
        "file:///etc/passwd",
        "gopher://1.1.1.1",
        "ftp://1.1.1.1",
        "http://",
        "unix:/var/run/docker.sock",
        "//1.1.1.1",
    ];

    #[test]
    fn private_addresses_need_permission_however_they_are_written() {
        let closed = Egress::default();
        for url in PRIVATE {
            assert_eq!(closed.check_url(url, false), Err(EgressRefused::Private), "{url}");
            assert!(closed.check_url(url, true).is_ok(), "{url}");
            assert!(Egress { allow_private: true, ..Egress::default() }.check_url(url, false).is_ok(), "{url}");
        }
    }

    #[test]
    fn metadata_and_reserved_addresses_are_never_allowed_by_the_flag() {
        let open = Egress { allow_private: true, ..Egress::default() };
        for url in FORBIDDEN {
            assert_eq!(open.check_url(url, true), Err(EgressRefused::Forbidden), "{url}");
        }
    }

    #[test]
    fn only_plain_web_urls_are_addresses() {
        for url in NOT_WEB {
            assert_eq!(Egress::default().check_url(url, true), Err(EgressRefused::NotAWebUrl), "{url}");
        }
        assert_eq!(Egress::default().check_url("https://u:p@example.com", true), Err(EgressRefused::Credentials));
        assert_eq!(Egress::default().check_url("https://example.com/?a", true), Err(EgressRefused::QueryOrFragment));
        assert!(Egress::default().check_url("https://api.example.com/v1", false).is_ok());
        assert!(Egress::default().check_url("https://1.1.1.1/v1", false).is_ok());
    }

    #[test]
    fn the_lists_come_before_the_rules() {
        let egress = Egress {
            allow_private: true,
            allow: vec!["169.254.1.0/24".parse().unwrap()],
            deny: vec!["10.0.0.0/8".parse().unwrap()],
        };
        assert!(egress.check("169.254.1.7".parse().unwrap(), false).is_ok());
        assert_eq!(egress.check("10.1.2.3".parse().unwrap(), true), Err(EgressRefused::Forbidden));
    }
}
