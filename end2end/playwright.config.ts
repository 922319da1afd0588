// Every test runs three times: hydrated on a desktop, on a phone, and without JavaScript. The browser is Debian's Chromium
// without a window (the one with windows takes a third longer for the same pages); it is told to speak to nobody but the
// server under test. TRACE=1 keeps a trace of what failed, which costs another third.
import { defineConfig } from "@playwright/test";

const launchOptions = {
  executablePath: "/usr/bin/chromium-headless-shell",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
};

export default defineConfig({
  testDir: "tests",
  outputDir: "test-results",
  workers: 2,
  fullyParallel: false,
  forbidOnly: true,
  retries: 0,
  // A server that does not start fails every test; a few say it.
  maxFailures: 10,
  // A limit for what hangs; the slowest test takes a third of it on two busy cores.
  timeout: 90_000,
  reporter: [["list"]],
  use: { launchOptions, trace: process.env.TRACE ? "retain-on-failure" : "off", reducedMotion: "reduce" },
  projects: [
    { name: "desktop", use: { viewport: { width: 1440, height: 900 } }, testIgnore: "nojs.spec.ts" },
    { name: "mobile", use: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }, testIgnore: "nojs.spec.ts" },
    { name: "nojs", use: { viewport: { width: 1440, height: 900 }, javaScriptEnabled: false }, testIgnore: ["hydrated.spec.ts", "live.spec.ts", "palette.spec.ts", "pictures.spec.ts"] },
  ],
});
