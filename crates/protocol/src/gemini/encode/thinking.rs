//! How a Gemini is told to think: from 3 on by a level, 2.5 by a budget, older ones not at all.
//! Source: <https://ai.google.dev/gemini-api/docs/thinking>.

use crate::form::{
    effort::{Amount, Effort},
    loss::Losses,
    request::Request,
    target::Target,
};
use serde_json::{Value, json};

/// What a 2.5 model takes at least and at most, and whether it can be told not to think.
const PRO: (u64, u64, bool) = (128, 32_768, false);
const FLASH: (u64, u64, bool) = (1, 24_576, true);
const FLASH_LITE: (u64, u64, bool) = (512, 24_576, true);

/// The field `thinkingConfig`.
pub(super) fn config(request: &Request, target: &Target<'_>, losses: &mut Losses) -> Option<Value> {
    let thinking = request.thinking?;
    let told = thinking.told.unwrap_or(true) && thinking.amount != Amount::Off;
    match version(target.model) {
        Some(version) if version < (2, 5) => {
            if thinking.amount != Amount::Off {
                losses.note("thinking", "left out; this model does not think");
            }
            None
        }
        Some(version) if version >= (3, 0) => {
            if thinking.amount == Amount::Adaptive {
                return Some(json!({ "includeThoughts": told }));
            }
            let effort = thinking.amount.effort();
            if effort.is_none() {
                losses.note("thinking", "cannot be off at this model; as little as it takes");
            }
            Some(json!({"includeThoughts": told, "thinkingLevel": level(effort, target.model)}))
        }
        _ => {
            let (least, most, can_be_off) = limits(target.model);
            let budget = match thinking.amount {
                Amount::Off if can_be_off => json!(0),
                Amount::Off => {
                    losses.note("thinking", "cannot be off at this model; as little as it takes");
                    json!(least)
                }
                Amount::Adaptive => json!(-1),
                amount => json!(amount.budget().unwrap_or(least).clamp(least, most)),
            };
            Some(json!({"includeThoughts": told, "thinkingBudget": budget}))
        }
    }
}

/// Google's word for an effort; Pro knows no `minimal`.
fn level(effort: Option<Effort>, model: &str) -> &'static str {
    match effort {
        None | Some(Effort::Minimal) if !model.contains("pro") => "minimal",
        None | Some(Effort::Minimal | Effort::Low) => "low",
        Some(Effort::Medium) => "medium",
        Some(Effort::High | Effort::XHigh | Effort::Max) => "high",
    }
}

fn limits(model: &str) -> (u64, u64, bool) {
    match model {
        model if model.contains("flash-lite") => FLASH_LITE,
        model if model.contains("pro") => PRO,
        _ => FLASH,
    }
}

/// `gemini-2.5-flash` and `gemini-3-pro-preview` as numbers. `None` for names of another kind.
pub(super) fn version(model: &str) -> Option<(u32, u32)> {
    let (_, name) = model.split_once("gemini-")?;
    let number = name.split('-').next()?;
    let (major, minor) = number.split_once('.').unwrap_or((number, "0"));
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_names() {
        for (model, want) in [
            ("gemini-2.5-flash", Some((2, 5))),
            ("gemini-3-pro-preview", Some((3, 0))),
            ("models/gemini-1.5-flash-002", Some((1, 5))),
            ("gemini-flash-latest", None),
            ("sandbox/echo", None),
        ] {
            assert_eq!(version(model), want, "{model}");
        }
    }
}
