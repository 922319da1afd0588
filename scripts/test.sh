#!/usr/bin/env bash
# Runs the suites of $SUITES (all of them by default), each within its budget in minutes; prints the time each took and, at
# the end, one line "N passed, N failed" over all of them. A suite over its budget is stopped and has failed.
source "$(dirname "$0")/say.sh"

declare -A budget=([build]=15 [unit]=5 [store]=5 [server]=10 [sdk]=6 [storm]=8 [browser]=12)
declare -A needs=([build]="wasm bindgen node" [unit]="" [store]=postgresql [server]="postgresql redis nginx" [sdk]="python node"
  [storm]=postgresql [browser]="wasm bindgen node chromium")
SUITES="${SUITES:-build unit store server sdk storm browser}"

topics=cc
for suite in $SUITES; do
  [[ -v "budget[$suite]" ]] || die "no suite '$suite'; there are: ${!budget[*]}"
  topics+=" ${needs[$suite]}"
done
# shellcheck disable=SC2086
scripts/setup.sh $(printf '%s\n' $topics | sort -u)

# Clippy compiles the workspace's crates in rustc's place, so that each is read once for its code and its lints.
export RUSTC_WORKSPACE_WRAPPER=clippy-driver
logs="$TARGET/suites"
mkdir -p "$logs"
passed=0 failed=0 summary=""
for suite in $SUITES; do
  say "suite $suite (at most ${budget[$suite]} min)"
  started=$SECONDS status=0
  timeout --kill-after=10 "${budget[$suite]}m" "scripts/suites/$suite.sh" 2>&1 | tee "$logs/$suite.log" || status=$?
  read -r ok bad < <(node scripts/count.mjs "$logs/$suite.log")
  ((status == 0 || bad > 0)) || bad=1
  ((status != 124 && status != 137)) || say "suite $suite was over its budget"
  passed=$((passed + ok)) failed=$((failed + bad))
  took=$((SECONDS - started))
  summary+="$(printf '%-8s %3d:%02d of %2d:00  %4d passed, %d failed' "$suite" $((took / 60)) $((took % 60)) "${budget[$suite]}" "$ok" "$bad")"$'\n'
  # Nothing can be learnt from suites whose programs did not build.
  [[ $suite != build || -e $logs/programs.tsv ]] || break
done
printf '\n%s\n%d passed, %d failed\n' "$summary" "$passed" "$failed"
((failed == 0))
