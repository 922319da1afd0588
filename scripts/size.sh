#!/usr/bin/env bash
# `make size`: ten million usage rows, on PostgreSQL and on SQLite, and how long everything that people look at takes
# (crates/testkit/src/bin/size). It needs about 12 GB under TMPDIR and writes nothing into the tree.
# Sizes: TURNPIKE_TEST_SIZE_ROWS (10000000), TURNPIKE_TEST_SIZE_TIMES (5) each is asked, TURNPIKE_TEST_SIZE_ON
# ("postgres sqlite"). TURNPIKE_TEST_SIZE_KEPT names a folder that keeps the databases for the next run.
set -euo pipefail
cd "$(dirname "$0")/.."

target="${CARGO_TARGET_DIR:-target}"
# The node under measurement runs in a directory of its own, so the path must hold from there.
TURNPIKE_BIN="$(realpath "${TURNPIKE_BIN:-$target/release/turnpike}")"
export TURNPIKE_BIN
exec cargo run --quiet -p testkit --bin size
