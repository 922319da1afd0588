//! How large a run is: CI's short form by default, `make storm` sets the full sizes by environment.

/// The number in `TURNPIKE_TEST_<name>`, or `short`, the size used in CI.
pub fn of(name: &str, short: usize) -> usize {
    std::env::var(format!("TURNPIKE_TEST_{name}")).ok().and_then(|text| text.parse().ok()).unwrap_or(short)
}
