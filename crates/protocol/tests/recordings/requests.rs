//! Recorded requests: every one is read, and reaches an upstream with only the model and the wish for usage changed.

use super::fixtures;
use bytes::Bytes;
use domain::dialect::Dialect;
use protocol::{
    count::{Family, request_tokens},
    request::RequestHead,
};
use serde_json::{Value, json};

/// Fields of Responses that name what the provider keeps.
const STATE: [&str; 3] = ["background", "conversation", "previous_response_id"];

#[test]
fn every_recorded_request_is_read_and_spliced() {
    let mut seen = 0;
    for recording in fixtures::all() {
        let Some(request) = recording.request.filter(Value::is_object) else { continue };
        let body = Bytes::from(serde_json::to_vec_pretty(&request).unwrap());
        let head = RequestHead::read(recording.dialect, recording.in_path.as_ref(), &body);
        // What would be kept for all tenants of an account.
        if let Some(kept) = STATE.into_iter().find(|name| request.get(name).is_some_and(|value| !value.is_null())) {
            assert!(head.unwrap_err().message.contains(kept), "{}", recording.name);
            continue;
        }
        let head = head.unwrap();
        let in_path = recording.in_path.as_ref();
        let model = in_path.map_or_else(|| request["model"].clone(), |it| it.model.as_str().into());
        assert_eq!(head.model, model, "{}", recording.name);
        let stream = in_path.map_or(request["stream"] == true, |it| it.stream);
        assert_eq!(head.stream, stream, "{}", recording.name);
        let spliced: Value = serde_json::from_slice(&head.splice(&body, "up/\"stream\"")).unwrap();
        let mut want = request.clone();
        if in_path.is_none() {
            want["model"] = json!("up/\"stream\"");
        }
        if head.stream && recording.dialect == Dialect::OpenaiChat {
            want["stream_options"]["include_usage"] = json!(true);
        }
        assert_eq!(spliced, want, "{}", recording.name);
        assert!(request_tokens(recording.dialect, &body, Family::of(&head.model)) > 0);
        seen += 1;
    }
    assert!(seen > 50, "{seen}");
}
