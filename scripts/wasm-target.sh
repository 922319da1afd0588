#!/usr/bin/env bash
# Builds the wasm32 standard library from the toolchain's own sources, for machines that cannot download it: an empty
# crate makes cargo compile std, whose rlibs then go into the sysroot. Takes half a minute. The bitcode is for `lto = true`.
source "$(dirname "$0")/say.sh"

sysroot="$1"
[[ -d $sysroot/lib/rustlib/src/rust/library ]] || (command -v rustup >/dev/null && rustup component add rust-src) ||
  die "neither the target nor rust-src could be had: rustup target add wasm32-unknown-unknown, then try again"
say "the target could not be downloaded; building it from the toolchain's sources"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
mkdir "$work/src"
printf '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2024"\n[lib]\n[workspace]\n' >"$work/Cargo.toml"
touch "$work/src/lib.rs"
(cd "$work" && RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Cembed-bitcode=yes CARGO_TARGET_DIR="$work/target" \
  cargo build --quiet --release -Zbuild-std=std,panic_abort --target wasm32-unknown-unknown)
lib="$sysroot/lib/rustlib/wasm32-unknown-unknown/lib"
mkdir -p "$lib"
# `empty` itself is left out: two std's in one sysroot, or a stray crate, are errors (E0464).
find "$work/target/wasm32-unknown-unknown/release/deps" -name '*.rlib' ! -name 'libempty-*' -exec cp {} "$lib/" \;
