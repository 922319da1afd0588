//! Words of components that many pages use.

super::words! {
    /// Copying, and how requests ended.
    pub Parts {
        copy: "Copy", "复制";
        copied: "Copied", "已复制";
        copied_is: "Copied to the clipboard", "已复制到剪贴板";
        fine: "fine", "成功";
        caller_left: "caller left", "调用方断开";
        refused: "refused", "被拒绝";
        failed: "failed", "失败";
    }
}
