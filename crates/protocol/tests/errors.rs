//! Errors in both directions that no recording holds: the class table of the design, what is hidden from callers, and how
//! our own refusals look in each dialect.

use bytes::Bytes;
use domain::{
    dialect::Dialect::{self, Anthropic, OpenaiChat},
    refusal::{Code, Refusal},
};
use http::HeaderMap;
use protocol::{
    error::{Class, classify, refusal_body, refusal_event, relay_caller_error},
    stream::{Kind, StreamTap},
};
use serde_json::{Value, json};

fn class(dialect: Dialect, status: u16, body: &str) -> Class {
    classify(dialect, status, &HeaderMap::new(), body.as_bytes()).class
}

fn openai(message: &str, kind: &str, code: &str) -> String {
    json!({"error": {"message": message, "type": kind, "param": null, "code": code}}).to_string()
}

fn anthropic(kind: &str, message: &str) -> String {
    json!({"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}).to_string()
}

#[test]
fn codes_decide_before_the_status() {
    for (status, body, want) in [
        (429, openai("You exceeded your current quota", "insufficient_quota", "insufficient_quota"), Class::Credential),
        (429, openai("Rate limit reached", "tokens", "rate_limit_exceeded"), Class::Rate),
        (413, openai("Request too large for model on tokens per minute", "tokens", "rate_limit_exceeded"), Class::Rate),
        (401, openai("Incorrect API key provided: sk-a***b", "invalid_request_error", "invalid_api_key"), Class::Credential),
        (403, openai("Project does not have access to model", "invalid_request_error", "model_not_found"), Class::ModelMissing),
        (403, openai("Country not supported", "request_forbidden", "unsupported_country_region_territory"), Class::Credential),
        (404, openai("The model `x` does not exist", "invalid_request_error", "model_not_found"), Class::ModelMissing),
        (404, json!({"error": {"code": "DeploymentNotFound", "message": "The API deployment for this resource does not exist."}}).to_string(), Class::ModelMissing),
        (404, json!({"error": {"message": "model \"llama9\" not found, try pulling it first", "type": "api_error"}}).to_string(), Class::ModelMissing),
        (404, json!({"object": "error", "message": "The model `x` does not exist.", "type": "NotFoundError", "code": 404}).to_string(), Class::ModelMissing),
        (400, openai("Model Not Exist", "invalid_request_error", "invalid_request_error"), Class::ModelMissing),
        (400, openai("This model's maximum context length is 8192 tokens.", "invalid_request_error", "context_length_exceeded"), Class::ContextLength),
        (400, json!({"object": "error", "message": "This model's maximum context length is 4096 tokens.", "code": 400}).to_string(), Class::ContextLength),
        (400, json!({"error": {"code": 400, "type": "exceed_context_size_error", "message": "the request exceeds the available context size"}}).to_string(), Class::ContextLength),
        (400, openai("The response was filtered", "invalid_request_error", "content_filter"), Class::Policy),
        (400, openai("Content Exists Risk", "invalid_request_error", "invalid_request_error"), Class::Policy),
        (400, openai("Access denied", "Arrearage", "Arrearage"), Class::Credential),
        (402, openai("Insufficient Balance", "unknown_error", "invalid_request_error"), Class::Credential),
    ] {
        assert_eq!(class(OpenaiChat, status, &body), want, "{status} {body}");
    }
    for (status, body, want) in [
        (400, anthropic("invalid_request_error", "messages: Field required"), Class::Caller),
        (
            400,
            anthropic("invalid_request_error", "Your credit balance is too low to access the Anthropic API."),
            Class::Credential,
        ),
        (
            400,
            anthropic("invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"),
            Class::ContextLength,
        ),
        (400, anthropic("invalid_request_error", "Output blocked by content filtering policy"), Class::Policy),
        (401, anthropic("authentication_error", "invalid x-api-key"), Class::Credential),
        (402, anthropic("billing_error", "no money"), Class::Credential),
        (403, anthropic("permission_error", "no access"), Class::Credential),
        (404, anthropic("not_found_error", "model: claude-x"), Class::ModelMissing),
        (404, anthropic("not_found_error", "File not found: file_1"), Class::Caller),
        (413, anthropic("request_too_large", "Request exceeds the maximum size"), Class::Caller),
        (429, anthropic("rate_limit_error", "slow down"), Class::Rate),
        (500, anthropic("api_error", "Internal server error"), Class::Transient),
        (529, anthropic("overloaded_error", "Overloaded"), Class::Rate),
    ] {
        assert_eq!(class(Anthropic, status, &body), want, "{status} {body}");
    }
}

#[test]
fn the_status_decides_where_no_code_does() {
    let plain = json!({"error": {"message": "no"}}).to_string();
    for dialect in Dialect::ALL {
        for (status, want) in [
            (400, Class::Caller),
            (401, Class::Credential),
            (402, Class::Credential),
            (403, Class::Credential),
            (404, Class::Caller),
            (408, Class::Transient),
            (409, Class::Caller),
            (413, Class::Caller),
            (422, Class::Caller),
            (425, Class::Transient),
            (429, Class::Rate),
            (500, Class::Transient),
            (502, Class::Transient),
            (503, Class::Transient),
            (504, Class::Transient),
            (529, Class::Rate),
            (302, Class::Transient),
        ] {
            assert_eq!(class(dialect, status, &plain), want, "{status}");
        }
        for page in ["", "<html>404 page not found</html>", "404 page not found"] {
            assert_eq!(class(dialect, 404, page), Class::Transient, "a wrong address is not the caller's doing");
            assert_eq!(class(dialect, 503, page), Class::Transient);
            assert_eq!(class(dialect, 400, page), Class::Caller);
        }
    }
}

#[test]
fn a_caller_cannot_take_a_credential_or_model_out_of_use_by_words_that_are_quoted_back() {
    for words in
        ["Your credit balance is too low", "Insufficient Balance", "The model `x` does not exist", "Model Not Exist"]
    {
        let message = format!("Invalid value: '{words}'. Supported values are: 'a'.");
        assert_eq!(class(OpenaiChat, 400, &openai(&message, "invalid_request_error", "invalid_value")), Class::Caller);
        assert_eq!(class(Anthropic, 400, &anthropic("invalid_request_error", &message)), Class::Caller);
    }
}

#[test]
fn names_of_the_upstreams_side_never_reach_a_caller() {
    let secrets = [
        "org-Ab12Cd34Ef",
        "proj_Zz99Yy88",
        "sk-live0123456789",
        "api.openai.com",
        "10.1.2.3",
        "user_2wT5ElBE4E",
        "acct-77ff00aa",
    ];
    for dialect in Dialect::ALL {
        for secret in secrets {
            let message = format!("Request to {secret} for organization {secret} failed: see https://{secret}/docs.");
            for body in [
                openai(&message, "invalid_request_error", "bad"),
                anthropic("invalid_request_error", &message),
                json!({"error": message}).to_string(),
                json!({"object": "error", "message": message, "code": 400}).to_string(),
                json!({"detail": [{"msg": message}]}).to_string(),
                json!({"error": {"message": "bad", "type": secret, "param": secret, "code": secret}}).to_string(),
                json!({"error": {"message": "bad", "inner": {"account": secret}}, "user_id": secret}).to_string(),
                openai(&message, "x", "y").replace('/', "\\/").replace("org-", "\\u006frg-"),
                format!("<html>{message}</html>"),
                message.clone(),
            ] {
                let relayed = relay_caller_error(dialect, dialect, 400, body.as_bytes());
                let relayed: Value = serde_json::from_slice(&relayed).unwrap();
                assert!(!relayed.to_string().contains(secret), "{body} -> {relayed}");
                assert!(relayed["error"]["message"].as_str().is_some_and(|it| !it.is_empty()), "{relayed}");
                let googles =
                    matches!(dialect, Dialect::Gemini | Dialect::GeminiEmbeddings | Dialect::GeminiBatchEmbeddings);
                let kind = if googles { "status" } else { "type" };
                assert!(relayed["error"][kind].is_string(), "{relayed}");
            }
        }
    }
}

#[test]
fn a_relayed_error_keeps_its_fields_in_the_callers_dialect() {
    let body = json!({"error": {"message": "bad at org-Ab12Cd34Ef", "type": "invalid_request_error", "param": "messages[0]", "code": "bad_value"}});
    let relayed: Value =
        serde_json::from_slice(&relay_caller_error(OpenaiChat, OpenaiChat, 400, body.to_string().as_bytes())).unwrap();
    assert_eq!(
        relayed,
        json!({"error": {"message": "bad at [hidden]", "type": "invalid_request_error", "param": "messages[0]", "code": "bad_value"}})
    );
    let vllm = json!({"object": "error", "message": "too hot", "type": "BadRequestError", "param": null, "code": 400});
    let relayed: Value =
        serde_json::from_slice(&relay_caller_error(OpenaiChat, OpenaiChat, 400, vllm.to_string().as_bytes())).unwrap();
    assert_eq!(
        (&relayed["error"]["message"], &relayed["error"]["type"]),
        (&json!("too hot"), &json!("BadRequestError"))
    );
}

#[test]
fn every_refusal_is_the_dialects_error_object_with_our_code() {
    for code in [
        Code::InvalidRequest,
        Code::InvalidApiKey,
        Code::InsufficientBalance,
        Code::NotAllowed,
        Code::TenantFrozen,
        Code::ModelNotFound,
        Code::NotFound,
        Code::RequestTooLarge,
        Code::RateLimitExceeded,
        Code::UpstreamRateLimited,
        Code::UpstreamError,
        Code::UpstreamCredentialsExhausted,
        Code::NoChannelAvailable,
        Code::Overloaded,
        Code::UpstreamTimeout,
        Code::Internal,
    ] {
        let refusal = Refusal::new(code, "say \"why\"\n\ndata: [DONE]");
        let openai: Value = serde_json::from_slice(&refusal_body(OpenaiChat, &refusal, "r1")).unwrap();
        assert_eq!((&openai["error"]["code"], &openai["error"]["param"]), (&json!(code.as_str()), &Value::Null));
        assert_eq!(openai["error"]["message"], json!(refusal.message));
        assert!(openai["error"]["type"].is_string());
        let anthropic: Value = serde_json::from_slice(&refusal_body(Anthropic, &refusal, "r1")).unwrap();
        assert_eq!((&anthropic["type"], &anthropic["request_id"]), (&json!("error"), &json!("r1")));
        assert_eq!(anthropic["error"]["code"], json!(code.as_str()));
        assert!(
            anthropic["error"]["type"]
                .as_str()
                .is_some_and(|kind| kind.ends_with("_error") || kind == "request_too_large")
        );
        for dialect in Dialect::CONVERSING {
            let event = refusal_event(dialect, &refusal, "r1");
            let mut tap = StreamTap::new(dialect, true);
            assert_eq!(tap.push(event.clone()), Ok(()));
            let read = tap.next_event();
            assert!(
                matches!(&read, Some(event) if matches!(&event.kind, Kind::Error(error) if error.message == refusal.message))
            );
            assert_eq!((read.map(|it| it.raw), tap.next_event()), (Some(event), None));
        }
    }
    let refusal = Refusal::new(Code::InsufficientBalance, "x");
    let event = refusal_event(Anthropic, &refusal, "r1");
    assert!(event.starts_with(b"event: error\ndata: {") && event.ends_with(b"}\n\n"));
    assert!(refusal_event(OpenaiChat, &refusal, "r1").starts_with(b"data: {\"error\":"));
}

#[test]
fn models_are_listed_in_the_callers_shape() {
    let models = [("sandbox/echo".to_owned(), 0), ("gpt-4o".to_owned(), 1_795_474_801)];
    let read = |bytes: Bytes| serde_json::from_slice::<Value>(&bytes).unwrap();
    let openai = read(protocol::models::list(OpenaiChat, &models));
    assert_eq!(
        (&openai["object"], &openai["data"][1]["id"], &openai["data"][1]["created"]),
        (&json!("list"), &json!("gpt-4o"), &json!(1_795_474_801))
    );
    let anthropic = read(protocol::models::list(Anthropic, &models));
    assert_eq!(
        (&anthropic["first_id"], &anthropic["last_id"], &anthropic["has_more"]),
        (&json!("sandbox/echo"), &json!("gpt-4o"), &json!(false))
    );
    assert_eq!(anthropic["data"][1]["created_at"], "2026-11-23T23:00:01Z");
    assert_eq!(read(protocol::models::one(Anthropic, &models[0]))["type"], "model");
    assert_eq!(read(protocol::models::list(Anthropic, &[]))["first_id"], Value::Null);
}
