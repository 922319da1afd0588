//! Words about models and what they cost.

super::words! {
    /// The list of models.
    pub Models {
        models_and_prices: "Models & prices", "模型与定价";
        list: "Models and prices", "模型与定价";
        none: "There are no models", "还没有模型";
        none_is: "A channel brings its models; a price makes them callable.", "添加渠道后即有模型，设置价格后即可调用。";
        per_million(missing: usize, below: usize):
            format!("USD per million tokens; {missing} without a price, {below} below cost"),
            format!("USD / 百万 tokens；{missing} 个未定价，{below} 个低于成本");
        model: "Model", "模型";
        cache_read: "Cache read", "缓存读取";
        channels: "Channels", "渠道";
        no_price: "No price: cannot be called", "未定价，不可调用";
        no_channel: "No channel", "无渠道";
        below_cost: "Below cost", "低于成本";
        on_sale: "On sale", "销售中";
        as_input: "as input", "同输入";
        price: "Price", "定价";
        sale: "Sale", "售价";
        cost: "Cost, dearest channel", "成本（最贵渠道）";
        margin: "Margin", "毛利";
        in_: "In", "输入";
        out: "Out", "输出";
        all(n: usize): format!("All {n}"), format!("全部 {n}");
        warnings(n: usize): format!("Warnings {n}"), format!("警告 {n}");
        show: "Show", "显示";
        sell_below: "Sold below cost:", "低于成本销售：";
        unpriced(n: usize): if n == 1 { "1 model has a channel and no price: calls get 404.".to_owned() } else { format!("{n} models have a channel and no price: calls get 404.") },
            format!("{n} 个模型有渠道但未定价，调用返回 404。");
        no_cost(n: usize): if n == 1 { "1 model has a channel whose cost is not known: its margin is overstated.".to_owned() } else { format!("{n} models have a channel whose cost is not known: their margins are overstated.") },
            format!("{n} 个模型存在成本未知的渠道，毛利被高估。");
        and_more(n: usize): format!("and {n} more"), format!("等另外 {n} 个");
        no_warnings: "Nothing to warn of", "没有警告";
        no_warnings_is: "Every model that a channel carries has a price, and none sells below cost.", "所有渠道内的模型均已定价，且没有低于成本的。";
        price_of(name: &str): format!("Set the price of {name}"), format!("设置 {name} 的价格");
    }
}

super::words! {
    /// The form for a price.
    pub NewPrice {
        set_a_price: "Set a price", "设置价格";
        about: "USD per million tokens; a new version, older requests keep theirs",
            "USD / 百万 tokens；保存为新版本，历史请求仍按原价";
        input: "Input", "输入";
        input_hint: "Also what is unset below", "缓存价格留空时同此价";
        output: "Output", "输出";
        output_hint: "Reasoning too", "含推理 tokens";
        cache_write: "Cache write", "缓存写入";
        cache_hint: "Empty: as input", "留空则同输入价";
        more: "Other units", "其他计费单位";
        cache_write_1h: "Cache write, 1 h", "缓存写入（1 小时）";
        reasoning: "Reasoning", "推理";
        audio_input: "Audio in", "音频输入";
        audio_output: "Audio out", "音频输出";
        image_input: "Image in", "图像输入";
        image_output: "Image out", "图像输出";
        web_search: "Web search", "联网搜索";
        per_request: "Per request", "每次请求";
        more_hint: "Per million; empty: as text, or nothing", "每百万；留空则同文本价或不收费";
        catalogue(provider: &str): format!("The catalogue has it at {provider}:"), format!("目录价（{provider}）：");
        with_tiers: "It has tiers.", "另有分档价格。";
        import: "Fill in the catalogue's price", "填入目录价";
        imported: "Filled in from the catalogue; not set yet.", "已填入目录价，尚未保存。";
        unknown: "The catalogue does not know this model.", "目录中没有此模型。";
        tiers: "Long inputs and service tiers", "长输入与服务等级";
        tiers_lines: "A line each", "每行一档";
        tiers_hint: "above 200000 input=2.5 output=15 · flex input=0.6 · flex above 200000 input=1.25. What is left out is as above.",
            "above 200000 input=2.5 output=15 · flex input=0.6 · flex above 200000 input=1.25。未写的单价同上。";
        when: "From when, for whom", "生效时间与适用分组";
        valid_from: "Holds from (UTC)", "生效时间（UTC）";
        valid_from_hint: "Empty: at once", "留空则立即生效";
        group: "For", "适用于";
        everybody: "Everybody", "所有租户";
        group_hint: "A group's own price is charged as it stands, without the group's multiplier.", "分组专属价格按原价计费，不再乘分组倍率。";
        set: "Set the price", "保存价格";
        done: "The price is set.", "价格已保存。";
    }
}

