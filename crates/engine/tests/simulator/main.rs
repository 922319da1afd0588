//! The engine under paused time, with upstreams, a wallet, callers and a plan of faults that all come from one number: what
//! happens once happens again. Holds the invariants of ARCHITECTURE.md.
//!
//! `TURNPIKE_TEST_SEEDS` sets how many numbers are tried (1 000 by default, 10 000 in `make storm`), `TURNPIKE_TEST_SEED` one to
//! run alone. One that fails is printed, and kept in `seeds.txt`, whose numbers are tried first.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation is a failed test")]

mod caller;
mod checks;
mod upstream;
mod wallet;
mod world;

use std::{io::Write as _, panic::AssertUnwindSafe};

const KEPT: &str = include_str!("seeds.txt");

fn number(name: &str) -> Option<u64> {
    #[expect(clippy::disallowed_methods, reason = "the size of a run is set from outside")]
    std::env::var(name).ok()?.parse().ok()
}

/// One whole run: deterministic, as nothing in it knows of anything but the seed.
fn run(seed: u64) -> checks::Summary {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(world::live(seed))
}

fn keep(seed: u64) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/simulator/seeds.txt");
    if !KEPT.lines().any(|line| line == seed.to_string())
        && let Ok(mut file) = std::fs::File::options().append(true).open(path)
    {
        let _ = writeln!(file, "{seed}");
    }
}

#[test]
fn no_seed_violates_an_invariant() {
    if let Some(seed) = number("TURNPIKE_TEST_SEED") {
        println!("{:?}", run(seed));
        return;
    }
    let kept = KEPT.lines().filter_map(|line| line.parse().ok());
    let mut total = checks::Summary::default();
    for seed in kept.chain(0..number("TURNPIKE_TEST_SEEDS").unwrap_or(1_000)) {
        match std::panic::catch_unwind(AssertUnwindSafe(|| run(seed))) {
            Ok(summary) => total.add(&summary),
            Err(panic) => {
                eprintln!("seed {seed} fails: run it alone with TURNPIKE_TEST_SEED={seed}");
                keep(seed);
                std::panic::resume_unwind(panic);
            }
        }
    }
    eprintln!("    {total:?}");
    assert!(total.is_lively(), "too little happened for this to mean anything: {total:?}");
}

#[test]
fn the_same_seed_is_the_same_run() {
    assert_eq!(run(7), run(7));
}
