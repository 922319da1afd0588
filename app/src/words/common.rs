//! Words that several pages share.

super::words! {
    /// What several pages say.
    pub Common {
        refresh: "Refresh", "刷新";
        newest: "Newest", "最新";
        older: "Older", "更早";
        close: "Close", "关闭";
        name: "Name", "名称";
        state: "State", "状态";
        models: "Models", "模型";
        actions: "Actions", "操作";
        active: "Active", "正常";
        none_yet: "none yet", "暂无";
        language: "Language", "语言";
        theme: "Theme", "主题";
        light: "Light", "浅色";
        dark: "Dark", "深色";
        system: "System", "跟随系统";
        open_navigation: "Open navigation", "打开导航";
    }
}
