//! The configuration: the embedded default, a file over it, the environment over both. Unknown keys are refused.

mod payments;
mod types;

pub use payments::{Epay, Payments, Stripe};
pub use types::{Config, Durability, LogFormat, Telemetry};

use std::path::Path;
use toml::{Table, Value};

/// The commented default: `turnpike config default`.
pub const DEFAULT: &str = include_str!("default.toml");
const PREFIX: &str = "TURNPIKE_";

/// Variables of other meanings that begin with the prefix.
const NOT_KEYS: [&str; 5] =
    ["TURNPIKE_ADMIN_EMAIL", "TURNPIKE_ADMIN_PASSWORD", "TURNPIKE_CONFIG", "TURNPIKE_BIN", "TURNPIKE_SITE"];

/// Why a configuration was refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {0}: {1}")]
    Unreadable(String, std::io::Error),
    /// Not TOML.
    #[error("{0} is not valid TOML: {1}")]
    Syntax(String, toml::de::Error),
    /// An unknown key, or a value of the wrong kind.
    #[error("{0}")]
    Invalid(String),
}

/// Reads the configuration from `file`, if one is given, and `environment`.
///
/// # Errors
/// [`ConfigError`] names the key and what is wrong with it.
pub fn load(file: Option<&Path>, environment: impl Iterator<Item = (String, String)>) -> Result<Config, ConfigError> {
    let mut table: Table =
        toml::from_str(DEFAULT).map_err(|error| ConfigError::Syntax("the embedded default".to_owned(), error))?;
    if let Some(path) = file {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable(name.clone(), error))?;
        let own: Table = toml::from_str(&text).map_err(|error| ConfigError::Syntax(name, error))?;
        merge(&mut table, own, "")?;
    }
    for (name, value) in environment {
        let Some(path) = name.strip_prefix(PREFIX).filter(|_| !NOT_KEYS.contains(&name.as_str())) else { continue };
        set(&mut table, &path.to_ascii_lowercase(), &value, &name)?;
    }
    Config::try_from_table(table)
}

/// The first admin's address and password, where the environment names them.
pub fn first_admin(environment: impl Iterator<Item = (String, String)>) -> (Option<String>, Option<String>) {
    let (mut email, mut password) = (None, None);
    for (name, value) in environment {
        match name.as_str() {
            "TURNPIKE_ADMIN_EMAIL" => email = Some(value),
            "TURNPIKE_ADMIN_PASSWORD" => password = Some(value),
            _ => {}
        }
    }
    (email, password)
}

fn merge(into: &mut Table, own: Table, path: &str) -> Result<(), ConfigError> {
    for (key, value) in own {
        let full = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match (into.get_mut(&key), value) {
            (None, _) => return Err(ConfigError::Invalid(format!("unknown key {full}"))),
            (Some(Value::Table(inner)), Value::Table(own)) => merge(inner, own, &full)?,
            (Some(slot), value) if slot.same_type(&value) => *slot = value,
            (Some(slot), value) => {
                let message = format!("{full} must be a {}, not a {}", slot.type_str(), value.type_str());
                return Err(ConfigError::Invalid(message));
            }
        }
    }
    Ok(())
}

