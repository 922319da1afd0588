//! Words about the books of the whole place.

super::words! {
    /// Whether the books add up.
    pub Money {
        money: "Money", "对账";
        compare: "Compare again", "重新对账";
        no_difference: "difference 0", "差额 0";
        difference: "difference ", "差额 ";
        reconciliation: "Reconciliation", "对账结果";
        compared: "journal, usage, transfers, balances", "流水、用量、转账、余额";
        charged: "Charged", "已扣费";
        requests(n: &str): format!("{n} requests"), format!("{n} 个请求");
        pending: "Pending", "待入账";
        pending_is(n: &str): format!("{n} in the journal, not posted yet"), format!("流水中有 {n} 条尚未入账");
        second: "Second record", "复核记录";
        second_is: "records of this node's journal compared", "已比对的本节点流水条数";
        accounts: "Accounts", "账户";
        at(time: &str): format!("at {time} UTC"), format!("截至 {time} UTC");
        account: "Account", "账户";
        posted: "Posted, USD", "已入账（USD）";
        sum: "Sum", "合计";
        wrong: "What does not add up", "不一致项";
        differences: "Differences", "差异";
        what: "What", "项目";
        expected: "Expected", "应为";
        found: "Found", "实际";
    }
}

super::words! {
    /// What accounts are called.
    pub Account {
        revenue: "Revenue", "收入";
        cost: "Cost", "成本";
        clearing: "Payment clearing", "支付清算";
        promotions: "Promotions and adjustments", "优惠与调账";
        writeoff: "Write-off", "核销";
        wallet: "All wallets", "全部钱包";
        receivable: "All receivables", "全部应收";
        payable(to: &str): format!("Payable to {to}"), format!("应付 {to}");
    }
}

super::words! {
    /// Margins.
    pub Margin {
        title: "Margin", "毛利";
        about: "a channel without a cost counts as costing nothing", "未设成本的渠道按零成本计";
        each: "Each", "组合";
        none_answered: "none answered", "无渠道应答";
        share: "Share", "毛利率";
        rest: "The rest, in the file", "其余见文件";
    }
}
