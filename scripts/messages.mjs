// From cargo's messages (--message-format=json-diagnostic-rendered-ansi) on standard input: shows the compiler's words, adds
// a line for each warning to the file named, and prints one line for each test program built (package, its folder, the
// target's name, the file).
import { appendFileSync } from "node:fs";
import { dirname } from "node:path";
import { createInterface } from "node:readline";

const warnings = process.argv[2];
for await (const line of createInterface({ input: process.stdin })) {
  if (!line.startsWith("{")) continue;
  const message = JSON.parse(line);
  if (message.reason === "compiler-message") {
    process.stderr.write(message.message.rendered);
    if (message.message.level === "warning") appendFileSync(warnings, `${message.message.message}\n`);
  }
  if (message.reason !== "compiler-artifact" || !message.profile.test || !message.executable) continue;
  if (message.target.kind.includes("bench")) continue;
  const folder = dirname(message.manifest_path);
  const name = /[#/]([\w-]+)@/.exec(message.package_id)?.[1] ?? folder.split("/").pop();
  console.log([name, folder, message.target.name, message.executable].join("\t"));
}
