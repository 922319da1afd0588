#!/usr/bin/env bash
# `make storm`: the suites of server/tests in full size against the release binary's code (goals.md), on both databases.
# CI runs the same tests in their short sizes. Any size can be set from outside.
set -euo pipefail
cd "$(dirname "$0")/.."

export TURNPIKE_TEST_M2_REPETITIONS="${TURNPIKE_TEST_M2_REPETITIONS:-100}"
export TURNPIKE_TEST_M7_STREAMS="${TURNPIKE_TEST_M7_STREAMS:-1000}"
export TURNPIKE_TEST_C1_KILLS="${TURNPIKE_TEST_C1_KILLS:-200}"
export TURNPIKE_TEST_C1_POWER_KILLS="${TURNPIKE_TEST_C1_POWER_KILLS:-200}"
export TURNPIKE_TEST_C2_ALL="${TURNPIKE_TEST_C2_ALL:-1}"
export TURNPIKE_TEST_WALLET_STREAMS="${TURNPIKE_TEST_WALLET_STREAMS:-200}"
export TURNPIKE_TEST_PARTITIONS="${TURNPIKE_TEST_PARTITIONS:-10}"
export TURNPIKE_TEST_C4_SECONDS="${TURNPIKE_TEST_C4_SECONDS:-30}"
export TURNPIKE_TEST_C4_SILENT_SECONDS="${TURNPIKE_TEST_C4_SILENT_SECONDS:-30}"
export TURNPIKE_TEST_MONEY_SECONDS="${TURNPIKE_TEST_MONEY_SECONDS:-60}"

export TURNPIKE_TEST_F1_REQUESTS="${TURNPIKE_TEST_F1_REQUESTS:-10000}"
export TURNPIKE_TEST_F2_REQUESTS="${TURNPIKE_TEST_F2_REQUESTS:-10000}"
export TURNPIKE_TEST_F3_CUTS="${TURNPIKE_TEST_F3_CUTS:-10000}"
export TURNPIKE_TEST_C4_CLUSTER_SECONDS="${TURNPIKE_TEST_C4_CLUSTER_SECONDS:-30}"
export TURNPIKE_TEST_C5_REQUESTS="${TURNPIKE_TEST_C5_REQUESTS:-20000}"
export TURNPIKE_TEST_D2_ROUNDS="${TURNPIKE_TEST_D2_ROUNDS:-10}"
export TURNPIKE_TEST_L2_SECONDS="${TURNPIKE_TEST_L2_SECONDS:-20}"
export TURNPIKE_TEST_L3_READERS="${TURNPIKE_TEST_L3_READERS:-500}"
export TURNPIKE_TEST_MODEL_OPERATIONS="${TURNPIKE_TEST_MODEL_OPERATIONS:-1000000}"
export TURNPIKE_TEST_MODEL_WORLDS="${TURNPIKE_TEST_MODEL_WORLDS:-16}"
export TURNPIKE_TEST_SEEDS="${TURNPIKE_TEST_SEEDS:-10000}"

prices() { TURNPIKE_TEST_PRICES="${TURNPIKE_TEST_PRICES:-1000000}" cargo test --release -p domain cost_equals_exact_rationals; }
simulator() { cargo test --release -p engine --test simulator -- --nocapture; }
model() { cargo test --release -p store --test money random_operations -- --nocapture --test-threads=1; }

for suite in ${STORM:-prices simulator money two_nodes crash faults outage failover cluster overload drain model}; do
    begun=$SECONDS
    case $suite in
        prices | simulator | model) "$suite" ;;
        *) cargo test --release -p server --test "$suite" -- --nocapture --test-threads=1 ;;
    esac
    echo "$suite: $((SECONDS - begun)) s"
done
