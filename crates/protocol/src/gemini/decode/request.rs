//! A request. Source: <https://ai.google.dev/api/generate-content#request-body>. Whether it streams stands in its path.

use super::{config, contents, respell, tools};
use crate::{
    form::{document::Fields, loss::cannot, request::Request},
    request::BadRequest,
};
use domain::dialect::Dialect;
use serde_json::Value;

pub(in crate::gemini) fn request(body: Value) -> Result<Request, BadRequest> {
    let mut body = Fields::of("", body)?;
    respell(
        &mut body,
        &["systemInstruction", "generationConfig", "toolConfig", "safetySettings", "cachedContent", "serviceTier"],
    );
    let mut request = Request::new(Dialect::Gemini);
    contents::system(&mut request, &mut body)?;
    contents::all(&mut request, &mut body)?;
    for tool in body.objects("tools")? {
        tools::add(&mut request, tool)?;
    }
    if let Some(config) = body.object("toolConfig")? {
        request.tool_choice = tools::choice(config)?;
    }
    if let Some(config) = body.object("generationConfig")? {
        config::read(&mut request, config)?;
    }
    if body.take("cachedContent").is_some() {
        return Err(cannot("cachedContent"));
    }
    body.take("model");
    request.rest.extend(body.rest());
    Ok(request)
}
