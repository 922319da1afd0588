#!/usr/bin/env bash
# Builds what the browser gets: the wasm with its JavaScript, the stylesheet, the font; named by their content, compressed
# twice, into $TARGET/console, where the server's build script finds them. `--dev` builds quickly and big.
# The wasm has a target directory of its own: its features must not unify with the server's.
source "$(dirname "$0")/say.sh"

profile=wasm-release
[[ ${1:-} == --dev ]] && profile=dev
folder="${profile/#dev/debug}"
work="$TARGET/wasm/$folder-site"
mkdir -p "$work" "$TARGET/suites"

"$CARGO" build -p frontend --lib --target wasm32-unknown-unknown --profile "$profile" --target-dir "$TARGET/wasm" \
  --message-format=json-diagnostic-rendered-ansi | node scripts/messages.mjs "$TARGET/suites/warnings"
wasm="$TARGET/wasm/wasm32-unknown-unknown/$folder/frontend.wasm"
if [[ ! $work/turnpike.wasm -nt $wasm ]]; then
  # Without wasm-opt: after LLVM's own -Os it saves 2 % in brotli, takes minutes, and makes no page quicker to hydrate.
  wasm-bindgen --target web --no-typescript --remove-name-section --remove-producers-section \
    --out-dir "$work/bindgen" --out-name turnpike "$wasm"
  cp "$work/bindgen/turnpike_bg.wasm" "$work/turnpike.wasm"
  cp "$work/bindgen/turnpike.js" "$work/turnpike.js"
fi
if [[ ! -e $work/turnpike.css || -n "$(find style app/src package-lock.json -newer "$work/turnpike.css" -print -quit)" ]]; then
  node_modules/.bin/tailwindcss --input style/main.css --output "$work/turnpike.css" --minify 2>"$work/tailwind.log" ||
    die "$(cat "$work/tailwind.log")"
  touch "$work/turnpike.css"
fi
node scripts/assets.mjs "$work" style/assets "$TARGET/console" "$profile"
