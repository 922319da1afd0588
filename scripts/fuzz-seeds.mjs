// Recorded traffic as seeds of the fuzz targets: a byte that chooses the dialects (crates/protocol/fuzz/src/lib.rs), then
// what came over the wire.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [fixtures, seeds] = process.argv.slice(2);
// Their places in `Dialect::ALL`; families not named speak Chat.
const DIALECTS = 9;
const PLACE = { "openai-responses": 1, "deepseek-responses": 1, xai: 1, vllm: 1, anthropic: 2, gemini: 3, vertex: 3, "openai-completions": 5, embeddings: 6 };
for (const target of ["requests", "answers", "streams"]) mkdirSync(join(seeds, target), { recursive: true });
for (const family of readdirSync(fixtures)) {
  for (const file of readdirSync(join(fixtures, family))) {
    const { mode, interactions } = JSON.parse(readFileSync(join(fixtures, family, file), "utf8"));
    interactions.forEach(({ request, response }, n) => {
      const write = (target, to, text) => {
        const chooses = Buffer.from([(PLACE[family] ?? 0) + 16 * to]);
        writeFileSync(join(seeds, target, `${family}-${file}-${n}-${to}`), Buffer.concat([chooses, Buffer.from(text)]));
      };
      const to = n % DIALECTS;
      if (request?.body) write("requests", to, JSON.stringify(request.body));
      write(mode === "stream" && response.status === 200 ? "streams" : "answers", to, response.body);
    });
  }
}
