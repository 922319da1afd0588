//! The words for what happens on the way: what an event is called in the log, in metrics and in alert rules.

/// Every kind of event there is. A rule that names another word would never tell anybody.
pub const KINDS: [&str; 17] = [
    "failover",
    "all_failed",
    "rate_limited",
    "breaker_opened",
    "breaker_closed",
    "upstream_rate_limited",
    "credential_off",
    "credential_back",
    "model_missing",
    "new_address",
    "spend_abnormal",
    "errors_abnormal",
    "token_ratio_abnormal",
    "budget_reached",
    "alert_failed",
    "payment_unmatched",
    "chargeback",
];
