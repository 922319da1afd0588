//! Words of the palette and of the help about keys.

super::words! {
    /// The palette.
    pub Palette {
        label: "Search or go to", "搜索或前往";
        hint: "Search or go to…", "搜索或前往…";
        results: "Results", "结果";
        pages: "Pages", "页面";
        tenants: "Tenants", "租户";
        keys: "Keys", "密钥";
        requests: "Requests", "请求";
        count(n: usize): if n == 1 { "1 result".to_owned() } else { format!("{n} results") }, format!("{n} 条结果");
        searching: "Searching…", "搜索中…";
        nothing: "Nothing found", "没有找到";
        advice: "Type a part of a name, or a request id from its beginning.", "请输入名称的一部分，或从开头输入请求 ID。";
        moves: "move", "移动";
        opens: "open", "打开";
    }
}

super::words! {
    /// The help about keys.
    pub Shortcuts {
        title: "Keyboard", "键盘快捷键";
        key: "Key", "按键";
        what: "What it does", "作用";
        then: "then", "然后";
        or: "or", "或";
        palette: "Search or go to a page, a tenant, a key, a request", "搜索或前往页面、租户、密钥、请求";
        search: "Search in a list", "在列表中搜索";
        moves: "Next or previous line of a list", "列表的下一行或上一行";
        opens: "Open the line", "打开该行";
        closes: "Close what lies over the page", "关闭页面上的浮层";
        help: "This help", "显示此帮助";
        go(place: &str): format!("Go to {place}"), format!("前往{place}");
    }
}
