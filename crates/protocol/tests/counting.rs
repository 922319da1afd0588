//! Counting: known vocabularies give known counts, text in parts counts like the whole, and nothing is encoded twice.

use domain::{dialect::Dialect, usage::UsageSource};
use proptest::prelude::*;
use protocol::count::{Counter, Family, Vocabulary, request_tokens};

const VOCABULARIES: [Vocabulary; 6] = [
    Vocabulary::O200k,
    Vocabulary::Cl100k,
    Vocabulary::Deepseek,
    Vocabulary::Qwen,
    Vocabulary::Llama,
    Vocabulary::Mistral,
];

fn count<'a>(family: &Family, parts: impl IntoIterator<Item = &'a str>) -> u64 {
    let mut counter = Counter::new(family.clone());
    parts.into_iter().for_each(|part| counter.push(part));
    counter.count()
}

#[test]
fn models_have_their_families() {
    let vocabulary = Family::Vocabulary;
    for (model, family) in [
        ("sandbox/echo", Family::Words),
        ("gpt-4o-mini", vocabulary(Vocabulary::O200k)),
        ("gpt-5.2", vocabulary(Vocabulary::O200k)),
        ("openai/o3-mini", vocabulary(Vocabulary::O200k)),
        ("gpt-4", vocabulary(Vocabulary::Cl100k)),
        ("gpt-4-turbo", vocabulary(Vocabulary::Cl100k)),
        ("gpt-4.1", vocabulary(Vocabulary::O200k)),
        ("gpt-3.5-turbo", vocabulary(Vocabulary::Cl100k)),
        ("deepseek-chat", vocabulary(Vocabulary::Deepseek)),
        ("Qwen/Qwen3-32B", vocabulary(Vocabulary::Qwen)),
        ("llama-3.3-70b-versatile", vocabulary(Vocabulary::Llama)),
        ("mistral-small-latest", vocabulary(Vocabulary::Mistral)),
    ] {
        assert_eq!(Family::of(model), family, "{model}");
        assert_eq!(family.source(), UsageSource::Counted);
    }
    for model in ["claude-opus-4-8", "anthropic/claude-sonnet-4", "gemini-2.5-pro", "whatever"] {
        assert_eq!(Family::of(model).source(), UsageSource::Estimated, "{model}");
    }
}

#[test]
fn known_texts_have_known_counts() {
    // OpenAI's own tokenizer page and tiktoken's tests.
    assert_eq!(count(&Family::Vocabulary(Vocabulary::Cl100k), ["tiktoken is great!"]), 6);
    assert_eq!(count(&Family::Vocabulary(Vocabulary::O200k), ["hello world"]), 2);
    assert_eq!(count(&Family::Vocabulary(Vocabulary::Cl100k), ["hello world"]), 2);
    assert_eq!(count(&Family::Words, ["one  two\nthree", " four five"]), 5);
    assert_eq!(count(&Family::Words, ["one tw", "o"]), 2);
    assert_eq!(count(&Family::Estimated { ppm: 1_300_000 }, ["hello world"]), 3);
    for vocabulary in VOCABULARIES {
        let tokens = count(&Family::Vocabulary(vocabulary), ["The quick brown fox jumps over the lazy dog."]);
        assert!((9..=13).contains(&tokens), "{vocabulary:?}: {tokens}");
    }
}

#[test]
fn a_count_in_between_does_not_change_the_end() {
    let family = Family::Vocabulary(Vocabulary::O200k);
    let text = "Counting, in between: 12345 words' worth of naïve text.\n\n  fn main() { println!(\"hi\"); }";
    let mut counter = Counter::new(family.clone());
    let mut last = 0;
    for part in text.split_inclusive(' ') {
        counter.push(part);
        let now = counter.count();
        assert_eq!(counter.count(), now);
        assert!(now + 2 >= last, "a provisional count shrinks by a piece at most");
        last = now;
    }
    assert_eq!(last, count(&family, [text]));
}

