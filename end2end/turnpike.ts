// The server under test, and what every test gets: a signed-in-able place of its own worker, and a page that fails the test
// when the browser complains.
import { test as base, expect, type Page } from "@playwright/test";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export { expect };

export const ADMIN = { email: "ada@turnpike.example", password: "a barrier half open" };
const START_MS = 30_000;

export class Turnpike {
  private log = "";
  private listeners = new Set<() => void>();

  // Where it answers, as it said.
  origin = "";

  private constructor(
    private process: ChildProcess,
    private data: string,
  ) {
    const hear = (text: Buffer) => {
      this.log += text;
      for (const listener of this.listeners) listener();
    };
    process.stdout?.on("data", hear);
    process.stderr?.on("data", hear);
  }

  // The database, for what no call can do.
  get database(): string {
    return join(this.data, "data", "turnpike.db");
  }

  // The real binary on a port that it takes itself, with an empty data directory. Its environment is clean: the tests' own must not
  // configure it.
  static async start(port = 0, settings: Record<string, string> = {}): Promise<Turnpike> {
    const program = process.env.TURNPIKE_BIN;
    if (!program) throw new Error("TURNPIKE_BIN names the binary under test: run `make e2e`");
    const data = mkdtempSync(join(tmpdir(), "turnpike-e2e-"));
    const child = spawn(program, ["serve", "--quickstart", "--listen", `127.0.0.1:${port}`, "--data-dir", join(data, "data")], {
      env: { PATH: process.env.PATH, ...settings },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const turnpike = new Turnpike(child, data);
    try {
      turnpike.origin = await turnpike.printed(/(http:\S+)\/setup\//);
      await turnpike.printed(/(sk-tp-[\w-]+)/);
    } catch (error) {
      await turnpike.stop();
      throw error;
    }
    return turnpike;
  }

  // What the server printed, as soon as it did.
  printed(pattern: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      const fail = (why: string) => finish(() => reject(new Error(`${why}: ${pattern}\n${this.log}`)));
      const limit = setTimeout(() => fail("not printed in time"), START_MS);
      const ended = () => fail("the server ended before it printed");
      const look = () => {
        const found = pattern.exec(this.log);
        if (found) finish(() => resolve(found[1] ?? found[0]));
      };
      const finish = (then: () => void) => {
        clearTimeout(limit);
        this.listeners.delete(look);
        this.process.off("exit", ended);
        then();
      };
      this.listeners.add(look);
      this.process.once("exit", ended);
      look();
    });
  }

  setupLink = async () => `${this.origin}/setup/${await this.printed(/\/setup\/([\w-]+)/)}`;
  key = () => this.printed(/(sk-tp-[\w-]+)/);

  // What a form posts, without a browser.
  post(path: string, form: Record<string, string>, headers: Record<string, string> = { origin: this.origin }) {
    return fetch(this.origin + path, { method: "POST", body: new URLSearchParams(form), headers, redirect: "manual" });
  }

  async setUp(): Promise<void> {
    const token = await this.printed(/\/setup\/([\w-]+)/);
    const answer = await this.post("/fn/set_up", { token, ...ADMIN });
    expect(answer.status, (await answer.text()).slice(0, 300)).toBe(200);
  }

  // The same with the key of the first tenant.
  relay = async (model = "sandbox/echo", more: Record<string, unknown> = {}, status = 200) =>
    this.call(await this.key(), model, more, status);

  // A call of the management API by the admin, with a session of its own.
  async api(method: string, path: string, body?: unknown): Promise<any> {
    this.session ??= await this.signedIn(ADMIN.email, ADMIN.password);
    const answer = await fetch(`${this.origin}/api/v1${path}`, {
      method,
      headers: { cookie: this.session, origin: this.origin, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    expect(answer.ok, `${method} ${path}: ${answer.status} ${text.slice(0, 300)}`).toBe(true);
    return text ? JSON.parse(text) : null;
  }

  private session?: string;

  private async signedIn(email: string, password: string): Promise<string> {
    const answer = await this.post("/fn/sign_in", { email, password });
    const cookie = answer.headers.getSetCookie().find((one) => one.startsWith("turnpike_session="));
    if (!cookie) throw new Error(`no session: ${answer.status}`);
    return cookie.split(";")[0]!;
  }

  private async chat(secret: string, model: string, more: Record<string, unknown>) {
    const answer = await fetch(`${this.origin}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
      body: JSON.stringify({ model, messages: [{ role: "user", content: "Hello, barrier" }], ...more }),
    });
    return { answer, text: await answer.text() };
  }

  // The status of a call with this key.
  ask = async (secret: string) => (await this.chat(secret, "sandbox/echo", {})).answer.status;

  // A call with this key that must be answered with `status`; what it cost, as the answer's header says.
  async call(secret: string, model: string, more: Record<string, unknown> = {}, status = 200): Promise<string> {
    const { answer, text } = await this.chat(secret, model, more);
    expect(answer.status, text.slice(0, 300)).toBe(status);
    return answer.headers.get("x-turnpike-cost-usd") ?? "no cost";
  }

  async stop(): Promise<void> {
    const closed = new Promise((done) => this.process.once("close", done));
    if (this.process.exitCode === null) {
      this.process.kill("SIGTERM");
      await closed;
    }
    rmSync(this.data, { recursive: true, force: true });
  }
}

// What the browser complains about: everything in the console but the statuses a test expects, every failed request.
class Complaints {
  readonly heard: string[] = [];
  private expected = new Set<number>();

  constructor(page: Page, scripted: boolean) {
    // A browser told to run no scripts still reports those it was asked to preload.
    const idle = (text: string) => !scripted && /\/pkg\/turnpike\.[\w-]+\.(js|wasm)/.test(text);
    page.on("console", (message) => {
      if (!["error", "warning"].includes(message.type()) || idle(message.text())) return;
      const status = Number(/status of (\d+)/.exec(message.text())?.[1]);
      if (!this.expected.has(status)) this.heard.push(`${message.type()}: ${message.text()}`);
    });
    page.on("pageerror", (error) => this.heard.push(`exception: ${error.message}`));
    page.on("requestfailed", (request) => {
      const why = request.failure()?.errorText;
      // Aborted is what the page itself took back, as whoever leaves it does: nothing has failed then. Chromium also says so of
      // about half of the streamed answers that a plain fetch() has read to their end.
      if (why !== "net::ERR_ABORTED" && !idle(request.url())) this.heard.push(`failed: ${request.url()} ${why}`);
    });
  }

  expect(...statuses: number[]) {
    for (const status of statuses) this.expected.add(status);
  }
}

export const test = base.extend<{ complaints: Complaints; home: Page }, { turnpike: Turnpike }>({
  turnpike: [
    async ({}, use) => {
      const turnpike = await Turnpike.start();
      try {
        await turnpike.setUp();
        await use(turnpike);
      } finally {
        await turnpike.stop();
      }
    },
    { scope: "worker" },
  ],
  baseURL: async ({ turnpike }, use) => use(turnpike.origin),
  complaints: [
    async ({ page, javaScriptEnabled }, use) => {
      const complaints = new Complaints(page, javaScriptEnabled);
      await use(complaints);
      expect(complaints.heard, "what the browser complained about").toEqual([]);
    },
    { auto: true },
  ],
  // The home page of somebody signed in.
  home: async ({ page }, use) => {
    await signIn(page);
    await expect(page.getByRole("heading", { name: "Home", level: 1 })).toBeVisible();
    // The frame around the page, its keys among it, comes once it is known who is there.
    await page.locator("#nav").waitFor({ state: "attached" });
    await use(page);
  },
});

export async function signIn(page: Page, password = ADMIN.password, email = ADMIN.email) {
  await page.goto("/sign-in");
  await ready(page);
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

// A page is hydrated once its scripts have run; without JavaScript it is ready at once.
export async function ready(page: Page) {
  if (base.info().project.use.javaScriptEnabled !== false) await page.locator("html[data-hydrated]").waitFor({ state: "attached" });
}

export async function openNavigation(page: Page) {
  const burger = page.getByRole("button", { name: "Open navigation" });
  if (await burger.isVisible()) await burger.click();
}
