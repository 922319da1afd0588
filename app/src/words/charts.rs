//! Words around charts, ranges and what is live.

super::words! {
    /// What every chart says.
    pub Charts {
        series: "Series", "系列";
        no_data: "no data", "无数据";
        as_table: "As a table", "以表格查看";
        time: "Time, UTC", "时间 (UTC)";
        other: "other", "其他";
    }
}

super::words! {
    /// Ranges, and following what happens.
    pub Ranges {
        range: "Range", "时间范围";
        custom: "Custom", "自定义";
        from: "From, UTC", "开始 (UTC)";
        to: "To, UTC", "结束 (UTC)";
        show: "Show", "查看";
        live: "Live", "实时";
        paused: "Paused", "已暂停";
        connecting: "Not live", "未连接";
        pause: "Pause", "暂停";
        go_on: "Go on", "继续";
    }
}
