"""What the scripted upstream reads and says, in each dialect: a turn in neutral words to the dialect's JSON and its stream.

Signatures are as opaque as a provider's: whatever carries them must bring them back unchanged.
"""

import json
from dataclasses import dataclass, field


@dataclass
class Call:
    id: str
    name: str
    # An object; or text, for a tool of the Responses that takes free text.
    arguments: object


@dataclass
class Turn:
    """What the model says."""

    text: str = ""
    calls: list = field(default_factory=list)
    thought: str = ""
    signature: str = ""


@dataclass
class Heard:
    """What a request brings back of the conversation."""

    stream: bool
    # Their names; and of those, which take free text.
    tools: list = field(default_factory=list)
    free: list = field(default_factory=list)
    calls: list = field(default_factory=list)
    results: list = field(default_factory=list)
    signatures: list = field(default_factory=list)


def told(content):
    """The text of a content that may be a string or a list of parts."""
    if isinstance(content, str):
        return content
    parts = content or []
    return "".join(part if isinstance(part, str) else part.get("text") or told(part.get("content")) or "" for part in parts)


def event(data, name=None):
    # Google's client for JavaScript ends an event at U+2028, so Google must escape it.
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False).replace("\u2028", "\\u2028")
    line = f"data: {text}\n\n"
    return (f"event: {name}\n" if name else "") + line


def halves(text):
    """As tokens come: in more than one piece."""
    middle = len(text) // 2
    return [piece for piece in (text[:middle], text[middle:]) if piece]


