// Vercel's AI SDK against a relay: every scenario with every provider package, in one process. It prints one JSON document:
// what each scenario found, and every exchange byte for byte, for Python to judge.
import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import { generateText, jsonSchema, Output, stepCountIs, streamText, tool } from "ai";

const { BASE, KEY, KEEPING_KEY, SAID } = process.env;
globalThis.AI_SDK_LOG_WARNINGS = false;
const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const exchanges = [];

// What is sent and what comes back, below the SDK's own parsing.
async function recorded(url, options) {
  const response = await fetch(url, options);
  const exchange = {
    method: options.method ?? "GET", path: decodeURIComponent(new URL(url).pathname),
    request: options.body ? JSON.parse(options.body) : null, status: response.status, headers: [...response.headers],
  };
  exchanges.push(exchange);
  const body = Buffer.from(await response.arrayBuffer());
  exchange.body = body.toString("base64");
  return new Response(body, { status: response.status, headers: response.headers });
}

const openai = createOpenAI({ baseURL: `${BASE}/v1`, apiKey: KEY, fetch: recorded });
const anthropic = createAnthropic({ baseURL: `${BASE}/v1`, apiKey: KEY, fetch: recorded });
const google = createGoogleGenerativeAI({ baseURL: `${BASE}/v1beta`, apiKey: KEY, fetch: recorded });
// As it is by itself: OpenAI keeps what was said, and later turns name it.
const keeping = createOpenAI({ baseURL: `${BASE}/v1`, apiKey: KEEPING_KEY, fetch: recorded });
const clients = {
  openai_chat: (model) => openai.chat(model),
  openai_responses: (model) => openai.responses(model),
  anthropic: (model) => anthropic(model),
  // A model with a slash in its name must say that it is one.
  gemini: (model) => google(`models/${model}`),
};

const city = jsonSchema({ type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false });
const weather = tool({ description: "Tells the weather", inputSchema: city, execute: async ({ city }) => `21 degrees in ${city}` });
// Nothing stays at the provider: what a later turn needs of a thought travels with it.
const openaiOptions = { store: false, include: ["reasoning.encrypted_content"] };
const asked = (more) => ({ maxRetries: 0, maxOutputTokens: 64, providerOptions: { openai: openaiOptions }, ...more });
const thinking = (model) => ({
  ...asked({ model: model("sandbox/think"), tools: { weather }, stopWhen: stepCountIs(3), prompt: "one two three" }),
  maxOutputTokens: 4096,
  providerOptions: {
    openai: { ...openaiOptions, reasoningEffort: "medium", forceReasoning: true },
    anthropic: { thinking: { type: "enabled", budgetTokens: 1024 } },
    google: { thinkingConfig: { thinkingBudget: 1024, includeThoughts: true } },
  },
});
const plain = ({ text, finishReason, usage, toolCalls, reasoningText }) => ({
  text, finishReason, input: usage.inputTokens, output: usage.outputTokens,
  calls: toolCalls.map(({ toolName, input }) => [toolName, input]), reasoning: reasoningText ?? "",
});
async function streamed(options) {
  const stream = streamText({ ...options, onError: () => {} });
  const kinds = [];
  for await (const part of stream.fullStream) {
    if (part.type === "error") throw part.error;
    kinds.push(part.type);
  }
  const read = { kinds };
  for (const name of ["text", "finishReason", "usage", "toolCalls", "reasoningText", "steps"]) read[name] = await stream[name];
  return read;
}
const told = async (options) => plain(await generateText(asked(options)));
const steps = ({ steps, text }) => ({ text, steps: steps.map(plain) });

const scenarios = {
  text: (model) => told({ model: model("sandbox/echo"), system: "be brief", prompt: SAID }),
  stream: async (model) => plain(await streamed(asked({ model: model("sandbox/echo"), system: "be brief", prompt: SAID }))),
  tools: async (model) =>
    steps(await generateText(asked({ model: model("sandbox/tools"), tools: { weather }, stopWhen: stepCountIs(3), prompt: "weather?" }))),
  tools_streamed: async (model) =>
    steps(await streamed(asked({ model: model("sandbox/tools"), tools: { weather }, stopWhen: stepCountIs(3), prompt: "weather?" }))),
  thinking: async (model) => steps(await generateText(thinking(model))),
  thinking_streamed: async (model) => steps(await streamed(thinking(model))),
  thinking_kept: async () =>
    steps(await streamed({
      ...thinking(() => keeping.responses("sandbox/think")),
      providerOptions: { openai: { reasoningEffort: "medium", forceReasoning: true } },
    })),
  form: async (model) =>
    (await generateText(asked({ model: model("sandbox/tools"), output: Output.object({ schema: city }), prompt: "Where?" }))).output,
  limit: (model) => told({ model: model("sandbox/lorem-0"), maxOutputTokens: 37, prompt: "Go on" }),
  stop: (model) => told({ model: model("sandbox/echo"), stopSequences: ["data:"], prompt: SAID }),
  image: (model) =>
    told({
      model: model("sandbox/echo"),
      messages: [{ role: "user", content: [{ type: "text", text: "one two" }, { type: "file", data: PIXEL, mediaType: "image/png" }] }],
    }),
  marked: (model) =>
    told({
      model: model("sandbox/echo"),
      messages: [{
        role: "user",
        content: [{ type: "text", text: "one two", providerOptions: { anthropic: { cacheControl: { type: "ephemeral" } } } }],
      }],
    }),
  refused: (model) => told({ model: model("sandbox/fail-429"), prompt: "Hi" }),
  refused_streamed: async (model) => plain(await streamed(asked({ model: model("sandbox/fail-429"), prompt: "Hi" }))),
  cut: async (model) => plain(await streamed(asked({ model: model("sandbox/cut-2"), prompt: "Hi" }))),
};

const found = {};
for (const [client, model] of Object.entries(clients)) {
  for (const [name, scenario] of Object.entries(scenarios)) {
    try {
      found[`${client}/${name}`] = { ok: await scenario(model) };
    } catch (error) {
      found[`${client}/${name}`] = { error: error.name, status: error.statusCode ?? null, message: String(error.message).slice(0, 500) };
    }
  }
}
process.stdout.write(JSON.stringify({ found, exchanges }));
