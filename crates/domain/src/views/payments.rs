//! Credit that is bought: what it costs, orders, codes.

use crate::{
    ids::{BatchId, TenantId, TopupId},
    money::NanoUsd,
};
use serde::{Deserialize, Serialize};

/// What a currency costs; all of it as plain decimals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeeLine {
    /// Its code.
    pub code: String,
    /// One USD of credit in it.
    pub rate: String,
    /// The part of the fee that is always the same; `None`: there is none.
    pub fixed: Option<String>,
    /// The part that grows with the price, in percent; `None`: there is none.
    pub percent: Option<String>,
}

/// Every fee there is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fees {
    /// Whether credit is sold here at all.
    pub sold: bool,
    /// The least of one order.
    pub min: NanoUsd,
    /// The most of one order.
    pub max: NanoUsd,
    /// What it can be paid in.
    pub currencies: Vec<FeeLine>,
}

/// One way to pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Way {
    /// Through whom.
    pub provider: String,
    /// How, where the order must say so; otherwise empty.
    pub method: String,
    /// In what.
    pub currency: String,
}

impl Way {
    /// As a form carries it.
    pub fn value(&self) -> String {
        format!("{} {} {}", self.provider, self.method, self.currency)
    }

    /// What a form carried.
    pub fn parse(value: &str) -> Option<Self> {
        let mut words = value.split(' ').map(str::to_owned);
        let (provider, method, currency) = (words.next()?, words.next()?, words.next()?);
        words.next().is_none().then_some(Self { provider, method, currency })
    }
}

/// What a tenant can buy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selling {
    /// Whether this viewer may put money in.
    pub may: bool,
    /// The ways to pay; none: nothing is sold, codes are taken all the same.
    pub ways: Vec<Way>,
    /// The least of one order.
    pub min: NanoUsd,
    /// The most of one order.
    pub max: NanoUsd,
}

/// An order in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopupLine {
    /// Which.
    pub id: TopupId,
    /// Whose.
    pub tenant: TenantId,
    /// `pending`, `succeeded`, `failed` or `expired`.
    pub state: String,
    /// Through whom, and how.
    pub way: Way,
    /// All that is paid, a plain decimal of the way's currency.
    pub pay: String,
    /// What comes into the wallet.
    pub credited: NanoUsd,
    /// What of it went back.
    pub refunded: NanoUsd,
    /// When it was made (RFC 3339, UTC).
    pub time: String,
}

/// An order with all that it fixes: the way to pay it, then its receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopupDetail {
    /// As in lists.
    pub line: TopupLine,
    /// Whose, by name.
    pub tenant: String,
    /// What one USD costs.
    pub rate: String,
    /// What the credit costs.
    pub price: String,
    /// The fee on top.
    pub fee: String,
    /// Where it is paid, while it can be.
    pub pay_url: Option<String>,
    /// Until when.
    pub expires_at: String,
    /// The receipt's number.
    pub receipt: Option<i64>,
    /// When it was paid, or was over.
    pub ended_at: Option<String>,
}

/// What went back of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundLine {
    /// Whether the payer's bank took it.
    pub chargeback: bool,
    /// `pending`, `done` or `undone`.
    pub state: String,
    /// How much credit.
    pub amount: NanoUsd,
    /// Why.
    pub reason: String,
    /// When (RFC 3339, UTC).
    pub time: String,
}

/// Codes that were made together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchLine {
    /// Which.
    pub id: BatchId,
    /// Whether they are given away; otherwise they are sold.
    pub bonus: bool,
    /// What each is worth.
    pub amount: NanoUsd,
    /// How many.
    pub codes: i64,
    /// How many are redeemed.
    pub redeemed: i64,
    /// What for.
    pub note: String,
    /// Until when (RFC 3339, UTC).
    pub expires_at: Option<String>,
    /// Whether they were withdrawn.
    pub withdrawn: bool,
    /// When they were made.
    pub time: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_to_pay_survives_a_form() {
        for method in ["", "alipay"] {
            let way = Way { provider: "epay".into(), method: method.into(), currency: "CNY".into() };
            assert_eq!(Way::parse(&way.value()), Some(way));
        }
        assert_eq!(Way::parse("stripe"), None);
        assert_eq!(Way::parse("a b c d"), None);
    }
}
