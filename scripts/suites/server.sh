#!/usr/bin/env bash
# The whole server over HTTP: relay, management API, authorisation table, command line.
source "$(dirname "$0")/../say.sh"

scripts/cargo-suite.sh server -server/money -server/crash -server/faults -server/two_nodes -server/outage
