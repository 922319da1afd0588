#!/usr/bin/env bash
# Money under concurrency, crashes and outages, in the sizes that fit CI; `make storm` runs the same in full.
source "$(dirname "$0")/../say.sh"

scripts/cargo-suite.sh server/money server/crash server/faults server/two_nodes server/outage
