//! Thought signatures. The field holds bytes as base64, in either alphabet, and Google's clients decode it: what another
//! maker signed stands there as base64 too.
//!
//! Callers of this dialect keep the signatures of texts and calls; thoughts they may forget, as Google's own agent does. So
//! a thought that another maker signed rides, words and all, in the signature of the part after it.

use crate::form::{
    request::Reasoning,
    signature::{Maker, Signature},
};
use base64::{
    Engine as _,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde_json::{Value, json};

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const PLAIN: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);
const IN_ADDRESSES: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);

/// How base64 of [`crate::form::signature::TAG`] begins, in both alphabets.
pub(super) const TAG: &str = "dHVybnBpa2Uu";

/// A signature for the field.
pub(super) fn write(signature: &Signature) -> String {
    if signature.maker == Maker::Google {
        return signature.data.clone();
    }
    PLAIN.encode(signature.in_field_of(Maker::Google))
}

/// The field's signature; `None` for an empty or broken one.
pub(super) fn read(field: &str) -> Option<Signature> {
    if !field.starts_with(TAG) {
        return (!field.is_empty()).then(|| Signature::new(Maker::Google, field));
    }
    let bytes = PLAIN.decode(field).or_else(|_| IN_ADDRESSES.decode(field)).ok()?;
    Signature::from_field_of(Maker::Google, std::str::from_utf8(&bytes).ok()?)
}

/// Thoughts that another maker signed, until a part comes in which they ride.
#[derive(Debug, Default)]
pub(super) struct Riders(Vec<Reasoning>);

/// What begins their field, in base64's clear text.
const THOUGHTS: &str = "turnpike.thoughts.";

impl Riders {
    /// Takes a thought up if it is signed by another maker; hands any other back.
    pub fn board(&mut self, thought: Reasoning) -> Option<Reasoning> {
        if thought.signature.as_ref().is_none_or(|signature| signature.maker == Maker::Google) {
            return Some(thought);
        }
        self.0.push(thought);
        None
    }

    /// Lets them ride in the part, which has no signature of its own.
    pub fn ride(&mut self, part: &mut Value) {
        if self.0.is_empty() || part.get("thoughtSignature").is_some() {
            return;
        }
        let signed = self.0.drain(..).filter_map(|it| Some((it.signature?.in_field_of(Maker::Google), it.text)));
        let signed: Vec<(String, String)> = signed.collect();
        part["thoughtSignature"] = PLAIN.encode(format!("{THOUGHTS}{}", json!(signed))).into();
    }
}

/// The thoughts that ride in a field.
pub(super) fn riders(field: &str) -> Option<Vec<Reasoning>> {
    if !field.starts_with(TAG) {
        return None;
    }
    let bytes = PLAIN.decode(field).or_else(|_| IN_ADDRESSES.decode(field)).ok()?;
    let signed: Vec<(String, String)> = serde_json::from_slice(bytes.strip_prefix(THOUGHTS.as_bytes())?).ok()?;
    let thought = |(signature, text): (String, String)| Reasoning {
        text,
        signature: Signature::from_field_of(Maker::Google, &signature),
        id: None,
    };
    Some(signed.into_iter().map(thought).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thoughts_ride_in_the_part_after_them_and_get_off_as_they_got_on() {
        let thought = |data: &str, text: &str| Reasoning {
            text: text.into(),
            signature: Some(Signature::new(Maker::Anthropic, data)),
            id: None,
        };
        let mut riders = Riders::default();
        let own = Reasoning { signature: Some(Signature::new(Maker::Google, "Cp+/")), ..Reasoning::default() };
        assert_eq!(riders.board(own.clone()), Some(own));
        let (first, second) = (thought("EqQB+/==", "so \u{2028} \"it\""), thought("Abc", ""));
        assert_eq!((riders.board(first.clone()), riders.board(second.clone())), (None, None));
        let mut part = json!({"functionCall": {"name": "f"}});
        riders.ride(&mut part);
        let mut later = json!({"text": "b"});
        riders.ride(&mut later);
        assert_eq!(later, json!({"text": "b"}), "they ride once");
        let field = part["thoughtSignature"].as_str().unwrap();
        assert_eq!(super::riders(field), Some(vec![first, second]));
        assert_eq!((super::riders("Cp+/"), super::riders(&write(&Signature::new(Maker::Openai, "x")))), (None, None));
    }

    #[test]
    fn a_foreign_signature_survives_a_client_that_decodes_it() {
        for data in ["EqQB+/==", "gAAAAA~~~???"] {
            let foreign = Signature { redacted: data.len() > 9, ..Signature::new(Maker::Anthropic, data) };
            let field = write(&foreign);
            assert!(field.starts_with(TAG), "{field}");
            assert_eq!(read(&field), Some(foreign.clone()));
            let again = field.replace('+', "-").replace('/', "_");
            assert_eq!(read(again.trim_end_matches('=')), Some(foreign));
        }
        let own = Signature::new(Maker::Google, "Cp+/Ab==");
        assert_eq!((write(&own), read("Cp+/Ab==")), ("Cp+/Ab==".to_owned(), Some(own)));
        assert_eq!(read(""), None);
    }
}
