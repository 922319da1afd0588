#!/usr/bin/env bash
# The release binary, with the console inside. `make build` and `make run` share it.
source "$(dirname "$0")/say.sh"

scripts/setup.sh cc wasm bindgen node
started=$SECONDS
scripts/console.sh
"$CARGO" build --release -p server --bin turnpike
# The words of store::faults::MARK.
! grep -q "turnpike was built with fault points" "$TARGET/release/turnpike" || die "the release binary has fault points"
say "$TARGET/release/turnpike ($(stat -c %s "$TARGET/release/turnpike" | numfmt --to=iec), $((SECONDS - started)) s)"
