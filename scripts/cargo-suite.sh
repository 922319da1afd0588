#!/usr/bin/env bash
# Runs the test programs named: PACKAGE for all of a package's, PACKAGE/NAME for one, -PACKAGE/NAME to leave one out.
# Every test program of the workspace is built by one cargo call: naming packages one by one would resolve their features
# apart and build the dependencies several times over. Without arguments it only builds.
source "$(dirname "$0")/say.sh"

programs="$TARGET/suites/programs.tsv"
mkdir -p "$TARGET/suites"
"$CARGO" test --workspace --exclude frontend --all-targets --no-run --quiet --message-format=json-diagnostic-rendered-ansi |
  node scripts/messages.mjs "$TARGET/suites/warnings" >"$programs.$$"
mv "$programs.$$" "$programs"
(($# > 0)) || exit 0
status=0
while IFS=$'\t' read -r package folder name program; do
  [[ " $* " == *" $package "* || " $* " == *" $package/$name "* ]] || continue
  [[ " $* " != *" -$package/$name "* ]] || continue
  echo "--- $package: $name"
  (cd "$folder" && "$program" --quiet) || status=1
done <"$programs"
exit $status