/// Sets the key that a variable's name spells, read as the kind of value its default has.
fn set(table: &mut Table, path: &str, text: &str, variable: &str) -> Result<(), ConfigError> {
    let unknown = || ConfigError::Invalid(format!("unknown variable {variable}"));
    let (section, key) = path.rsplit_once("__").map_or(("", path), |(section, key)| (section, key));
    let mut inner = table;
    for part in section.split("__").filter(|part| !part.is_empty()) {
        inner = inner.get_mut(part).and_then(Value::as_table_mut).ok_or_else(unknown)?;
    }
    let slot = inner.get_mut(key).ok_or_else(unknown)?;
    let wrong = |kind: &str| ConfigError::Invalid(format!("{variable} must be a {kind}"));
    *slot = match slot {
        Value::String(_) => Value::String(text.to_owned()),
        Value::Integer(_) => Value::Integer(text.parse().map_err(|_| wrong("whole number"))?),
        Value::Boolean(_) => Value::Boolean(text.parse().map_err(|_| wrong("true or false"))?),
        Value::Array(_) => {
            let list: Table = toml::from_str(&format!("list = {text}")).map_err(|_| wrong("list"))?;
            list.get("list").filter(|value| value.is_array()).cloned().ok_or_else(|| wrong("list"))?
        }
        _ => return Err(unknown()),
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        load(None, variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())))
    }

    #[test]
    fn the_default_is_valid_and_the_environment_comes_before_it() {
        let config = with(&[
            ("TURNPIKE_DATA_DIR", "/tmp/x"),
            ("TURNPIKE_SERVER__LISTEN", "127.0.0.1:1"),
            ("TURNPIKE_EGRESS__ALLOW_PRIVATE", "true"),
            ("TURNPIKE_EGRESS__DENY", "[\"10.0.0.0/8\"]"),
            ("TURNPIKE_RELAY__MAX_BODY", "1000"),
            ("TURNPIKE_ADMIN_EMAIL", "not a key"),
            ("PATH", "not ours"),
        ])
        .unwrap();
        assert_eq!(config.server.listen.port(), 1);
        assert_eq!(config.relay.max_body, 1000);
        assert!(config.egress.allow_private);
        assert_eq!(config.egress.deny.len(), 1);
    }

    #[test]
    fn what_is_unknown_or_of_the_wrong_kind_is_refused_by_name() {
        for (name, value) in [
            ("TURNPIKE_SERVER__LISTN", "x"),
            ("TURNPIKE_NOPE", "x"),
            ("TURNPIKE_SERVER", "x"),
            ("TURNPIKE_RELAY__MAX_BODY", "much"),
            ("TURNPIKE_SERVER__LISTEN", "nowhere"),
            ("TURNPIKE_MONEY__DURABILITY", "none"),
            ("TURNPIKE_MONEY__LEASE_MIN_USD", "-1"),
            ("TURNPIKE_PAYMENTS__MIN_USD", "0"),
            ("TURNPIKE_PAYMENTS__CURRENCIES", "[{code = \"KWD\", rate = \"1\", fee_fixed = \"0\", fee_ppm = 0}]"),
            ("TURNPIKE_PAYMENTS__CURRENCIES", "[{code = \"USD\", rate = \"0\", fee_fixed = \"0\", fee_ppm = 0}]"),
            ("TURNPIKE_PAYMENTS__STRIPE__SECRET_KEY", "half of it"),
        ] {
            assert!(with(&[(name, value)]).is_err(), "{name}={value}");
        }
    }

    #[test]
    fn payments_have_rates_fees_and_an_address_to_come_back_to() {
        let currencies = "[{code = \"CNY\", rate = \"7.25\", fee_fixed = \"1\", fee_ppm = 6000}]";
        let settings = [
            ("TURNPIKE_PAYMENTS__CURRENCIES", currencies),
            ("TURNPIKE_PAYMENTS__EPAY__GATEWAY", "https://pay.example.com/"),
            ("TURNPIKE_PAYMENTS__EPAY__PID", "1000"),
            ("TURNPIKE_PAYMENTS__EPAY__KEY", "secret"),
            ("TURNPIKE_SERVER__PUBLIC_URL", "https://relay.example.com"),
        ];
        let [yuan] = <[_; 1]>::try_from(with(&settings).unwrap().payments.currencies).unwrap();
        assert_eq!((yuan.rate, yuan.fee_fixed, yuan.fee_ppm), (7_250_000, 100, 6_000));
        for missing in 0..settings.len() {
            let mut settings = settings.to_vec();
            settings.remove(missing);
            assert!(with(&settings).is_err(), "{missing}");
        }
    }

    #[test]
    fn a_file_may_set_some_keys_and_no_unknown_ones() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.toml");
        std::fs::write(&path, "data_dir = \"d\"\n[relay]\nmax_attempts = 2\n").unwrap();
        assert_eq!(load(Some(&path), std::iter::empty()).unwrap().relay.max_attempts, 2);
        std::fs::write(&path, "[relay]\nretries = 2\n").unwrap();
        let error = load(Some(&path), std::iter::empty()).unwrap_err().to_string();
        assert_eq!(error, "unknown key relay.retries");
    }
}
