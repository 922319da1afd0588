//! Tiers as people type them, a line each: `above 200000 input=2.5 output=15`, `flex input=0.6`, `flex above 200000 input=1`.

use super::{ContextTier, OwnRates, ServiceRates, Tariff, TierName};
use std::fmt::Write as _;

/// A line that is no tier: its number, from 1, and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct BadLine {
    /// Counted from 1.
    pub line: usize,
    /// For a person.
    pub why: String,
}

impl Tariff {
    /// Its tiers, a line each.
    pub fn tier_lines(&self) -> String {
        let mut text = String::new();
        let mut line = |name: Option<TierName>, above: Option<u64>, rates: &OwnRates| {
            let mut words: Vec<String> = name.map(|name| name.to_string()).into_iter().collect();
            words.extend(above.map(|above| format!("above {above}")));
            words.extend(rates.named().map(|(name, rate)| format!("{name}={rate}")));
            let _ = writeln!(text, "{}", words.join(" "));
        };
        for tier in &self.tiers {
            line(None, Some(tier.above), &tier.rates);
        }
        for (name, service) in &self.service_tiers {
            line(Some(*name), None, &service.rates);
            for tier in &service.tiers {
                line(Some(*name), Some(tier.above), &tier.rates);
            }
        }
        text
    }

    /// Puts the tiers of these lines in place of its own.
    ///
    /// # Errors
    /// The first line that is no tier.
    pub fn with_tier_lines(mut self, text: &str) -> Result<Self, BadLine> {
        self.tiers.clear();
        self.service_tiers.clear();
        for (at, line) in text.lines().enumerate() {
            self.add_line(line).map_err(|why| BadLine { line: at + 1, why })?;
        }
        Ok(self)
    }

    fn add_line(&mut self, line: &str) -> Result<(), String> {
        let mut words = line.split_whitespace().peekable();
        let Some(first) = words.peek().copied() else { return Ok(()) };
        let name = if first == "above" || first.contains('=') { None } else { words.next() };
        let name: Option<TierName> =
            name.map(str::parse).transpose().map_err(|e: super::InvalidTierName| e.to_string())?;
        let above = if words.next_if_eq(&"above").is_some() {
            let tokens = words.next().and_then(|tokens| tokens.replace([',', '_'], "").parse::<u64>().ok());
            Some(tokens.ok_or("`above` is followed by a whole number of tokens")?)
        } else {
            None
        };
        let mut rates = OwnRates::default();
        for word in words {
            let (kind, rate) = word.split_once('=').ok_or_else(|| format!("`{word}` is no rate like input=2.5"))?;
            let place = rates.get_mut(kind).ok_or_else(|| format!("`{kind}` is no kind of unit"))?;
            *place = Some(rate.parse().map_err(|why| format!("{kind}: {why}"))?);
        }
        match (name, above) {
            (None, None) => return Err("it begins with `above` or with the name of a service tier".to_owned()),
            (None, Some(above)) => self.tiers.push(ContextTier { above, rates }),
            (Some(name), None) => {
                let service = self.service_tiers.entry(name).or_default();
                *service = ServiceRates { rates, tiers: std::mem::take(&mut service.tiers) };
            }
            (Some(name), Some(above)) => {
                self.service_tiers.entry(name).or_default().tiers.push(ContextTier { above, rates });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiers_are_typed_and_shown_alike() {
        let text = "above 200000 input=2.5 output=15\nflex input=0.6 output=5\nflex above 200000 input=1.25\npriority input=2\n";
        let tariff = Tariff::default().with_tier_lines(text).unwrap();
        assert_eq!(tariff.tier_lines(), text);
        assert_eq!(Tariff::default().with_tier_lines(&format!("\n  {text}\n\n")).unwrap(), tariff);
        assert_eq!(tariff.with_tier_lines("").unwrap(), Tariff::default());
    }

    #[test]
    fn a_line_that_is_no_tier_is_named() {
        for (text, line) in [
            ("input=1", 1),
            ("above x input=1", 1),
            ("flex input=1\nflex inputs=1", 2),
            ("flex input", 1),
            ("flex input=1e3", 1),
            ("default input=1", 1),
        ] {
            assert_eq!(Tariff::default().with_tier_lines(text).unwrap_err().line, line, "{text}");
        }
    }
}
