//! Words about keys.

super::words! {
    /// The list of keys, and what is done with one.
    pub Keys {
        keys: "Keys", "密钥";
        new_key: "New key", "新建密钥";
        count(n: usize): if n == 1 { "1 key".to_owned() } else { format!("{n} keys") }, format!("共 {n} 个密钥");
        first: "Make the first key", "创建第一个密钥";
        what_for: "An app presents a key with each call; what it spends comes from this tenant's wallet.",
            "应用每次调用都需携带密钥，产生的费用从当前租户的钱包扣除。";
        secret: "Secret", "密钥值";
        addresses: "Addresses", "来源 IP";
        last_used: "Last used, UTC", "最近使用（UTC）";
        ends: "Ends, UTC", "到期时间（UTC）";
        expired: "Expired", "已过期";
        active: "Active", "已启用";
        off: "Off", "已停用";
        all: "all", "全部";
        any: "any", "不限";
        never_used: "never", "从未";
        endless: "never", "永久";
        former: "former secret works until", "旧密钥有效至";
        is_on(name: &str): format!("{name} is on"), format!("启用 {name}");
    }
}

super::words! {
    /// The form for a new key.
    pub NewKey {
        only_name: "only a name is needed", "只需填写名称";
        names_hint: "Names with commas between; empty for all", "多个模型用逗号分隔；留空表示全部";
        addresses_hint: "Like 203.0.113.0/24; empty for any", "例如 203.0.113.0/24；留空表示不限";
        last_day: "Last day", "有效期至";
        last_day_hint: "Until its end, UTC; empty for no end", "至当日结束（UTC）；留空表示永久有效";
        create: "Create the key", "创建密钥";
    }
}

super::words! {
    /// The form for what is set about a key.
    pub ChangeKey {
        change: "Change", "修改";
        change_named(name: &str): format!("Change {name}"), format!("修改 {name}");
        title: "Change a key", "修改密钥";
        soon: "holds within a second; the secret stays the same", "一秒内生效；密钥值不变";
        save: "Save", "保存";
    }
}

super::words! {
    /// A new secret for a key.
    pub RotateKey {
        rotate: "Rotate", "轮换";
        rotate_named(name: &str): format!("Rotate {name}"), format!("轮换 {name}");
        ask(name: &str): format!("Give “{name}” a new secret?"), format!("为“{name}”生成新密钥？");
        what: "Its name, limits and history stay. The new secret is shown once. Put it into your apps while the old one still works; a secret from an earlier rotation ends now.",
            "名称、限制和历史记录保持不变。新密钥仅显示一次，请在旧密钥失效前更新到各个应用；更早一次轮换留下的旧密钥将立即失效。";
        old_works: "The old secret works for", "旧密钥继续有效";
        not_at_all: "not at all: refused within a second", "立即失效（一秒内被拒绝）";
        hour: "1 hour", "1 小时";
        day: "24 hours", "24 小时";
        week: "7 days", "7 天";
        make: "Make a new secret", "生成新密钥";
    }
}

super::words! {
    /// The one time a secret is shown.
    pub KeySecret {
        save(name: &str): format!("Save the secret of “{name}”"), format!("请保存“{name}”的密钥");
        only_time: "This is the only time it is shown. We keep a hash, so nobody can look it up again.",
            "密钥仅显示这一次。系统只保存其哈希值，之后任何人都无法再次查看。";
        saved_safe: "I saved it somewhere safe", "我已妥善保存";
        saved: "I saved it", "已保存";
    }
}

super::words! {
    /// Ending a key for good.
    pub RevokeKey {
        revoke: "Revoke", "吊销";
        revoke_named(name: &str): format!("Revoke {name}"), format!("吊销 {name}");
        ask(name: &str): format!("Revoke “{name}”?"), format!("吊销“{name}”？");
        warning: "Apps that use it are refused within a second. This cannot be taken back.",
            "使用该密钥的应用将在一秒内被拒绝访问。此操作不可撤销。";
        type_name: "Type its name", "输入密钥名称";
        for_good: "Revoke for good", "永久吊销";
    }
}
