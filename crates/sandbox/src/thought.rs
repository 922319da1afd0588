//! What `sandbox/think` thinks, and the signature that it wants back: a thinking model is only served right by a relay that
//! returns both, letter for letter, as the providers demand of theirs.

use crate::fault::Fault;
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// What a signature says, in clear text, before the thought.
const SIGNED: &str = "thought by the sandbox: ";

/// A thought, and what its maker wants back with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Thought {
    pub(crate) text: String,
    pub(crate) signature: String,
}

impl Thought {
    /// About a text of so many words.
    pub(crate) fn about(words: u64) -> Self {
        let text = format!("A text of {words} words, so it is said again.");
        let signature = STANDARD.encode(format!("{SIGNED}{text}"));
        Self { text, signature }
    }
}

/// A signature in a request, and the thought's text where the dialect tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Returned {
    pub(crate) signature: String,
    pub(crate) text: Option<String>,
}

/// Holds what came back against what was given: every signature is one of ours and of its text, and where one must be there
/// one is.
///
/// # Errors
/// [`Fault::Malformed`], as Anthropic and Google refuse it.
pub(crate) fn check(returned: &[Returned], must_be_there: bool) -> Result<(), Fault> {
    for Returned { signature, text } in returned {
        let signed = STANDARD.decode(signature).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let ours = signed.as_deref().and_then(|signed| signed.strip_prefix(SIGNED));
        if ours.is_none_or(|ours| text.as_ref().is_some_and(|text| text != ours)) {
            return Err(Fault::at("signature", "Invalid `signature` of a thought: it is returned as it was given."));
        }
    }
    if must_be_there && returned.is_empty() {
        return Err(Fault::at("signature", "The thought that led to the tool's call is missing."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thought_comes_back_as_it_was_given() {
        let Thought { text, signature } = Thought::about(3);
        let back = |signature: &str, text: Option<&str>| {
            check(&[Returned { signature: signature.to_owned(), text: text.map(str::to_owned) }], true)
        };
        assert_eq!((back(&signature, Some(&text)), back(&signature, None)), (Ok(()), Ok(())));
        assert!(back(&signature, Some("else")).is_err() && back("AAAA", None).is_err() && back("?", None).is_err());
        assert!(check(&[], true).is_err());
        assert_eq!(check(&[], false), Ok(()));
    }
}
