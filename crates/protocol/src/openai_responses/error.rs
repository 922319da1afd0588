//! A refusal of ours inside a stream. Source: <https://platform.openai.com/docs/api-reference/responses-streaming/error>.

use bytes::Bytes;
use domain::refusal::Refusal;
use serde_json::json;

pub(super) fn refusal_event(refusal: &Refusal, _request_id: &str) -> Bytes {
    let error = json!({
        "type": "error",
        "code": refusal.code.as_str(),
        "message": refusal.message,
        "param": null,
        // The number is the stream's; a client that counts has been told less than it was sent, never more.
        "sequence_number": 0,
    });
    format!("event: error\ndata: {error}\n\n").into()
}
