//! Words about money that goes back.

super::words! {
    /// Refunds, and closing a tenant.
    pub MoneyBack {
        give_back: "Give back", "退款";
        of_topup: "out of the wallet, through its provider; a fee stays", "从钱包扣除并通过支付渠道退回，手续费不退";
        of_request: "into the wallet", "退回钱包";
        left(amount: &str): format!("{amount} is left of it"), format!("剩余可退 {amount}");
        why: "Reason", "原因";
        why_hint: "The tenant sees it", "租户可见";
        went_back: "Given back", "已退款";
        refund: "Refund", "退款";
        closing: "Closing the tenant", "注销租户";
        closing_is: "Shows what is owed in each direction first.", "将先显示双方应付款项。";
        close_it: "Close the tenant…", "注销租户…";
        for_good: "for good", "不可撤销";
        posted: "In the wallet", "钱包余额";
        leased: "Of it, at work for running requests", "其中进行中的请求占用";
        paid_in: "Paid in, less what went back", "累计充值减退款";
        owed: "The tenant owes, beside the wallet", "租户另欠";
        set_off: "Of that, the wallet pays", "其中由钱包抵扣";
        pay_out: "We owe the tenant: paid in and not spent", "应付租户：已充值未消费";
        ends: "Given credit that ends", "失效的赠送额度";
        keys: "Keys that are revoked", "将吊销的密钥";
        pending: "Orders not paid yet", "待支付订单";
        pays_out: "Paid out, USD", "支付金额（USD）";
        reference: "Reason, and how it is paid out", "原因及付款方式";
        name_hint(name: &str): format!("Type {name}"), format!("请输入 {name}");
        close_now: "Close it for good", "确认注销";
        closed: "This tenant is closed", "该租户已注销";
        paid: "Paid out", "已支付";
        ended: "Given credit that ended", "已失效的赠送额度";
        was_set_off: "Of what it owed, paid by the wallet", "钱包抵扣的欠款";
    }
}
