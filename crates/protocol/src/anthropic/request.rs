//! A Messages request. Source: <https://docs.anthropic.com/en/api/messages>.

use crate::request::{BadRequest, InPath, RequestHead, Walk, fields};

pub(super) fn read(walk: Walk<'_>, _: Option<&InPath>) -> Result<RequestHead, BadRequest> {
    let (model, model_span) = fields::model(&walk)?;
    fields::messages(&walk)?;
    let stream = fields::switch("stream", walk.stream)?;
    let Some(max_output) = fields::limit("max_tokens", walk.max_tokens)? else {
        return Err(BadRequest::new("The field `max_tokens` is missing."));
    };
    Ok(RequestHead {
        model,
        stream,
        max_output: Some(max_output),
        // A Messages stream always tells its usage, and has one answer.
        include_usage: true,
        choices: 1,
        referenced_media: walk.referenced_media,
        model_span,
        model_in_body: true,
        input_bound: None,
        service_tier: walk.service_tier(),
        is_form: false,
        ask_usage: None,
    })
}
