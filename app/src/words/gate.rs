//! Words for people who are not signed in.

super::words! {
    /// Signing in, setting up, and what is not there.
    pub Gate {
        about: "AI API relay", "AI API 中转网关";
        sign_in: "Sign in", "登录";
        email: "E-mail", "邮箱";
        no_account: "No account? This place is by invitation; ask your admin.", "没有账号？本平台仅限邀请，请联系管理员。";
        set_up: "Set up", "初始化";
        set_up_is: "This makes the first admin of this place. The link works once.",
            "将为本平台创建首个管理员。此链接仅可使用一次。";
        create_admin: "Create the admin", "创建管理员";
        not_found: "Not found", "页面不存在";
        nothing_here: "Nothing here", "页面不存在";
        not_found_is: "There is no page at this address. It may have moved, or the address has a typing error.",
            "该地址下没有页面，可能已移动，或地址输入有误。";
        go_home: "Go home", "返回首页";
    }
}
