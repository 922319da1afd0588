//! The mapping rules between Chat and Messages, one test each.

use super::{Dialect, Provider};
use protocol::translate::{self, Asking, Going};
use serde_json::{Value, json};

/// A request in the other dialect, and the warnings.
pub fn translated(from: Dialect, body: Value, to: (Provider, Dialect, &str)) -> Result<(Value, Vec<String>), String> {
    let stream = body["stream"] == true;
    let body = body.to_string();
    let asking =
        Asking { dialect: from, body: body.as_bytes(), stream, id: "0", model: "m", created: 1, input_estimate: 0 };
    let going = Going { provider: to.0, dialect: to.1, model: to.2, max_output: Some(64_000) };
    let done = translate::request(asking, going).map_err(|bad| bad.message)?;
    Ok((serde_json::from_slice(&done.body).unwrap(), done.warnings))
}

fn to_claude(body: Value) -> (Value, Vec<String>) {
    to_claude_of(body, "claude-haiku-4-5")
}

fn to_claude_of(body: Value, model: &str) -> (Value, Vec<String>) {
    translated(Dialect::OpenaiChat, with_model(body), (Provider::Anthropic, Dialect::Anthropic, model)).unwrap()
}

fn to_chat(body: Value) -> (Value, Vec<String>) {
    translated(Dialect::Anthropic, with_model(body), (Provider::Openai, Dialect::OpenaiChat, "gpt-6-sol")).unwrap()
}

fn with_model(mut body: Value) -> Value {
    let fields = body.as_object_mut().unwrap();
    fields.entry("model").or_insert(json!("m"));
    fields.entry("messages").or_insert(json!([{"role": "user", "content": "Hi"}]));
    body
}

