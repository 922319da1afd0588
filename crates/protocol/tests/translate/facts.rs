//! What an answer says, read from the wire without the crate's own decoders, so that two dialects' tellings can be
//! compared. A streamed answer is put together first, as a client of that dialect does.

use domain::dialect::Dialect;
use serde_json::{Map, Value, json};

/// What must be the same in every dialect.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Facts {
    pub text: String,
    pub thought: String,
    /// Name and arguments, in order.
    pub calls: Vec<(String, Value)>,
    pub stop: String,
    /// All input, cached or not; what was read from the cache; all output.
    pub usage: (u64, u64, u64),
}

/// Of a whole answer, or of a stream's bytes. `ours`: the order of its events is checked too; a provider's may be odd.
pub fn of(dialect: Dialect, stream: bool, body: &str, ours: bool) -> Facts {
    let document = if stream { assembled(dialect, body, ours) } else { serde_json::from_str(body).unwrap() };
    match dialect {
        Dialect::OpenaiChat => chat(&document),
        Dialect::OpenaiResponses => responses(&document),
        Dialect::Anthropic => anthropic(&document),
        Dialect::Gemini => gemini(&document),
        other => unreachable!("{other} tells no conversation"),
    }
}

fn assembled(dialect: Dialect, body: &str, ours: bool) -> Value {
    let events = events(body);
    match dialect {
        Dialect::OpenaiChat => assembled_chat(&events),
        Dialect::OpenaiResponses => assembled_responses(&events, ours),
        Dialect::Anthropic => assembled_anthropic(&events, ours),
        Dialect::Gemini => assembled_gemini(&events, ours),
        other => unreachable!("{other} tells no conversation"),
    }
}

/// The documents of a stream.
pub fn events(body: &str) -> Vec<Value> {
    let body = body.replace("\r\n", "\n");
    let data = body.split("\n\n").filter_map(|event| {
        let lines: Vec<&str> = event.lines().filter_map(|line| line.strip_prefix("data:")).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    });
    data.filter_map(|data| serde_json::from_str(data.trim()).ok()).collect()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(|part| text(&part["text"])).collect(),
        _ => String::new(),
    }
}

fn arguments(text: &str) -> Value {
    if text.trim().is_empty() { json!({}) } else { serde_json::from_str(text).unwrap_or(json!(text)) }
}

fn count(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}

fn chat(document: &Value) -> Facts {
    let choice = &document["choices"][0];
    let message = &choice["message"];
    let thoughts_in_parts = |content: &Value| -> String {
        let parts = content.as_array().map_or(&[][..], Vec::as_slice);
        parts.iter().map(|part| text(&part["thinking"])).collect()
    };
    let thought = match text(&message["reasoning_content"]) {
        it if it.is_empty() => text(&message["reasoning"]),
        it => it,
    };
    let calls = message["tool_calls"].as_array().into_iter().flatten().map(|call| {
        let function = &call["function"];
        (text(&function["name"]), arguments(function["arguments"].as_str().unwrap_or_default()))
    });
    let calls: Vec<_> = calls.collect();
    let stop = match choice["finish_reason"].as_str().unwrap_or_default() {
        "stop" | "tool_calls" if !calls.is_empty() => "calls",
        "stop" => "end",
        "length" => "length",
        "content_filter" => "filter",
        other => other,
    };
    let usage = match &document["usage"] {
        Value::Null => &document["x_groq"]["usage"],
        usage => usage,
    };
    let cached = [
        &usage["prompt_tokens_details"]["cached_tokens"],
        &usage["prompt_cache_hit_tokens"],
        &usage["num_cached_tokens"],
    ];
    Facts {
        text: text(&message["content"]) + &text(&message["refusal"]),
        thought: thought + &thoughts_in_parts(&message["content"]),
        calls,
        stop: stop.to_owned(),
        usage: (
            count(&usage["prompt_tokens"]),
            cached.into_iter().map(count).max().unwrap_or(0),
            count(&usage["completion_tokens"]),
        ),
    }
}

