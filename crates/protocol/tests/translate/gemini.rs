//! The mapping rules of Gemini's API, one test each.

use super::{Dialect, Provider, rules::translated, way_back};
use domain::usage::Usage;
use serde_json::{Value, json};

const PRO: (Provider, Dialect, &str) = (Provider::Gemini, Dialect::Gemini, "gemini-3-pro-preview");
const FLASH: (Provider, Dialect, &str) = (Provider::Gemini, Dialect::Gemini, "gemini-2.5-flash");
const GPT: (Provider, Dialect, &str) = (Provider::Openai, Dialect::OpenaiChat, "gpt-6-sol");
const CLAUDE: (Provider, Dialect, &str) = (Provider::Anthropic, Dialect::Anthropic, "claude-haiku-4-5");

fn from_chat(to: (Provider, Dialect, &str), fields: Value) -> (Value, Vec<String>) {
    let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "Hi"}]});
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    translated(Dialect::OpenaiChat, body, to).unwrap()
}

fn from_gemini(to: (Provider, Dialect, &str), fields: Value) -> Value {
    let mut body = json!({"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]});
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    translated(Dialect::Gemini, body, to).unwrap().0
}

#[test]
fn limits_and_sampling_have_a_config_of_their_own() {
    let (body, _) =
        from_chat(FLASH, json!({"max_tokens": 9, "temperature": 0.5, "top_p": 0.9, "stop": ["a", "b"], "seed": 7}));
    let want = json!({"maxOutputTokens": 9, "temperature": 0.5, "topP": 0.9, "seed": 7, "stopSequences": ["a", "b"]});
    assert_eq!(body["generationConfig"], want);
    let config = json!({"max_output_tokens": 9, "temperature": 0.5, "topP": 0.9, "topK": 40.0, "stopSequences": ["a"], "candidateCount": 1});
    let back = from_gemini(CLAUDE, json!({"generation_config": config}));
    assert_eq!(
        (&back["max_tokens"], &back["temperature"], &back["stop_sequences"]),
        (&json!(9), &json!(0.5), &json!(["a"]))
    );
    assert_eq!(back["top_k"], 40);
}

#[test]
fn effort_is_a_level_from_3_on_and_a_budget_before() {
    for (model, effort, want) in [
        (PRO, "low", json!({"includeThoughts": true, "thinkingLevel": "low"})),
        (PRO, "minimal", json!({"includeThoughts": true, "thinkingLevel": "low"})),
        (PRO, "xhigh", json!({"includeThoughts": true, "thinkingLevel": "high"})),
        (FLASH, "medium", json!({"includeThoughts": true, "thinkingBudget": 8_192})),
        (FLASH, "xhigh", json!({"includeThoughts": true, "thinkingBudget": 24_576})),
        (FLASH, "none", json!({"includeThoughts": false, "thinkingBudget": 0})),
    ] {
        let (body, _) = from_chat(model, json!({"reasoning_effort": effort}));
        assert_eq!(body["generationConfig"]["thinkingConfig"], want, "{effort}");
    }
    let config = |it: Value| json!({"generationConfig": {"thinkingConfig": it}});
    assert_eq!(from_gemini(GPT, config(json!({"thinkingBudget": 8_192})))["reasoning_effort"], "medium");
    assert_eq!(from_gemini(GPT, config(json!({"thinkingLevel": "LOW"})))["reasoning_effort"], "low");
    let claude = from_gemini(
        CLAUDE,
        json!({"generationConfig": {"maxOutputTokens": 20_000, "thinkingConfig": {"thinkingBudget": 2_048}}}),
    );
    assert_eq!(claude["thinking"], json!({"type": "enabled", "budget_tokens": 2_048}));
}

#[test]
fn tools_and_choices_are_told_in_the_others_words() {
    let tool = json!({"type": "function", "function": {"name": "look", "description": "d",
        "parameters": {"type": "object", "properties": {"b": {"type": "string"}, "a": {}}}}});
    for (choice, want) in [
        (json!("auto"), json!({"mode": "AUTO"})),
        (json!("required"), json!({"mode": "ANY"})),
        (json!("none"), json!({"mode": "NONE"})),
        (
            json!({"type": "function", "function": {"name": "look"}}),
            json!({"mode": "ANY", "allowedFunctionNames": ["look"]}),
        ),
    ] {
        let (body, _) = from_chat(FLASH, json!({"tools": [tool], "tool_choice": choice}));
        assert_eq!(body["toolConfig"]["functionCallingConfig"], want);
        let declared = &body["tools"][0]["functionDeclarations"][0];
        assert_eq!(
            declared["parametersJsonSchema"].to_string(),
            r#"{"type":"object","properties":{"b":{"type":"string"},"a":{}}}"#
        );
        let back = from_gemini(GPT, json!({"tools": body["tools"], "toolConfig": body["toolConfig"]}));
        assert_eq!((&back["tools"][0], &back["tool_choice"]), (&tool, &choice));
    }
    // Google's own clients write types in capitals, which nobody else takes.
    let older = json!({"tools": [{"function_declarations": [{"name": "look", "parameters": {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}}}]}]});
    let schema = &from_gemini(CLAUDE, older)["tools"][0]["input_schema"];
    assert_eq!(*schema, json!({"type": "object", "properties": {"a": {"type": "string"}}}));
}

#[test]
fn an_answers_form_is_a_type_and_a_schema() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "integer"}}});
    let format = json!({"type": "json_schema", "json_schema": {"name": "x", "schema": schema}});
    let (body, _) = from_chat(FLASH, json!({"response_format": format}));
    let config = json!({"responseMimeType": "application/json", "responseJsonSchema": schema});
    assert_eq!(body["generationConfig"], config);
    let back = from_gemini(CLAUDE, json!({"generationConfig": config}));
    assert_eq!(back["output_config"]["format"]["schema"], schema);
    let (body, _) = from_chat(FLASH, json!({"response_format": {"type": "json_object"}}));
    assert_eq!(body["generationConfig"], json!({"responseMimeType": "application/json"}));
}

