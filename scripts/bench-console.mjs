// The console's figures on this machine: the first byte of every page with 100 000 usage rows, the size of the wasm, and how
// long a page takes to be hydrated on a processor slowed four times. Each beside its goal.
import { chromium } from "@playwright/test";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { brotliCompressSync, constants } from "node:zlib";

const [program, rows = "100000"] = process.argv.slice(2);
const ADMIN = { email: "ada@turnpike.example", password: "a barrier half open" };
const PAGES = ["/", "/?range=30d", "/usage?range=30d&by=model", "/usage?range=30d&by=key", "/requests", "/requests?errors=1", "/channels", "/models", "/tenants"];
const GOALS = { firstByteMs: 100, wasmBytes: 700_000, hydratedMs: 1_000 };
const AT_ONCE = 64;

const port = await new Promise((done) => {
  const probe = createServer().listen(0, "127.0.0.1", () => {
    const { port } = probe.address();
    probe.close(() => done(port));
  });
});
const origin = `http://127.0.0.1:${port}`;
const data = mkdtempSync(join(tmpdir(), "turnpike-bench-"));
const server = spawn(program, ["serve", "--quickstart", "--listen", `127.0.0.1:${port}`, "--data-dir", join(data, "data")], {
  env: { PATH: process.env.PATH },
  stdio: ["ignore", "pipe", "pipe"],
});
let log = "";
const heard = new Set();
for (const stream of [server.stdout, server.stderr]) stream.on("data", (text) => ((log += text), heard.forEach((look) => look())));
const printed = (pattern) =>
  new Promise((done) => {
    const look = () => {
      const found = pattern.exec(log);
      if (found) heard.delete(look), done(found[1]);
    };
    heard.add(look);
    look();
  });
const met = (value, goal) => (value <= goal ? "met" : "missed");

try {
  const [token, key] = [await printed(/\/setup\/([\w-]+)/), await printed(/(sk-tp-[\w-]+)/)];
  const post = (path, form) => fetch(origin + path, { method: "POST", body: new URLSearchParams(form), headers: { origin }, redirect: "manual" });
  await post("/fn/set_up", { token, ...ADMIN });
  const signedIn = (await post("/fn/sign_in", ADMIN)).headers.getSetCookie().find((one) => one.startsWith("turnpike_session="));
  const cookie = signedIn.split(";")[0];
  const api = async (path) => (await fetch(`${origin}/api/v1${path}`, { headers: { cookie } })).json();

  let sent = 0;
  const models = ["sandbox/echo", "sandbox/lorem", "sandbox/fail-503"];
  const sender = async () => {
    while (sent < Number(rows)) {
      const model = models[sent++ % 20 === 0 ? 2 : sent % 2];
      const answer = await fetch(`${origin}/v1/chat/completions`, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: JSON.stringify({ model, messages: [{ role: "user", content: "Hi" }], max_tokens: 2 }),
      });
      await answer.arrayBuffer();
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: AT_ONCE }, sender));
  const posted = async () => (await api("/usage/summary")).data[0]?.requests ?? 0;
  while ((await posted()) < sent) await new Promise((done) => setTimeout(done, 200));
  console.log(`${await posted()} usage rows, made in ${Math.round((performance.now() - began) / 1000)} s`);

  console.log("\nfirst byte, ms              median   slowest of 30   goal 100");
  for (const page of PAGES) {
    const times = [];
    for (let i = 0; i < 30; i++) {
      const start = performance.now();
      const answer = await fetch(origin + page, { headers: { cookie, accept: "text/html" } });
      const reader = answer.body.getReader();
      await reader.read();
      times.push(performance.now() - start);
      await reader.cancel();
    }
    times.sort((a, b) => a - b);
    const [median, slowest] = [times[15], times[29]];
    console.log(`${page.padEnd(26)} ${median.toFixed(1).padStart(7)} ${slowest.toFixed(1).padStart(15)}   ${met(slowest, GOALS.firstByteMs)}`);
  }

  const html = await (await fetch(origin, { headers: { cookie } })).text();
  const wasm = /\/pkg\/turnpike\.[\w-]+\.wasm/.exec(html)[0];
  const bytes = Buffer.from(await (await fetch(origin + wasm, { headers: { "accept-encoding": "identity" } })).arrayBuffer());
  const packed = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;
  console.log(`\nwasm ${bytes.length} bytes, ${packed} in brotli, goal ${GOALS.wasmBytes}: ${met(packed, GOALS.wasmBytes)}`);

  console.log("\nhydrated on a processor slowed 4 times, ms   median   slowest of 7   goal 1000");
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium-headless-shell", args: ["--no-sandbox", "--disable-gpu"] });
  try {
    for (const path of ["/", "/usage?range=30d&by=model", "/requests"]) {
      const times = [];
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
      await context.addCookies([{ name: "turnpike_session", value: cookie.split("=")[1], url: origin }]);
      for (let i = 0; i < 8; i++) {
        const page = await context.newPage();
        await (await context.newCDPSession(page)).send("Emulation.setCPUThrottlingRate", { rate: 4 });
        await page.addInitScript(() => {
          new MutationObserver((_, watch) => {
            if (!document.documentElement?.hasAttribute("data-hydrated")) return;
            watch.disconnect();
            window.hydratedAt = performance.now();
          }).observe(document, { attributes: true, childList: true, subtree: true });
        });
        await page.goto(origin + path, { waitUntil: "commit" });
        await page.waitForFunction(() => window.hydratedAt);
        times.push(await page.evaluate(() => window.hydratedAt));
        await page.close();
      }
      await context.close();
      // The first load fills the browser's cache, as a first visit does; those after it are what people have every day.
      const first = times.shift();
      times.sort((a, b) => a - b);
      const [median, slowest] = [times[3], times[6]];
      console.log(
        `${path.padEnd(44)} ${median.toFixed(0).padStart(6)} ${slowest.toFixed(0).padStart(14)}   ${met(slowest, GOALS.hydratedMs)} (first visit ${first.toFixed(0)})`,
      );
    }
  } finally {
    await browser.close();
  }
} finally {
  const closed = new Promise((done) => server.once("close", done));
  server.kill("SIGTERM");
  await closed;
  rmSync(data, { recursive: true, force: true });
}
