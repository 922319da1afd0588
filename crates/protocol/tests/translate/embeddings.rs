//! Embeddings in the other dialects: texts, sizes, vectors and what is refused.

use crate::fixtures;
use domain::{
    dialect::{Dialect, Provider},
    usage::Usage,
};
use protocol::translate::{self, Asking, Going, Translated};
use serde_json::{Value, json};

fn tell(from: Dialect, body: &Value, to: Dialect) -> Result<Translated, String> {
    let body = body.to_string();
    let asking = Asking {
        dialect: from,
        body: body.as_bytes(),
        stream: false,
        id: "req1",
        model: "alias",
        created: 1,
        input_estimate: 0,
    };
    let going = Going { provider: Provider::Openai, dialect: to, model: "upstream-model", max_output: None };
    translate::request(asking, going).map_err(|bad| bad.message)
}

fn sent(told: &Translated) -> Value {
    serde_json::from_slice(&told.body).unwrap()
}

fn back(told: &Translated, answer: &Value) -> Value {
    let usage = Usage { input: 7, ..Usage::default() };
    serde_json::from_slice(&told.translation.answer(answer.to_string().as_bytes(), &usage).unwrap()).unwrap()
}

#[test]
fn a_recorded_batch_is_asked_of_google_text_by_text_and_its_vectors_come_back_in_their_order() {
    let recording = fixtures::family("embeddings").into_iter().find(|it| it.name.contains("json-batch")).unwrap();
    let request = recording.request.unwrap();
    let told = tell(Dialect::OpenaiEmbeddings, &request, Dialect::GeminiBatchEmbeddings).unwrap();
    let texts: Vec<&Value> = request["input"].as_array().unwrap().iter().collect();
    let requests = sent(&told)["requests"].as_array().unwrap().clone();
    assert_eq!(requests.iter().map(|one| &one["content"]["parts"][0]["text"]).collect::<Vec<_>>(), texts);
    assert!(requests.iter().all(|one| one["model"] == "models/upstream-model"));
    let values = |n: usize| json!({"values": [n, 0.5]});
    let answer = json!({"embeddings": (0..texts.len()).map(values).collect::<Vec<_>>()});
    let back = back(&told, &answer);
    assert_eq!((&back["model"], &back["usage"]["prompt_tokens"]), (&json!("alias"), &json!(7)));
    // It asked for base64: 4.0 and 0.5 as 32-bit floats.
    assert_eq!(back["data"][4]["embedding"], "AACAQAAAAD8=");
    assert_eq!(back["data"][4]["index"], 4);
}

#[test]
fn googles_callers_are_served_by_openais_vectors_however_they_come() {
    let one = |text: &str| json!({"model": "models/alias", "content": {"parts": [{"text": text}]}, "outputDimensionality": 2});
    let several = json!({"requests": [one("a"), one("b")]});
    let wanted = json!({"model": "upstream-model", "input": ["a", "b"], "encoding_format": "float", "dimensions": 2});
    let told = tell(Dialect::GeminiBatchEmbeddings, &several, Dialect::OpenaiEmbeddings).unwrap();
    assert_eq!(sent(&told), wanted);
    let answer = json!({"data": [{"index": 1, "embedding": "AACAQAAAAD8="}, {"index": 0, "embedding": [1, 2.5]}]});
    assert_eq!(
        back(&told, &answer),
        json!({
            "embeddings": [{"values": [1, 2.5]}, {"values": [4.0, 0.5]}],
            "usageMetadata": {"promptTokenCount": 7, "totalTokenCount": 7},
        })
    );
    let told = tell(Dialect::GeminiEmbeddings, &one("a"), Dialect::OpenaiEmbeddings).unwrap();
    assert_eq!(sent(&told)["input"], json!(["a"]));
    let answer = json!({"data": [{"index": 0, "embedding": [1, 2.5]}]});
    assert_eq!(back(&told, &answer)["embedding"], json!({"values": [1, 2.5]}));
}

#[test]
fn what_cannot_be_told_is_refused_by_name() {
    let content = json!({"parts": [{"text": "a"}]});
    for (from, body, name) in [
        (Dialect::OpenaiEmbeddings, json!({"model": "m", "input": [1, 2]}), "`input (tokens)`"),
        (Dialect::OpenaiEmbeddings, json!({"model": "m", "input": []}), "`input`"),
        (Dialect::OpenaiEmbeddings, json!({"model": "m", "input": "a", "encoding_format": "x"}), "`encoding_format`"),
        (Dialect::OpenaiEmbeddings, json!({"model": "m", "input": "a", "input_type": "query"}), "`input_type`"),
        (Dialect::GeminiEmbeddings, json!({"content": content, "taskType": "CLUSTERING"}), "`taskType`"),
        (
            Dialect::GeminiEmbeddings,
            json!({"content": {"parts": [{"inlineData": {}}]}}),
            "`content.parts[0].inlineData`",
        ),
        (Dialect::GeminiEmbeddings, json!({"content": {"parts": []}}), "`content.parts`"),
        (
            Dialect::GeminiBatchEmbeddings,
            json!({"requests": [{"content": content, "title": "t"}]}),
            "`requests[0].title`",
        ),
        (
            Dialect::GeminiBatchEmbeddings,
            json!({"requests": [{"content": content}, {"content": content, "outputDimensionality": 4}]}),
            "`requests[1].outputDimensionality",
        ),
    ] {
        let to =
            if from == Dialect::OpenaiEmbeddings { Dialect::GeminiBatchEmbeddings } else { Dialect::OpenaiEmbeddings };
        let refused = tell(from, &body, to).unwrap_err();
        assert!(refused.contains(name), "{refused}");
    }
    assert!(tell(Dialect::OpenaiEmbeddings, &json!({"model": "m", "input": "a"}), Dialect::Anthropic).is_err());
}

#[test]
fn a_vector_too_few_or_one_that_is_none_is_no_answer() {
    let body = json!({"model": "m", "input": ["a", "b"]});
    let told = tell(Dialect::OpenaiEmbeddings, &body, Dialect::GeminiBatchEmbeddings).unwrap();
    for embeddings in [json!([]), json!([{"values": [1]}]), json!([{"values": [1]}, {"values": ["x"]}])] {
        let answer = json!({ "embeddings": embeddings }).to_string();
        assert!(told.translation.answer(answer.as_bytes(), &Usage::default()).is_err(), "{answer}");
    }
}

#[test]
fn a_user_is_left_out_and_told() {
    let body = json!({"model": "m", "input": "a", "user": "u"});
    let told = tell(Dialect::OpenaiEmbeddings, &body, Dialect::GeminiBatchEmbeddings).unwrap();
    assert_eq!(told.warnings, ["user: left out"]);
}