#[test]
fn a_signature_rides_in_a_calls_id_and_comes_back_to_google() {
    let answer = json!({"candidates": [{"content": {"parts": [
        {"functionCall": {"name": "look", "args": {"a": 1}}, "thoughtSignature": "CpUB+a/b0w=="}]}, "finishReason": "STOP"}]});
    for to in [Dialect::OpenaiChat, Dialect::Anthropic] {
        let told =
            way_back(Dialect::Gemini, to, false).answer(answer.to_string().as_bytes(), &Usage::default()).unwrap();
        let told: Value = serde_json::from_slice(&told).unwrap();
        // The caller keeps the id only.
        let request = if to == Dialect::Anthropic {
            let id = &told["content"][0]["id"];
            json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"},
                {"role": "assistant", "content": [{"type": "tool_use", "id": id, "name": "look", "input": {"a": 1}}]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": id, "content": "seen"}]}]})
        } else {
            let id = &told["choices"][0]["message"]["tool_calls"][0]["id"];
            json!({"model": "m", "messages": [{"role": "user", "content": "Hi"},
                {"role": "assistant", "tool_calls": [{"type": "function", "id": id, "function": {"name": "look", "arguments": "{\"a\":1}"}}]},
                {"role": "tool", "tool_call_id": id, "content": "seen"}]})
        };
        let (body, _) = translated(to, request, PRO).unwrap();
        let call = &body["contents"][1]["parts"][0];
        assert_eq!(call["thoughtSignature"], "CpUB+a/b0w==", "{body}");
        assert_eq!(call["functionCall"]["args"], json!({"a": 1}));
        let answer = &body["contents"][2]["parts"][0]["functionResponse"];
        assert_eq!((&answer["id"], &answer["name"]), (&call["functionCall"]["id"], &json!("look")));
        assert_eq!(answer["response"], json!({"output": "seen"}));
    }
}

#[test]
fn a_call_that_another_model_made_is_marked_as_such_from_3_on() {
    let call = |id: &str| json!({"id": id, "type": "function", "function": {"name": "look", "arguments": ""}});
    let messages = json!([{"role": "user", "content": "Hi"}, {"role": "assistant", "tool_calls": [call("a"), call("b")]},
        {"role": "tool", "tool_call_id": "a", "content": "{\"x\":1}"}, {"role": "tool", "tool_call_id": "b", "content": "2"}]);
    let (body, _) = from_chat(PRO, json!({"messages": messages}));
    let calls = &body["contents"][1]["parts"];
    assert_eq!(calls[0]["thoughtSignature"], "skip_thought_signature_validator");
    assert_eq!((calls[1].get("thoughtSignature"), &calls[1]["functionCall"]["args"]), (None, &json!({})));
    let answers = &body["contents"][2]["parts"];
    assert_eq!(answers[0]["functionResponse"]["response"], json!({"x": 1}));
    assert_eq!(answers[1]["functionResponse"]["response"], json!({"output": "2"}));
    let (body, _) = from_chat(FLASH, json!({"messages": messages}));
    assert_eq!(body["contents"][1]["parts"][0].get("thoughtSignature"), None, "older ones do not ask for it");
}

#[test]
fn anothers_signed_thought_survives_a_client_of_googles_and_never_reaches_google() {
    let answer = json!({"type": "message", "content": [
        {"type": "thinking", "thinking": "hm", "signature": "EqQB"}, {"type": "text", "text": "ok"}], "stop_reason": "end_turn"});
    let told = way_back(Dialect::Anthropic, Dialect::Gemini, false)
        .answer(answer.to_string().as_bytes(), &Usage::default())
        .unwrap();
    let told: Value = serde_json::from_slice(&told).unwrap();
    let said = &told["candidates"][0]["content"];
    assert_eq!((&said["parts"][0]["text"], &said["parts"][0]["thought"]), (&json!("hm"), &json!(true)));
    let asked = |said: &Value| json!([{"role": "user", "parts": [{"text": "Hi"}]}, said, {"role": "user", "parts": [{"text": "On"}]}]);
    // Google's own agent sends no thoughts back, others do.
    let forgetful = json!({"role": "model", "parts": [said["parts"][1]]});
    for said in [said, &forgetful] {
        let back = from_gemini(CLAUDE, json!({"contents": asked(said)}));
        let thought = json!({"type": "thinking", "thinking": "hm", "signature": "EqQB"});
        assert_eq!(back["messages"][1]["content"], json!([thought, {"type": "text", "text": "ok"}]));
    }
    let contents = asked(said);
    let own = json!({"contents": contents}).to_string();
    let sent = protocol::translate::for_own(Dialect::Gemini, own.into(), PRO.2);
    assert!(!String::from_utf8_lossy(&sent).contains("thought"), "{sent:?}");
}

#[test]
fn answers_to_calls_without_ids_belong_to_them_by_name_and_order() {
    let call = |name: &str| json!({"functionCall": {"name": name, "args": {}}});
    let answer = |name: &str, said: &str| json!({"functionResponse": {"name": name, "response": {"result": said}}});
    let contents = json!([{"role": "user", "parts": [{"text": "Hi"}]},
        {"role": "model", "parts": [call("a"), call("b"), call("a")]},
        {"role": "user", "parts": [answer("a", "1"), answer("b", "2"), answer("a", "3")]}]);
    let body = from_gemini(GPT, json!({"contents": contents}));
    let messages = body["messages"].as_array().unwrap();
    let ids: Vec<&Value> = messages[1]["tool_calls"].as_array().unwrap().iter().map(|call| &call["id"]).collect();
    let answered: Vec<(&Value, &Value)> =
        messages[2..].iter().map(|it| (&it["tool_call_id"], &it["content"])).collect();
    assert_eq!(answered, [(ids[0], &json!("1")), (ids[1], &json!("2")), (ids[2], &json!("3"))]);
}

#[test]
fn media_travel_as_data_and_as_addresses() {
    let data = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}});
    let address = json!({"type": "image_url", "image_url": {"url": "https://x/y.jpg?z=1"}});
    let (body, _) = from_chat(FLASH, json!({"messages": [{"role": "user", "content": [data, address]}]}));
    let parts = &body["contents"][0]["parts"];
    assert_eq!(parts[0], json!({"inlineData": {"mimeType": "image/png", "data": "AA=="}}));
    assert_eq!(parts[1], json!({"fileData": {"fileUri": "https://x/y.jpg?z=1", "mimeType": "image/jpeg"}}));
    let back = from_gemini(
        GPT,
        json!({"contents": [{"parts": [{"inline_data": {"mime_type": "image/png", "data": "AA=="}}]}]}),
    );
    assert_eq!(back["messages"][0]["content"][0], data);
}

