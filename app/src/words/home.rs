//! Words of the first page.

super::words! {
    /// What a tenant's first page says.
    pub Home {
        title: "Home", "首页";
        balance: "Balance", "余额";
        lasts(days: &str, spend: &str): format!("lasts about {days} days at ${spend} a day"), format!("按每天 ${spend} 计，约可用 {days} 天");
        lasts_long: "lasts more than a year at this pace", "按目前用量可用一年以上";
        no_pace: "no spend on whole days yet", "尚无完整一天的消费";
        spend_today: "Spend today", "今日消费";
        since_midnight: "since midnight, UTC", "自 UTC 零点起";
        this_month: "This month", "本月";
        forecast(amount: &str): format!("forecast ${amount}"), format!("预计 ${amount}");
        requests_today: "Requests today", "今日请求";
        errors: "Errors", "错误";
        of_requests(part: &str, whole: &str): format!("{part} of {whole}, 24 h"), format!("24 小时内 {whole} 次中 {part} 次");
        ttft: "First token p50 · p95", "首字延迟 p50 · p95";
        last_day: "last 24 h", "最近 24 小时";
        from_cache: "Input from cache", "缓存输入";
        of_tokens(tokens: &str): format!("of {tokens} input tokens this month"), format!("本月输入共 {tokens} 个 token");
        spend: "Spend this month", "本月消费";
        per_day: "a day, UTC", "每天, UTC";
        sum_so_far: "so far", "累计";
        forecast_line: "forecast", "预测";
        cumulative: "summed up, UTC", "累计, UTC";
        by_model: "Spend by model", "按模型消费";
        latest_errors: "Latest errors", "最近错误";
        week_utc: "7 days, UTC", "7 天, UTC";
        all_errors: "All errors", "全部错误";
        none: "none", "无";
        no_errors: "No errors in the last seven days", "最近七天没有错误";
        no_errors_advice: "A request that fails is listed here with what went wrong.", "失败的请求会连同原因列在这里。";
        quick_start: "Quick start", "快速开始";
        works_as_is: "works as it is, with a key of yours", "配上您的密钥即可直接使用";
        with_key: "Put a key into TURNPIKE_KEY. The sandbox answers without an upstream.", "把密钥放入 TURNPIKE_KEY。沙盒无需上游即可应答。";
        make_key: "Make a key", "创建密钥";
        base_url: "Base URL", "接口地址";
        language_of_code: "Language", "编程语言";
    }
}

super::words! {
    /// What operations say.
    pub Operations {
        requests: "Requests", "请求";
        per_second: "/s", "次/秒";
        moved_up(share: &str): format!("▲ {share} % on before"), format!("▲ 比上期 {share} %");
        moved_down(share: &str): format!("▼ {share} % on before"), format!("▼ 比上期 {share} %");
        none_before: "none before", "上期无数据";
        errors: "Errors", "错误";
        failed_and_limited(failed: &str, limited: &str): format!("failed {failed} % · limited {limited} %"), format!("失败 {failed} % · 限流 {limited} %");
        ttft: "First token p50 · p95", "首字延迟 p50 · p95";
        latency_beside(p95: &str): format!("whole answers p95 {p95}"), format!("完整应答 p95 {p95}");
        tokens: "Tokens", "Token";
        from_cache(share: &str): format!("{share} % of the input from cache"), format!("输入中 {share} % 来自缓存");
        sales_today: "Sales today", "今日收入";
        requests_today(count: &str): format!("{count} requests since midnight, UTC"), format!("UTC 零点起 {count} 次请求");
        margin_today: "Margin today", "今日毛利";
        after_cost: "sales less what they cost us", "收入减成本";
        requests_today_label: "Requests today", "今日请求";
        limited: "Refused by a limit", "被限流";
        left: "Callers who left", "调用方中断";
        journal: "Journal", "日志";
        backlog(count: &str): format!("{count} not posted yet"), format!("{count} 条未入账");
        running(count: &str): format!("{count} running"), format!("{count} 个进行中");
        prices: "Prices", "定价";
        all_priced: "all set", "已齐全";
        unpriced(count: u64): format!("{count} missing"), format!("{count} 个缺价");
        below_cost(count: u64): format!("{count} below cost"), format!("{count} 个低于成本");
        channels: "Channels", "渠道";
        channels_on(on: usize, all: usize): format!("{on} of {all} on"), format!("{all} 个中 {on} 个启用");
        by_outcome: "by outcome", "按结果";
        fine: "fine", "成功";
        refused: "refused", "被拒";
        limited_series: "limited", "限流";
        left_series: "caller left", "中断";
        failed: "failed", "失败";
        latency: "Latency", "延迟";
        whole_answers: "whole answers, from histograms", "完整应答，取自直方图";
        ttft_title: "Time to first token", "首字延迟";
        cached: "cached", "缓存";
        input: "input", "输入";
        output: "output", "输出";
        sales: "Sales", "收入";
        cost_and_margin: "cost and margin", "成本与毛利";
        cost: "cost", "成本";
        margin: "margin", "毛利";
        channel_health: "Channel health", "渠道健康";
        of_the_range: "of the range; state by the last 5 min", "所选范围；状态取最近 5 分钟";
        all_channels: "All channels", "全部渠道";
        channel: "Channel", "渠道";
        state: "State", "状态";
        success: "Success", "成功率";
        healthy: "Healthy", "健康";
        failing: "Failing", "故障";
        shaky: "Some failures", "部分失败";
        idle: "No traffic", "无流量";
        off: "Off", "停用";
        p50: "First token p50", "首字 p50";
        p95: "Answer p95", "应答 p95";
        cost_to_us: "Cost to us", "成本";
        no_channels: "No channel yet", "还没有渠道";
        no_channels_advice: "A channel is the way to a provider: its name, its secret, and the models it carries.", "渠道通往一个供应商：名称、密钥和它提供的模型。";
        add_channel: "Add a channel", "添加渠道";
    }
}
