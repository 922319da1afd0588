#!/usr/bin/env bash
# The console in a real browser: desktop, phone, without JavaScript.
source "$(dirname "$0")/../say.sh"

scripts/console.sh
scripts/cargo-suite.sh
TURNPIKE_BIN="$TARGET/debug/turnpike" node_modules/.bin/playwright test --config end2end/playwright.config.ts

# Every page's picture, in both themes, wide and narrow; `make e2e` renews them.
if [[ -n ${RENEW_PICTURES:-} ]]; then
  mkdir -p end2end/screenshots
  cp end2end/test-results/pictures/*.png end2end/screenshots/
fi
