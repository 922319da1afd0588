//! Words about a tenant's wallet.

super::words! {
    /// The wallet in numbers.
    pub Wallet {
        wallet: "Wallet", "钱包";
        balance: "Balance", "余额";
        balance_is: "credits less charges", "入账减去扣费";
        at_work: "At work", "预留金额";
        at_work_is: "set aside for running requests", "为进行中的请求预留";
        can_be_spent: "Can be spent", "可用额度";
        can_be_spent_is: "with the credit limit, less what is at work", "余额加信用额度，减去预留金额";
        credit_limit: "Credit limit", "信用额度";
        credit_limit_is: "how far below zero it may go", "余额最多可透支的金额";
        history: "History", "资金明细";
        nothing_yet: "nothing yet", "暂无记录";
        shown(n: usize): format!("{n} shown, newest first, UTC"), format!("显示 {n} 条，从新到旧，UTC");
        empty: "No money has moved", "还没有资金变动";
        empty_is: "Credit and charges stand here, each with the balance after it.",
            "充值与扣费都会记录在这里，并附上变动后的余额。";
    }
}
