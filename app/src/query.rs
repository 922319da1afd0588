//! What pages keep in their address.

use crate::clock;
use domain::views::{Range, Span};
use leptos_router::params::ParamsMap;

/// A value that is there and not empty.
pub fn text(query: &ParamsMap, name: &str) -> Option<String> {
    query.get(name).filter(|value| !value.is_empty())
}

/// A value that can be read.
pub fn parsed<T: std::str::FromStr>(query: &ParamsMap, name: &str) -> Option<T> {
    text(query, name)?.parse().ok()
}

/// The range: `range=24h`, or `from=2026-11-23T14:05&to=…` in UTC. What cannot be read is none.
pub fn span(query: &ParamsMap) -> Option<Span> {
    if let Some(range) = parsed::<Range>(query, "range") {
        return Some(Span::Last(range));
    }
    let time = |name: &str| text(query, name).and_then(|text| clock::from_field(&text));
    Some(Span::between(time("from")?, time("to")?))
}

/// Keeps the range; `None` keeps none.
pub fn put_span(query: &mut ParamsMap, span: Option<Span>) {
    for name in ["range", "from", "to"] {
        query.remove(name);
    }
    match span {
        None => {}
        Some(Span::Last(range)) => query.insert("range", range.word().to_owned()),
        Some(Span::Between { from_us, to_us }) => {
            query.insert("from", clock::field(from_us));
            query.insert("to", clock::field(to_us));
        }
    }
}

/// Keeps a value, where there is one.
pub fn put(query: &mut ParamsMap, name: &'static str, value: Option<String>) {
    if let Some(value) = value {
        query.insert(name, value);
    }
}

/// Reads a query string, for tests.
#[cfg(test)]
pub fn read(address: &str) -> ParamsMap {
    let query = address.split_once('?').map_or("", |(_, query)| query);
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), leptos_router::location::Url::unescape(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_survives_its_address() {
        let fixed = Span::between(1_795_442_400_000_000, 1_795_446_000_000_000);
        for asked in Range::ALL.iter().map(|range| Some(Span::Last(*range))).chain([Some(fixed), None]) {
            let mut query = ParamsMap::new();
            put_span(&mut query, asked);
            assert_eq!(span(&read(&format!("/x{}", query.to_query_string()))), asked);
        }
    }

    #[test]
    fn nonsense_is_no_range() {
        for query in ["?range=1y", "?from=x&to=y", "?from=2026-11-23T14:05", ""] {
            assert_eq!(span(&read(query)), None, "{query}");
        }
    }
}
