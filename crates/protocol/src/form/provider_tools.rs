//! Tools that a provider runs itself: searching the web, running code. No other provider runs them. A model that may use
//! them does without, which the caller is told; where one must be used, or reaches into the caller's own data or machine,
//! the request is refused. Coding agents offer such tools in every request.

use super::{
    loss::{Losses, cannot},
    request::{Request, ToolChoice},
};
use crate::request::BadRequest;

/// How the kinds begin that a model can do without, in any dialect.
const DISPENSABLE: [&str; 10] = [
    "code_execution",
    "code_interpreter",
    "codeExecution",
    "googleMaps",
    "googleSearch",
    "image_generation",
    "tool_search",
    "urlContext",
    "web_fetch",
    "web_search",
];

/// One of this kind, declared at `path`.
pub(crate) fn declared(request: &mut Request, path: &str, kind: &str) -> Result<(), BadRequest> {
    let told = format!("{path} ({kind})");
    if !DISPENSABLE.iter().any(|begin| kind.starts_with(begin)) {
        return Err(cannot(&told));
    }
    request.provider_tools.push(told);
    Ok(())
}

/// Goes on without them.
pub(crate) fn leave_out(request: &mut Request, losses: &mut Losses) -> Result<(), BadRequest> {
    let Some(first) = request.provider_tools.first() else { return Ok(()) };
    match &request.tool_choice {
        Some(ToolChoice::Any) if request.tools.is_empty() => return Err(cannot(first)),
        Some(ToolChoice::Named(name)) if !request.tools.iter().any(|tool| tool.name == *name) => {
            return Err(cannot("tool_choice"));
        }
        _ => {}
    }
    for told in &request.provider_tools {
        losses.dropped(told);
    }
    if request.tools.is_empty() {
        (request.tool_choice, request.parallel_tools) = (None, None);
    }
    Ok(())
}
