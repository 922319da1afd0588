//! Writes a refusal as OpenAI does: `{"error":{"message","type","param","code"}}`.
//!
//! Types and codes: <https://platform.openai.com/docs/guides/error-codes/api-errors> and recorded answers.

use crate::fault::Fault;
use serde_json::{Value, json};

/// A refusal's body.
pub(crate) fn refusal(fault: &Fault) -> Value {
    let (message, kind, param, code) = match fault {
        Fault::Malformed { message, param: None } => (
            format!("We could not parse the JSON body of your request: {message}"),
            "invalid_request_error",
            None,
            None,
        ),
        Fault::Malformed { message, param } => {
            (message.clone(), "invalid_request_error", *param, Some("invalid_value"))
        }
        Fault::TooLarge => {
            ("Request body is too large.".to_owned(), "invalid_request_error", None, Some("request_too_large"))
        }
        Fault::UnknownModel(name) => (
            format!("The model `{name}` does not exist or you do not have access to it."),
            "invalid_request_error",
            None,
            Some("model_not_found"),
        ),
        Fault::UnknownPath { asked } => (format!("Invalid URL ({asked})"), "invalid_request_error", None, None),
        Fault::AskedFor(status) => {
            let (message, kind, code) = asked_for(status.as_u16());
            (message.to_owned(), kind, None, code)
        }
    };
    json!({"error": {"message": message, "type": kind, "param": param, "code": code}})
}

fn asked_for(status: u16) -> (&'static str, &'static str, Option<&'static str>) {
    match status {
        401 => ("Incorrect API key provided.", "invalid_request_error", Some("invalid_api_key")),
        402 => (
            "You exceeded your current quota, please check your plan and billing details.",
            "insufficient_quota",
            Some("insufficient_quota"),
        ),
        403 => (
            "Country, region, or territory not supported",
            "request_forbidden",
            Some("unsupported_country_region_territory"),
        ),
        404 => (
            "The model `sandbox/fail-404` does not exist or you do not have access to it.",
            "invalid_request_error",
            Some("model_not_found"),
        ),
        429 => ("Rate limit reached for requests. Please try again in 1s.", "requests", Some("rate_limit_exceeded")),
        503 => ("The engine is currently overloaded, please try again later.", "service_unavailable_error", None),
        400..=499 => ("The sandbox was asked to refuse this request.", "invalid_request_error", None),
        _ => ("The server had an error while processing your request. Sorry about that!", "server_error", None),
    }
}
