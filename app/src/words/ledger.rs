//! Words of the ledger.

super::words! {
    /// The lines of a wallet's history.
    pub Ledger {
        ledger: "Ledger", "账本";
        time: "Time, UTC", "时间（UTC）";
        kind: "Kind", "类型";
        reference: "For", "事由";
        amount: "Amount", "金额";
        balance_after: "Balance after", "变动后余额";
        usage: "Usage", "用量扣费";
        topup: "Top-up", "充值";
        refund: "Refund", "退款";
        adjustment: "Adjustment", "调账";
        bonus: "Bonus", "赠送";
        writeoff: "Write-off", "核销";
        chargeback: "Chargeback", "拒付";
        transfer: "Transfer", "转账";
    }
}
