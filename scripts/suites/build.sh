#!/usr/bin/env bash
# Everything compiles, formatted and without a warning: the console for the browser, every test program, the binary under
# test, and the gateway alone (the relay must build without Leptos). Clippy reads along (scripts/test.sh): a second pass of
# its own would go through every dependency once more.
source "$(dirname "$0")/../say.sh"

# Without the list of programs the other suites have nothing to run; a warning must not keep them from running.
warnings="$TARGET/suites/warnings"
rm -f "$TARGET/suites/programs.tsv" "$warnings"
scripts/console.sh
scripts/cargo-suite.sh
# With the workspace's features: the gateway's own would mean most dependencies once more.
"$CARGO" test --workspace --exclude frontend --no-default-features --features app/ssr --bin turnpike --no-run --quiet \
  --message-format=json-diagnostic-rendered-ansi | node scripts/messages.mjs "$warnings" >/dev/null
"$CARGO" fmt --all --check
[[ ! -e $warnings ]] || die "$(sort "$warnings" | uniq | wc -l) kinds of warnings, shown above"
