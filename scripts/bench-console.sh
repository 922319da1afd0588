#!/usr/bin/env bash
# The console's figures, with the release binary.
source "$(dirname "$0")/say.sh"

node scripts/bench-console.mjs "$TARGET/release/turnpike" "${ROWS:-100000}"
