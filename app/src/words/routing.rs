//! Words about routing.

super::words! {
    /// The routing page, and why a request went where it went.
    pub Routing {
        title: "Routing", "路由";
        by_model: "Routes", "模型路由";
        about: "strategy, fallbacks and rules, by model", "各模型的策略、备用模型与规则";
        model: "Model", "模型";
        strategy: "Strategy", "策略";
        fallbacks: "Fallbacks", "备用模型";
        rules: "Rules", "规则";
        channels: "Channels", "渠道";
        none: "none", "无";
        no_models: "There are no models", "还没有模型";
        no_models_is: "A channel brings its models; then their routes stand here.", "添加渠道后，模型的路由会显示在这里。";
        explain: "Explain", "解释";
        explain_model(model: &str): format!("Explain {model}"), format!("解释 {model}");
        cost: "Cost", "成本优先";
        performance: "Performance", "性能优先";
        balanced: "Balanced", "均衡";
        availability: "Availability", "可用性优先";
        where_to: "Where a request would go", "请求将去往何处";
        where_about: "the relay's own decision, by what this node knows now; nothing is sent", "由本节点当前所知按真实逻辑计算，不会发送请求";
        input: "Input tokens", "输入 tokens";
        output: "Output tokens", "输出 tokens";
        gives_tools: "Gives tools", "带工具";
        shows_pictures: "Shows pictures", "带图片";
        as_route: "As the route says", "按路由";
        ask: "Explain", "解释";
        rule(n: usize): format!("Rule {n} applies"), format!("应用规则 {n}");
        order: "Order", "顺序";
        channel: "Channel", "渠道";
        state: "State", "状态";
        score: "Score", "得分";
        price: "Cost", "成本";
        first_token: "First token", "首字";
        pace: "Tokens/s", "tokens/秒";
        success: "Success", "成功率";
        in_flight: "In flight", "进行中";
        priority_weight(priority: i32, weight: u64): format!("priority {priority}, weight {weight}"), format!("优先级 {priority}，权重 {weight}");
        stands_in(model: &str): format!("stands in: {model}"), format!("备用：{model}");
        sticky: "had this conversation", "此前处理过该会话";
        more(n: usize): format!("{n} more"), format!("另有 {n} 个");
        nobody: "No channel carries it", "没有渠道提供该模型";
        ready: "Ready", "就绪";
        probe: "One may try", "试探";
        open: "Failing", "熔断";
        cooling: "At its limit", "限流中";
        resting: "Asked to wait", "要求等待";
        refused: "Credential refused", "凭据被拒";
        missing: "No such model", "无此模型";
        the_route: "The route", "路由设置";
        the_route_is: "every node follows within a second", "一秒内对所有节点生效";
        fallbacks_hint: "Models with commas between, tried in this order when none of its own channels serves. The caller still pays this model's price.",
            "用逗号分隔，自身渠道均不可用时按此顺序尝试；调用方仍按该模型计价。";
        rules_hint: "A JSON list; the first rule whose conditions hold applies. For example:", "JSON 列表，首个满足条件的规则生效。例如：";
        rules_bad: "Rules", "规则";
        save: "Save", "保存";
        saved: "Saved", "已保存";
        shut: "Not tried now", "当前不尝试";
        shut_is: "by this node", "本节点";
        nothing_shut: "Everything is tried", "全部可用";
        nothing_shut_is: "What fails, is limited or refused stands here until it is back.", "故障、限流或凭据被拒的上游会显示在这里，直到恢复。";
        credential: "Credential", "凭据";
        again: "Again in", "恢复于";
        seconds(n: u64): format!("{n} s"), format!("{n} 秒");
        now: "now", "现在";
        try_again: "Try again", "重试";
        try_again_named(name: &str): format!("Try {name} again"), format!("重试 {name}");
        happened: "What happened", "事件";
        happened_is: "the last 30 days, newest first, UTC", "最近 30 天，最新在前，UTC";
        nothing_happened: "Nothing has happened", "暂无事件";
        nothing_happened_is: "Failovers, failing upstreams, refused credentials and limits that were met stand here.",
            "故障切换、上游故障、凭据被拒与触发的限流会显示在这里。";
        time: "Time", "时间";
        what: "What", "事件";
        times: "Times", "次数";
        detail: "Detail", "详情";
        failover: "Served by another", "故障切换";
        all_failed: "Nobody served", "全部失败";
        rate_limited: "Caller over a limit", "调用方触发限流";
        breaker_opened: "Failing, left alone", "熔断打开";
        breaker_closed: "Back", "熔断恢复";
        upstream_limited: "Provider's limit", "上游限流";
        credential_off: "Credential refused", "凭据失效";
        credential_back: "Credential back", "凭据恢复";
        new_address: "Key at a new address", "密钥来自新地址";
        spend_abnormal: "Unusual spend", "消费异常";
        errors_abnormal: "Unusual errors", "错误异常";
        ratio_abnormal: "Unusual token ratio", "tokens 比例异常";
        alert_failed: "Alert not delivered", "告警发送失败";
        other_event: "Event", "事件";
    }
}
