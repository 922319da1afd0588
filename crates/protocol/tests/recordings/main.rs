//! Real provider traffic through the crate: every byte comes out again at every split, the usage is what an independent
//! calculation says, a stream that is cut is known to be cut, and errors have the class of the design's table.
#![expect(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

mod errors;
mod fixtures;
mod oracle;
mod requests;

use bytes::Bytes;
use domain::{dialect::Dialect, usage::Usage};
use fixtures::Recording;
use protocol::{
    answer::read_answer,
    stream::{Event, Fault, Kind, StreamTap},
};

/// Above this, a two-way split is replayed from the event before the one it falls into: what came before is read in the
/// same state whatever follows.
const REPLAY_WHOLE: usize = 2 << 10;

fn drain(tap: &mut StreamTap, into: &mut Vec<Event>) {
    while let Some(event) = tap.next_event() {
        into.push(event);
    }
}

/// Everything a tap makes of these chunks.
fn replay<'a>(
    recording: &Recording,
    chunks: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<Event>, StreamTap, Result<(), Fault>) {
    let mut tap = StreamTap::new(recording.dialect, false);
    let mut events = Vec::new();
    for chunk in chunks {
        tap.push(Bytes::copy_from_slice(chunk)).unwrap();
        drain(&mut tap, &mut events);
    }
    let end = tap.finish();
    drain(&mut tap, &mut events);
    (events, tap, end)
}

fn raw(events: &[Event]) -> Vec<u8> {
    events.iter().flat_map(|event| event.raw.to_vec()).collect()
}

/// What events mean, without blank events, which only the place of a split makes.
fn meaning(events: &[Event]) -> Vec<Kind> {
    let speaking =
        events.iter().filter(|event| event.kind == Kind::Terminal || !event.raw.iter().all(u8::is_ascii_whitespace));
    speaking.map(|event| event.kind.clone()).collect()
}

fn successful_streams(family: &str) -> Vec<Recording> {
    let mut all = fixtures::family(family);
    all.retain(|it| it.is_stream && it.status == 200);
    all
}

fn check_every_split(family: &str) {
    for recording in successful_streams(family) {
        let body = recording.body.as_bytes();
        let (events, tap, end) = replay(&recording, [body]);
        assert_eq!(end, Ok(()), "{}", recording.name);
        assert_eq!(raw(&events), body, "{}", recording.name);
        let ends: Vec<usize> = events
            .iter()
            .scan(0, |at, event| {
                *at += event.raw.len();
                Some(*at)
            })
            .collect();
        for split in 1..body.len() {
            let window = if body.len() <= REPLAY_WHOLE {
                0..body.len()
            } else {
                let first = ends.partition_point(|end| *end <= split);
                let start = if first < 2 { 0 } else { ends[first - 2] };
                start..*ends.get(first + 1).unwrap_or(&body.len())
            };
            let (head, tail) = (&body[window.start..split], &body[split..window.end]);
            let mut tap = StreamTap::new(recording.dialect, false);
            let mut got = Vec::new();
            for part in [head, tail] {
                tap.push(Bytes::copy_from_slice(part)).unwrap();
                drain(&mut tap, &mut got);
            }
            let _ = tap.finish();
            drain(&mut tap, &mut got);
            assert_eq!(raw(&got), &body[window.clone()], "{} split at {split}", recording.name);
            let whole: Vec<Event> = events
                .iter()
                .zip(&ends)
                .filter(|(event, end)| **end <= window.end && **end - event.raw.len() >= window.start)
                .map(|(event, _)| event.clone())
                .collect();
            assert_eq!(meaning(&got), meaning(&whole), "{} split at {split}", recording.name);
        }
        let (bytewise, bytewise_tap, end) = replay(&recording, body.chunks(1));
        assert_eq!((end, raw(&bytewise) == body), (Ok(()), true), "{}", recording.name);
        assert_eq!(meaning(&bytewise), meaning(&events), "{}", recording.name);
        assert_eq!(bytewise_tap.reported(), tap.reported(), "{}", recording.name);
    }
}

#[test]
fn every_openai_stream_passes_byte_for_byte_at_every_split() {
    check_every_split("openai-chat");
}

#[test]
fn every_anthropic_stream_passes_byte_for_byte_at_every_split() {
    check_every_split("anthropic");
}

#[test]
fn every_responses_stream_passes_byte_for_byte_at_every_split() {
    check_every_split("openai-responses");
}

#[test]
fn every_gemini_stream_passes_byte_for_byte_at_every_split() {
    check_every_split("gemini");
    check_every_split("vertex");
}

#[test]
fn every_stream_of_compatible_servers_passes_at_chunks_of_1_to_64_bytes() {
    for family in fixtures::CHAT_FAMILIES.into_iter().chain(fixtures::RESPONSES_FAMILIES) {
        for recording in successful_streams(family) {
            let (whole, ..) = replay(&recording, [recording.body.as_bytes()]);
            let steps: &[usize] =
                if recording.body.len() < 20_000 { &[1, 2, 3, 5, 7, 11, 13, 16, 64] } else { &[1, 13, 64] };
            for size in steps {
                let (events, _, end) = replay(&recording, recording.body.as_bytes().chunks(*size));
                assert_eq!(end, Ok(()), "{}", recording.name);
                assert_eq!(raw(&events), recording.body.as_bytes(), "{}", recording.name);
                assert_eq!(meaning(&events), meaning(&whole), "{}", recording.name);
            }
        }
    }
}

