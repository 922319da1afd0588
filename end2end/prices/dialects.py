"""How each dialect is asked through the relay, and how two outsiders read what its answer used."""

import json

from genai_prices import Usage
from genai_prices.data import providers
from litellm.llms.anthropic.chat.transformation import AnthropicConfig
from litellm.llms.vertex_ai.gemini.vertex_and_google_ai_studio_gemini import VertexGeminiConfig
from litellm.responses.utils import ResponseAPILoggingUtils
from litellm.types.utils import Usage as LitellmUsage

GENAI = {provider.id: provider for provider in providers}


class Chat:
    """OpenAI's chat completions, and everybody's who speaks it."""

    flavor = "chat"

    @staticmethod
    def request(model, text, stream):
        body = {"model": model, "messages": [{"role": "user", "content": text}]}
        return "/v1/chat/completions", body | ({"stream": True, "stream_options": {"include_usage": True}} if stream else {})

    @staticmethod
    def told(events):
        """The one document that tells the usage: the last that does."""
        return next(({"model": "m", **event} for event in reversed(events) if event.get("usage")), None)

    @staticmethod
    def litellm(told):
        return LitellmUsage(**told["usage"])


class Embeddings(Chat):
    flavor = "embeddings"

    @staticmethod
    def request(model, text, stream):
        return "/v1/embeddings", {"model": model, "input": text}


class Completions(Chat):
    @staticmethod
    def request(model, text, stream):
        return "/v1/completions", {"model": model, "prompt": text, "stream": stream}


class Responses:
    flavor = "responses"

    @staticmethod
    def request(model, text, stream):
        return "/v1/responses", {"model": model, "input": text, "stream": stream}

    @staticmethod
    def told(events):
        """A stream ends with its first response: some recordings hold several, one after the other."""
        documents = [event.get("response", event) for event in events]
        return next(({"model": "m", **document} for document in documents if document.get("usage")), None)

    @staticmethod
    def litellm(told):
        return ResponseAPILoggingUtils._transform_response_api_usage_to_chat_usage(told["usage"])


class Anthropic:
    flavor = "default"

    @staticmethod
    def request(model, text, stream):
        body = {"model": model, "max_tokens": 1000, "messages": [{"role": "user", "content": text}], "stream": stream}
        return "/v1/messages", body

    @staticmethod
    def told(events):
        """Of a stream: what its start tells, each later report in place of what it names."""
        usage = {}
        for event in events:
            report = event.get("message", event).get("usage") or {}
            usage |= {name: value for name, value in report.items() if value is not None}
        return {"model": "m", "usage": usage} if usage else None

    @staticmethod
    def litellm(told):
        return AnthropicConfig().calculate_usage(usage_object=told["usage"], reasoning_content=None)


class Gemini:
    flavor = "default"

    @staticmethod
    def request(model, text, stream):
        method = "streamGenerateContent?alt=sse" if stream else "generateContent"
        return f"/v1beta/models/{model}:{method}", {"contents": [{"role": "user", "parts": [{"text": text}]}]}

    @staticmethod
    def told(events):
        return next(({"modelVersion": "m", **event} for event in reversed(events) if event.get("usageMetadata")), None)

    @staticmethod
    def litellm(told):
        return VertexGeminiConfig._calculate_usage(completion_response=told)


def events(body):
    """The JSON documents of an answer: one, or a stream's."""
    if body.lstrip().startswith("{"):
        return [json.loads(body)]
    found = []
    for line in body.splitlines():
        data = line.removeprefix("data:").strip()
        if line.startswith("data:") and data.startswith("{"):
            try:
                found.append(json.loads(data))
            except ValueError:
                pass
    return found


def genai_usage(provider, dialect, told):
    """As genai-prices reads it, where it has a reader for this provider's answers; else as it reads OpenAI's."""
    provider = GENAI[provider]
    flavors = [extractor.api_flavor for extractor in provider.extractors or []]
    flavor = dialect.flavor if dialect.flavor in flavors else ("default" if "default" in flavors else None)
    if flavor is None:
        provider, flavor = GENAI["openai"], dialect.flavor
    _, usage = provider.extract_usage(told, api_flavor=flavor)
    assert isinstance(usage, Usage)
    return usage
