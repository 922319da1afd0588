//! The words for what happens on the way: what an event is called in the log, in metrics and in alert rules.

/// Every kind of event there is. A rule that names another word would never tell anybody.
pub const KINDS: [&str; 18] = [
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
    "budget_refused",
    "alert_failed",
    "payment_unmatched",
    "chargeback",
];

/// What a tenant hears of, by its own rules and on its page: what happened to it. The rest is the place's own business.
pub const TENANT_KINDS: [&str; 9] = [
    "budget_reached",
    "budget_refused",
    "rate_limited",
    "new_address",
    "spend_abnormal",
    "errors_abnormal",
    "token_ratio_abnormal",
    "chargeback",
    "alert_failed",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_tenant_hears_of_is_a_kind_of_event() {
        assert!(TENANT_KINDS.iter().all(|kind| KINDS.contains(kind)));
    }
}