fn assembled_chat(events: &[Value]) -> Value {
    let (mut message, mut calls) = (Map::new(), Vec::<Value>::new());
    let (mut finish, mut usage) = (Value::Null, Value::Null);
    for chunk in events {
        for (place, name) in [(&chunk["usage"], "usage"), (&chunk["x_groq"]["usage"], "x_groq")] {
            if place.is_object() {
                assert!(!name.is_empty());
                usage = place.clone();
            }
        }
        let choice = &chunk["choices"][0];
        if choice["finish_reason"].is_string() {
            finish = choice["finish_reason"].clone();
        }
        for name in ["content", "reasoning_content", "reasoning", "refusal"] {
            let more = text(&choice["delta"][name]);
            let so_far = message.entry(name).or_insert(json!(""));
            *so_far = json!(text(so_far) + &more);
        }
        // Mistral's thoughts are parts of the content.
        for part in choice["delta"]["content"].as_array().into_iter().flatten() {
            let so_far = message.entry("reasoning").or_insert(json!(""));
            *so_far = json!(text(so_far) + &text(&part["thinking"]));
        }
        for call in choice["delta"]["tool_calls"].as_array().into_iter().flatten() {
            let index = call["index"].as_u64().map_or(calls.len(), |index| index as usize);
            while calls.len() <= index {
                calls.push(json!({"function": {"name": "", "arguments": ""}}));
            }
            for name in ["name", "arguments"] {
                let so_far = &mut calls[index]["function"][name];
                *so_far = json!(text(so_far) + &text(&call["function"][name]));
            }
        }
    }
    // Numbers may begin anywhere.
    calls.retain(|call| call["function"]["name"] != "");
    message.insert("tool_calls".into(), Value::Array(calls));
    json!({"choices": [{"message": message, "finish_reason": finish}], "usage": usage})
}

fn anthropic(document: &Value) -> Facts {
    let mut facts = Facts::default();
    for block in document["content"].as_array().into_iter().flatten() {
        match block["type"].as_str().unwrap_or_default() {
            "text" => facts.text += &text(&block["text"]),
            "thinking" => facts.thought += &text(&block["thinking"]),
            "tool_use" => facts.calls.push((text(&block["name"]), block["input"].clone())),
            _ => {}
        }
    }
    facts.stop = match document["stop_reason"].as_str().unwrap_or_default() {
        "end_turn" | "stop_sequence" => "end",
        "tool_use" => "calls",
        "max_tokens" => "length",
        "refusal" => "filter",
        other => other,
    }
    .to_owned();
    let usage = &document["usage"];
    let read = count(&usage["cache_read_input_tokens"]);
    let input = count(&usage["input_tokens"]) + read + count(&usage["cache_creation_input_tokens"]);
    facts.usage = (input, read, count(&usage["output_tokens"]));
    facts
}

fn assembled_anthropic(events: &[Value], ours: bool) -> Value {
    let mut message = json!({"content": [], "usage": {}});
    let mut inputs: Vec<String> = Vec::new();
    let mut open = None;
    for event in events {
        let index = event["index"].as_u64().unwrap_or(0) as usize;
        match event["type"].as_str().unwrap_or_default() {
            "message_start" => {
                message = event["message"].clone();
                assert_eq!(message["content"], json!([]));
            }
            "content_block_start" => {
                let before = open.replace(index);
                assert!(!ours || before.is_none(), "one block at a time");
                let blocks = message["content"].as_array_mut().unwrap();
                assert_eq!(blocks.len(), index, "indices follow each other");
                blocks.push(event["content_block"].clone());
                inputs.push(String::new());
            }
            "content_block_delta" => {
                assert!(!ours || open == Some(index), "a delta is of the open block");
                let delta = &event["delta"];
                inputs[index] += &text(&delta["partial_json"]);
                for (name, field) in
                    [("text_delta", "text"), ("thinking_delta", "thinking"), ("signature_delta", "signature")]
                {
                    if delta["type"] == name {
                        let so_far = &mut message["content"][index][field];
                        *so_far = json!(text(so_far) + &text(&delta[field]));
                    }
                }
            }
            "content_block_stop" => {
                let ended = open.take();
                assert!(!ours || ended == Some(index), "a block ends once");
                if message["content"][index]["type"] == "tool_use" {
                    message["content"][index]["input"] = arguments(&inputs[index]);
                }
            }
            "message_delta" => {
                message["stop_reason"] = event["delta"]["stop_reason"].clone();
                for (name, value) in event["usage"].as_object().into_iter().flatten() {
                    if !value.is_null() {
                        message["usage"][name] = value.clone();
                    }
                }
            }
            _ => {}
        }
    }
    assert!(!ours || open.is_none(), "every block has ended");
    message
}

