// Watches the sources, builds what changed (the console quickly and big, the server in the dev profile) and restarts the
// server. A failed build leaves the old one running. Ends with Ctrl-C, and the server with it.
import { spawn } from "node:child_process";
import { watch } from "node:fs";

const [program, ...serve] = process.argv.slice(2);
const CONSOLE = ["app", "frontend", "style", "crates/domain"];
const SERVER = ["server", "crates", "migrations", "catalog"];

const run = (command, args) =>
  new Promise((done) => spawn(command, args, { stdio: "inherit" }).on("close", (code) => done(code === 0)));

let server;
async function stop() {
  const old = server;
  server = undefined;
  if (!old || old.exitCode !== null) return;
  const closed = new Promise((done) => old.once("close", done));
  old.kill("SIGTERM");
  await closed;
}

let changed = new Set(["console", "server"]);
let building = false;
async function build() {
  if (building) return;
  building = true;
  while (changed.size > 0) {
    const now = changed;
    changed = new Set();
    let good = !now.has("console") || (await run("scripts/console.sh", ["--dev"]));
    good = good && (await run(process.env.CARGO ?? "cargo", ["build", "--quiet", "-p", "server", "--bin", "turnpike"]));
    if (good && changed.size === 0) {
      await stop();
      server = spawn(program, serve, { stdio: "inherit" });
    }
  }
  building = false;
}

let waiting;
function notice(kind) {
  changed.add(kind);
  clearTimeout(waiting);
  // Editors save in several steps.
  waiting = setTimeout(build, 100);
}
for (const folder of CONSOLE) watch(folder, { recursive: true }, () => notice("console"));
for (const folder of SERVER) watch(folder, { recursive: true }, () => notice("server"));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => stop().then(() => process.exit(0)));
build();
