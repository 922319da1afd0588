#!/usr/bin/env bash
# `make bench`: measures the release binary against nginx in the same run (crates/testkit/src/bin/bench). It needs two
# cores, nginx and taskset, and writes nothing into the tree. Sizes: TURNPIKE_TEST_BENCH_ROUNDS (5),
# TURNPIKE_TEST_BENCH_SECONDS (3) a load, TURNPIKE_TEST_BENCH_SUSTAINED (60).
set -euo pipefail
cd "$(dirname "$0")/.."

target="${CARGO_TARGET_DIR:-target}"
export TURNPIKE_BIN="${TURNPIKE_BIN:-$target/release/turnpike}"
if [ ! -x "$TURNPIKE_BIN" ]; then
    echo "There is no $TURNPIKE_BIN: run 'make build' first." >&2
    exit 1
fi
for need in nginx taskset; do
    if ! PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v "$need" >/dev/null; then
        echo "$need is not installed: apt-get install nginx-light util-linux" >&2
        exit 1
    fi
done
# The node under measurement runs in a directory of its own, so the path must hold from there.
TURNPIKE_BIN="$(realpath "$TURNPIKE_BIN")"
exec cargo run --release --quiet -p testkit --bin bench
