//! Lengths of time for people: microseconds in, three digits or so out, with their unit.

/// The number and its unit.
pub fn spoken(us: u64) -> (String, &'static str) {
    match us {
        0..1_000 => (us.to_string(), "µs"),
        1_000..10_000 => (format!("{}.{}", us / 1_000, us % 1_000 / 100), "ms"),
        10_000..1_000_000 => ((us / 1_000).to_string(), "ms"),
        1_000_000..60_000_000 => (format!("{}.{:02}", us / 1_000_000, us % 1_000_000 / 10_000), "s"),
        _ => (format!("{}:{:02}", us / 60_000_000, us % 60_000_000 / 1_000_000), "min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_fits_the_length() {
        for (us, number, unit) in [
            (0, "0", "µs"),
            (999, "999", "µs"),
            (1_250, "1.2", "ms"),
            (346_000, "346", "ms"),
            (1_510_000, "1.51", "s"),
            (61_000_000, "1:01", "min"),
        ] {
            assert_eq!(spoken(us), (number.to_owned(), unit));
        }
    }
}
