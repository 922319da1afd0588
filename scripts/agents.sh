#!/usr/bin/env bash
# Claude Code, Codex and Gemini CLI through the relay, each to a scripted provider of each dialect. Not in CI: the three take
# a gigabyte. Everything stays on loopback: their homes are temporary, and the only address they are given is the relay's.
source "$(dirname "$0")/say.sh"

agents="$TARGET/agents"
wanted=end2end/agents/package-lock.json
if [[ ! $agents/node_modules/.package-lock.json -nt $wanted ]]; then
  say "npm install: Claude Code, Codex and Gemini CLI as locked, into $agents (about 1 GB)"
  mkdir -p "$agents"
  cp end2end/agents/package.json "$wanted" .npmrc "$agents/"
  # Nothing has to be compiled; only Claude Code's script is run, which puts its program for this platform in place.
  (cd "$agents" && npm install --no-save --ignore-scripts --loglevel=error && npm rebuild @anthropic-ai/claude-code --loglevel=error)
  touch "$agents/node_modules/.package-lock.json"
fi
"$CARGO" build -p server --bin turnpike
TURNPIKE_BIN="$TARGET/debug/turnpike" AGENTS="$agents/node_modules/.bin" .venv/bin/python -m pytest end2end/agents -q
