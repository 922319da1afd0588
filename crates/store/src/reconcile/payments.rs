//! Money in and out: what orders, codes, refunds and closings say, against the transfers of their kinds.
//!
//! Accounts of the house: 1 revenue, 3 clearing, 4 promotions.

use super::Report;
use crate::{
    db::{Sql, Tx},
    error::Result,
};

/// Transfers of a kind out of an account, less those into it.
macro_rules! moved {
    ($kind:literal, $account:literal) => {
        concat!(
            "(SELECT CAST(COALESCE(SUM(CASE WHEN debit_account = ",
            $account,
            " THEN amount ELSE -amount END), 0) AS BIGINT) FROM transfers WHERE kind = '",
            $kind,
            "' AND (debit_account = ",
            $account,
            " OR credit_account = ",
            $account,
            "))"
        )
    };
}

/// Codes of a kind that are redeemed.
macro_rules! redeemed {
    ($kind:literal) => {
        concat!(
            "(SELECT COALESCE(SUM(b.amount), 0) FROM codes c JOIN code_batches b ON b.id = c.batch WHERE b.kind = '",
            $kind,
            "' AND c.redeemed_at IS NOT NULL)"
        )
    };
}

/// What went back of orders and has not been undone.
macro_rules! went_back {
    ($kind:literal, $what:literal) => {
        concat!(
            "(SELECT COALESCE(SUM(",
            $what,
            "), 0) FROM refunds WHERE kind = '",
            $kind,
            "' AND topup IS NOT NULL AND state <> 'undone')"
        )
    };
}

/// A name, the transfers, and what they should come to.
const COMPARED: [(&str, &str, &str); 6] = [
    (
        "topup transfers, against paid orders and sold codes",
        moved!("topup", "3"),
        concat!(
            "(SELECT COALESCE(SUM(credited + fee_usd), 0) FROM topups WHERE state = 'succeeded') + ",
            redeemed!("topup")
        ),
    ),
    (
        "refund transfers from clearing, against refunds of orders and closings",
        moved!("refund", "3"),
        concat!("-", went_back!("refund", "credit + fee_usd"), " - (SELECT COALESCE(SUM(paid), 0) FROM closings)"),
    ),
    (
        "chargeback transfers, against chargebacks",
        moved!("chargeback", "3"),
        concat!("-", went_back!("chargeback", "credit + fee_usd")),
    ),
    (
        "refund transfers from revenue, against refunds of requests and of fees",
        moved!("refund", "1"),
        concat!(
            "(SELECT COALESCE(SUM(credit), 0) FROM refunds WHERE request IS NOT NULL) + ",
            went_back!("refund", "fee_usd")
        ),
    ),
    (
        "bonus transfers, against codes given away and closings",
        moved!("bonus", "4"),
        concat!(redeemed!("bonus"), " - (SELECT COALESCE(SUM(ended), 0) FROM closings)"),
    ),
    (
        "what orders say went back, against their refunds",
        "(SELECT CAST(COALESCE(SUM(back_credit + back_fee_usd), 0) AS BIGINT) FROM topups)",
        "(SELECT COALESCE(SUM(credit + fee_usd), 0) FROM refunds WHERE topup IS NOT NULL AND state <> 'undone')",
    ),
];

/// Compares them in the caller's snapshot.
pub(super) async fn compare(tx: &mut Tx, report: &mut Report) -> Result<()> {
    for (name, found, expected) in COMPARED {
        let text = format!("SELECT {found} AS found, CAST({expected} AS BIGINT) AS expected");
        let row = tx.fetch_one(Sql::built(text)).await?;
        report.expect(name, true, row.int("expected")?, row.int("found")?);
    }
    Ok(())
}