super::words! {
    /// The versions of a price.
    pub PriceVersions {
        title: "Versions", "版本";
        about: "never edited, only followed", "不可修改，只能追加";
        none: "It was never priced.", "尚未定过价。";
        version(n: i64): format!("v{n}"), format!("v{n}");
        holds(n: i64): format!("v{n}, now"), format!("v{n}（当前）");
        scheduled(n: i64): format!("v{n}, scheduled"), format!("v{n}（待生效）");
        cancel: "Cancel it", "取消";
        first: "First price:", "首次定价：";
        same: "The same again", "价格未变";
        since: "since", "起始";
        until: "until", "截止";
        by(who: &str): format!("by {who}"), format!("操作人 {who}");
        gone(unit: &str): format!("{unit} no longer has its own"), format!("{unit} 不再单独定价");
    }
}

super::words! {
    /// What a request would cost.
    pub WouldCost {
        title: "This request would cost", "此请求的费用";
        about: "exact, as it would be charged", "精确到实际计费";
        prompt: "Prompt", "提示";
        cached: "Cached of it", "其中缓存";
        answer: "Answer", "应答";
        tier: "Service tier", "服务等级";
        tokens: "tokens", "tokens";
        sale: "Sale", "售价";
        cost(channel: &str): format!("Cost, {channel}"), format!("成本，{channel}");
        margin: "Margin", "毛利";
        no_number: "Whole numbers of tokens, and no more cached than the prompt has.", "请填写整数 token 数，缓存不得多于提示。";
        no_price: "It has no price and no known cost.", "没有售价，成本也未知。";
        work_out: "Work it out", "计算";
    }
}

super::words! {
    /// The page of the import from the catalogue.
    pub ImportPage {
        title: "Import prices", "导入价格";
        link: "Import", "导入";
        compare: "Compare with the catalogue", "与目录比对";
        compare_is: "the prices that come with this build", "本版本内置的价格目录";
        what: "Compare", "比对对象";
        sale_prices: "Sale prices", "售价";
        channel_costs: "Costs of channels", "渠道成本";
        multiplier: "Catalogue times", "目录价乘以";
        name_holds: "Name holds", "名称包含";
        all: "Also models that are only in the catalogue", "同时显示仅目录中有的模型";
        show: "Show", "显示";
        differences: "Differences", "差异";
        model: "Model", "模型";
        channel: "Channel", "渠道";
        change: "Change", "变化";
        any: "Any", "全部";
        fresh: "new", "新增";
        dearer: "dearer", "涨价";
        cheaper: "cheaper", "降价";
        mixed: "up and down", "有涨有降";
        same: "same", "相同";
        only_here: "only here", "仅本站有";
        other_rates: "Other rates", "其他单价";
        more(n: usize): format!("{n} more"), format!("另有 {n} 项");
        above(tokens: &str): format!("above {tokens}"), format!("超过 {tokens}");
        nothing: "Nothing to show", "没有可显示的内容";
        nothing_is: "Show models that are only in the catalogue, or any change.", "可显示仅目录中有的模型，或选择全部变化。";
        take_over: "Import what is checked", "导入所选价格";
        take_over_is: "all of them or none; each is a new version", "全部成功或全部不变；每项成为一个新版本";
        check_all: "Check all", "全选";
        stale: "A price is no longer as it was shown. Nothing was changed: look at the list again.", "有价格与显示时不同，未做任何更改，请重新查看列表。";
        made(n: usize): match n { 0 => "Nothing to change: no version was made.".to_owned(), 1 => "1 version was made.".to_owned(), _ => format!("{n} versions were made.") },
            if n == 0 { "无需更改，未产生新版本。".to_owned() } else { format!("已生成 {n} 个新版本。") };
    }
}
