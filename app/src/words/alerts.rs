//! Words about budgets, alerts and what happened.

super::words! {
    /// A tenant's budgets.
    pub Budgets {
        budgets: "Budgets", "预算";
        days_in(zone: &str): format!("days begin in {zone}"), format!("每日起点时区：{zone}");
        none: "No budgets yet", "暂无预算";
        none_is: "A budget says how much a tenant, a key or a member may spend in a day, a week, a month, or at all.",
            "预算限定租户、密钥或成员在每天、每周、每月或总计可消费的金额。";
        new_budget: "New budget", "新建预算";
        new_is: "what was spent in its window already counts", "当前周期内已消费的金额计入预算";
        change: "Change the budget", "修改预算";
        edit: "Change", "修改";
        edit_named(name: &str): format!("Change the budget of {name}"), format!("修改 {name} 的预算");
        of: "Of", "对象";
        all_keys: "Tenant: all keys", "租户：全部密钥";
        key: "key", "密钥";
        member: "member", "成员";
        tenant: "tenant", "租户";
        per: "Per", "周期";
        day: "day", "天";
        week: "week", "周";
        month: "month", "月";
        total: "in all", "总计";
        amount: "Amount, USD", "金额（USD）";
        spent: "Spent in this window", "本周期已消费";
        spent_of: "of", "/";
        held(amount: &str): format!("{amount} held by running requests"), format!("进行中的请求占用 {amount}");
        resets: "Next window", "下个周期";
        never: "never", "无";
        steps: "Told at, percent", "提醒节点（%）";
        steps_hint: "Such as 50, 80, 100; each is told once in a window", "例如 50, 80, 100；每个节点每周期提醒一次";
        not_steps: "must be whole percents with commas between", "必须是以逗号分隔的整数百分比";
        at_whole: "When it is spent", "用完时";
        hard: "stops", "拒绝请求";
        soft: "only tells", "仅提醒";
        refuse: "Refuse requests that do not fit any more", "超出预算时拒绝请求";
        save: "Save", "保存";
        delete: "Delete", "删除";
    }
}

super::words! {
    /// Who is told of what.
    pub Alerts {
        rules: "Where alerts go", "告警发送到";
        rules_is: "each tells at most once in its window", "每条规则每个窗口最多通知一次";
        none: "Nobody is told yet", "暂无告警接收方";
        none_is: "A rule tells by mail, or by a signed call of a webhook, when so many events have happened.",
            "规则在事件达到数量时，通过邮件或带签名的 webhook 通知。";
        new_rule: "New rule", "新建规则";
        new_is: "what happens from now on", "仅针对之后发生的事件";
        change: "Change the rule", "修改规则";
        edit_named(name: &str): format!("Change {name}"), format!("修改 {name}");
        kinds: "Events", "事件";
        kinds_hint: "None chosen: all of them", "不选表示全部";
        all: "all", "全部";
        threshold: "From so many on", "触发数量";
        window: "Within seconds", "时间窗口（秒）";
        from_within(n: u32, seconds: u32): format!("{n} in {seconds} s"), format!("{seconds} 秒内 {n} 次");
        emails: "Mail to", "邮件";
        emails_hint: "Addresses with commas between; of a tenant, its members'", "多个地址以逗号分隔；租户仅限其成员";
        webhook: "Webhook", "Webhook";
        webhook_hint: "An http or https address; empty: as it is", "http 或 https 地址；留空表示不变";
        no_webhook: "No webhook any more", "移除 webhook";
        enabled: "Looked at", "启用";
        on: "on", "启用";
        off: "off", "停用";
        told: "Last told, UTC", "上次通知（UTC）";
        never: "never yet", "从未";
        not_a_count: "must be a whole number", "必须是整数";
        test: "Test", "测试";
        test_named(name: &str): format!("Test {name}"), format!("测试 {name}");
        tested: "Everybody was told.", "已通知所有接收方。";
        not_told(failures: &str): format!("not told: {failures}"), format!("未送达：{failures}");
        about: "About", "对象";
        latest: "Latest alerts", "最近告警";
        quiet: "Nothing has happened", "暂无事件";
        quiet_is: "Budgets that are reached or refuse, limits that were met, keys at new addresses and unusual traffic stand here.",
            "预算达到节点或拒绝请求、触发限流、密钥来自新地址以及异常流量会显示在这里。";
        budget_reached: "Budget step reached", "预算达到节点";
        budget_refused: "Refused by a budget", "预算拒绝请求";
        chargeback: "Chargeback", "拒付";
        payment_unmatched: "Payment without an order", "支付无对应订单";
    }
}
