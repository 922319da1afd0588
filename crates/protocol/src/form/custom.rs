//! Tools that take free text (OpenAI's custom tools) at an upstream that knows only functions: the text travels as the
//! one parameter of a function, and is taken out of it again on the way back.

use super::{
    document::parse,
    piece::{Begin, Step},
    request::{Block, CUSTOM_INPUT, What},
};
use serde_json::Value;

/// The text in a function's arguments.
fn input(arguments: &str) -> Option<String> {
    let arguments = parse(arguments.as_bytes())?;
    arguments.get(CUSTOM_INPUT).and_then(Value::as_str).map(str::to_owned)
}

/// Turns calls of these tools back in a whole answer.
pub(crate) fn in_blocks(blocks: &mut [Block], tools: &[String]) {
    for block in blocks {
        let What::ToolUse(call) = &mut block.what else { continue };
        if call.custom || !tools.contains(&call.name) {
            continue;
        }
        if let Some(text) = input(&call.arguments) {
            call.arguments = text;
            call.custom = true;
        }
    }
}

/// Turns calls of these tools back in a stream: their arguments are kept until they are whole.
#[derive(Debug)]
pub(crate) struct CustomCalls {
    tools: Vec<String>,
    /// The arguments of such a call, while it is open.
    kept: Option<String>,
}

impl CustomCalls {
    pub fn new(tools: Vec<String>) -> Self {
        Self { tools, kept: None }
    }

    /// The steps that are due in place of one.
    pub fn pass(&mut self, step: Step) -> [Option<Step>; 2] {
        match (step, &mut self.kept) {
            (Step::Begin(Begin::ToolUse { id, name, custom: false, signature }), _) if self.tools.contains(&name) => {
                self.kept = Some(String::new());
                [Some(Step::Begin(Begin::ToolUse { id, name, custom: true, signature })), None]
            }
            (Step::Arguments(more), Some(kept)) => {
                kept.push_str(&more);
                [None, None]
            }
            (Step::End, Some(_)) => {
                let kept = self.kept.take().unwrap_or_default();
                [Some(Step::Arguments(input(&kept).unwrap_or(kept))), Some(Step::End)]
            }
            (step, _) => [Some(step), None],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_custom_tools_text_comes_out_of_the_function_whole() {
        let mut calls = CustomCalls::new(vec!["patch".into()]);
        let begin =
            |custom| Step::Begin(Begin::ToolUse { id: "c".into(), name: "patch".into(), custom, signature: None });
        let arguments = |text: &str| Step::Arguments(text.into());
        let steps = [begin(false), arguments(r#"{"input": "a\n"#), arguments(r#"b"}"#), Step::End, arguments("1")];
        let told: Vec<Step> = steps.into_iter().flat_map(|step| calls.pass(step)).flatten().collect();
        assert_eq!(told, [begin(true), arguments("a\nb"), Step::End, arguments("1")]);
    }
}
