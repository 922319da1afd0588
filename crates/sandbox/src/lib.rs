//! The sandbox: a provider of models that never leaves the process, like a payment processor's test mode.
//!
//! It speaks OpenAI Chat, Responses and legacy Completions, Anthropic Messages and Google's Gemini API over HTTP/1.1, streamed and not. The
//! relay reaches it through the client path of every other upstream, over an in-process byte stream ([`serve_connection`]); as a process of its own ([`serve`])
//! other gateways can be pointed at it too. It asks for no key.
//!
//! The same request always gets the same bytes, ids and dates included.
//!
//! | model | does |
//! | --- | --- |
//! | `sandbox/echo` | answers the last user text |
//! | `sandbox/lorem`, `sandbox/lorem-<pace>` | answers exactly `max_tokens` words (16 if open), streamed at 1000 or `<pace>` words a second; 0 is without pause |
//! | `sandbox/tools` | calls the tool that is forced, or the first, with arguments made from its schema; answers a tool's result with its text; without tools answers as `echo` |
//! | `sandbox/think` | as `tools`, after a thought; signed, where the dialect signs: then a signature that comes back altered is refused, and so is a tool's result without it (Gemini; Messages while thinking is asked for) |
//! | `sandbox/fail-<status>` | refuses with this status (400 to 599) in the provider's shape; 429 with `retry-after` |
//! | `sandbox/cut-<n>` | drops the connection after `n` content events; unstreamed, after half the answer |
//! | `sandbox/slow-<ms>` | answers as `echo`, the first token after `ms` (at most ten minutes) |
//! | `sandbox/stall-<n>` | falls silent for ever after `n` content events, until the peer leaves; unstreamed, at once |
//!
//! **Usage.** A token is a word: a run of characters that are not Unicode white space. Input is the words of all text in
//! system prompt, messages and tool results (not of tool definitions and calls, images or documents). Output is the words
//! of the answer's text, or of the arguments' JSON of a tool call, and at least 1; a thought's words are counted beside them.
//!
//! **Structured output.** `echo`, `tools` and `think` answer a JSON schema with a document made from it.
//!
//! **Embeddings.** `POST /v1/embeddings`, `…:embedContent` and `…:batchEmbedContents` with any model gives a text's vector of 16 numbers, or as many as `dimensions` says.
//!
//! **Pictures, speech, moderations, reranking.** `POST /v1/images/generations` draws a white pixel of 272 tokens (of
//! `sandbox/lorem…`: of no told tokens), as `/v1/images/edits` does,
//! `/v1/audio/transcriptions` tells how many bytes it heard (8 000 a second), `/v1/audio/speech` is silent for a quarter of a second a word, `/v1/moderations`
//! flags the word violence, `/v1/rerank` counts the query's words.
//!
//! **Limits.** One choice, no log probabilities: refused by name. A tool call's arguments are not cut
//! by `max_tokens`. Requests over 64 MiB are refused with 413.

mod anthropic;
mod arguments;
mod body;
mod content;
mod embeddings;
mod fault;
mod flushes;
mod gemini;
mod model;
mod openai;
mod reply;
mod responses;
mod serve;
mod service;
mod thought;
mod vocabulary;

pub use serve::{serve, serve_connection};