fn responses(document: &Value) -> Facts {
    let mut facts = Facts::default();
    for item in document["output"].as_array().into_iter().flatten() {
        let parts = |name: &str| item[name].as_array().cloned().unwrap_or_default();
        match item["type"].as_str().unwrap_or_default() {
            "message" => {
                for part in parts("content") {
                    facts.text += &(text(&part["text"]) + part["refusal"].as_str().unwrap_or_default());
                }
            }
            "reasoning" => {
                let texts = parts("summary").into_iter().chain(parts("content")).map(|part| text(&part["text"]));
                facts.thought += &texts.collect::<Vec<_>>().join("\n\n");
            }
            "function_call" => facts.calls.push((text(&item["name"]), arguments(&text(&item["arguments"])))),
            _ => {}
        }
    }
    let reason = document["incomplete_details"]["reason"].as_str().unwrap_or_default();
    facts.stop = match (document["status"].as_str().unwrap_or_default(), reason) {
        ("completed", _) if !facts.calls.is_empty() => "calls",
        ("completed", _) => "end",
        (_, "max_output_tokens") => "length",
        (_, "content_filter") => "filter",
        (other, _) => other,
    }
    .to_owned();
    let usage = &document["usage"];
    let cached = count(&usage["input_tokens_details"]["cached_tokens"]);
    facts.usage = (count(&usage["input_tokens"]), cached, count(&usage["output_tokens"]));
    facts
}

/// The last event holds the whole answer; in ours, the events before it must say the same.
fn assembled_responses(events: &[Value], ours: bool) -> Value {
    let response = events.last().unwrap()["response"].clone();
    if ours {
        check_responses(events, &response);
    }
    response
}

fn check_responses(events: &[Value], response: &Value) {
    let output = response["output"].as_array().unwrap();
    let mut deltas = vec![String::new(); output.len()];
    let (mut added, mut done) = (0, 0);
    for (n, event) in events.iter().enumerate() {
        assert_eq!(event["sequence_number"], n, "numbered from 0");
        let index = event["output_index"].as_u64().unwrap_or(0) as usize;
        match event["type"].as_str().unwrap() {
            "response.output_item.added" => {
                assert_eq!((index, added), (added, done), "one item at a time");
                assert_eq!(event["item"]["id"], output[index]["id"]);
                added += 1;
            }
            "response.output_item.done" => {
                assert_eq!((&event["item"], index), (&output[index], done));
                done += 1;
            }
            kind if kind.ends_with(".delta") => {
                assert_eq!((index + 1, &event["item_id"]), (added, &output[index]["id"]), "of the open item");
                deltas[index] += event["delta"].as_str().unwrap();
            }
            _ => {}
        }
    }
    assert_eq!((added, done), (output.len(), output.len()), "every item has ended");
    for (item, told) in output.iter().zip(&deltas) {
        let whole = match item["type"].as_str().unwrap() {
            "message" => text(&item["content"]) + item["content"][0]["refusal"].as_str().unwrap_or_default(),
            "reasoning" => text(&item["summary"]),
            _ => text(&item["arguments"]),
        };
        assert_eq!(*told, whole, "the deltas make the item");
    }
}

