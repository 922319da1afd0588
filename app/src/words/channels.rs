//! Words about channels.

super::words! {
    /// The list of channels.
    pub Channels {
        channels: "Channels", "渠道";
        new_channel: "New channel", "新建渠道";
        first: "Add the first channel", "添加第一个渠道";
        what_for: "A channel is a way to a provider: its address, your secrets there, and the models it carries.",
            "渠道是通往服务商的通路，包括接口地址、您在该服务商的密钥以及可用的模型。";
        spans: "times of the last 24 hours; cost since midnight, UTC", "耗时取最近 24 小时；成本自 UTC 零点起";
        health: "Health", "健康状况";
        five_minutes: "5 min", "5 分钟";
        hour: "1 h", "1 小时";
        first_token: "First token p50", "首字 p50";
        answer: "Answer p95", "应答 p95";
        cost_today: "Cost today", "今日成本";
        success_recent: "Success, 5 min", "成功率（5 分钟）";
        success_hour: "Success, 1 h", "成功率（1 小时）";
        fine_of(fine: &str, all: &str): format!("{fine} of {all} requests"), format!("{all} 次请求中成功 {fine} 次");
        count(n: usize): if n == 1 { "1 channel".to_owned() } else { format!("{n} channels") }, format!("{n} 个渠道");
        counted(n: usize, state: &str): format!("{n} {}", state.to_lowercase()), format!("{n} 个{state}");
        credentials: "Credentials", "凭据";
        priority: "Priority", "优先级";
        weight: "Weight", "权重";
        priority_of(name: &str): format!("Priority of {name}"), format!("{name} 的优先级");
        weight_of(name: &str): format!("Weight of {name}"), format!("{name} 的权重");
        no_number: "must be a whole number", "必须为整数";
        unfold(name: &str): format!("Details of {name}"), format!("{name} 的详情");
        healthy: "Healthy", "正常";
        shaky: "Some failures", "部分失败";
        failing: "Failing", "故障";
        by_five_minutes: "by the last 5 minutes", "按最近 5 分钟";
        by_the_hour: "by the last hour", "按最近 1 小时";
        off: "Off", "已停用";
        no_traffic: "No traffic", "暂无流量";
        many_models(n: usize): format!("{n} models"), format!("{n} 个模型");
        no_secrets: "none", "无";
        many_secrets(n: usize): format!("{n} credentials"), format!("{n} 个凭据");
        is_on(name: &str): format!("{name} is on"), format!("启用 {name}");
        compatible: "OpenAI-compatible server", "OpenAI 兼容服务";
        sandbox: "Sandbox", "沙箱";
    }
}

super::words! {
    /// Testing a channel.
    pub ChannelTest {
        test: "Test", "测试";
        test_named(name: &str): format!("Test {name}"), format!("测试 {name}");
        no_answer: "no answer", "无响应";
        answered(model: &str, status: &str, ms: u64): format!("{model}: {status} in {ms} ms"),
            format!("{model}：{status}，耗时 {ms} ms");
        tokens(n: u64): format!(", {n} tokens"), format!("，{n} tokens");
        failed(model: &str, status: &str, why: &str): format!("{model}: {status}, {why}"),
            format!("{model}：{status}，{why}");
        runs: "Waiting for the answer", "等待应答";
        works: "The channel answers", "渠道应答正常";
        model: "Model there", "上游模型";
        status: "Status", "状态码";
        first_token: "First token", "首字";
        whole_answer: "Whole answer", "完整应答";
        output: "Output", "输出";
        n_tokens(n: u64): if n == 1 { "1 token".to_owned() } else { format!("{n} tokens") }, format!("{n} tokens");
        cost: "Cost to us", "成本";
    }
}

super::words! {
    /// What a channel holds.
    pub ChannelParts {
        address: "Address", "接口地址";
        name: "Name", "名称";
        secret: "Secret", "密钥";
        new_name: "Name of another credential", "新凭据的名称";
        new_secret: "Secret of another credential", "新凭据的密钥";
        add: "Add a credential", "添加凭据";
        another_secret: "Another secret", "新的密钥";
        secret_of(name: &str): format!("Another secret for {name}"), format!("{name} 的新密钥");
        replace: "Replace", "替换";
        replace_of(name: &str): format!("Replace the secret of {name}"), format!("替换 {name} 的密钥");
    }
}

super::words! {
    /// The form for a new channel.
    pub NewChannel {
        enough: "provider and secret are enough", "只需选择服务商并填写密钥";
        made: "The channel is there. Test it below.", "渠道已创建，可在下方测试。";
        provider: "Provider", "服务商";
        secret: "Secret", "密钥";
        secret_hint: "The provider's API key; sealed, and never shown again", "服务商的 API 密钥；加密保存，不再显示";
        name_hint: "Empty: as its provider", "留空则使用服务商名称";
        address: "Address", "接口地址";
        address_hint: "Empty: the provider's own. Azure, Ollama and compatible servers have none", "留空则使用服务商官方地址；Azure、Ollama 与兼容服务器必须填写";
        models_hint: "Empty: all of the catalogue's, with their cost", "留空则包含目录中的全部模型及其成本价";
        add: "Add the channel", "添加渠道";
    }
}