#[test]
fn a_text_without_spaces_is_bounded_too() {
    let family = Family::Vocabulary(Vocabulary::O200k);
    let text = "\u{8bcd}\u{8bed}\u{3002}".repeat(10_000);
    let whole = count(&family, [text.as_str()]);
    let parts: Vec<String> = text.chars().map(String::from).collect();
    let in_parts = count(&family, parts.iter().map(String::as_str));
    assert!(in_parts.abs_diff(whole) <= whole / 500, "{in_parts} for {whole}");
}

#[test]
fn a_requests_text_is_counted_and_its_data_is_not() {
    let words = |body: &str| request_tokens(Dialect::OpenaiChat, body.as_bytes(), Family::Words);
    let body = r#"{"model":"sandbox/echo","messages":[{"role":"user","content":"one two three"},
        {"role":"user","content":[{"type":"text","text":"four five"},{"type":"image_url","image_url":{"url":"data:a b c"}}]}]}"#;
    assert_eq!(words(body), 5);
    assert_eq!(
        words(
            r#"{"system":[{"type":"text","text":"a b"}],"messages":[{"content":[{"type":"tool_result","tool_use_id":"x","content":"c d"}]}]}"#
        ),
        4
    );
    assert_eq!(words("not json"), 0);
    let o200k = Family::Vocabulary(Vocabulary::O200k);
    let body = r#"{"messages":[{"role":"user","content":"hello world"}]}"#;
    let plain = request_tokens(Dialect::OpenaiChat, body.as_bytes(), o200k.clone());
    assert!((8..=10).contains(&plain), "{plain}: two of text, a line's end, three around each of two");
    let with_tools =
        body.replace("]}", r#"],"tools":[{"type":"function","function":{"name":"f","description":"does it"}}]}"#);
    assert!(request_tokens(Dialect::OpenaiChat, with_tools.as_bytes(), o200k) > plain + 10);
}

fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-zA-Z]{1,12}",
        "[0-9]{1,7}",
        " {1,3}",
        "[.,;:!?'\"(){}\\[\\]<>/=+*#@-]{1,4}",
        "[\n\r\t]{1,3}",
        "\\PC{1,3}",
        Just("'s".to_owned()),
        Just("don't ".to_owned()),
        Just("\u{4f60}\u{597d} ".to_owned()),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn text_in_parts_counts_like_the_whole(text in any_text(), sizes in prop::collection::vec(1_usize..9, 1..9)) {
        for family in VOCABULARIES.map(Family::Vocabulary).into_iter().chain([Family::Words]) {
            // The whole in one piece, encoded without any cut.
            let whole = match &family {
                Family::Vocabulary(Vocabulary::O200k) => reference("o200k_base", &text),
                Family::Vocabulary(Vocabulary::Cl100k) => reference("cl100k_base", &text),
                Family::Vocabulary(Vocabulary::Deepseek) => reference("deepseek_v3", &text),
                Family::Vocabulary(Vocabulary::Qwen) => reference("qwen2", &text),
                Family::Vocabulary(Vocabulary::Llama) => reference("llama3", &text),
                Family::Vocabulary(Vocabulary::Mistral) => reference("mistral_v3", &text),
                _ => text.split_whitespace().count() as u64,
            };
            let chars: Vec<char> = text.chars().collect();
            let (mut parts, mut at, mut turn) = (Vec::new(), 0, 0);
            while at < chars.len() {
                let end = (at + sizes[turn % sizes.len()]).min(chars.len());
                parts.push(chars[at..end].iter().collect::<String>());
                (at, turn) = (end, turn + 1);
            }
            prop_assert_eq!(count(&family, parts.iter().map(String::as_str)), whole, "{:?}", family);
        }
    }
}

fn reference(name: &str, text: &str) -> u64 {
    tiktoken::get_encoding(name).map_or(0, |table| table.count(text) as u64)
}