fn gemini(document: &Value) -> Facts {
    let mut facts = Facts::default();
    let candidate = &document["candidates"][0];
    let mut growing: Option<Value> = None;
    for part in candidate["content"]["parts"].as_array().into_iter().flatten() {
        if part["thought"] == true {
            facts.thought += &text(&part["text"]);
        } else {
            facts.text += &text(&part["text"]);
        }
        let call = &part["functionCall"];
        if call["name"].is_string() {
            let args = if call["args"].is_object() { call["args"].clone() } else { json!({}) };
            facts.calls.push((text(&call["name"]), args));
            growing = call["willContinue"].as_bool().map(|_| json!({}));
        }
        // Vertex tells arguments in parts: a path and what to add there.
        for more in call["partialArgs"].as_array().into_iter().flatten() {
            let args = &mut facts.calls.last_mut().unwrap().1;
            let path = more["jsonPath"].as_str().unwrap().trim_start_matches("$.").replace('[', ".").replace(']', "");
            let mut place = args;
            for step in path.split('.') {
                place = match step.parse::<usize>() {
                    Ok(index) => {
                        if place.is_null() {
                            *place = json!([]);
                        }
                        let all = place.as_array_mut().unwrap();
                        if all.len() == index {
                            all.push(Value::Null);
                        }
                        &mut all[index]
                    }
                    Err(_) => &mut place[step],
                };
            }
            *place = match (&more["stringValue"], &more["numberValue"]) {
                (Value::String(text), _) => json!(place.as_str().unwrap_or_default().to_owned() + text),
                (_, Value::Number(number)) => json!(number),
                _ => more["boolValue"].clone(),
            };
        }
    }
    assert!(growing.is_none() || !facts.calls.is_empty());
    facts.stop = match candidate["finishReason"].as_str().unwrap_or_default() {
        "STOP" if !facts.calls.is_empty() => "calls",
        "STOP" => "end",
        "MAX_TOKENS" => "length",
        "SAFETY" => "filter",
        other => other,
    }
    .to_owned();
    let usage = &document["usageMetadata"];
    let input = count(&usage["promptTokenCount"]) + count(&usage["toolUsePromptTokenCount"]);
    let output = count(&usage["candidatesTokenCount"]) + count(&usage["thoughtsTokenCount"]);
    facts.usage = (input, count(&usage["cachedContentTokenCount"]), output);
    facts
}

fn assembled_gemini(events: &[Value], ours: bool) -> Value {
    let mut whole = json!({"candidates": [{"content": {"parts": []}}]});
    for (n, event) in events.iter().enumerate() {
        let candidate = &event["candidates"][0];
        let parts = candidate["content"]["parts"].as_array().cloned().unwrap_or_default();
        whole["candidates"][0]["content"]["parts"].as_array_mut().unwrap().extend(parts);
        if candidate["finishReason"].is_string() {
            assert!(!ours || n + 1 == events.len(), "the last event tells the end");
            whole["candidates"][0]["finishReason"] = candidate["finishReason"].clone();
        }
        whole["usageMetadata"] = event["usageMetadata"].clone();
    }
    whole
}

/// Legacy Completions, which have a text and nothing else: that, why it ended, and what was used.
pub fn completion(stream: bool, body: &str) -> Facts {
    let all = if stream { events(body) } else { vec![serde_json::from_str(body).unwrap()] };
    let mut facts = Facts::default();
    for document in &all {
        for choice in document["choices"].as_array().unwrap() {
            facts.text.push_str(choice["text"].as_str().unwrap());
            if let Some(reason) = choice["finish_reason"].as_str() {
                reason.clone_into(&mut facts.stop);
            }
        }
        if let Some(usage) = document.get("usage").filter(|usage| usage.is_object()) {
            let number = |value: &Value| value.as_u64().unwrap_or(0);
            let cached = number(&usage["prompt_tokens_details"]["cached_tokens"]);
            facts.usage = (number(&usage["prompt_tokens"]), cached, number(&usage["completion_tokens"]));
        }
    }
    facts
}
