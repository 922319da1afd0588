//! Every recording as it is told in every other dialect, kept to be looked at: `golden/`. What they say is judged by the
//! other suites; these show how it is said, and that it does not change unseen. `INSTA_UPDATE=always cargo test -p protocol`
//! renews them.
//!
//! Long texts are cut in the middle, and so are long streams.

use super::{Dialect, answers, fixtures, fixtures::Recording, provider, told};
use protocol::translate::{self, Asking, Going};
use serde_json::Value;
use std::{
    collections::{HashMap, HashSet},
    fmt::Write as _,
};

/// A text longer than this is cut, and a stream of more events.
const TEXT: usize = 240;
const EVENTS: usize = 24;

fn others(recording: &Recording) -> impl Iterator<Item = Dialect> {
    Dialect::CONVERSING.into_iter().filter(|to| *to != recording.dialect)
}

/// A snapshot's name.
fn named(kind: &str, recording: &Recording) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let name: String = recording.name.replace(".json", "").chars().map(plain).collect();
    format!("{kind}-{name}")
}

fn keep(name: &str, told: &str) {
    insta::with_settings!({snapshot_path => "golden", prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!(name, told);
    });
}

fn shortened(value: &mut Value) {
    match value {
        Value::String(text) if text.chars().count() > TEXT => {
            let head: String = text.chars().take(TEXT / 2).collect();
            let tail: String = text.chars().skip(text.chars().count() - TEXT / 4).collect();
            *text = format!("{head}…{}…{tail}", text.chars().count());
        }
        Value::Array(all) => all.iter_mut().for_each(shortened),
        Value::Object(fields) => fields.values_mut().for_each(shortened),
        _ => {}
    }
}

fn pretty(text: &str) -> String {
    let mut document: Value = serde_json::from_str(text).unwrap();
    shortened(&mut document);
    serde_json::to_string_pretty(&document).unwrap()
}

/// The events of a stream, a line each.
fn events(stream: &str) -> String {
    let all: Vec<String> = stream
        .split_terminator("\n\n")
        .flat_map(|event| event.split("\r\n\r\n"))
        .filter(|event| !event.trim().is_empty())
        .map(|event| {
            let data = event.lines().find_map(|line| line.strip_prefix("data: ")).unwrap_or(event);
            let Ok(mut document) = serde_json::from_str::<Value>(data) else { return data.to_owned() };
            shortened(&mut document);
            document.to_string()
        })
        .collect();
    if all.len() <= EVENTS {
        return all.join("\n");
    }
    let (head, tail) = (&all[..EVENTS / 2], &all[all.len() - EVENTS / 2..]);
    format!("{}\n… {} events …\n{}", head.join("\n"), all.len() - EVENTS, tail.join("\n"))
}

#[test]
fn requests() {
    let mut kept = HashSet::new();
    for recording in fixtures::all().into_iter().filter(|it| Dialect::CONVERSING.contains(&it.dialect)) {
        let Some(body) = recording.request.as_ref().filter(|body| body.is_object()) else { continue };
        let body = body.to_string();
        let stream = recording.in_path.as_ref().is_some_and(|it| it.stream) || body.contains("\"stream\":true");
        let mut all = String::new();
        for to in others(&recording).chain([Dialect::Ollama]) {
            let dialect = recording.dialect;
            let asking =
                Asking { dialect, body: body.as_bytes(), stream, id: "0", model: "m", created: 1, input_estimate: 0 };
            let going = Going { provider: provider(to), dialect: to, model: "upstream", max_output: Some(64_000) };
            match translate::request(asking, going) {
                Ok(it) => {
                    let told = pretty(&String::from_utf8_lossy(&it.body));
                    writeln!(
                        all,
                        "--- {to}\n{}{told}",
                        it.warnings.iter().map(|it| format!("# {it}\n")).collect::<String>()
                    )
                }
                Err(refused) => writeln!(all, "--- {to}\n# refused: {}", refused.message),
            }
            .unwrap();
        }
        // A recording of several streams has one request.
        if kept.insert(recording.name.clone()) {
            keep(&named("request", &recording), &all);
        }
    }
    assert!(kept.len() > 50, "{}", kept.len());
}

#[test]
fn answers_and_streams() {
    let mut seen: HashMap<String, u32> = HashMap::new();
    for recording in answers() {
        let mut all = String::new();
        for to in others(&recording).chain([Dialect::OpenaiCompletions]) {
            let told = told(&recording, to, usize::MAX);
            let shown = if recording.is_stream { events(&told) } else { pretty(&told) };
            writeln!(all, "--- {to}\n{shown}").unwrap();
        }
        let name = named(if recording.is_stream { "stream" } else { "answer" }, &recording);
        let nth = seen.entry(name.clone()).and_modify(|nth| *nth += 1).or_insert(0);
        keep(&if *nth == 0 { name } else { format!("{name}-{nth}") }, &all);
    }
}
