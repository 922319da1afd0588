//! The language of a page: chosen by cookie, else by `Accept-Language`, else English. The server's first byte has it already.

use crate::refusal::Refusal;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// A language the console speaks. Its words are in [`crate::words`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Language {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
    /// Simplified Chinese.
    #[serde(rename = "zh")]
    Chinese,
}

impl Language {
    /// All, in the order they are offered.
    pub const ALL: [Self; 2] = [Self::English, Self::Chinese];

    /// The word in the cookie and the form.
    pub fn word(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh",
        }
    }

    /// The tag in `<html lang>` (BCP 47).
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh-CN",
        }
    }

    /// What its speakers call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Chinese => "中文",
        }
    }

    /// Reads a word or a tag, by its first part.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let first = tag.trim().split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| language.word().eq_ignore_ascii_case(first))
    }

    /// The one of ours that `Accept-Language` (RFC 9110, 12.5.4) likes best.
    pub fn accepted(header: &str) -> Option<Self> {
        let offers = header.split(',').filter_map(|offer| {
            let (tag, parameters) = offer.split_once(';').unwrap_or((offer, ""));
            let weight = match parameters.trim().strip_prefix("q=") {
                None => 1_000,
                Some(q) => thousandths(q),
            };
            Some((Self::from_tag(tag)?, weight)).filter(|(_, weight)| *weight > 0)
        });
        // Of equals the first.
        offers.reduce(|best, one| if one.1 > best.1 { one } else { best }).map(|(language, _)| language)
    }
}

/// `0.85` as 850; what is not such a number is 0.
fn thousandths(q: &str) -> u16 {
    let (whole, part) = q.trim().split_once('.').unwrap_or((q.trim(), ""));
    let digits: String = part.chars().chain("000".chars()).take(3).collect();
    match (whole, digits.parse::<u16>()) {
        ("1", _) => 1_000,
        ("0", Ok(part)) => part,
        _ => 0,
    }
}

/// Remembers the language for a year, and shows this page again in it.
#[server(prefix = "/fn", endpoint = "set_language")]
pub async fn set_language(language: Language, back: String) -> Result<(), Refusal> {
    let cookie = format!("language={}; Path=/; Max-Age=31536000; SameSite=Lax", language.word());
    crate::leptos_port::answer_header(http::header::SET_COOKIE, &cookie);
    // To a page of ours only.
    let ours = back.starts_with('/') && !back.starts_with("//") && !back.contains(['\\', '\r', '\n']);
    crate::leptos_port::redirect(if ours { &back } else { "/" });
    Ok(())
}

/// The language of this page, for every component.
pub fn provide() {
    provide_context(stored());
}

/// The language of this page; inside a server function that of its request.
pub fn current() -> Language {
    use_context().unwrap_or_else(stored)
}

/// What the request says.
#[cfg(feature = "ssr")]
pub fn stored() -> Language {
    use crate::leptos_port::{cookie, header};
    let chosen = cookie("language").and_then(|word| Language::from_tag(&word));
    let accepted = || header(&http::header::ACCEPT_LANGUAGE).and_then(|line| Language::accepted(&line));
    chosen.or_else(accepted).unwrap_or_default()
}

/// What the server wrote into the page.
#[cfg(not(feature = "ssr"))]
fn stored() -> Language {
    let tag = document().document_element().and_then(|html| html.get_attribute("lang"));
    tag.and_then(|tag| Language::from_tag(&tag)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_liked_of_ours_is_taken() {
        for (header, language) in [
            ("zh-CN,zh;q=0.9,en;q=0.8", Some(Language::Chinese)),
            ("de, en;q=0.5, zh;q=0.6", Some(Language::Chinese)),
            ("EN-gb", Some(Language::English)),
            ("en;q=0, zh;q=0.1", Some(Language::Chinese)),
            ("en, zh", Some(Language::English)),
            ("fr, *;q=0.1", None),
            ("zh;q=2", None),
            ("", None),
        ] {
            assert_eq!(Language::accepted(header), language, "{header}");
        }
    }

    #[test]
    fn a_language_survives_its_word_and_its_tag() {
        for language in Language::ALL {
            assert_eq!(Language::from_tag(language.word()), Some(language));
            assert_eq!(Language::from_tag(language.tag()), Some(language));
        }
    }
}
