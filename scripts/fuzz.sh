#!/usr/bin/env bash
# `make fuzz`: libFuzzer over everything in crates/protocol that reads foreign bytes, each target for FUZZ_SECONDS (600),
# beginning with the recorded traffic. A finding stops it and stays in $TARGET/fuzz/artifacts.
source "$(dirname "$0")/say.sh"

if ! command -v cargo-fuzz >/dev/null; then
  say "installing cargo-fuzz: it builds and drives the fuzz targets"
  "$CARGO" install cargo-fuzz --version 0.13.1 --locked --root "$TOOLS" --quiet
fi
work="$TARGET/fuzz"
mkdir -p "$work/artifacts"
node scripts/fuzz-seeds.mjs crates/protocol/tests/fixtures "$work/seeds"
# Coverage needs flags that only a nightly compiler takes without being told; the sanitizers are left out, as the code
# has no unsafe block.
export RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$work/target"
cd crates/protocol
for name in ${FUZZ_TARGETS:-requests answers streams}; do
  say "fuzzing $name for ${FUZZ_SECONDS:-600} s"
  mkdir -p "$work/corpus/$name"
  cargo fuzz run --sanitizer none "$name" "$work/corpus/$name" "$work/seeds/$name" -- \
    -max_total_time="${FUZZ_SECONDS:-600}" -timeout=10 -max_len=65536 -artifact_prefix="$work/artifacts/$name-" -print_final_stats=1
done
