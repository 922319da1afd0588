# The commands of this repository. Each one first installs what it needs and does not find (scripts/setup.sh says what and
# why), so none of them needs a second try. CARGO_TARGET_DIR is respected; LISTEN and DATA move `make run` elsewhere.

SHELL := /bin/bash
LISTEN ?= 127.0.0.1:8080
DATA ?= data
SUITES ?= build unit store server sdk storm browser
export LISTEN DATA SUITES

.PHONY: help run build dev test lint e2e sdk agents prices bench bench-console storm size fuzz clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {sub(/:.*/, "", $$1); printf "make %-13s %s\n", $$1, $$2}' Makefile

run: ## build what is missing and serve on 127.0.0.1:8080, with a sandbox tenant to try
	@scripts/run.sh

build: ## the release binary target/release/turnpike, console inside: one file to deploy
	@scripts/build.sh

dev: ## rebuild and restart on every save
	@scripts/dev.sh

test: ## everything CI runs; SUITES="unit store" for some of it
	@scripts/test.sh

lint: ## rustfmt and clippy, server and wasm
	@scripts/setup.sh cc wasm
	@scripts/lint.sh

e2e: ## the browser tests, and renewed pictures in end2end/screenshots
	@SUITES="browser" RENEW_PICTURES=1 scripts/test.sh

sdk: ## OpenAI's, Anthropic's and Google's Python clients, and Vercel's AI SDK, against the relay
	@SUITES="sdk" scripts/test.sh

agents: ## Claude Code, Codex and Gemini CLI through the relay to a scripted provider of each dialect
	@scripts/setup.sh cc node python wasm bindgen
	@scripts/agents.sh

prices: ## our charges beside litellm's and genai-prices' for the recordings and 1 000 random usages
	@scripts/setup.sh cc node python
	@scripts/prices.sh

bench: build ## Turnpike beside nginx, on this machine
	@scripts/setup.sh nginx
	@scripts/bench.sh

bench-console: build ## the console's figures: first byte with 100 000 rows, wasm, time to be hydrated
	@scripts/setup.sh node chromium
	@scripts/bench-console.sh

storm: ## crash, outage and concurrency runs in full
	@scripts/setup.sh cc postgresql redis nginx
	@scripts/storm.sh

size: build ## ten million usage rows: every page, list and chart, and a file of a million rows, each held to its goal
	@scripts/setup.sh postgresql
	@scripts/size.sh

fuzz: ## libFuzzer over the protocol's readers, FUZZ_SECONDS (600) each
	@scripts/setup.sh cc node
	@scripts/fuzz.sh

clean: ## remove what was built, keep ./data
	@rm -rf "$${CARGO_TARGET_DIR:-target}" node_modules .venv end2end/test-results end2end/playwright-report
