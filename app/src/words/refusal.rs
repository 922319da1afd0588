//! Words about what was refused.

super::words! {
    /// What happened, in a few words.
    pub Refused {
        wrong: "That did not match.", "邮箱或密码不正确。";
        throttled: "Too many tries.", "尝试次数过多。";
        link_over: "This link is over.", "链接已失效。";
        email_invalid: "That is not an e-mail address.", "邮箱格式不正确。";
        password_short: "The password is too short.", "密码太短。";
        signed_out: "You are signed out.", "您已退出登录。";
        forbidden: "That is not for you.", "没有权限。";
        no_tenant: "There is no tenant here.", "当前没有租户。";
        not_found: "There is no such thing.", "内容不存在。";
        invalid: "Something is not filled in right.", "填写有误。";
        conflict: "That does not go.", "无法执行此操作。";
        unavailable: "The database does not answer.", "数据库无响应。";
        malformed: "The server did not understand.", "服务器无法识别该请求。";
        unreachable: "The server could not be reached.", "无法连接服务器。";
    }
}

super::words! {
    /// What to do about it.
    pub Advice {
        wrong: "Check the address and the password.", "请检查邮箱和密码。";
        wait_a_minute: "Wait a minute, then try again.", "请一分钟后再试。";
        wait(minutes: u64): format!("Try again in {minutes} minutes."), format!("请 {minutes} 分钟后再试。");
        link_over: "It works once, until the next start of the server. Look at the server's log.",
            "链接仅可使用一次，服务器重启后失效。请查看服务器日志。";
        email_invalid: "It looks like name@company.example.", "正确格式如 name@company.example。";
        password_short(least: usize): format!("Take {least} characters or more."), format!("密码至少需要 {least} 个字符。");
        signed_out: "Sign in again to go on.", "请重新登录后继续。";
        forbidden: "Your role does not allow it. An owner of the tenant can change that.",
            "您的角色不允许此操作，可请租户所有者调整权限。";
        no_tenant: "Step into a tenant first, or ask its owner to add you.", "请先进入一个租户，或请租户所有者将您加入。";
        not_found: "It may be gone, or the address has a typing error.", "它可能已被删除，或地址输入有误。";
        invalid(field: &str, why: &str): format!("{field}: {why}."), format!("{field}：{why}。");
        conflict(why: &str): format!("Because {why}."), format!("原因：{why}。");
        unavailable: "Calls to the relay go on meanwhile. Try again in a moment.", "API 调用不受影响，请稍后再试。";
        malformed: "Reload the page and try again.", "请刷新页面后重试。";
        unreachable: "Check your connection and try again.", "请检查网络连接后重试。";
    }
}
