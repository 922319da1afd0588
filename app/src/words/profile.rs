//! Words about who is signed in.

super::words! {
    /// The profile.
    pub Profile {
        profile: "Profile", "个人资料";
        runs_place: "Runs this place", "平台管理员";
        member: "A member", "成员";
        what_you_are: "what you are to them", "您在各租户中的角色";
        role: "Role", "角色";
    }
}

super::words! {
    /// Another password.
    pub Password {
        password: "Password", "密码";
        ends_others: "ends your other sessions", "将退出其他会话";
        old: "Old password", "当前密码";
        new_password: "New password", "新密码";
        characters(n: usize): format!("{n} characters or more"), format!("至少 {n} 个字符");
        change: "Change the password", "修改密码";
        changed: "Changed. Your other sessions are over.", "密码已修改，其他会话均已退出。";
    }
}
