//! Words about credit that is bought: fees, orders, codes.

super::words! {
    /// What credit costs.
    pub Fees {
        fees: "Fees", "费用说明";
        intro: "Every fee there is on this place is on this page.", "本站的所有费用均列于此页。";
        none: "There is no fee.", "没有任何手续费。";
        not_sold: "Credit is not sold online here: whoever runs the place gives it, or codes for it.",
            "本站不在线出售额度：由管理员发放额度或兑换码。";
        limits(min: &str, max: &str): format!("One order is for {min} to {max} of credit."),
            format!("单笔充值额度为 {min} 至 {max}。");
        currency: "Paid in", "支付货币";
        rate: "$1 of credit costs", "1 美元额度的价格";
        fixed: "Fee per order", "每笔手续费";
        percent: "Fee on the price", "按价格收取";
        no: "none", "无";
        only: "Nothing else is charged for an order, and nothing for holding a balance, for codes, refunds or closing.",
            "充值不另收其他费用；持有余额、兑换码、退款和注销均不收费。";
        requests: "Requests cost what the list of models says, by the token, and nothing on top.",
            "请求按模型价目表以 token 计费，不另加收。";
        refunds: "A refund gives back what the credit cost; a fee for the payment stays with the payment's provider.",
            "退款退还额度的价款；支付手续费不退还。";
        back: "Sign in", "登录";
    }
}

super::words! {
    /// Putting money in.
    pub TopUp {
        top_up: "Top up", "充值";
        amount: "Credit, USD", "充值额度（USD）";
        limits(min: &str, max: &str): format!("{min} to {max}"), format!("{min} 至 {max}");
        with: "Paid with", "支付方式";
        order: "Order", "下单";
        fees: "every fee", "费用说明";
        not_sold: "codes only", "仅支持兑换码";
        code: "Code", "兑换码";
        code_hint: "25 letters and digits; case and dashes do not matter", "25 位字母与数字，不区分大小写和连字符";
        redeem: "Redeem", "兑换";
        orders: "Top-ups", "充值记录";
        newest: "newest first, UTC", "从新到旧，UTC";
        pays: "Paid", "支付金额";
        credited: "Credit", "额度";
        look: "Look at it", "查看";
        none: "No top-ups yet", "还没有充值";
        pending: "not paid yet", "待支付";
        succeeded: "paid", "已支付";
        failed: "refused", "支付失败";
        expired: "expired", "已过期";
        refunded: "refunded", "已退款";
        alipay: "Alipay", "支付宝";
        wechat: "WeChat Pay", "微信支付";
        card: "Card, by Stripe", "银行卡（Stripe）";
    }
}

super::words! {
    /// One order.
    pub Order {
        title: "Top-up", "充值订单";
        wallet: "Wallet", "钱包";
        pay(sum: &str): format!("Pay {sum}"), format!("支付 {sum}");
        until(time: &str): format!("At this price until {time} UTC."), format!("此价格有效至 {time} UTC。");
        again: "I have paid", "我已支付";
        in_wallet: "The credit is in the wallet.", "额度已存入钱包。";
        over: "It was not paid. Nothing was charged; order again.", "订单未支付，未扣款，请重新下单。";
        receipt(number: i64): format!("Receipt {number}"), format!("收据 {number}");
        fixed: "The order", "订单明细";
        order_number: "Order", "订单号";
        ordered_for: "For", "账户";
        made: "Made", "下单时间";
        paid_at: "Paid", "支付时间";
        credit: "Credit", "额度";
        rate: "$1 of credit", "1 美元额度";
        price: "Price", "价款";
        fee: "Fee", "手续费";
        total: "Total", "合计";
        back: "What went back", "退回记录";
        why: "Why", "原因";
        refund: "refund", "退款";
        chargeback: "chargeback", "拒付";
        on_its_way: "on its way", "处理中";
        done: "done", "已完成";
        undone: "did not go through; put back", "未成功，已退回钱包";
    }
}

super::words! {
    /// Codes and orders, for those who run the place.
    pub Codes {
        codes: "Codes", "兑换码";
        make: "Make codes", "生成兑换码";
        worth: "Each worth, USD", "面额（USD）";
        count: "How many", "数量";
        kind: "What they are", "类型";
        sold: "sold", "出售";
        given: "given away", "赠送";
        last_day: "Last day", "最后有效日";
        last_day_hint: "UTC; empty: for ever", "UTC；留空表示永久有效";
        note: "What for", "用途";
        note_hint: "tenants do not see it", "租户不可见";
        create: "Make", "生成";
        save(n: usize): if n == 1 { "Save this code".to_owned() } else { format!("Save these {n} codes") }, format!("请保存这 {n} 个兑换码");
        only_time: "They are shown this once: only their hashes are kept.", "仅显示这一次：系统只保存其哈希值。";
        download: "Download CSV", "下载 CSV";
        redeemed: "Redeemed", "已兑换";
        until: "Until", "有效期至";
        withdraw: "Withdraw", "作废";
        withdrawn: "withdrawn", "已作废";
        none: "No codes yet", "还没有兑换码";
        none_is: "Codes are made in batches, shown once, and put money into whoever's wallet redeems them.",
            "兑换码按批生成，仅显示一次，兑换后金额存入兑换者的钱包。";
        no_orders: "Nobody has topped up yet", "还没有充值";
        no_orders_is: "Orders appear here once payments are configured.", "配置支付后，订单会显示在这里。";
        needs_scripts: "codes are shown in a dialog, which needs JavaScript", "兑换码在对话框中显示，需要启用 JavaScript";
    }
}