#[test]
fn system_prompts_stand_apart_and_what_cannot_be_kept_is_told() {
    let messages = json!([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}, {"role": "system", "content": "Now."}]);
    let (body, warnings) = from_chat(
        FLASH,
        json!({"messages": messages, "user": "u", "parallel_tool_calls": false, "tools": [
        {"type": "function", "function": {"name": "f"}}]}),
    );
    assert_eq!(body["systemInstruction"], json!({"parts": [{"text": "Be brief."}]}));
    assert_eq!(body["contents"], json!([{"role": "user", "parts": [{"text": "Hi"}, {"text": "Now."}]}]));
    for field in ["user", "parallel_tool_calls", "messages"] {
        assert!(warnings.iter().any(|it| it.starts_with(field)), "{field} in {warnings:?}");
    }
    let back = from_gemini(CLAUDE, json!({"system_instruction": {"parts": [{"text": "Be brief."}]}}));
    assert_eq!(back["system"], json!([{"type": "text", "text": "Be brief."}]));
}

#[test]
fn what_only_google_understands_is_refused_by_name_and_never_lost() {
    let ask = |fields: Value| {
        let mut body = json!({"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]});
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        translated(Dialect::Gemini, body, CLAUDE)
    };
    let code = json!([{"role": "model", "parts": [{"executableCode": {"code": "1"}, "text": ""}]}]);
    for (fields, name) in [
        (json!({"contents": code}), "contents[0].parts[0].executableCode"),
        (json!({"toolConfig": {"retrievalConfig": {}}}), "toolConfig.retrievalConfig"),
        (json!({"generationConfig": {"speechConfig": {}}}), "generationConfig.speechConfig"),
        (json!({"generationConfig": {"responseModalities": ["IMAGE"]}}), "generationConfig.responseModalities"),
    ] {
        assert!(ask(fields).unwrap_err().contains(name), "{name}");
    }
    let (_, warnings) =
        ask(json!({"generationConfig": {"mediaResolution": "MEDIA_RESOLUTION_LOW"}, "serviceTier": "flex"})).unwrap();
    assert_eq!(warnings, ["mediaResolution: left out", "serviceTier: left out"]);
}
