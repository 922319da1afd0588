//! A whole answer or an error: read, classified, passed on, and told in another dialect.
#![no_main]

use http::HeaderMap;
use libfuzzer_sys::fuzz_target;
use protocol::{
    answer::read_answer,
    error::{classify, relay_caller_error},
    responses::{Told, edit_answer, edit_event},
};
use protocol_fuzz::{USAGE, chosen, way_back};

fuzz_target!(|data: &[u8]| {
    let Some((dialect, other, body)) = chosen(data) else { return };
    let status = 400 + u16::from(body.first().copied().unwrap_or(0));
    let told = Told { id: "resp_1", previous: None, kept: true };
    edit_answer(body, told);
    edit_event(body, told);
    classify(dialect, status, &HeaderMap::new(), body);
    relay_caller_error(dialect, other, status, body);
    if read_answer(dialect, body).is_ok()
        && let Some(way) = way_back(dialect, other, false)
    {
        let _ = way.answer(body, &USAGE);
    }
});