#[test]
fn every_stream_tells_the_usage_that_its_blocks_tell() {
    for recording in fixtures::all().into_iter().filter(|it| it.is_stream && it.status == 200) {
        let (_, tap, _) = replay(&recording, recording.body.as_bytes().chunks(37));
        let told = oracle::usage(&recording);
        assert_eq!(tap.reported(), told, "{}", recording.name);
        assert_eq!(tap.reported_is_final(), told.is_some(), "{}", recording.name);
        assert_eq!(tap.parts_violations(), 0, "{}", recording.name);
    }
}

#[test]
fn every_whole_answer_tells_the_usage_that_its_block_tells() {
    for recording in fixtures::all().into_iter().filter(|it| !it.is_stream && it.status == 200) {
        let answer = read_answer(recording.dialect, recording.body.as_bytes()).unwrap();
        assert_eq!(answer.usage, oracle::usage(&recording), "{}", recording.name);
        assert_eq!((answer.empty, answer.violation), (false, false), "{}", recording.name);
        let sound = |usage: Usage| usage.check() == Ok(()) && usage != Usage::default();
        assert!(answer.usage.is_none_or(sound), "{}", recording.name);
    }
}

#[test]
fn the_only_recordings_without_usage_are_those_whose_caller_did_not_ask() {
    let silent = fixtures::all().into_iter().filter(|it| it.status == 200 && oracle::usage(it).is_none());
    let names: Vec<String> = silent.map(|it| it.name.split('#').next().unwrap().to_owned()).collect();
    let mut names = names;
    names.dedup();
    assert_eq!(
        names,
        [
            "azure/stream-text-stream-content-filter-first-chunk-1.json",
            "azure/stream-text-stream-content-filter-first-chunk-2.json",
            "openai-compat/stream-tool-call-1.json",
            // A block of zeros.
            "openai-responses/json-tcn-1.json",
        ]
    );
}

#[test]
fn a_stream_cut_after_any_event_but_the_last_is_truncated() {
    for recording in fixtures::all().into_iter().filter(|it| it.is_stream && it.status == 200) {
        let (events, ..) = replay(&recording, [recording.body.as_bytes()]);
        let terminal = events.iter().position(|event| event.kind == Kind::Terminal).unwrap();
        // Gemini's last event tells the end; its connection's end has no bytes.
        let ends_itself = recording.dialect == Dialect::Gemini;
        let terminal = if ends_itself { terminal - 1 } else { terminal };
        let mut at = 0;
        for (n, event) in events.iter().enumerate().take(terminal + 1) {
            // Of a long stream the beginning, the end, and samples of the middle.
            if n < 20 || n + 20 > events.len() || n % 50 == 0 {
                // At the event's beginning, in its middle, and before its last word is whole.
                let end = event.raw.iter().rposition(|byte| !byte.is_ascii_whitespace()).map_or(0, |last| last + 1);
                for cut in [at, at + end / 2, at + if ends_itself { end } else { event.raw.len() }.saturating_sub(3)] {
                    let (_, _, end) = replay(&recording, [&recording.body.as_bytes()[..cut]]);
                    assert_eq!(end, Err(Fault::Truncated), "{} cut at {cut}", recording.name);
                }
            }
            at += event.raw.len();
        }
    }
}

#[test]
fn every_stream_has_content_before_its_one_terminal_event_and_its_text_is_read_once() {
    for recording in fixtures::all().into_iter().filter(|it| it.is_stream && it.status == 200) {
        let (events, mut tap, _) = replay(&recording, [recording.body.as_bytes()]);
        let kinds = meaning(&events);
        assert_eq!(kinds.iter().filter(|kind| **kind == Kind::Terminal).count(), 1, "{}", recording.name);
        assert_eq!(kinds.last(), Some(&Kind::Terminal), "{}", recording.name);
        assert!(kinds.contains(&Kind::Content), "{}", recording.name);
        let compact =
            |text: String| if recording.dialect == Dialect::Gemini { text.replace([' ', '\n'], "") } else { text };
        assert_eq!(compact(tap.take_output_text()), compact(oracle::text(&recording)), "{}", recording.name);
        assert!(tap.take_output_text().is_empty(), "text is taken once");
    }
}

#[test]
fn the_chunk_that_tells_only_usage_is_hidden_from_a_caller_who_did_not_ask() {
    for recording in successful_streams("openai-chat") {
        let mut tap = StreamTap::new(recording.dialect, true);
        tap.push(Bytes::from(recording.body.clone())).unwrap();
        let mut events = Vec::new();
        drain(&mut tap, &mut events);
        let hidden: Vec<&Event> = events.iter().filter(|event| event.hidden).collect();
        let says_usage = |event: &Event| String::from_utf8_lossy(&event.raw).contains("\"prompt_tokens\"");
        assert!(hidden.iter().all(|event| event.kind == Kind::Usage && says_usage(event)), "{}", recording.name);
        assert_eq!(hidden.len(), events.iter().filter(|event| says_usage(event)).count(), "{}", recording.name);
    }
}
