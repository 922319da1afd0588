//! What the crate costs on every request: `cargo bench -p protocol`. Prints nanoseconds a call, the best of several rounds.
#![expect(clippy::print_stdout, reason = "a bench prints")]

use bytes::Bytes;
use domain::dialect::Dialect::{Anthropic, OpenaiChat};
use http::HeaderMap;
use protocol::{
    answer::read_answer,
    count::{Counter, Family},
    request::RequestHead,
    stream::StreamTap,
    upstream::UpstreamTemplate,
};
use std::{hint::black_box, time::Instant};

fn bench<T>(name: &str, mut call: impl FnMut() -> T) {
    const CALLS: u32 = 2_000;
    let round = |call: &mut dyn FnMut() -> T| {
        let began = Instant::now();
        for _ in 0..CALLS {
            black_box(call());
        }
        began.elapsed().as_nanos() / u128::from(CALLS)
    };
    let best = (0..20).map(|_| round(&mut call)).min().unwrap_or_default();
    println!("{name:<44} {best:>8} ns");
}

fn main() {
    let text = "Words and words, \\\"quoted\\\" and\\nbroken. ".repeat(20);
    let body = Bytes::from(format!(
        r#"{{"model":"gpt-4o-mini","messages":[{{"role":"system","content":"Be brief."}},{{"role":"user","content":"{text}"}}],"temperature":0.7,"max_tokens":100,"stream":true}}"#
    ));
    bench(&format!("request of {} bytes: read", body.len()), || RequestHead::read(OpenaiChat, None, &body));
    let large =
        Bytes::from(format!(r#"{{"model":"m","messages":[{{"role":"user","content":"{}"}}]}}"#, text.repeat(128)));
    bench(&format!("request of {} bytes: read", large.len()), || RequestHead::read(OpenaiChat, None, &large));
    if let Ok(head) = RequestHead::read(OpenaiChat, None, &body) {
        bench("request: splice model and usage", || head.splice(&body, "gpt-4o-mini-2024-07-18"));
    }
    let answer = r#"{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hello! How can I help you today?","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":19,"completion_tokens":10,"total_tokens":29,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},"service_tier":"default","system_fingerprint":"fp_1"}"#;
    bench(&format!("chat answer of {} bytes: read", answer.len()), || read_answer(OpenaiChat, answer.as_bytes()));
    let answer = r#"{"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[{"type":"text","text":"Hello! How can I help you today?"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":12,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":10,"service_tier":"standard"}}"#;
    bench(&format!("messages answer of {} bytes: read", answer.len()), || read_answer(Anthropic, answer.as_bytes()));
    let chunk = Bytes::from_static(b"data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" hello\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null,\"obfuscation\":\"abc\"}\n\n");
    let mut tap = StreamTap::new(OpenaiChat, true);
    bench("chat event: push, take, text", || (tap.push(chunk.clone()), tap.next_event(), tap.take_output_text()));
    let chunk = Bytes::from_static(b"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\" hello\"}}\n\n");
    let mut tap = StreamTap::new(Anthropic, true);
    bench("messages event: push, take, text", || (tap.push(chunk.clone()), tap.next_event(), tap.take_output_text()));
    let mut counter = Counter::new(Family::of("gpt-4o"));
    bench("count one more word", || counter.push(" hello"));
    if let Ok(template) =
        UpstreamTemplate::new(domain::dialect::Provider::Openai, OpenaiChat, "https://api.openai.com/v1", None)
    {
        let caller = HeaderMap::new();
        bench("head for the upstream", || template.head(&caller, "m", true));
    }
}
