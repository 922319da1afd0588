//! Error texts by which servers without usable codes are understood. A phrase that takes a credential or a model out of use
//! must begin the message: callers can make an upstream quote their own words, but not at its beginning.

/// The request is over the model's window.
pub(crate) fn is_context_length(message: &str) -> bool {
    const PHRASES: [&str; 9] = [
        "maximum context length",
        "context_length_exceeded",
        "prompt is too long",
        "exceed context limit",
        "exceeds the available context size",
        "exceeds the context window",
        "maximum prompt length",
        "Range of input length should be",
        "reduce the length of the messages",
    ];
    PHRASES.iter().any(|phrase| message.contains(phrase))
}

/// The upstream has no such model.
pub(crate) fn is_model_missing(message: &str) -> bool {
    let begins = ["The model `", "model '", "model \"", "Model Not Exist", "model: ", "Unknown model", "unknown model"];
    let ends = ["does not exist", "not found", "is not a valid model ID", "Model Not Exist", "try pulling it first"];
    let short = message.trim_end_matches('.');
    let about_a_model = begins.iter().any(|begin| message.starts_with(begin));
    (about_a_model
        && (message.contains("not exist") || message.contains("not found") || message.starts_with("Unknown model")))
        || short.ends_with("is not a valid model ID")
        || (message.starts_with("model ") && ends.iter().any(|end| short.ends_with(end)))
        || message.starts_with("model: ")
        || message == "Model Not Exist"
}

/// Our account has no money, or was shut.
pub(crate) fn is_account(message: &str) -> bool {
    const PHRASES: [&str; 4] = [
        "Your credit balance is too low",
        "This organization has been disabled",
        "Insufficient Balance",
        "Access denied, please make sure your account is in good standing",
    ];
    PHRASES.iter().any(|phrase| message.starts_with(phrase))
}

/// A content filter.
pub(crate) fn is_policy(message: &str) -> bool {
    const PHRASES: [&str; 3] = [
        "Content Exists Risk",
        "Output blocked by content filtering policy",
        "Input data may contain inappropriate content",
    ];
    PHRASES.iter().any(|phrase| message.starts_with(phrase))
}
