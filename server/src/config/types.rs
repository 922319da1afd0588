//! The configuration's shape. Keys and their meaning are documented in `default.toml`.

use super::{ConfigError, payments::Payments};
use crate::egress::Egress;
use domain::money::NanoUsd;
use engine::{config::RelayConfig, routing::Weights};
use ipnet::IpNet;
use serde::{Deserialize, Deserializer};
use std::{net::SocketAddr, path::PathBuf, time::Duration};
use store::statements::{Issuer, Letterhead};
use toml::Table;

/// Everything that can be configured.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub data_dir: PathBuf,
    pub server: Server,
    pub database: Database,
    pub redis: RedisServer,
    pub secrets: Secrets,
    pub relay: Relay,
    pub routing: Routing,
    pub egress: EgressLists,
    pub money: Money,
    pub billing: Billing,
    pub payments: Payments,
    pub alerts: Alerts,
    pub telemetry: Telemetry,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    pub listen: SocketAddr,
    #[serde(deserialize_with = "text")]
    pub public_url: Option<String>,
    pub max_connections: usize,
    #[serde(deserialize_with = "milliseconds", rename = "header_timeout_ms")]
    pub header_timeout: Duration,
    pub max_head: usize,
    #[serde(deserialize_with = "milliseconds", rename = "body_timeout_ms")]
    pub body_timeout: Duration,
    #[serde(deserialize_with = "milliseconds", rename = "write_stall_ms")]
    pub write_stall: Duration,
    pub trusted_proxies: Vec<IpNet>,
    pub tls: Tls,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    #[serde(deserialize_with = "text")]
    pub cert: Option<String>,
    #[serde(deserialize_with = "text")]
    pub key: Option<String>,
}

/// The database's address may hold a password: it is never printed.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    #[serde(deserialize_with = "text")]
    pub url: Option<String>,
}

/// As the database's address.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedisServer {
    #[serde(deserialize_with = "text")]
    pub url: Option<String>,
}

/// What the terms of the balanced strategy weigh, in hundredths.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Routing {
    pub price: u16,
    pub success: u16,
    pub ttft: u16,
    pub throughput: u16,
    pub load: u16,
    pub cache: u16,
}

/// Never printed.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secrets {
    #[serde(deserialize_with = "text")]
    pub key: Option<String>,
    #[serde(deserialize_with = "text")]
    pub key_file: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relay {
    pub max_body: usize,
    #[serde(deserialize_with = "milliseconds", rename = "connect_timeout_ms")]
    pub connect_timeout: Duration,
    #[serde(deserialize_with = "milliseconds", rename = "first_token_timeout_ms")]
    pub first_token_timeout: Duration,
    #[serde(deserialize_with = "milliseconds", rename = "idle_timeout_ms")]
    pub idle_timeout: Duration,
    #[serde(deserialize_with = "milliseconds", rename = "total_timeout_ms")]
    pub total_timeout: Duration,
    #[serde(rename = "first_token_timeout_thinking_ms", deserialize_with = "milliseconds")]
    pub first_token_timeout_thinking: Duration,
    pub max_in_flight: usize,
    pub max_attempts: usize,
    #[serde(deserialize_with = "milliseconds", rename = "caller_left_ms")]
    pub caller_left: Duration,
    #[serde(deserialize_with = "milliseconds", rename = "drain_grace_ms")]
    pub drain_grace: Duration,
    #[serde(deserialize_with = "milliseconds", rename = "drain_ms")]
    pub drain: Duration,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EgressLists {
    pub allow_private: bool,
    pub allow: Vec<IpNet>,
    pub deny: Vec<IpNet>,
}

/// When a charge counts as durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    Process,
    Power,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Money {
    pub durability: Durability,
    pub lease_min_usd: NanoUsd,
    pub lease_seconds: u32,
    pub lease_lifetime: u64,
    pub lost_node_after: u64,
    pub journal_days: u32,
    pub journal_segment_mib: u64,
    pub usage_months: u32,
}

/// What is printed on statements.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Billing {
    pub name: String,
    pub address: String,
    pub tax: String,
    pub statement_prefix: String,
}

/// Where mails go; the address may hold a password.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alerts {
    #[serde(deserialize_with = "text")]
    pub smtp_url: Option<String>,
    #[serde(deserialize_with = "text")]
    pub from: Option<String>,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Telemetry {
    pub log: String,
    pub log_format: LogFormat,
    #[serde(deserialize_with = "text")]
    pub metrics_token: Option<String>,
    #[serde(deserialize_with = "text")]
    pub otlp_url: Option<String>,
}

