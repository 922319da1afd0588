//! What is left out on the way to another dialect, and said so: `x-turnpike-warnings`.

use crate::request::BadRequest;
use serde_json::{Map, Value};

/// What was left out or changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Losses {
    /// Each names a field and what became of it, in ASCII without commas or line breaks.
    pub warnings: Vec<String>,
}

impl Losses {
    /// Notes that a field was left out.
    pub fn dropped(&mut self, field: &str) {
        self.note(field, "left out");
    }

    /// Notes what became of a field.
    pub fn note(&mut self, field: &str, what: &str) {
        let plain = |c: char| if c.is_ascii_graphic() && c != ',' || c == ' ' { c } else { '?' };
        let warning: String = format!("{field}: {what}").chars().take(120).map(plain).collect();
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// Goes through the fields that the form has no place for: those of no consequence for the answer are dropped, any
    /// other is refused by name.
    pub fn judge_rest(&mut self, rest: &Map<String, Value>) -> Result<(), BadRequest> {
        for name in rest.keys() {
            if !HARMLESS.contains(&name.as_str()) {
                return Err(cannot(name));
            }
            self.dropped(name);
        }
        Ok(())
    }
}

/// What a dialect cannot say.
pub(crate) fn cannot(field: &str) -> BadRequest {
    BadRequest::new(format!(
        "The field `{field}` cannot be expressed in the API of the upstream that serves this model."
    ))
}

/// Fields that steer storage, billing, caching or telemetry at their own provider, and not what is answered.
const HARMLESS: [&str; 23] = [
    "betas",
    "client_metadata",
    "context_management",
    "include",
    "inference_geo",
    "labels",
    "mediaResolution",
    "metadata",
    "prediction",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning_format",
    "safetySettings",
    "safety_identifier",
    "serviceTier",
    "service_tier",
    "speed",
    "store",
    "text.verbosity",
    "truncation",
    "user",
    "verbosity",
];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn harmless_fields_are_dropped_with_a_warning_and_others_refused_by_name() {
        let mut losses = Losses::default();
        let rest = |value: Value| value.as_object().cloned().unwrap_or_default();
        assert_eq!(losses.judge_rest(&rest(json!({"store": true, "metadata": {}}))), Ok(()));
        assert_eq!(losses.warnings, ["store: left out", "metadata: left out"]);
        let refused = losses.judge_rest(&rest(json!({"logit_bias": {"50256": -100}}))).unwrap_err();
        assert!(refused.message.contains("`logit_bias`"), "{refused}");
    }

    #[test]
    fn a_warning_can_stand_in_a_header() {
        let mut losses = Losses::default();
        losses.note("a\r\nb: c,ü", "changed");
        assert_eq!(losses.warnings, ["a??b: c??: changed"]);
    }
}
