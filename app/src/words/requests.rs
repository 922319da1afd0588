//! Words of the log, and of one request.

super::words! {
    /// What the log says.
    pub Requests {
        title: "Requests", "请求";
        shown(count: usize): format!("{count} shown, newest first, UTC"), format!("显示 {count} 条，最新在前, UTC");
        none_fits: "No request fits", "没有符合的请求";
        none_yet: "No requests yet", "还没有请求";
        take_away: "Take a filter away.", "请减少筛选条件。";
        soon: "Each call through the relay stands here within a second of its end.", "每次调用结束后一秒内都会出现在这里。";
        newest: "Newest", "最新";
        older: "Older", "更早";
        model: "Model", "模型";
        all_models: "All models", "全部模型";
        status: "Status", "状态";
        any_status: "Any status", "任意状态";
        filter: "Filter", "筛选";
        clear: "Clear", "清除";
        only_errors: "Only errors", "仅错误";
        find: "Request id", "请求 ID";
        a_slot(step: &str): format!("{step} each, drag to narrow, UTC"), format!("每 {step}，拖动以缩小, UTC");
        arrived(count: &str): format!("{count} new"), format!("{count} 条新请求");
        held: "held while you read", "阅读时暂停";
        keys_hint: "move", "移动";
        open_hint: "open", "打开";
        time: "Time", "时间";
        key: "Key", "密钥";
        input: "Input", "输入";
        output: "Output", "输出";
        ttft: "First token", "首字";
        took: "Took", "耗时";
        cost: "Cost", "费用";
        request: "Request", "请求";
        tries(count: u32): format!("{count}×"), format!("{count}×");
        tries_title(count: u32): format!("{count} attempts"), format!("尝试 {count} 次");
        s200: "200 fine", "200 成功";
        s400: "400 refused", "400 被拒";
        s402: "402 no balance", "402 余额不足";
        s429: "429 rate limit", "429 限流";
        s499: "499 caller left", "499 调用方中断";
        s500: "500 failed", "500 失败";
        s502: "502 upstream failed", "502 上游失败";
        s503: "503 overloaded", "503 过载";
        s504: "504 too slow", "504 超时";
    }
}

super::words! {
    /// What one request's page says.
    pub Request {
        title: "Request", "请求";
        all: "All requests", "全部请求";
        close: "Close", "关闭";
        own_page: "Open as a page", "在单独页面打开";
        charged: "Charged", "扣费";
        set_aside(amount: &str): format!("{amount} was set aside"), format!("曾预留 {amount}");
        first_token: "First token", "首字";
        to_first: "to the first meaningful byte", "到第一个有效字节";
        total: "Total", "总计";
        to_last: "to the last byte", "到最后一个字节";
        itself: "Turnpike itself", "Turnpike 自身";
        of_above: "of the time above", "包含在上述时间内";
        happened: "What happened", "经过";
        request: "Request", "请求";
        time: "Time", "时间";
        status: "Status", "状态";
        end: "End", "结束方式";
        model: "Model", "模型";
        streamed: "streamed", "流式";
        not_streamed: "not streamed", "非流式";
        tenant: "Tenant", "租户";
        key: "Key", "密钥";
        callers_id: "The caller's id", "调用方的 ID";
        cost: "Cost", "费用";
        version(source: &str, version: &str): format!("{source}, price version {version}"), format!("{source}，价格版本 {version}");
        units_and_prices: "Units and prices", "用量与单价";
        unit: "Unit", "项目";
        count: "Count", "数量";
        per_million: "USD per million", "美元/百万";
        as_its_kind: "as its kind", "同类价";
        comes_to: "Comes to", "小计";
        charged_once: "Charged, rounded once", "扣费（仅舍入一次）";
        saved(amount: &str): format!("Caching saved ${amount} against the same input uncached."), format!("与未缓存的相同输入相比，缓存节省了 ${amount}。");
        input: "Input", "输入";
        cache_read: "Cache read", "缓存读取";
        cache_write_5m: "Cache write, 5 min", "缓存写入，5 分钟";
        cache_write_1h: "Cache write, 1 h", "缓存写入，1 小时";
        output: "Output", "输出";
        reasoning: "of the output, reasoning", "输出中的推理";
        audio_input: "of the input, audio", "输入中的音频";
        audio_output: "of the output, audio", "输出中的音频";
        image_input: "of the input, images", "输入中的图像";
        image_output: "of the output, images", "输出中的图像";
        web_searches: "Web searches", "联网搜索";
        other: "Other", "其他";
        for_admins: "For admins", "仅管理员";
        not_shown: "not shown to the tenant", "不向租户显示";
        cost_to_us: "Cost to us", "成本";
        in_vain: "Failed attempts", "失败的尝试";
        margin: "Margin", "毛利";
        candidates: "Candidates", "候选";
        attempts: "Attempts", "尝试";
        attempts_aside(count: usize): format!("{count} in the order they were made"), format!("共 {count} 次，按先后排列");
        attempt: "Attempt", "尝试";
        answer: "Answer", "应答";
        no_answer: "no answer", "无应答";
        began: "Began after", "开始于";
        took: "Took", "耗时";
    }
}
