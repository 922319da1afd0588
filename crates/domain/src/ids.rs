//! Typed ids: a 63-bit number written as a prefix and thirteen Crockford base-32 digits (`ten_01h2x…`).
//!
//! The number holds milliseconds since 1970 in its upper bits and randomness below (made in `store::ids`), so ids sort by
//! age, need no central counter and fit a BIGINT. The prefix keeps a key's id from being taken for a tenant's.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};

const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// 13 × 5 bits hold 63 bits.
const LEN: usize = 13;

/// The text is not an id of the kind asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {0} id")]
pub struct InvalidId(pub &'static str);

fn encode(prefix: &str, id: i64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(prefix)?;
    let id = id.unsigned_abs();
    for place in (0..LEN).rev() {
        let digit = (id >> (place * 5)) & 31;
        let byte = DIGITS.get(usize::try_from(digit).unwrap_or(0)).copied().unwrap_or(b'0');
        fmt::Write::write_char(f, char::from(byte))?;
    }
    Ok(())
}

fn decode(prefix: &'static str, text: &str) -> Result<i64, InvalidId> {
    let invalid = InvalidId(prefix);
    let digits = text.strip_prefix(prefix).ok_or(InvalidId(prefix))?;
    if digits.len() != LEN {
        return Err(invalid);
    }
    let mut id: u128 = 0;
    for byte in digits.bytes() {
        let Some(value) = DIGITS.iter().position(|d| *d == byte) else { return Err(invalid) };
        id = (id << 5) | value as u128;
    }
    i64::try_from(id).map_err(|_| invalid)
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                encode($prefix, self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                decode($prefix, text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                if s.is_human_readable() { s.collect_str(self) } else { s.serialize_i64(self.0) }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                if d.is_human_readable() {
                    String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
                } else {
                    i64::deserialize(d).map(Self)
                }
            }
        }
    };
}

id!(/// A customer: owns a wallet, keys and members.
    TenantId, "ten_");
id!(/// An API key of a tenant.
    KeyId, "key_");
id!(/// A person who signs in.
    UserId, "usr_");
id!(/// A configured way to a provider.
    ChannelId, "chn_");
id!(/// One upstream secret of a channel.
    CredentialId, "crd_");
id!(/// One immutable version of a price.
    PriceId, "prc_");
id!(/// An account of the ledger.
    AccountId, "acc_");
id!(/// One double-entry transfer of the ledger.
    TransferId, "trf_");
id!(/// A frozen bill of a tenant and month.
    StatementId, "stm_");
id!(/// A management token.
    TokenId, "tok_");
id!(/// A budget of a tenant, a key or a member.
    BudgetId, "bud_");
id!(/// An order of credit that is paid through a provider of payments.
    TopupId, "top_");
id!(/// Money that goes back: a refund or a chargeback.
    RefundId, "rfd_");
id!(/// Redemption codes that were made together.
    BatchId, "bat_");

/// A request's id: a UUIDv7 made by the relay; its time is the request's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub [u8; 16]);

impl RequestId {
    /// Milliseconds since 1970 that the id carries.
    pub fn unix_ms(&self) -> i64 {
        let [a, b, c, d, e, f, ..] = self.0;
        i64::from_be_bytes([0, 0, a, b, c, d, e, f])
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, byte) in self.0.iter().enumerate() {
            if matches!(i, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl FromStr for RequestId {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let digits: Vec<u32> = text.chars().filter(|c| *c != '-').map_while(|c| c.to_digit(16)).collect();
        if text.len() != 36 || digits.len() != 32 {
            return Err(InvalidId("request"));
        }
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = pair.iter().fold(0, |acc, digit| (acc << 4) | u8::try_from(*digit).unwrap_or(0));
        }
        Ok(Self(bytes))
    }
}

impl Serialize for RequestId {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if s.is_human_readable() { s.collect_str(self) } else { self.0.serialize(s) }
    }
}

impl<'de> Deserialize<'de> for RequestId {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        if d.is_human_readable() {
            String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
        } else {
            <[u8; 16]>::deserialize(d).map(Self)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_survive_text_and_refuse_each_others_prefix() {
        for n in [0, 1, 31, 32, 1_764_000_000_000 << 20, i64::MAX] {
            let text = TenantId(n).to_string();
            assert_eq!(text.len(), 17);
            assert_eq!(text.parse(), Ok(TenantId(n)));
            assert!(text.parse::<KeyId>().is_err());
        }
        for bad in ["", "ten_", "ten_u123456789abc", "ten_zzzzzzzzzzzzz", "ten_00000000000001"] {
            assert!(bad.parse::<TenantId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn request_ids_survive_text_and_carry_their_time() {
        let id = RequestId([0x01, 0x93, 0x5a, 0, 0, 0, 0x70, 1, 2, 3, 4, 5, 6, 7, 8, 255]);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.unix_ms(), 0x0193_5a00_0000);
        assert!("01935a00-0000-7001-0203-04050607080g".parse::<RequestId>().is_err());
    }
}
