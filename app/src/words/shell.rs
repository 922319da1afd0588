//! Words around every page: where one can go, and who is there.

use domain::role::Role;

super::words! {
    /// The frame of a page.
    pub Shell {
        skip: "Skip to content", "跳到正文";
        main: "Main", "主导航";
        all_tenants: "Admin · All tenants", "管理员 · 全部租户";
        no_tenant: "No tenant yet", "尚未加入租户";
        tenant: "Tenant", "租户";
        go: "Go", "切换";
        sign_out: "Sign out", "退出登录";
        inside: "Inside a tenant", "已进入租户";
        inside_before: "You are inside ", "您正在租户 ";
        inside_after: ". What you do here is written down.", " 中操作，所有操作都会被记录。";
        step_out: "Step out", "退出租户";
    }
}

super::words! {
    /// The entries of the navigation.
    pub Places {
        home: "Home", "首页";
        usage: "Usage", "用量";
        requests: "Requests", "请求";
        keys: "Keys", "密钥";
        wallet: "Wallet", "钱包";
        bills: "Bills", "账单";
        budgets: "Budgets & alerts", "预算与告警";
        alerts: "Alerts", "告警";
        channels: "Channels", "渠道";
        routing: "Routing", "路由";
        models: "Models & prices", "模型与定价";
        tenants: "Tenants", "租户";
        money: "Money", "对账";
    }
}

super::words! {
    /// What people are to a tenant.
    pub Roles {
        owner: "Owner", "所有者";
        admin: "Admin", "管理员";
        developer: "Developer", "开发者";
        billing: "Billing", "财务";
        viewer: "Viewer", "只读成员";
    }
}

impl Roles {
    /// What a role is called in a sentence's beginning.
    pub const fn of(self, role: Role) -> &'static str {
        match role {
            Role::Owner => self.owner(),
            Role::Admin => self.admin(),
            Role::Developer => self.developer(),
            Role::Billing => self.billing(),
            Role::Viewer => self.viewer(),
        }
    }
}
