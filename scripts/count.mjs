// Adds up the closing lines of a suite's log: cargo test, pytest, Playwright. Prints "passed failed".
import { readFileSync } from "node:fs";

const log = readFileSync(process.argv[2], "utf8").replaceAll(/\x1b\[[0-9;]*m/g, "");
let passed = 0;
let failed = 0;
for (const line of log.split("\n")) {
  const cargo = /^test result: \w+\. (\d+) passed; (\d+) failed;/.exec(line);
  const pytest = /^=*\s*(?=.*\d+ (?:passed|failed|error)).* in [\d.]+s/.test(line);
  const playwright = /^\s+(\d+) (passed|failed|flaky|did not run)\b/.exec(line);
  if (cargo) {
    passed += Number(cargo[1]);
    failed += Number(cargo[2]);
  } else if (pytest) {
    passed += Number(/(\d+) passed/.exec(line)?.[1] ?? 0);
    for (const bad of line.matchAll(/(\d+) (?:failed|errors?)/g)) failed += Number(bad[1]);
  } else if (playwright) {
    if (playwright[2] === "passed") passed += Number(playwright[1]);
    else failed += Number(playwright[1]);
  }
}
console.log(passed, failed);
