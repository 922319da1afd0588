//! Words about tenants.

super::words! {
    /// The list of tenants.
    pub Tenants {
        tenants: "Tenants", "租户";
        new_tenant: "New tenant", "新建租户";
        new_is: "a customer with a wallet of its own", "拥有独立钱包的客户";
        create: "Create the tenant", "创建租户";
        first: "Make the first tenant", "创建第一个租户";
        what_for: "A tenant is a customer: it owns a wallet, keys and members.", "租户即客户，拥有自己的钱包、密钥和成员。";
        shown(n: usize): format!("{n} shown, newest first"), format!("显示 {n} 个，从新到旧");
        balance: "Balance", "余额";
        spend: "Spend, 30 days", "近 30 天消费";
        made: "Made, UTC", "创建时间（UTC）";
        frozen: "Frozen", "已冻结";
    }
}

super::words! {
    /// One tenant.
    pub Tenant {
        tenant: "Tenant", "租户";
        all: "All tenants", "全部租户";
        frozen: "Frozen: its keys are refused", "已冻结，密钥不可用";
        step_inside: "Step inside", "进入租户";
        freeze: "Freeze", "冻结";
        thaw: "Thaw", "解冻";
        newest: "the newest, UTC", "最近记录，UTC";
        keys_aside: "step inside to change them", "进入租户后可修改";
        requests: "Requests", "请求";
        log: "Log", "日志";
    }
}

super::words! {
    /// What is kept of a tenant's answers.
    pub KeptResponses {
        kept: "Kept responses", "保留的响应";
        kept_is: "sealed, for previous_response_id of the Responses API", "加密保存，供 Responses API 的 previous_response_id 使用";
        days: "Days", "天数";
        days_hint: "0 to 365. At 0 nothing is kept, and what was kept is deleted", "0 至 365。设为 0 则不保留，已保留的内容将被删除";
        set: "Set the days", "设置天数";
        not_days: "must be a whole number, 0 to 365", "必须是 0 至 365 的整数";
    }
}

super::words! {
    /// Giving a tenant credit.
    pub Credit {
        credit: "Credit", "额度";
        written: "written to the ledger and the audit log", "将写入账本和审计日志";
        amount_usd: "Amount, USD", "金额（USD）";
        amount_hint: "Below zero takes away", "负数表示扣减";
        reason: "Reason", "原因";
        reason_hint: "The tenant sees it", "租户可见";
        adjust: "Adjust the balance", "调整余额";
        limit_usd: "Credit limit, USD", "信用额度（USD）";
        set_limit: "Set the limit", "设置额度";
        amount: "Amount", "金额";
        limit: "Credit limit", "信用额度";
        not_an_amount: "must be an amount in USD like 12.50, with nine decimals at most",
            "必须是 USD 金额，例如 12.50，最多九位小数";
    }
}
