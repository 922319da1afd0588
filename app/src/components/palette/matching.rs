//! Where a text is in a name, whatever the case of their letters.

use std::ops::Range;

/// The bytes of `name` that are `text`; `None`: it is not in there. The empty text is in every name.
pub fn held(name: &str, text: &str) -> Option<Range<usize>> {
    name.char_indices()
        .map(|(start, _)| start)
        .chain([name.len()])
        .find_map(|start| name.get(start..).and_then(|rest| begins(rest, text)).map(|length| start..start + length))
}

/// How many bytes of `name`'s beginning are `text`.
fn begins(name: &str, text: &str) -> Option<usize> {
    let mut rest = name.chars();
    let all = text.chars().all(|c| rest.next().is_some_and(|other| c.to_lowercase().eq(other.to_lowercase())));
    all.then(|| name.len() - rest.as_str().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_in_any_case_and_language() {
        for (name, text, part) in [
            ("Northwind", "WIND", Some("wind")),
            ("Models & prices", "& P", Some("& p")),
            ("ÉCOLE", "éco", Some("ÉCO")),
            ("İstanbul İş", "iş", None),
            ("请求密钥", "密钥", Some("密钥")),
            ("Home", "", Some("")),
            ("", "a", None),
            ("ab", "abc", None),
            ("aab", "ab", Some("ab")),
        ] {
            assert_eq!(held(name, text).map(|at| &name[at]), part, "{name} {text}");
        }
    }
}
