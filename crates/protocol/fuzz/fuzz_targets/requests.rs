//! A request's body: read, counted, spliced, and told in another dialect. What was read must still be read after a splice.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use protocol::{
    count::{Family, request_tokens},
    request::RequestHead,
    translate,
};
use protocol_fuzz::{chosen, in_path, told};

fuzz_target!(|data: &[u8]| {
    let Some((dialect, other, body)) = chosen(data) else { return };
    request_tokens(dialect, body, Family::Words);
    let Ok(head) = RequestHead::read(dialect, Some(&in_path()), body) else { return };
    let spliced = head.splice(&Bytes::copy_from_slice(body), "another/\"model\"");
    assert!(RequestHead::read(dialect, Some(&in_path()), &spliced).is_ok());
    translate::for_own(dialect, spliced, "gemini-3-pro");
    told(dialect, other, body, head.stream);
});
