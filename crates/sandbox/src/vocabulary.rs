//! The sandbox's vocabulary: a token is one word, that is, one run of characters that are not Unicode white space.
//!
//! Anybody can count it again (`len(text.split())`), so a bill can be checked without this code. A text is streamed as one
//! piece a word; the pieces put together are the text, byte for byte.

/// The fixed text of `sandbox/lorem`, which goes round.
const LOREM: [&str; 16] = [
    "lorem",
    "ipsum",
    "dolor",
    "sit",
    "amet",
    "consectetur",
    "adipiscing",
    "elit",
    "sed",
    "do",
    "eiusmod",
    "tempor",
    "incididunt",
    "ut",
    "labore",
    "magna",
];

/// How many tokens a text is.
pub(crate) fn count(text: &str) -> u64 {
    text.split_whitespace().fold(0, |words, _| words + 1)
}

/// The text up to the end of its `limit`th word, and whether that left words out.
pub(crate) fn first_words(text: &str, limit: u64) -> (&str, bool) {
    let mut rest = text;
    for _ in 0..limit {
        match next_piece(rest) {
            Some((_, after)) => rest = after,
            None => return (text, false),
        }
    }
    if rest.trim_start().is_empty() {
        return (text, false);
    }
    (text.get(..text.len() - rest.len()).unwrap_or(text), true)
}

/// Splits a text after its first word; the last piece takes the white space behind it. `None` if the text is empty.
fn next_piece(text: &str) -> Option<(&str, &str)> {
    if text.is_empty() {
        return None;
    }
    let word_at = text.len() - text.trim_start().len();
    let word = text.get(word_at..)?;
    let after = word.find(char::is_whitespace).map_or(text.len(), |length| word_at + length);
    let (piece, rest) = text.split_at_checked(after)?;
    if rest.trim_start().is_empty() { Some((text, "")) } else { Some((piece, rest)) }
}

/// `words` words of the fixed text.
pub(crate) fn lorem(words: u64) -> String {
    let mut text = String::with_capacity(usize::try_from(words).unwrap_or(0).saturating_mul(7));
    let mut pieces = Pieces::lorem(words);
    while let Some(piece) = pieces.next_piece() {
        text.push_str(piece);
    }
    text
}

/// The content of an answer, piece by piece.
#[derive(Debug)]
pub(crate) enum Pieces {
    /// A text, a word at a time.
    Words { text: String, at: usize },
    /// The fixed text, without making it first.
    Lorem { done: u64, words: u64, piece: String },
    /// The arguments of a tool call, some bytes at a time.
    Fragments { text: String, at: usize },
}

/// About how long a fragment of a tool call's arguments is, in bytes.
const FRAGMENT: usize = 12;

impl Pieces {
    /// A text, a word at a time.
    pub(crate) fn words(text: String) -> Self {
        Self::Words { text, at: 0 }
    }

    /// The fixed text, a word at a time.
    pub(crate) fn lorem(words: u64) -> Self {
        Self::Lorem { done: 0, words, piece: String::with_capacity(16) }
    }

    /// A JSON text, some bytes at a time.
    pub(crate) fn fragments(text: String) -> Self {
        Self::Fragments { text, at: 0 }
    }

    /// Whether there is no next piece.
    pub(crate) fn is_done(&self) -> bool {
        match self {
            Self::Words { text, at } | Self::Fragments { text, at } => *at == text.len(),
            Self::Lorem { done, words, .. } => done == words,
        }
    }

    /// The next piece.
    pub(crate) fn next_piece(&mut self) -> Option<&str> {
        match self {
            Self::Words { text, at } => {
                let (piece, _) = next_piece(text.get(*at..)?)?;
                *at += piece.len();
                Some(piece)
            }
            Self::Lorem { done, words, piece } => {
                if done == words {
                    return None;
                }
                piece.clear();
                if *done > 0 {
                    piece.push(' ');
                }
                let index = usize::try_from(*done % LOREM.len() as u64).unwrap_or(0);
                piece.push_str(LOREM.get(index).copied().unwrap_or_default());
                *done += 1;
                Some(piece)
            }
            Self::Fragments { text, at } => {
                let rest = text.get(*at..).filter(|rest| !rest.is_empty())?;
                let end = (FRAGMENT..rest.len()).find(|end| rest.is_char_boundary(*end)).unwrap_or(rest.len());
                *at += end;
                rest.get(..end)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(mut pieces: Pieces) -> Vec<String> {
        let mut found = Vec::new();
        while let Some(piece) = pieces.next_piece() {
            found.push(piece.to_owned());
        }
        found
    }

    #[test]
    fn pieces_are_one_a_word_and_join_to_the_text() {
        for text in ["", "one", " one  two\n", "a\u{3000}b c", "data: [DONE]\r\n\u{2028}event: x", "   "] {
            let pieces = all(Pieces::words(text.to_owned()));
            assert_eq!(pieces.concat(), text);
            let expected = if text.is_empty() { 0 } else { count(text).max(1) };
            assert_eq!(pieces.len() as u64, expected, "{text:?}");
        }
    }

    #[test]
    fn the_fixed_text_has_exactly_the_words_asked_for() {
        for words in [0, 1, 15, 16, 17, 1000] {
            assert_eq!(count(&lorem(words)), words);
        }
        assert_eq!(lorem(3), "lorem ipsum dolor");
    }

    #[test]
    fn a_text_is_cut_after_whole_words() {
        assert_eq!(first_words("one two  three", 2), ("one two", true));
        assert_eq!(first_words("one two \n", 2), ("one two \n", false));
        assert_eq!(first_words(" one", 5), (" one", false));
        assert_eq!(first_words("one", 0), ("", true));
    }

    #[test]
    fn fragments_never_split_a_character() {
        let text = "{\"stadt\":\"Zürich — 東京都東京都東京都\"}".to_owned();
        assert_eq!(all(Pieces::fragments(text.clone())).concat(), text);
    }
}
