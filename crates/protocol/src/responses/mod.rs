//! Responses with state: what a request leaves out because the relay keeps it, and what is kept of an answer.
//!
//! A request may go on from an earlier response (`previous_response_id`) and may name items instead of sending them
//! (`item_reference`). Before anything else is done with it, both are put in their places, so that upstreams of every
//! dialect get the whole conversation. An upstream of the same dialect is told to keep nothing itself: what it keeps for
//! one account it would keep for all tenants of it.
//! Source: <https://platform.openai.com/docs/guides/conversation-state>.

mod edit;
mod items;

pub use edit::{Told, edit_answer, edit_event};

use crate::form::effort::takes_effort;
use bytes::Bytes;
use items::{normal, to_send_again};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// What an upstream must tell of its thoughts if it keeps none of them.
const SEALED_THOUGHTS: &str = "reasoning.encrypted_content";

/// A request as far as state goes.
#[derive(Debug, Clone)]
pub struct Stateful {
    body: Map<String, Value>,
}

/// What is kept of a request and its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// The input that was sent with the request itself, each item with an id.
    pub input: Vec<Value>,
    /// The answer, as its caller saw it.
    pub response: Value,
}

impl Stateful {
    /// Reads a body. `None`: it is not one that state has to do with, and whoever reads it next says what is wrong.
    pub fn read(body: &[u8]) -> Option<Self> {
        let Value::Object(body) = serde_json::from_slice(body).ok()? else { return None };
        let readable = matches!(body.get("input"), Some(Value::String(_) | Value::Array(_)))
            && matches!(body.get("previous_response_id"), None | Some(Value::Null | Value::String(_)));
        readable.then_some(Self { body })
    }

    /// Whether the response is to be kept: unless it is asked not to be.
    pub fn wants_keeping(&self) -> bool {
        self.body.get("store") != Some(&Value::Bool(false))
    }

    /// The response it goes on from.
    pub fn previous(&self) -> Option<&str> {
        self.body.get("previous_response_id").and_then(Value::as_str)
    }

    /// The ids of items that it names and does not send.
    pub fn references(&self) -> Vec<String> {
        self.input().iter().filter_map(referenced).map(str::to_owned).collect()
    }

    fn input(&self) -> &[Value] {
        self.body.get("input").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }

    /// Puts items that were kept in the place of their names. Those that are not found stay as they are.
    pub fn resolve(&mut self, find: impl Fn(&str) -> Option<Value>) {
        let Some(Value::Array(input)) = self.body.get_mut("input") else { return };
        for item in input {
            if let Some(found) = referenced(item).and_then(&find) {
                *item = to_send_again(found);
            }
        }
    }

    /// What there is to keep of it, once `response` has answered it.
    pub fn kept(&self, id: &str, response: &Value) -> Kept {
        let input: Vec<Value> = match self.body.get("input") {
            Some(Value::String(text)) => vec![json!({"role": "user", "content": text})],
            input => input.and_then(Value::as_array).cloned().unwrap_or_default(),
        };
        let input: Vec<Value> = input.into_iter().enumerate().map(|(place, item)| normal(item, id, place)).collect();
        Kept { input, response: response.clone() }
    }

    /// The body that is sent on: the whole conversation, `earlier` first, for an upstream that keeps nothing.
    pub fn whole(&self, earlier: &[Kept]) -> Bytes {
        let mut body = self.body.clone();
        body.shift_remove("previous_response_id");
        if !earlier.is_empty() {
            let mut input: Vec<Value> = earlier.iter().flat_map(Kept::conversation).map(to_send_again).collect();
            match body.remove("input") {
                Some(Value::String(text)) => input.push(json!({"role": "user", "content": text})),
                Some(Value::Array(items)) => input.extend(items),
                _ => {}
            }
            body.insert("input".to_owned(), input.into());
        }
        body.insert("store".to_owned(), false.into());
        // OpenAI refuses to seal the thoughts of a model that has none.
        if self.wants_keeping() && body.get("model").and_then(Value::as_str).is_some_and(takes_effort) {
            let include = body.entry("include").or_insert_with(|| json!([]));
            if include.is_null() {
                *include = json!([]);
            }
            if let Value::Array(names) = include
                && !names.iter().any(|name| name == SEALED_THOUGHTS)
            {
                names.push(SEALED_THOUGHTS.into());
            }
        }
        Value::Object(body).to_string().into()
    }
}

fn referenced(item: &Value) -> Option<&str> {
    let kind = item.get("type").and_then(Value::as_str);
    // A reference may leave its type out, but then it is an id and nothing else.
    let bare = kind.is_none() && item.as_object().is_some_and(|fields| fields.len() == 1);
    (kind == Some("item_reference") || bare).then(|| item.get("id").and_then(Value::as_str)).flatten()
}

impl Kept {
    /// The items of the answer.
    pub fn output(&self) -> &[Value] {
        self.response.get("output").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }

    /// The ids of the items of the answer.
    pub fn output_ids(&self) -> Vec<String> {
        self.output().iter().filter_map(|item| item.get("id")?.as_str()).map(str::to_owned).collect()
    }

    /// The item of the answer with this id.
    pub fn item(&self, id: &str) -> Option<Value> {
        self.output().iter().find(|item| item.get("id").and_then(Value::as_str) == Some(id)).cloned()
    }

    fn conversation(&self) -> impl Iterator<Item = Value> + use<'_> {
        self.input.iter().chain(self.output()).cloned()
    }
}

/// A page of a response's input, as `GET /v1/responses/{id}/input_items` answers it.
pub fn input_items(page: &[Value], more: bool) -> Bytes {
    let id = |item: Option<&Value>| item.and_then(|item| item.get("id")).cloned().unwrap_or_default();
    let list = json!({
        "object": "list", "data": page, "first_id": id(page.first()), "last_id": id(page.last()), "has_more": more,
    });
    list.to_string().into()
}

/// The answer to `DELETE /v1/responses/{id}`.
pub fn deleted(id: &str) -> Bytes {
    json!({"id": id, "object": "response", "deleted": true}).to_string().into()
}
