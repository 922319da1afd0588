#!/usr/bin/env bash
# The store's contract, on SQLite and on a PostgreSQL that the tests start and stop themselves.
source "$(dirname "$0")/../say.sh"

scripts/cargo-suite.sh store
