//! Words about bills.

super::words! {
    /// The list of bills.
    pub Bills {
        bills: "Bills", "账单";
        month: "Month", "月份";
        number: "Number", "编号";
        usage: "Usage", "用量";
        others: "Credit and other", "充值及其他";
        before: "Balance before", "期初余额";
        after: "Balance after", "期末余额";
        so_far: "so far", "进行中";
        print: "Print", "打印";
        export: "Export everything", "导出全部数据";
        newest: "newest first", "从新到旧";
        none: "No bill yet", "还没有账单";
        none_is: "A month in which money moves becomes a bill when it is over, and never changes after.",
            "有资金变动的月份结束后会生成账单，生成后不再更改。";
        running_is: "What is so far becomes a bill when the month is over. A bill never changes; what is charged late is on the next.",
            "进行中的月份结束后会生成账单。账单不再更改，延后入账的费用计入下一期。";
    }
}

super::words! {
    /// One bill.
    pub Bill {
        statement: "Statement", "账单";
        billed_to: "Billed to", "客户";
        period: "Period", "账期";
        zone: "Time zone", "时区";
        currency: "Currency", "币种";
        made: "Made (UTC)", "生成日期（UTC）";
        model: "Model", "模型";
        key: "Key", "密钥";
        requests: "Requests", "请求数";
        input: "Input tokens", "输入 tokens";
        output: "Output tokens", "输出 tokens";
        gone: "requests that are no longer kept", "已不再保留的请求";
        no_usage: "Nothing was used", "本期没有用量";
        no_others: "Nothing else moved", "没有其他变动";
        total: "Summary", "汇总";
        more: "There are more lines than are shown here: the CSV has all.", "此处未显示全部明细，完整内容见 CSV。";
    }
}
