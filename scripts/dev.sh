#!/usr/bin/env bash
# Rebuilds and restarts on every save. With cargo-leptos that is `cargo leptos watch`, which also reloads the browser;
# without it (it takes a quarter of an hour to install) scripts/dev.mjs does the same but the reloading.
source "$(dirname "$0")/say.sh"

scripts/setup.sh cc wasm bindgen node
arguments=(serve --quickstart --data-dir "${DATA:-data}" --listen "${LISTEN:-127.0.0.1:8080}")
if command -v cargo-leptos >/dev/null; then
  exec "$CARGO" leptos watch -- "${arguments[@]}"
fi
exec node scripts/dev.mjs "$TARGET/debug/turnpike" "${arguments[@]}"
