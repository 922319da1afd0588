#!/usr/bin/env bash
# What needs no database, network or browser: unit and property tests, recordings, documentation's examples.
source "$(dirname "$0")/../say.sh"

scripts/cargo-suite.sh domain protocol engine sandbox testkit app
"$CARGO" test --workspace --exclude frontend --doc --quiet
