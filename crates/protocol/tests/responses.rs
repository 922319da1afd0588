//! Responses with state: what is put in place of names, what is kept, what an answer says of it.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use protocol::responses::{Kept, Stateful, Told, edit_answer, edit_event};
use serde_json::{Value, json};

fn stateful(body: &Value) -> Stateful {
    Stateful::read(body.to_string().as_bytes()).unwrap()
}

fn whole(asked: &Stateful, earlier: &[Kept]) -> Value {
    serde_json::from_slice(&asked.whole(earlier)).unwrap()
}

fn first_turn() -> Kept {
    let answer = json!({"id": "resp_1", "object": "response", "output": [
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"},
        {"type": "reasoning", "id": "rs_2", "summary": [{"type": "summary_text", "text": "hm"}]},
        {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": "{}", "status": "completed"},
    ]});
    stateful(&json!({"model": "gpt-5", "input": "go"})).kept("resp_1", &answer)
}

#[test]
fn a_turn_goes_on_from_the_whole_conversation_and_the_upstream_keeps_nothing() {
    let asked = stateful(&json!({
        "model": "gpt-4.1", "previous_response_id": "resp_1", "unknown": 1,
        "input": [{"type": "function_call_output", "call_id": "call_1", "output": "42"}],
    }));
    assert_eq!((asked.previous(), asked.wants_keeping()), (Some("resp_1"), true));
    assert_eq!(
        whole(&asked, &[first_turn()]),
        json!({
            "model": "gpt-4.1", "unknown": 1, "store": false,
            "input": [
                {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "go"}]},
                {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"},
                // Not OpenAI's to read; others have a place for its text.
                {"type": "reasoning", "id": "rs_2", "summary": [{"type": "summary_text", "text": "hm"}],
                 "encrypted_content": "turnpike.unsealed"},
                {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "call_1", "output": "42"},
            ],
        })
    );
}

#[test]
fn a_model_that_thinks_is_asked_for_sealed_thoughts_once() {
    let sealed = json!(["reasoning.encrypted_content"]);
    for (body, include) in [
        (json!({"model": "openai/gpt-5", "input": "x"}), Some(sealed.clone())),
        (json!({"model": "gpt-5", "input": "x", "include": null}), Some(sealed.clone())),
        (json!({"model": "gpt-5", "input": "x", "include": sealed}), Some(sealed)),
        (json!({"model": "gpt-4.1", "input": "x"}), None),
        (json!({"model": "gpt-5", "input": "x", "store": false}), None),
    ] {
        assert_eq!(whole(&stateful(&body), &[]).get("include").cloned(), include, "{body}");
    }
}

#[test]
fn items_are_named_instead_of_sent() {
    let body = json!({"model": "m", "input": [
        {"type": "item_reference", "id": "fc_1"}, {"id": "fc_9"}, {"type": "item_reference", "id": "rs_1"},
        {"role": "user", "content": "and?"},
    ]});
    let mut asked = stateful(&body);
    assert_eq!(asked.references(), ["fc_1", "fc_9", "rs_1"]);
    let kept = first_turn();
    assert_eq!(kept.output_ids(), ["rs_1", "rs_2", "fc_1"]);
    asked.resolve(|id| kept.item(id));
    let input = whole(&asked, &[])["input"].clone();
    assert_eq!(input[0], json!({"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}));
    assert_eq!(input[1], json!({"id": "fc_9"}), "not found: as it was");
    assert_eq!(input[2]["encrypted_content"], "gAAA");
}

#[test]
fn what_is_kept_comes_back_and_every_item_of_its_input_has_an_id() {
    let kept = first_turn();
    assert_eq!(serde_json::from_value::<Kept>(serde_json::to_value(&kept).unwrap()).unwrap(), kept);
    let asked = stateful(&json!({"model": "m", "input": [
        {"role": "assistant", "content": "before"}, {"type": "function_call_output", "call_id": "c", "output": "1"},
        {"id": "msg_own", "role": "user", "content": [{"type": "input_text", "text": "x"}]},
    ]}));
    let kept = asked.kept("resp_2", &json!({}));
    let ids: Vec<_> = kept.input.iter().map(|item| item["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["msg_in0_resp_2", "fco_in1_resp_2", "msg_own"]);
    assert_eq!(kept.input[0]["content"][0]["type"], "output_text");
}

#[test]
fn what_state_has_nothing_to_do_with_is_left_to_others() {
    for body in ["", "[]", "{}", r#"{"input": 1}"#, r#"{"input": null}"#, &"[".repeat(100_000)] {
        assert!(Stateful::read(body.as_bytes()).is_none(), "{body:.20}");
    }
}

#[test]
fn an_answer_says_its_own_id_and_whether_it_is_kept() {
    let told = Told { id: "resp_own", previous: Some("resp_1"), kept: true };
    let answer = edit_answer(br#"{"id":"resp_up","object":"response","store":false,"temperature":1.0}"#, told).unwrap();
    let expected = json!({
        "id": "resp_own", "object": "response", "store": true, "temperature": 1.0, "previous_response_id": "resp_1",
    });
    assert_eq!(answer, expected);
    assert_eq!(edit_answer(br#"{"error":{}}"#, told), None);

    let event = b"event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"x\",\"instructions\":\"a\xe2\x80\xa8b\"}}\n\n";
    let (raw, response) = edit_event(event, told).unwrap();
    assert_eq!(response["id"], "resp_own");
    let text = std::str::from_utf8(&raw).unwrap();
    assert!(text.starts_with("event: response.created\ndata: {") && text.ends_with("}\n\n"), "{text}");
    assert!(text.contains(r"a\u2028b"), "{text}");
    for other in [
        &b"event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"\\\"response\\\"\"}\n\n"[..],
        b": keep-alive\n\n",
        b"data: [DONE]\n\n",
        b"event: error\ndata: {\"type\":\"error\",\"x\":\"response\"}\n\n",
    ] {
        assert!(edit_event(other, told).is_none());
    }
}
