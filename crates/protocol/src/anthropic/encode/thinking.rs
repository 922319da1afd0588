//! How a Claude is told to think. Older models take a budget, from 4.6 on they decide by themselves and take an effort.
//! Sources: <https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking>,
//! <https://docs.anthropic.com/en/docs/build-with-claude/adaptive-thinking>.

use crate::form::{
    effort::{Amount, Effort, MIN_BUDGET},
    loss::Losses,
    request::{Request, Role, What},
    signature::Maker,
    target::Target,
};
use serde_json::{Value, json};

/// Room for the answer beside the thoughts.
const MIN_ANSWER: u64 = 1_024;

/// What was decided.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Plan {
    pub thinks: bool,
    /// The field `thinking`.
    pub field: Option<Value>,
    /// The word in `output_config`.
    pub effort: Option<&'static str>,
    /// The model takes neither temperature nor `top_p` at all.
    pub fixed_sampling: bool,
}

/// Decides.
pub(super) fn plan(request: &Request, target: &Target<'_>, max_tokens: u64, losses: &mut Losses) -> Plan {
    let version = version(target.model);
    let fixed_sampling = version.is_some_and(|version| version >= (4, 7));
    let none = Plan { fixed_sampling, ..Plan::default() };
    let Some(thinking) = request.thinking else { return none };
    if thinking.amount == Amount::Off {
        return none;
    }
    if awaits_thoughts(request) {
        losses.note("thinking", "off: the last turn's thoughts are not Anthropic's");
        return none;
    }
    if let Some(version) = version.filter(|version| *version >= (4, 6)) {
        let effort = thinking.amount.effort().map(|effort| word(effort, version));
        return Plan { thinks: true, field: Some(json!({"type": "adaptive"})), effort, fixed_sampling };
    }
    let budget = thinking.amount.budget().unwrap_or_else(|| Effort::Medium.budget());
    let room = max_tokens.saturating_sub(MIN_ANSWER);
    let budget = budget.max(MIN_BUDGET).min(room);
    if budget < MIN_BUDGET {
        losses.note("thinking", "off: the limit on output tokens leaves no room");
        return none;
    }
    let field = json!({"type": "enabled", "budget_tokens": budget});
    Plan { thinks: true, field: Some(field), effort: None, fixed_sampling }
}

/// Anthropic's word for an effort.
fn word(effort: Effort, version: (u32, u32)) -> &'static str {
    match effort {
        Effort::Minimal | Effort::Low => "low",
        Effort::Medium => "medium",
        Effort::High => "high",
        Effort::XHigh if version >= (4, 7) => "xhigh",
        Effort::XHigh | Effort::Max => "max",
    }
}

/// `claude-opus-4-8` and `claude-haiku-4-5-20251001` as numbers; a date is no version. `None` for names of another kind.
fn version(model: &str) -> Option<(u32, u32)> {
    let (_, name) = model.split_once("claude-")?;
    let mut numbers = name.split(['-', '@', '.', ':']).filter_map(|part| part.parse::<u32>().ok()).filter(|n| *n < 100);
    Some((numbers.next()?, numbers.next().unwrap_or(0)))
}

/// Whether the conversation is between a call and its result, and the turn that called was not thought by Claude: with
/// thinking on, Anthropic refuses that.
fn awaits_thoughts(request: &Request) -> bool {
    let mut turns = request.turns.iter().rev();
    let answered = turns.next().is_some_and(|turn| {
        turn.role == Role::User && turn.blocks.iter().any(|block| matches!(block.what, What::ToolResult(_)))
    });
    let Some(caller) = turns.next().filter(|turn| answered && turn.role == Role::Assistant) else { return false };
    let signed = |what: &What| match what {
        What::Reasoning(reasoning) => reasoning.signature.as_ref().is_some_and(|it| it.maker == Maker::Anthropic),
        _ => false,
    };
    !caller.blocks.iter().any(|block| signed(&block.what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_names() {
        for (model, want) in [
            ("claude-opus-4-8", Some((4, 8))),
            ("claude-sonnet-5", Some((5, 0))),
            ("claude-haiku-4-5-20251001", Some((4, 5))),
            ("claude-3-7-sonnet-20250219", Some((3, 7))),
            ("anthropic.claude-opus-4-6-v1:0", Some((4, 6))),
            ("claude-sonnet-4@20250514", Some((4, 0))),
            ("sandbox/echo", None),
        ] {
            assert_eq!(version(model), want, "{model}");
        }
    }
}
