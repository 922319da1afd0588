"""What the run must have cost, told from the raw bytes and the prices alone; no code of the relay is used.

The sandbox's token is a word, so every count can be made again here: `len(text.split())`.
"""

import json
from decimal import ROUND_HALF_UP, Decimal

# USD per million words. They are odd so that a sum often ends in half a nano-dollar and rounding shows.
PRICES = {
    "sandbox/echo": ("0.0375", "0.1235"),
    "sandbox/lorem-0": ("3", "15"),
    "sandbox/tools": ("0.15", "0.6005"),
    "sandbox/think": ("0.2", "0.7005"),
}
OTHER_PRICE = ("1", "2")
NANO = Decimal("0.000000001")


def price(model):
    return PRICES.get(model, OTHER_PRICE)


def exact_cost(exchange, answers):
    """The cost of a whole, successful answer in USD."""
    rate_in, rate_out = (Decimal(rate) for rate in price(exchange.model))
    tokens_in, tokens_out = counts(exchange, answers)
    return ((tokens_in * rate_in + tokens_out * rate_out) / 1_000_000).quantize(NANO, ROUND_HALF_UP)


# What `sandbox/think` thinks before it answers.
THOUGHT = "A text of 3 words, so it is said again."


def responses(exchanges):
    """Those of the Responses API by their ids, for what went on from them."""
    answers = {}
    for exchange in exchanges:
        if exchange.dialect == "responses" and exchange.whole:
            answers[_response(exchange)["id"]] = exchange
    return answers


def _response(exchange):
    return exchange.events()[-1]["response"] if exchange.streamed else json.loads(exchange.body)


def words_before(request, answers):
    """Of the conversation that a request goes on from; its instructions are not part of it."""
    before = answers.get(request.get("previous_response_id"))
    if before is None:
        return 0
    said = [item for item in _response(before)["output"] if item["type"] == "message"]
    own = words_in(before.request | {"instructions": None}) + len(_said(said).split())
    return own + words_before(before.request, answers)


def counts(exchange, answers):
    """Input and output words."""
    before = words_before(exchange.request, answers)
    thought = len(THOUGHT.split()) if exchange.model == "sandbox/think" else 0
    return before + words_in(exchange.request), max(1, len(answer_text(exchange).split())) + thought


def words_in(request):
    if "input" in request:
        items = request["input"]
        items = [{"content": items}] if isinstance(items, str) else items
        parts = [request.get("instructions")] + [item.get("content", item.get("output")) for item in items]
    elif "prompt" in request:
        parts = [request["prompt"]]
    elif "contents" in request:
        contents = [request.get("systemInstruction") or {}] + request["contents"]
        parts = [content.get("parts") for content in contents]
    else:
        parts = [request.get("system")] + [message.get("content") for message in request["messages"]]
    return sum(len(text.split()) for part in parts for text in texts(part))


def texts(content):
    if isinstance(content, str):
        yield content
    for part in content if isinstance(content, list) else []:
        if "type" not in part:
            # Gemini's parts are told apart by the field they have.
            if not part.get("thought"):
                yield part.get("text") or ""
            if "functionResponse" in part:
                said = part["functionResponse"]["response"]
                yield str(said.get("output") or said.get("result") or json.dumps(said, separators=(",", ":")))
        elif part["type"] in ("text", "input_text", "output_text"):
            yield part["text"]
        elif part["type"] == "tool_result":
            yield from texts(part.get("content"))


def answer_text(exchange):
    """The answer's text, or the arguments of its tool call."""
    read = _streamed if exchange.streamed else _whole
    return read(exchange)


def _whole(exchange):
    body = json.loads(exchange.body)
    if exchange.dialect == "openai":
        message = body["choices"][0]["message"]
        return message["content"] or "".join(call["function"]["arguments"] for call in message.get("tool_calls") or [])
    if exchange.dialect == "completions":
        return body["choices"][0]["text"]
    if exchange.dialect == "responses":
        return _said(body["output"])
    if exchange.dialect == "gemini":
        return _parts(body)
    blocks = (block for block in body["content"] if block["type"] != "thinking")
    return "".join(block.get("text") or json.dumps(block.get("input", {}), separators=(",", ":")) for block in blocks)


def _said(output):
    said = []
    for item in output:
        said += [part.get("text", "") for part in item.get("content") or []]
        said.append(item.get("arguments", ""))
    return "".join(said)


def _parts(document):
    said = []
    for part in document["candidates"][0]["content"]["parts"]:
        said.append("" if part.get("thought") else part.get("text", ""))
        if "functionCall" in part:
            said.append(json.dumps(part["functionCall"]["args"], separators=(",", ":")))
    return "".join(said)


def _streamed(exchange):
    if exchange.dialect == "gemini":
        return "".join(_parts(event) for event in exchange.events() if "candidates" in event)
    if exchange.dialect == "responses":
        said = ("response.output_text.delta", "response.function_call_arguments.delta")
        events = [event for event in exchange.events() if event["type"] in said]
        return "".join(event["delta"] for event in events)
    said = []
    for event in exchange.events():
        if exchange.dialect == "completions":
            said += [choice["text"] for choice in event.get("choices", [])]
        elif exchange.dialect == "openai":
            for choice in event["choices"]:
                delta = choice["delta"]
                said.append(delta.get("content") or "")
                said += [call["function"].get("arguments") or "" for call in delta.get("tool_calls") or []]
        elif event["type"] == "content_block_delta":
            said.append(event["delta"].get("text") or event["delta"].get("partial_json") or "")
    return "".join(said)
