#!/usr/bin/env bash
# The providers' own Python clients and Vercel's AI SDK, through the relay to the sandbox.
source "$(dirname "$0")/../say.sh"

[[ -d end2end/sdk ]] || exit 0
scripts/cargo-suite.sh
TURNPIKE_BIN="$TARGET/debug/turnpike" .venv/bin/python -m pytest end2end/sdk -q
