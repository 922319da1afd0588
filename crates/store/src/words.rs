//! Text that people type, checked once: names, model names, e-mail addresses. And pages of lists.

use crate::error::{Error, Result};
use std::fmt;

macro_rules! word {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&$name> for crate::db::Value {
            fn from(word: &$name) -> Self {
                Self::from(word.as_str())
            }
        }
    };
}
word!(/// What a person calls a thing: 1 to 200 characters, no control characters, no blanks around.
    Name);
word!(/// A model's name, public or upstream: 1 to 200 characters without blanks or control characters.
    ModelName);
word!(/// An e-mail address in lower case.
    Email);

/// Longer than any name that fits a screen.
const LONGEST: usize = 200;

impl Name {
    /// Reads it; `field` is what the API calls it.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the field.
    pub fn parse(field: &'static str, text: &str) -> Result<Self> {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > LONGEST {
            return Err(Error::invalid(field, "must have 1 to 200 characters"));
        }
        if text.chars().any(char::is_control) {
            return Err(Error::invalid(field, "must not hold control characters"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl ModelName {
    /// Reads it; `field` is what the API calls it.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the field.
    pub fn parse(field: &'static str, text: &str) -> Result<Self> {
        if text.is_empty() || text.chars().count() > LONGEST {
            return Err(Error::invalid(field, "must have 1 to 200 characters"));
        }
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(Error::invalid(field, "must not hold blanks or control characters"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl Email {
    /// Reads an address: one `@` with something on both sides, no blanks. Whether it exists only a mail can tell.
    ///
    /// # Errors
    /// [`Error::Invalid`].
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim().to_lowercase();
        let plain = !text.chars().any(|c| c.is_control() || c.is_whitespace()) && text.len() <= 254;
        match text.split_once('@') {
            Some((local, host)) if plain && !local.is_empty() && !host.is_empty() && !host.contains('@') => {
                Ok(Self(text))
            }
            _ => Err(Error::invalid("email", "not an e-mail address")),
        }
    }
}

/// Which part of a list is asked for. Lists are newest first and go on after the last id seen, so rows that arrive
/// meanwhile neither repeat nor hide one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    limit: i64,
    before: i64,
}

impl Page {
    /// The most rows of one page.
    pub const MAX: u32 = 500;
    /// The rows of a page that does not say.
    pub const DEFAULT: u32 = 50;

    /// The first page.
    pub fn first(limit: u32) -> Self {
        Self { limit: i64::from(limit.clamp(1, Self::MAX)), before: i64::MAX }
    }

    /// Reads `?limit=&cursor=`.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a limit outside 1 to 500 or a cursor that none of our answers held.
    pub fn parse(limit: Option<u32>, cursor: Option<&str>) -> Result<Self> {
        let limit = limit.unwrap_or(Self::DEFAULT);
        if !(1..=Self::MAX).contains(&limit) {
            return Err(Error::invalid("limit", "must be 1 to 500"));
        }
        let before = match cursor {
            None => i64::MAX,
            Some(text) => text.parse().map_err(|_| Error::invalid("cursor", "not a cursor of this list"))?,
        };
        Ok(Self { limit: i64::from(limit), before })
    }

    /// Only rows whose id is below this.
    pub fn before(&self) -> i64 {
        self.before
    }

    /// How many rows to read: one more than is shown tells whether there is a next page.
    pub fn fetch(&self) -> i64 {
        self.limit + 1
    }

    /// Cuts what was read down to the page.
    pub fn cut<T>(&self, mut rows: Vec<T>, id: impl Fn(&T) -> i64) -> Listing<T> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = if more { rows.last().map(|last| id(last).to_string()) } else { None };
        Listing { rows, next_cursor }
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing<T> {
    /// Newest first.
    pub rows: Vec<T>,
    /// What to ask the next page with; `None` at the end.
    pub next_cursor: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_and_bounded() {
        assert_eq!(Name::parse("name", " Acme \u{1f600} ").unwrap().as_str(), "Acme \u{1f600}");
        for bad in ["", "  ", "a\nb", "a\0", &"x".repeat(201)] {
            assert!(Name::parse("name", bad).is_err(), "{bad:?}");
        }
        for bad in ["", "gpt 4", "gpt\t4", &"x".repeat(201)] {
            assert!(ModelName::parse("model", bad).is_err(), "{bad:?}");
        }
        assert!(ModelName::parse("model", "sandbox/echo:1@eu").is_ok());
    }

    #[test]
    fn addresses_are_lower_case_and_plausible() {
        assert_eq!(Email::parse(" Ann@Example.COM ").unwrap().as_str(), "ann@example.com");
        for bad in ["", "ann", "@x", "ann@", "a@b@c", "a b@c", "a@b\n"] {
            assert_eq!(Email::parse(bad).is_ok(), bad == "a@b\n", "{bad:?}: blanks around are trimmed");
        }
    }

    #[test]
    fn a_page_is_cut_and_tells_how_to_go_on() {
        let page = Page::parse(Some(2), None).unwrap();
        assert_eq!(page.cut(vec![9, 8, 7], |n| *n), Listing { rows: vec![9, 8], next_cursor: Some("8".into()) });
        assert_eq!(page.cut(vec![9, 8], |n| *n).next_cursor, None);
        assert!(Page::parse(Some(0), None).is_err() && Page::parse(Some(501), None).is_err());
        assert!(Page::parse(None, Some("x")).is_err());
    }
}
