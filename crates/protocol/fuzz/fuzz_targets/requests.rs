//! A request's body: read, counted, spliced, and told in another dialect. What was read must still be read after a splice.
#![no_main]

use bytes::Bytes;
use domain::dialect::{Dialect, Provider};
use libfuzzer_sys::fuzz_target;
use protocol::{
    count::{Family, request_tokens},
    request::RequestHead,
    responses::Stateful,
    translate::{self, Going},
};
use protocol_fuzz::{chosen, in_path, told};

fuzz_target!(|data: &[u8]| {
    let Some((dialect, other, body)) = chosen(data) else { return };
    request_tokens(dialect, body, Family::Words);
    if let Some(mut asked) = Stateful::read(body) {
        asked.resolve(|_| None);
        Stateful::read(&asked.whole(&[])).expect("what is sent on is read again");
    }
    let Ok(head) = RequestHead::read(dialect, Some(&in_path()), body) else { return };
    let spliced = head.splice(&Bytes::copy_from_slice(body), "another/\"model\"");
    assert!(RequestHead::read(dialect, Some(&in_path()), &spliced).is_ok());
    translate::for_own(dialect, spliced, "gemini-3-pro");
    if dialect == Dialect::Anthropic {
        let vertex = Going { provider: Provider::Vertex, dialect, model: "m", max_output: None };
        let sent = translate::same(&head, &Bytes::copy_from_slice(body), &vertex);
        assert!(RequestHead::read_model(Some(&in_path()), &sent).is_ok(), "it is a document still");
    }
    told(dialect, other, body, head.stream);
});