/// What is never printed.
macro_rules! redacted {
    ($($name:ident),*) => {
        $(impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("[redacted]")
            }
        })*
    };
}
pub(super) use redacted;
redacted!(Alerts, Database, RedisServer, Secrets, Telemetry);

pub(super) fn text<'de, D: Deserializer<'de>>(d: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(d)?;
    Ok((!text.is_empty()).then_some(text))
}

fn milliseconds<'de, D: Deserializer<'de>>(d: D) -> Result<Duration, D::Error> {
    u64::deserialize(d).map(Duration::from_millis)
}

impl Config {
    pub(super) fn try_from_table(table: Table) -> Result<Self, ConfigError> {
        let config: Self =
            table.try_into().map_err(|error: toml::de::Error| ConfigError::Invalid(error.message().to_owned()))?;
        config.check().map_err(|what| ConfigError::Invalid(what.to_owned()))?;
        Ok(config)
    }

    fn check(&self) -> Result<(), &'static str> {
        if self.server.tls.cert.is_some() != self.server.tls.key.is_some() {
            return Err("server.tls.cert and server.tls.key go together");
        }
        if self.server.max_head < 8_192 {
            return Err("server.max_head must be at least 8192");
        }
        if self.alerts.smtp_url.is_some() != self.alerts.from.is_some() {
            return Err("alerts.smtp_url and alerts.from go together");
        }
        if self.telemetry.otlp_url.as_deref().is_some_and(|url| !is_http(url)) {
            return Err("telemetry.otlp_url must be an address such as http://collector:4318");
        }
        self.payments.check(self.server.public_url.is_some())?;
        if self.relay.max_in_flight == 0 {
            return Err("relay.max_in_flight must be at least 1");
        }
        if self.relay.max_attempts == 0 || self.relay.max_body == 0 || self.server.max_connections == 0 {
            return Err("relay.max_attempts, relay.max_body and server.max_connections must be at least 1");
        }
        if self.money.lease_min_usd <= NanoUsd::ZERO
            || self.money.lease_seconds == 0
            || self.money.journal_segment_mib == 0
        {
            return Err("money.lease_min_usd, money.lease_seconds and money.journal_segment_mib must be positive");
        }
        if !fits(&self.billing.statement_prefix, 20) || self.billing.statement_prefix.contains('\n') {
            return Err("billing.statement_prefix must have at most 20 characters, on one line");
        }
        if [&self.billing.name, &self.billing.address, &self.billing.tax].into_iter().any(|text| !fits(text, 500)) {
            return Err("billing.name, billing.address and billing.tax must have at most 500 characters each");
        }
        if self.money.usage_months > 1_200 {
            return Err("money.usage_months must be at most 1200; 0 keeps usage for ever");
        }
        if self.money.lease_lifetime < 10 {
            return Err("money.lease_lifetime must be at least 10");
        }
        if self.secrets.key.is_some() && self.secrets.key_file.is_some() {
            return Err("set secrets.key or secrets.key_file, not both");
        }
        Ok(())
    }

    /// The relay's limits.
    pub fn relay_config(&self) -> RelayConfig {
        RelayConfig {
            connect_timeout: self.relay.connect_timeout,
            first_token_timeout: self.relay.first_token_timeout,
            idle_timeout: self.relay.idle_timeout,
            total_timeout: self.relay.total_timeout,
            max_attempts: self.relay.max_attempts,
            first_token_timeout_thinking: self.relay.first_token_timeout_thinking,
            max_in_flight: self.relay.max_in_flight,
            weights: self.weights(),
            drain_after_caller_left: self.relay.caller_left,
            ..RelayConfig::default()
        }
    }

    fn weights(&self) -> Weights {
        let share = |hundredths: u16| f64::from(hundredths) / 100.0;
        let Routing { price, success, ttft, throughput, load, cache } = self.routing;
        Weights {
            price: share(price),
            success: share(success),
            ttft: share(ttft),
            throughput: share(throughput),
            load: share(load),
            cache: share(cache),
        }
    }

    /// How statements are made out.
    pub fn letterhead(&self) -> Letterhead {
        let Billing { name, address, tax, statement_prefix } = self.billing.clone();
        Letterhead { issuer: Issuer { name, address, tax }, prefix: statement_prefix }
    }

    /// The guard on upstream addresses.
    pub fn egress(&self) -> Egress {
        let EgressLists { allow_private, allow, deny } = self.egress.clone();
        Egress { allow_private, allow, deny }
    }
}

/// Lines of text, no longer than that.
fn fits(text: &str, longest: usize) -> bool {
    text.chars().count() <= longest && text.chars().all(|c| c == '\n' || !c.is_control())
}

pub(super) fn is_http(url: &str) -> bool {
    url::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}
