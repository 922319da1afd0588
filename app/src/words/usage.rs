//! Words of the page of sums.

super::words! {
    /// What the page of sums says.
    pub Usage {
        title: "Usage", "用量";
        group_by: "Group by", "分组";
        model: "Model", "模型";
        key: "Key", "密钥";
        day: "Day", "日期";
        tenant: "Tenant", "租户";
        channel: "Channel", "渠道";
        measure: "Measure", "指标";
        spend: "Spend", "消费";
        requests: "Requests", "请求";
        tokens: "Tokens", "Token";
        errors: "Errors", "错误";
        of(part: &str, whole: &str): format!("{part} of {whole}"), format!("{whole} 次中 {part} 次");
        none_before_either: "none before either", "上期也没有";
        none_before: "none before", "上期没有";
        up(share: &str): format!("▲ {share} % on before"), format!("▲ 比上期 {share} %");
        down(share: &str): format!("▼ {share} % on before"), format!("▼ 比上期 {share} %");
        cached(share: &str): format!("{share} % of the input from cache"), format!("输入中 {share} % 来自缓存");
        ttft: "First token p50 · p95", "首字延迟 p50 · p95";
        answers(p95: &str): format!("whole answers p95 {p95}"), format!("完整应答 p95 {p95}");
        nothing: "nothing in this range", "此范围内没有";
        no_requests: "No requests in this range", "此范围内没有请求";
        take_longer: "Take a longer one.", "请选择更长的范围。";
        input: "Input", "输入";
        from_cache: "From cache", "缓存命中";
        output: "Output", "输出";
        first_token: "First token p50", "首字 p50";
        answer: "Answer p95", "应答 p95";
        cost: "Cost to us", "成本";
        margin: "Margin", "毛利";
        all: "All of it", "合计";
        largest(shown: &str, all: &str): format!("the {shown} that cost most, of {all}"), format!("消费最多的 {shown} 个, 共 {all} 个");
        a_slot(step: &str): format!("{step} each, UTC"), format!("每 {step}, UTC");
    }
}
