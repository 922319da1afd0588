//! A request. Source: <https://platform.openai.com/docs/api-reference/embeddings/create>.

use crate::request::{BadRequest, InPath, RequestHead, Scalar, Walk, fields};

pub(super) fn read(walk: Walk<'_>, _: Option<&InPath>) -> Result<RequestHead, BadRequest> {
    let (model, model_span) = fields::model(&walk)?;
    match walk.input {
        Scalar::Text | Scalar::List => {}
        Scalar::Absent => return Err(BadRequest::new("The field `input` is missing.")),
        _ => return Err(BadRequest::new("The field `input` must be a string or an array.")),
    }
    if fields::switch("stream", walk.stream)? {
        return Err(BadRequest::new("The field `stream` must be false: embeddings are not streamed."));
    }
    Ok(RequestHead {
        model,
        stream: false,
        // Nothing is written.
        max_output: Some(0),
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
