#!/usr/bin/env bash
# What the relay charges beside what PyPI's litellm and genai-prices say at the same price row: every recording with usage, and
# TURNPIKE_TEST_RANDOM_USAGES (1000) random ones. Not in CI: litellm takes 400 MB, so it has an environment of its own.
source "$(dirname "$0")/say.sh"

venv="$TARGET/prices"
wanted=end2end/prices/requirements.txt
if [[ ! $venv/turnpike-ready -nt $wanted ]]; then
  say "making $venv: litellm and genai-prices (about 400 MB)"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$wanted"
  touch "$venv/turnpike-ready"
fi
# As the suites build it: built alone it would be another program, without the fault points that they look for.
scripts/cargo-suite.sh
TURNPIKE_BIN="$TARGET/debug/turnpike" "$venv/bin/python" -m pytest end2end/prices -q -s -W ignore
