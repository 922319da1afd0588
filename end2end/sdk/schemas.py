"""JSON schemas made at test time from the SDKs' own types, against which the raw bytes of every answer are held."""

import functools
import json

import anthropic.types
import google.genai.types
import jsonschema
import openai.types
import openai.types.chat
import openai.types.responses
import openai.types.shared
from pydantic import TypeAdapter


EMBED = (":embedContent", ":batchEmbedContents")


@functools.cache
def _validator(kind):
    schema = TypeAdapter(kind).json_schema()
    return jsonschema.validators.validator_for(schema)(schema)


def _check(kind, value):
    errors = sorted(_validator(kind).iter_errors(value), key=lambda error: list(error.path))
    assert not errors, f"{kind} refuses {json.dumps(value)}: {[error.message[:300] for error in errors]}"


def check(exchange):
    """Holds one answer's bytes against the type that its SDK reads it into."""
    if exchange.status >= 400:
        return _check_error(exchange)
    if exchange.path.endswith("/models") and "models" in json.loads(exchange.body):
        # This SDK's type has other names than the wire.
        for model in json.loads(exchange.body)["models"]:
            assert model["name"].startswith("models/") and "generateContent" in model["supportedGenerationMethods"]
    elif exchange.path == "/v1/models":
        anthropics = "has_more" in json.loads(exchange.body)
        kind = anthropic.types.ModelInfo if anthropics else openai.types.Model
        for model in json.loads(exchange.body)["data"]:
            _check(kind, model)
    elif exchange.path.startswith("/v1/responses/") and exchange.method == "GET":
        items = exchange.path.endswith("/input_items")
        _check(openai.types.responses.ResponseItemList if items else openai.types.responses.Response, json.loads(exchange.body))
    elif exchange.path.startswith("/v1/images/"):
        _check(openai.types.ImagesResponse, json.loads(exchange.body))
    elif exchange.path == "/v1/moderations":
        _check(openai.types.ModerationCreateResponse, json.loads(exchange.body))
    elif exchange.dialect == "gemini":
        for answer in exchange.events() if exchange.streamed else [json.loads(exchange.body)]:
            if "error" not in answer:
                _check(google.genai.types.GenerateContentResponse, answer)
    elif exchange.dialect == "openai":
        if exchange.streamed:
            for chunk in exchange.events():
                if "error" not in chunk:
                    _check(openai.types.chat.ChatCompletionChunk, chunk)
        else:
            _check(openai.types.chat.ChatCompletion, json.loads(exchange.body))
    elif exchange.dialect == "completions":
        for answer in exchange.events() if exchange.streamed else [json.loads(exchange.body)]:
            for choice in answer.get("choices", []) if exchange.streamed else []:
                # OpenAI's own chunks say null until the end (recorded), which its type forgets.
                choice["finish_reason"] = choice["finish_reason"] or "stop"
            if "error" not in answer:
                _check(openai.types.Completion, answer)
    elif exchange.dialect == "responses":
        if exchange.streamed:
            for event in exchange.events():
                _check(openai.types.responses.ResponseStreamEvent, event)
        else:
            _check(openai.types.responses.Response, json.loads(exchange.body))
    elif exchange.dialect == "anthropic":
        if exchange.streamed:
            for event in exchange.events():
                # The SDK has no type for pings; errors are another type.
                if event["type"] not in ("ping", "error"):
                    _check(anthropic.types.RawMessageStreamEvent, event)
        else:
            _check(anthropic.types.Message, json.loads(exchange.body))


def _check_error(exchange):
    body = json.loads(exchange.body)
    if exchange.dialect == "anthropic":
        assert body["type"] == "error"
        assert isinstance(body["error"]["type"], str) and body["error"]["message"]
    elif exchange.dialect == "gemini" or exchange.path.startswith("/v1beta/") or exchange.path.endswith(EMBED):
        error = body["error"]
        assert error["code"] == exchange.status and error["message"] and error["status"].isupper()
    else:
        _check(openai.types.shared.ErrorObject, body["error"])
