#!/usr/bin/env bash
# `make storm`: the suites of server/tests in full size against the release binary's code (goals.md), on both databases.
# CI runs the same tests in their short sizes. Any size can be set from outside.
set -euo pipefail
cd "$(dirname "$0")/.."

export TURNPIKE_TEST_M2_REPETITIONS="${TURNPIKE_TEST_M2_REPETITIONS:-100}"
export TURNPIKE_TEST_M7_STREAMS="${TURNPIKE_TEST_M7_STREAMS:-1000}"
export TURNPIKE_TEST_C1_KILLS="${TURNPIKE_TEST_C1_KILLS:-200}"
export TURNPIKE_TEST_C4_SECONDS="${TURNPIKE_TEST_C4_SECONDS:-30}"
export TURNPIKE_TEST_C4_SILENT_SECONDS="${TURNPIKE_TEST_C4_SILENT_SECONDS:-30}"
export TURNPIKE_TEST_MONEY_SECONDS="${TURNPIKE_TEST_MONEY_SECONDS:-60}"

for suite in money crash outage; do
    begun=$SECONDS
    cargo test --release -p server --test "$suite" -- --nocapture --test-threads=1
    echo "$suite: $((SECONDS - begun)) s"
done
