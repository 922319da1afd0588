//! Recorded errors: their class, and what of them reaches a caller.

use super::fixtures;
use domain::dialect::Dialect;
use http::{HeaderMap, HeaderName};
use protocol::error::{Class, classify, relay_caller_error};
use std::time::Duration;

fn headers(recording: &fixtures::Recording) -> HeaderMap {
    let pairs = recording.headers.iter();
    pairs.map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap())).collect()
}

#[test]
fn every_recorded_error_has_the_class_of_the_table() {
    let want = [
        ("openai-chat/json-err400-1.json", Class::Caller),
        ("openai-chat/json-err400-2.json", Class::Caller),
        ("openai-chat/json-err404-1.json", Class::ModelMissing),
        ("openai-chat/json-err404-2.json", Class::ModelMissing),
        ("deepseek/json-err400-1.json", Class::Caller),
        ("llamacpp/json-err500-1.json", Class::Transient),
        ("openrouter/json-err400-1.json", Class::ModelMissing),
        ("openrouter/json-err429-1.json", Class::Rate),
        ("azure/json-err429-1.json", Class::Rate),
        ("openai-responses/json-err400-1.json", Class::ModelMissing),
        ("openai-responses/json-err400-2.json", Class::Caller),
        ("openai-responses/json-err401-1.json", Class::Credential),
        ("anthropic/json-err401-1.json", Class::Credential),
        ("anthropic/json-err404-1.json", Class::ModelMissing),
        ("embeddings/json-err404-1.json", Class::ModelMissing),
        // A wrong key is a bad request there.
        ("gemini/json-err400-1.json", Class::Credential),
        ("gemini/json-err404-1.json", Class::ModelMissing),
        ("gemini/stream-err404-1.json", Class::ModelMissing),
        ("gemini/json-err429-1.json", Class::Rate),
        ("gemini/json-err429-2.json", Class::Rate),
    ];
    let mut seen = 0;
    for recording in fixtures::all().into_iter().filter(|it| it.status != 200) {
        let error = classify(recording.dialect, recording.status, &headers(&recording), recording.body.as_bytes());
        let file = recording.name.split('#').next().unwrap();
        let class = want.iter().find(|(name, _)| *name == file).map(|(_, class)| *class);
        assert_eq!(Some(error.class), class, "{}: {}", recording.name, error.message);
        assert!(!error.message.is_empty());
        seen += 1;
    }
    assert_eq!(seen, 22);
}

#[test]
fn azures_429_says_when_to_come_back() {
    let all = fixtures::family("azure");
    let recording = all.iter().find(|it| it.status == 429).unwrap();
    let error = classify(recording.dialect, 429, &headers(recording), recording.body.as_bytes());
    assert_eq!(error.retry_after, Some(Duration::from_secs(1)));
}

#[test]
fn geminis_429_says_when_to_come_back_in_its_details() {
    for recording in fixtures::family("gemini").iter().filter(|it| it.status == 429) {
        let error = classify(recording.dialect, 429, &headers(recording), recording.body.as_bytes());
        let wait = error.retry_after.map(|wait| wait.as_secs());
        assert!(matches!(wait, Some(34 | 48)), "{wait:?}");
    }
}

#[test]
fn a_recorded_caller_error_passes_byte_for_byte() {
    for (family, file) in [
        ("openai-chat", "json-err400-1"),
        ("openai-chat", "json-err400-2"),
        ("openai-chat", "json-err404-2"),
        ("deepseek", "json-err400-1"),
        ("anthropic", "json-err404-1"),
    ] {
        let all = fixtures::family(family);
        let recording = all.iter().find(|it| it.name.contains(file)).unwrap();
        let relayed =
            relay_caller_error(recording.dialect, recording.dialect, recording.status, recording.body.as_bytes());
        assert_eq!(relayed, recording.body, "{}", recording.name);
    }
}

#[test]
fn openrouters_account_provider_and_address_do_not_reach_a_caller() {
    for recording in fixtures::family("openrouter").into_iter().filter(|it| it.status >= 400) {
        let relayed =
            relay_caller_error(Dialect::OpenaiChat, Dialect::OpenaiChat, recording.status, recording.body.as_bytes());
        let relayed = String::from_utf8(relayed.to_vec()).unwrap();
        for name in ["user_", "openrouter.ai", "provider_name", "https:"] {
            assert!(!relayed.contains(name), "{relayed}");
        }
        assert!(relayed.contains("\"message\""));
    }
}
