#!/usr/bin/env bash
# rustfmt and clippy, warnings refused: the workspace with the console's server half, then the browser half for wasm.
source "$(dirname "$0")/say.sh"

status=0
"$CARGO" fmt --all --check || status=1
"$CARGO" clippy --workspace --exclude frontend --all-targets --quiet --keep-going -- -D warnings || status=1
"$CARGO" clippy -p app -p frontend --features app/hydrate --lib --target wasm32-unknown-unknown --target-dir "$TARGET/wasm" --quiet -- -D warnings || status=1
exit $status