class Chat:
    """OpenAI's Chat Completions, thoughts as DeepSeek tells them; nothing is signed."""

    signs = False

    def read(self, body, path):
        heard = Heard(bool(body.get("stream")))
        heard.tools = [tool["function"]["name"] for tool in body.get("tools", [])]
        for message in body["messages"]:
            if message["role"] == "tool":
                heard.results.append((message["tool_call_id"], told(message["content"])))
            for call in message.get("tool_calls") or []:
                function = call["function"]
                heard.calls.append(Call(call["id"], function["name"], json.loads(function["arguments"])))
        return heard

    def usage(self):
        return {"prompt_tokens": 900, "completion_tokens": 60, "total_tokens": 960}

    def head(self, model, kind):
        return {"id": "chatcmpl-scripted", "object": kind, "created": 1_700_000_000, "model": model}

    def whole(self, turn, model):
        message = {"role": "assistant", "content": turn.text or None}
        if turn.thought:
            message["reasoning_content"] = turn.thought
        if turn.calls:
            message["tool_calls"] = [
                {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": json.dumps(call.arguments)}}
                for call in turn.calls
            ]
        choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if turn.calls else "stop"}
        return self.head(model, "chat.completion") | {"choices": [choice], "usage": self.usage()}

    def stream(self, turn, model):
        head = self.head(model, "chat.completion.chunk")

        def chunk(delta, finish=None):
            return event(head | {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

        yield chunk({"role": "assistant", "content": ""})
        for piece in halves(turn.thought):
            yield chunk({"reasoning_content": piece})
        for piece in halves(turn.text):
            yield chunk({"content": piece})
        for index, call in enumerate(turn.calls):
            function = {"name": call.name, "arguments": ""}
            yield chunk({"tool_calls": [{"index": index, "id": call.id, "type": "function", "function": function}]})
            for piece in halves(json.dumps(call.arguments)):
                yield chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
        yield chunk({}, "tool_calls" if turn.calls else "stop")
        yield event(head | {"choices": [], "usage": self.usage()})
        yield event("[DONE]")


class Messages:
    """Anthropic's Messages."""

    signs = True

    def read(self, body, path):
        heard = Heard(bool(body.get("stream")))
        heard.tools = [tool["name"] for tool in body.get("tools", [])]
        for message in body["messages"]:
            content = message["content"]
            for block in [{"type": "text", "text": content}] if isinstance(content, str) else content:
                if block["type"] == "tool_use":
                    heard.calls.append(Call(block["id"], block["name"], block["input"]))
                if block["type"] == "tool_result":
                    heard.results.append((block["tool_use_id"], told(block.get("content"))))
                if block["type"] == "thinking":
                    heard.signatures.append(block["signature"])
        return heard

    def blocks(self, turn):
        if turn.thought:
            yield {"type": "thinking", "thinking": turn.thought, "signature": turn.signature}
        if turn.text:
            yield {"type": "text", "text": turn.text}
        for call in turn.calls:
            yield {"type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments}

    def whole(self, turn, model):
        return {
            "id": "msg_scripted", "type": "message", "role": "assistant", "model": model, "content": list(self.blocks(turn)),
            "stop_reason": "tool_use" if turn.calls else "end_turn", "stop_sequence": None,
            "usage": {"input_tokens": 900, "output_tokens": 60},
        }

    def stream(self, turn, model):
        whole = self.whole(turn, model)
        start = whole | {"content": [], "stop_reason": None, "usage": {"input_tokens": 900, "output_tokens": 1}}
        yield event({"type": "message_start", "message": start}, "message_start")
        for index, block in enumerate(self.blocks(turn)):
            if block["type"] == "thinking":
                empty = {"type": "thinking", "thinking": "", "signature": ""}
                deltas = [{"type": "thinking_delta", "thinking": piece} for piece in halves(block["thinking"])]
                deltas.append({"type": "signature_delta", "signature": block["signature"]})
            elif block["type"] == "text":
                empty = {"type": "text", "text": ""}
                deltas = [{"type": "text_delta", "text": piece} for piece in halves(block["text"])]
            else:
                empty = block | {"input": {}}
                pieces = halves(json.dumps(block["input"]))
                deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
            begin = {"type": "content_block_start", "index": index, "content_block": empty}
            yield event(begin, "content_block_start")
            for delta in deltas:
                yield event({"type": "content_block_delta", "index": index, "delta": delta}, "content_block_delta")
            yield event({"type": "content_block_stop", "index": index}, "content_block_stop")
        end = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
        yield event({"type": "message_delta", "delta": end, "usage": {"output_tokens": 60}}, "message_delta")
        yield event({"type": "message_stop"}, "message_stop")


class Responses:
    """OpenAI's Responses."""

    signs = True

    def read(self, body, path):
        heard = Heard(bool(body.get("stream")))
        heard.tools = [tool["name"] for tool in body.get("tools", []) if tool["type"] in ("function", "custom")]
        heard.free = [tool["name"] for tool in body.get("tools", []) if tool["type"] == "custom"]
        items = body["input"]
        for item in [{"role": "user", "content": items}] if isinstance(items, str) else items:
            kind = item.get("type", "message")
            if kind == "function_call":
                heard.calls.append(Call(item["call_id"], item["name"], json.loads(item["arguments"])))
            if kind == "custom_tool_call":
                heard.calls.append(Call(item["call_id"], item["name"], item["input"]))
            if kind in ("function_call_output", "custom_tool_call_output"):
                heard.results.append((item["call_id"], told(item["output"])))
            if kind == "reasoning":
                heard.signatures.append(item["encrypted_content"])
        return heard

    def items(self, turn):
        if turn.thought:
            summary = [{"type": "summary_text", "text": turn.thought}]
            yield {"id": "rs_scripted", "type": "reasoning", "summary": summary, "encrypted_content": turn.signature}
        if turn.text:
            content = [{"type": "output_text", "text": turn.text, "annotations": [], "logprobs": []}]
            yield {"id": "msg_scripted", "type": "message", "role": "assistant", "status": "completed", "content": content}
        for index, call in enumerate(turn.calls):
            known = {"status": "completed", "call_id": call.id, "name": call.name}
            if isinstance(call.arguments, str):
                yield {"id": f"ctc_{index}", "type": "custom_tool_call", "input": call.arguments} | known
            else:
                yield {"id": f"fc_{index}", "type": "function_call", "arguments": json.dumps(call.arguments)} | known

    def response(self, turn, model, status):
        done = status == "completed"
        usage = {
            "input_tokens": 900, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 60,
            "output_tokens_details": {"reasoning_tokens": 20}, "total_tokens": 960,
        }
        return {
            "id": "resp_scripted", "object": "response", "created_at": 1_700_000_000, "status": status, "model": model,
            "output": list(self.items(turn)) if done else [], "usage": usage if done else None, "error": None,
            "incomplete_details": None, "instructions": None, "metadata": {}, "parallel_tool_calls": True, "temperature": 1.0,
            "tool_choice": "auto", "tools": [], "top_p": 1.0,
        }

    def whole(self, turn, model):
        return self.response(turn, model, "completed")

    def stream(self, turn, model):
        number = 0

        def say(kind, **more):
            nonlocal number
            number += 1
            return event({"type": kind, "sequence_number": number - 1} | more, kind)

        yield say("response.created", response=self.response(turn, model, "in_progress"))
        for index, item in enumerate(self.items(turn)):
            where = {"output_index": index, "item_id": item["id"]}
            if item["type"] == "reasoning":
                yield say("response.output_item.added", output_index=index, item=item | {"summary": [], "encrypted_content": ""})
                part = where | {"summary_index": 0}
                yield say("response.reasoning_summary_part.added", **part, part={"type": "summary_text", "text": ""})
                for piece in halves(turn.thought):
                    yield say("response.reasoning_summary_text.delta", **part, delta=piece)
                yield say("response.reasoning_summary_text.done", **part, text=turn.thought)
                yield say("response.reasoning_summary_part.done", **part, part=item["summary"][0])
            elif item["type"] == "message":
                yield say("response.output_item.added", output_index=index, item=item | {"content": [], "status": "in_progress"})
                part = where | {"content_index": 0}
                yield say("response.content_part.added", **part, part=item["content"][0] | {"text": ""})
                for piece in halves(turn.text):
                    yield say("response.output_text.delta", **part, delta=piece, logprobs=[])
                yield say("response.output_text.done", **part, text=turn.text, logprobs=[])
                yield say("response.content_part.done", **part, part=item["content"][0])
            else:
                free = item["type"] == "custom_tool_call"
                name, kind = ("input", "custom_tool_call_input") if free else ("arguments", "function_call_arguments")
                yield say("response.output_item.added", output_index=index, item=item | {name: "", "status": "in_progress"})
                for piece in halves(item[name]):
                    yield say(f"response.{kind}.delta", **where, delta=piece)
                yield say(f"response.{kind}.done", **where, **{name: item[name]})
            yield say("response.output_item.done", output_index=index, item=item)
        yield say("response.completed", response=self.whole(turn, model))


class Gemini:
    """Google's generateContent. Its calls have no ids here, as most of Google's: a result is known by its name and place."""

    signs = True

    def read(self, body, path):
        heard = Heard("streamGenerateContent" in path)
        for tool in body.get("tools", []):
            heard.tools += [function["name"] for function in tool.get("functionDeclarations", [])]
        for content in body["contents"]:
            for part in content["parts"]:
                if "functionCall" in part:
                    call = part["functionCall"]
                    heard.calls.append(Call(f"place_{len(heard.calls)}", call["name"], call.get("args", {})))
                if "functionResponse" in part:
                    answered = part["functionResponse"]
                    heard.results.append((heard.calls[len(heard.results)].id, json.dumps(answered["response"], ensure_ascii=False)))
                if "thoughtSignature" in part:
                    heard.signatures.append(part["thoughtSignature"])
        return heard

    def parts(self, turn):
        if turn.thought:
            yield {"text": turn.thought, "thought": True}
        if turn.text:
            yield {"text": turn.text}
        for index, call in enumerate(turn.calls):
            # The first of parallel calls has the signature, as Google's have.
            signed = {"thoughtSignature": turn.signature} if turn.signature and index == 0 else {}
            yield {"functionCall": {"name": call.name, "args": call.arguments}} | signed

    def answer(self, parts, model, end):
        candidate = {"index": 0, "content": {"role": "model", "parts": parts}} | ({"finishReason": "STOP"} if end else {})
        usage = {"promptTokenCount": 900, "candidatesTokenCount": 40, "thoughtsTokenCount": 20, "totalTokenCount": 960}
        return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": model, "responseId": "scripted"}

    def whole(self, turn, model):
        return self.answer(list(self.parts(turn)), model, True)

    def stream(self, turn, model):
        parts = list(self.parts(turn))
        for at, part in enumerate(parts):
            yield event(self.answer([part], model, at + 1 == len(parts)))


DIALECTS = {"openai_chat": Chat(), "openai_responses": Responses(), "anthropic": Messages(), "gemini": Gemini()}
