// Names the console's assets by their content, compresses them, and lists them for the server's build script
// (`assets.txt`: name, file, media type). Writes only what changed, so that cargo sees no change where there is none.
// A compressed wasm over 700 KB fails the build: the console must stay quick on a phone.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const [work, fixed, out, profile] = process.argv.slice(2);
const LIMIT = 700_000;
const TYPES = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  wasm: "application/wasm",
  svg: "image/svg+xml",
  woff2: "font/woff2",
};
const extension = (name) => name.slice(name.lastIndexOf(".") + 1);
const release = profile === "wasm-release";

mkdirSync(out, { recursive: true });
const kept = new Set(["assets.txt"]);
const list = [];
const named = new Map();

function put(name, bytes) {
  const type = TYPES[extension(name)];
  if (!type) return;
  const hash = createHash("sha256").update(bytes).digest("base64url").slice(0, 12);
  const file = name.replace(/\.([^.]+)$/, `.${hash}.$1`);
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: release ? 11 : 4 } };
  const forms = { [file]: () => bytes };
  if (extension(name) !== "woff2") {
    forms[`${file}.br`] = () => brotliCompressSync(bytes, quality);
    forms[`${file}.gz`] = () => gzipSync(bytes, { level: release ? 9 : 1 });
  }
  for (const [form, make] of Object.entries(forms)) {
    kept.add(form);
    if (!existsSync(join(out, form))) writeFileSync(join(out, form), make());
  }
  named.set(name, file);
  list.push([name, file, type].join("\t"));
}

for (const name of readdirSync(fixed).sort()) put(name, readFileSync(join(fixed, name)));
// The stylesheet names the font as cargo-leptos serves it, at the root; here it has its hashed name.
let css = readFileSync(join(work, "turnpike.css"), "utf8");
for (const [name, file] of named) css = css.replaceAll(`/${name}`, `/pkg/${file}`);
put("turnpike.css", Buffer.from(css));
put("turnpike.js", readFileSync(join(work, "turnpike.js")));
put("turnpike.wasm", readFileSync(join(work, "turnpike.wasm")));

const text = `${list.join("\n")}\n`;
const listing = join(out, "assets.txt");
if (!existsSync(listing) || readFileSync(listing, "utf8") !== text) writeFileSync(listing, text);
for (const file of readdirSync(out)) if (!kept.has(file)) rmSync(join(out, file));

const size = (file) => readFileSync(join(out, file)).length;
const wasm = named.get("turnpike.wasm");
console.log(`console: wasm ${size(wasm)} bytes, ${size(`${wasm}.br`)} in brotli, ${size(`${wasm}.gz`)} in gzip (limit ${LIMIT})`);
if (release && size(`${wasm}.br`) > LIMIT) {
  console.error("error: the console's wasm is over its limit");
  process.exit(1);
}
