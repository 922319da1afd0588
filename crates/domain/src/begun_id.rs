//! The beginning of a request's id, as people copy it: `01935a00-0000`, with or without its dashes.

use crate::ids::RequestId;
use std::ops::RangeInclusive;

/// The fewest digits: with fewer, words like "add" would mean requests.
const FEWEST: usize = 4;
/// The digits of a whole id.
const WHOLE: usize = 32;

/// The ids that begin with this text; `None` where none can.
pub fn begun(text: &str) -> Option<RangeInclusive<RequestId>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .filter(|c| *c != '-')
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .take(WHOLE + 1)
        .collect();
    let digits = digits.filter(|digits| (FEWEST..=WHOLE).contains(&digits.len()))?;
    let filled = |rest: u8| {
        let mut all = digits.iter().copied().chain(std::iter::repeat(rest));
        let mut byte = || Some((all.next()? << 4) | all.next()?);
        RequestId(std::array::from_fn(|_| byte().unwrap_or_default()))
    };
    Some(filled(0)..=filled(0xf))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_among_those_that_begin_as_it_does() {
        let id = RequestId([0x01, 0x93, 0x5a, 0, 0xff, 0, 0x70, 1, 2, 3, 4, 5, 6, 7, 8, 255]);
        let text = id.to_string();
        for end in 4..=text.len() {
            assert!(begun(&text[..end]).is_some_and(|ids| ids.contains(&id)), "{}", &text[..end]);
        }
        assert_eq!(begun(&text), Some(id..=id));
        assert_eq!(begun(&text.to_uppercase().replace('-', "")), Some(id..=id));
        assert!(!begun("01935b").is_some_and(|ids| ids.contains(&id)));
    }

    #[test]
    fn words_begin_no_id() {
        for text in ["", "019", "01-9", "north", "01935a00x", "０１９３", "01935a00-0000-7001-0203-0405060708090"] {
            assert_eq!(begun(text), None, "{text}");
        }
    }
}