fn tool() -> Value {
    json!({"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {"b": {}, "a": {}}}}})
}

#[test]
fn anthropic_must_have_a_limit_and_gets_the_models() {
    assert_eq!(to_claude(json!({})).0["max_tokens"], 64_000);
    assert_eq!(to_claude(json!({"max_tokens": 5, "max_completion_tokens": 7})).0["max_tokens"], 7);
    assert_eq!(to_chat(json!({"max_tokens": 9})).0["max_completion_tokens"], 9);
}

#[test]
fn the_order_of_a_schemas_properties_survives() {
    let (body, _) = to_claude(json!({"tools": [tool()]}));
    assert!(body["tools"][0]["input_schema"].to_string().contains(r#"{"b":{},"a":{}}"#));
}

#[test]
fn tool_choices_and_parallel_calls_are_told_in_the_others_words() {
    for (choice, want) in [
        (json!("auto"), json!({"type": "auto"})),
        (json!("required"), json!({"type": "any"})),
        (json!("none"), json!({"type": "none"})),
        (json!({"type": "function", "function": {"name": "look"}}), json!({"type": "tool", "name": "look"})),
    ] {
        let (body, _) = to_claude(json!({"tools": [tool()], "tool_choice": choice}));
        assert_eq!(body["tool_choice"], want);
    }
    let (body, _) = to_claude(json!({"tools": [tool()], "parallel_tool_calls": false}));
    assert_eq!(body["tool_choice"], json!({"type": "auto", "disable_parallel_tool_use": true}));
    let tools = json!([{"name": "look", "input_schema": {"type": "object"}}]);
    let choice = json!({"type": "any", "disable_parallel_tool_use": true});
    let (body, _) = to_chat(json!({"max_tokens": 9, "tools": tools, "tool_choice": choice}));
    assert_eq!((&body["tool_choice"], &body["parallel_tool_calls"]), (&json!("required"), &json!(false)));
}

#[test]
fn a_forced_tool_is_not_forced_while_claude_thinks() {
    let wish = json!({"tools": [tool()], "tool_choice": "required", "reasoning_effort": "low"});
    let (body, warnings) = to_claude(wish);
    assert_eq!(body["tool_choice"]["type"], "auto");
    assert!(warnings.iter().any(|it| it.starts_with("tool_choice:")), "{warnings:?}");
}

#[test]
fn efforts_become_budgets_within_the_limits_or_words_where_the_model_takes_words() {
    let (body, _) = to_claude(json!({"reasoning_effort": "high", "max_tokens": 50_000}));
    assert_eq!(body["thinking"], json!({"type": "enabled", "budget_tokens": 16_384}));
    let (body, _) = to_claude(json!({"reasoning_effort": "high", "max_tokens": 4_000}));
    assert_eq!(body["thinking"]["budget_tokens"], 2_976);
    let (body, warnings) = to_claude(json!({"reasoning_effort": "high", "max_tokens": 1_500}));
    assert_eq!(body.get("thinking"), None);
    assert!(!warnings.is_empty());
    let (body, _) = to_claude_of(json!({"reasoning_effort": "xhigh", "temperature": 0.5}), "claude-opus-4-8");
    assert_eq!((&body["thinking"]["type"], &body["output_config"]["effort"]), (&json!("adaptive"), &json!("xhigh")));
    assert_eq!(body.get("temperature"), None);
    for (thinking, want) in [
        (json!({"type": "enabled", "budget_tokens": 2_048}), json!("low")),
        (json!({"type": "enabled", "budget_tokens": 30_000}), json!("high")),
        (json!({"type": "disabled"}), Value::Null),
    ] {
        let (body, _) = to_chat(json!({"max_tokens": 40_000, "thinking": thinking}));
        assert_eq!(body["reasoning_effort"], want);
    }
}

#[test]
fn a_chat_model_that_cannot_think_is_not_told_to() {
    let wish = json!({"max_tokens": 4_000, "thinking": {"type": "enabled", "budget_tokens": 2_048}});
    let to = (Provider::Openai, Dialect::OpenaiChat, "gpt-4o-mini");
    let (body, warnings) = translated(Dialect::Anthropic, with_model(wish), to).unwrap();
    assert_eq!(body.get("reasoning_effort"), None);
    assert_eq!(warnings, ["thinking: left out"]);
}

#[test]
fn signed_thoughts_come_back_to_claude_through_a_chat_caller_and_others_do_not() {
    let details = json!([
        {"type": "reasoning.text", "text": "hm", "signature": "EqQ=", "format": "anthropic-claude-v1"},
        {"type": "reasoning.encrypted", "data": "RED", "format": "anthropic-claude-v1"},
        {"type": "reasoning.text", "text": "foreign", "signature": "Cp==", "format": "google-gemini-v1"},
    ]);
    let said = json!({"role": "assistant", "content": "ok", "reasoning_content": "hm", "reasoning_details": details});
    let (body, warnings) = to_claude(json!({"messages": [{"role": "user", "content": "Hi"}, said]}));
    assert_eq!(
        body["messages"][1]["content"],
        json!([
            {"type": "thinking", "thinking": "hm", "signature": "EqQ="},
            {"type": "redacted_thinking", "data": "RED"},
            {"type": "text", "text": "ok"},
        ])
    );
    assert_eq!(warnings, ["thinking: thoughts of another maker were left out"]);
}

#[test]
fn thinking_is_off_where_the_turn_that_called_a_tool_was_not_thought_by_claude() {
    let call = json!({"id": "call_1", "type": "function", "function": {"name": "look", "arguments": ""}});
    let messages = json!([
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": null, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "sun"},
    ]);
    let (body, warnings) = to_claude(json!({"messages": messages, "tools": [tool()], "reasoning_effort": "low"}));
    assert_eq!(body.get("thinking"), None);
    assert!(warnings[0].starts_with("thinking: off"), "{warnings:?}");
    assert_eq!(body["messages"][1]["content"][0]["input"], json!({}), "no arguments are an empty object");
}

#[test]
fn malformed_arguments_stay_what_they_were() {
    let call = |text: &str| json!({"id": "c", "type": "function", "function": {"name": "look", "arguments": text}});
    let said = |text: &str| json!({"role": "assistant", "tool_calls": [call(text)]});
    let (body, _) = to_claude(json!({"messages": [{"role": "user", "content": "Hi"}, said("{\"a\": ")]}));
    assert_eq!(body["messages"][1]["content"][0]["input"], json!({"_malformed": "{\"a\": "}));
}

#[test]
fn results_follow_their_calls_and_their_images_come_after() {
    let image = json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA=="}});
    let messages = json!([
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"z": 1, "a": 2}}]},
        {"role": "user", "content": [
            {"type": "text", "text": "and?"},
            {"type": "tool_result", "tool_use_id": "toolu_1", "is_error": true, "content": [{"type": "text", "text": "no"}, image]},
        ]},
    ]);
    let (body, _) = to_chat(json!({"max_tokens": 9, "messages": messages}));
    let messages = body["messages"].as_array().unwrap();
    assert_eq!(messages[1]["tool_calls"][0]["function"]["arguments"], r#"{"z":1,"a":2}"#);
    assert_eq!(messages[2]["content"], "Error: no\n\n[attached below]");
    assert_eq!((&messages[2]["role"], &messages[2]["tool_call_id"]), (&json!("tool"), &json!("toolu_1")));
    assert_eq!(messages[3]["content"][0]["image_url"]["url"], "data:image/png;base64,AA==");
    assert_eq!(messages[3]["content"][1]["text"], "and?");
}

#[test]
fn cache_marks_survive_and_only_the_last_four_are_kept() {
    let part =
        |n: u8| json!({"type": "text", "text": n.to_string(), "cache_control": {"type": "ephemeral", "ttl": "1h"}});
    let mut tool = tool();
    tool["cache_control"] = json!({"type": "ephemeral"});
    let messages = json!([
        {"role": "system", "content": [part(1)]},
        {"role": "user", "content": [part(2), part(3), part(4)]},
    ]);
    let (body, warnings) = to_claude(json!({"messages": messages, "tools": [tool]}));
    assert_eq!(body["tools"][0].get("cache_control"), None, "the first of five");
    assert_eq!(body["system"][0]["cache_control"], json!({"type": "ephemeral", "ttl": "1h"}));
    assert!(body["messages"][0]["content"].as_array().unwrap().iter().all(|it| it["cache_control"]["ttl"] == "1h"));
    assert_eq!(warnings, ["cache_control: more than four; the first were left out"]);
}

#[test]
fn a_mark_inside_a_result_is_the_results() {
    let content = json!([{"type": "text", "text": "sun", "cache_control": {"type": "ephemeral"}}]);
    let messages = json!([
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "tool_calls": [{"id": "c 1", "type": "function", "function": {"name": "look", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "c 1", "content": content},
    ]);
    let (body, _) = to_claude(json!({"messages": messages}));
    let result = &body["messages"][2]["content"][0];
    assert_eq!((&result["tool_use_id"], &result["cache_control"]["type"]), (&json!("c_1"), &json!("ephemeral")));
    assert_eq!(result["content"][0].get("cache_control"), None);
}

#[test]
fn what_anthropic_refuses_for_its_form_is_mended() {
    let messages = json!([
        {"role": "system", "content": "be brief"},
        {"role": "assistant", "content": "Hello"},
        {"role": "user", "content": ""},
        {"role": "user", "content": "a"},
        {"role": "system", "content": "and kind"},
        {"role": "user", "content": "b"},
    ]);
    let (body, warnings) = to_claude(json!({"messages": messages}));
    assert_eq!(body["system"][0]["text"], "be brief");
    let roles: Vec<_> = body["messages"].as_array().unwrap().iter().map(|it| it["role"].clone()).collect();
    assert_eq!(roles, ["user", "assistant", "user"]);
    let texts: Vec<_> =
        body["messages"][2]["content"].as_array().unwrap().iter().map(|it| it["text"].clone()).collect();
    assert_eq!(texts, ["a", "and kind", "b"]);
    assert!(warnings[0].contains("amid the conversation"), "{warnings:?}");
}

#[test]
fn structured_output_goes_both_ways() {
    let schema = json!({"type": "object", "properties": {"z": {"type": "string"}, "a": {}}});
    let format = json!({"type": "json_schema", "json_schema": {"name": "n", "strict": true, "schema": schema}});
    let (body, _) = to_claude(json!({"response_format": format}));
    assert_eq!(body["output_config"]["format"], json!({"type": "json_schema", "schema": schema}));
    let (back, _) = to_chat(json!({"max_tokens": 9, "output_config": body["output_config"]}));
    assert_eq!(back["response_format"]["json_schema"]["schema"], schema);
    let (body, _) = to_claude(json!({"response_format": {"type": "json_object"}}));
    assert!(body["system"][0]["text"].as_str().unwrap().contains("JSON"));
}

#[test]
fn sampling_is_kept_within_what_the_other_takes() {
    let (body, warnings) = to_claude(json!({"temperature": 1.5, "seed": 7, "presence_penalty": 0, "stop": "END"}));
    assert_eq!((&body["temperature"], &body["stop_sequences"]), (&json!(1), &json!(["END"])));
    assert_eq!(warnings, ["temperature: lowered to 1", "seed: left out"]);
    let (body, warnings) = to_chat(json!({"max_tokens": 9, "top_k": 4, "stop_sequences": ["a", "b"]}));
    assert_eq!(body["stop"], json!(["a", "b"]));
    assert_eq!(warnings, ["top_k: left out"]);
}

#[test]
fn media_travel_by_address_or_inline() {
    let parts = json!([
        {"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "low"}},
        {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,QQ=="}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,QQ=="}},
    ]);
    let (body, _) = to_claude(json!({"messages": [{"role": "user", "content": parts}]}));
    let sources: Vec<_> =
        body["messages"][0]["content"].as_array().unwrap().iter().map(|it| it["source"].clone()).collect();
    assert_eq!(sources[0], json!({"type": "url", "url": "https://x/y.png"}));
    assert_eq!(sources[1], json!({"type": "base64", "media_type": "image/jpeg", "data": "QQ=="}));
    assert_eq!(sources[2], json!({"type": "base64", "media_type": "application/pdf", "data": "QQ=="}));
}

#[test]
fn what_cannot_be_said_is_refused_by_its_name() {
    for (field, value) in
        [("n", json!(2)), ("logprobs", json!(true)), ("audio", json!({})), ("logit_bias", json!({"1": 2}))]
    {
        let body = with_model(json!({ field: value }));
        let to = (Provider::Anthropic, Dialect::Anthropic, "m");
        let refused = translated(Dialect::OpenaiChat, body, to).unwrap_err();
        assert!(refused.contains(&format!("`{field}`")), "{refused}");
    }
}

#[test]
fn a_tool_that_only_its_provider_runs_is_left_out_where_the_model_may_do_without() {
    let chat = (Provider::Openai, Dialect::OpenaiChat, "m");
    let own = json!({"type": "function", "name": "own", "parameters": {"type": "object"}});
    let codex = json!({"input": "Hi", "include": ["reasoning.encrypted_content"], "tools": [own, {"type": "tool_search", "execution": "client"}, {"type": "web_search"}],
        "tool_choice": "auto"});
    let (body, warnings) = translated(Dialect::OpenaiResponses, codex, chat).unwrap();
    assert_eq!(body["tools"].as_array().unwrap().len(), 1);
    assert_eq!(warnings, ["tools[1].type (tool_search): left out", "tools[2].type (web_search): left out"]);

    let search = json!({"type": "web_search_20250305", "name": "web_search"});
    let (body, _) =
        translated(Dialect::Anthropic, with_model(json!({"max_tokens": 9, "tools": [search]})), chat).unwrap();
    assert_eq!((body.get("tools"), body.get("tool_choice")), (None, None));
    let google =
        json!({"contents": [{"parts": [{"text": "Hi"}]}], "tools": [{"google_search": {}}, {"urlContext": {}}]});
    let (_, warnings) = translated(Dialect::Gemini, google, chat).unwrap();
    assert_eq!(warnings, ["tools[0] (googleSearch): left out", "tools[1] (urlContext): left out"]);
    let (_, warnings) = translated(
        Dialect::OpenaiChat,
        with_model(json!({"web_search_options": {}})),
        (Provider::Anthropic, Dialect::Anthropic, "m"),
    )
    .unwrap();
    assert_eq!(warnings, ["web_search_options (web_search): left out"]);
}

#[test]
fn a_tool_that_only_its_provider_runs_is_refused_where_the_model_must_use_it_or_it_is_the_callers() {
    let chat = (Provider::Openai, Dialect::OpenaiChat, "m");
    let search = json!([{"type": "web_search_20250305", "name": "web_search"}]);
    for (choice, named) in
        [(json!({"type": "any"}), "tools[0].type"), (json!({"type": "tool", "name": "web_search"}), "tool_choice")]
    {
        let body = with_model(json!({"max_tokens": 1, "tools": search, "tool_choice": choice}));
        let refused = translated(Dialect::Anthropic, body, chat).unwrap_err();
        assert!(refused.contains(named), "{refused}");
    }
    for kind in ["mcp", "file_search", "computer_use_preview", "local_shell"] {
        let body = json!({"input": "Hi", "tools": [{"type": kind}]});
        let refused = translated(Dialect::OpenaiResponses, body, chat).unwrap_err();
        assert!(refused.contains(&format!("tools[0].type ({kind})")), "{refused}");
    }
}

#[test]
fn a_legacy_completion_is_told_as_a_persons_message_and_its_text_comes_back() {
    let claude = (Provider::Anthropic, Dialect::Anthropic, "m");
    let asked = |more: Value| {
        let mut body =
            json!({"model": "m", "prompt": ["Once upon"], "stop": "\n", "n": 1, "echo": false, "suffix": ""});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        translated(Dialect::OpenaiCompletions, body, claude)
    };
    let (body, warnings) = asked(json!({})).unwrap();
    assert_eq!(body["messages"], json!([{"role": "user", "content": [{"type": "text", "text": "Once upon"}]}]));
    assert_eq!((&body["max_tokens"], &body["stop_sequences"]), (&json!(16), &json!(["\n"])));
    assert!(warnings.is_empty(), "{warnings:?}");
    for (field, value) in [
        ("prompt", json!(["a", "b"])),
        ("prompt", json!([1, 2])),
        ("echo", json!(true)),
        ("suffix", json!("end")),
        ("n", json!(2)),
        ("best_of", json!(2)),
        ("logprobs", json!(1)),
    ] {
        let refused = asked(json!({ field: value })).unwrap_err();
        assert!(refused.contains(&format!("`{field}`")), "{refused}");
    }
    let from_chat =
        translated(Dialect::OpenaiChat, with_model(json!({})), (Provider::Openai, Dialect::OpenaiCompletions, "m"));
    assert!(from_chat.unwrap_err().contains("openai_chat"), "a conversation has no place there");
}
