//! A Responses request. Source: <https://platform.openai.com/docs/api-reference/responses/create>.

use crate::request::{BadRequest, InPath, RequestHead, Scalar, Walk, fields};

pub(super) fn read(walk: Walk<'_>, _: Option<&InPath>) -> Result<RequestHead, BadRequest> {
    let (model, model_span) = fields::model(&walk)?;
    match walk.input {
        Scalar::Text | Scalar::List => {}
        Scalar::Absent => return Err(BadRequest::new("The field `input` is missing.")),
        _ => return Err(BadRequest::new("The field `input` must be a string or an array.")),
    }
    // What a provider keeps for one account would be kept for all tenants of it.
    for (name, value) in [("background", walk.background), ("conversation", walk.conversation)] {
        if !matches!(value, Scalar::Absent | Scalar::Null | Scalar::Bool(false)) {
            let message = format!("The field `{name}` is not supported: the relay keeps no state of this kind.");
            return Err(BadRequest::new(message));
        }
    }
    // Of a tenant whose responses are kept it does not come here: the conversation stands in its place.
    match walk.previous_response_id {
        Scalar::Absent | Scalar::Null => {}
        Scalar::Text => {
            return Err(BadRequest::new(
                "The field `previous_response_id` is not supported: the responses of this account are not kept. Send the \
                 whole conversation, or have them kept.",
            ));
        }
        _ => return Err(BadRequest::new("The field `previous_response_id` must be a string.")),
    }
    Ok(RequestHead {
        model,
        stream: fields::switch("stream", walk.stream)?,
        max_output: fields::limit("max_output_tokens", walk.max_output_tokens)?,
        // A stream of this dialect always tells its usage, and has one answer.
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
