"""Records what the SDKs send and what comes back, byte for byte, below the SDKs' own parsing.

The SDKs forgive much; the raw bytes are what other clients will see, and what was billed is told from them alone.
"""

import json
import threading
from dataclasses import dataclass, field

import httpx2

# What follows a model in the paths of Gemini's API.
GEMINI = (":generateContent", ":streamGenerateContent")
GENERATE = {"/v1/chat/completions": "openai", "/v1/completions": "completions", "/v1/responses": "responses", "/v1/messages": "anthropic"}


@dataclass
class Exchange:
    """One request and its answer."""

    method: str
    path: str
    request: dict | None
    status: int
    headers: httpx2.Headers
    chunks: list = field(default_factory=list)

    @property
    def body(self):
        return b"".join(self.chunks)

    @property
    def streamed(self):
        return self.headers.get("content-type", "").startswith("text/event-stream")

    @property
    def whole(self):
        """Whether the answer came to its end. The SDKs stop reading at a stream's last event, so that is what counts."""
        if self.streamed:
            if self.dialect == "gemini":
                # There is no terminal event; the last one says why the answer ended.
                return "finishReason" in self.events()[-1].get("candidates", [{}])[0]
            ends = (b"data: [DONE]\n\n", b'data: {"type":"message_stop"}\n\n')
            last = self.body.rsplit(b"event: ", 1)[-1]
            return self.body.endswith(ends) or last.startswith((b"response.completed\n", b"response.incomplete\n"))
        return len(self.body) == int(self.headers["content-length"])

    @property
    def dialect(self):
        return "gemini" if self.path.endswith(GEMINI) else GENERATE.get(self.path)

    @property
    def model(self):
        """As the caller names it: in the body, or in the path."""
        return self.path.split("/models/")[1].rsplit(":", 1)[0] if self.dialect == "gemini" else self.request["model"]

    def events(self):
        """The JSON of every event of a streamed answer; `[DONE]` is none."""
        found = []
        for event in self.body.decode().replace("\r\n", "\n").split("\n\n"):
            data = [line.removeprefix("data:").strip() for line in event.split("\n") if line.startswith("data:")]
            if data and data != ["[DONE]"]:
                found.append(json.loads("\n".join(data)))
        return found


class Recorder:
    """All exchanges, of all clients that were given its transports."""

    def __init__(self):
        self._lock = threading.Lock()
        self.exchanges = []

    def client(self):
        return httpx2.Client(transport=_Transport(self), timeout=30)

    def async_client(self):
        return httpx2.AsyncClient(transport=_AsyncTransport(self), timeout=30)

    def open(self, request, response):
        is_json = request.headers.get("content-type", "").startswith("application/json")
        content = request.content if is_json else None
        exchange = Exchange(
            method=request.method,
            path=request.url.path,
            request=json.loads(content) if content else None,
            status=response.status_code,
            headers=response.headers,
        )
        with self._lock:
            self.exchanges.append(exchange)
        return exchange


class _Transport(httpx2.HTTPTransport):
    def __init__(self, recorder):
        super().__init__()
        self._recorder = recorder

    def handle_request(self, request):
        request.read()
        response = super().handle_request(request)
        response.stream = _Tee(response.stream, self._recorder.open(request, response))
        return response


class _Tee(httpx2.SyncByteStream):
    def __init__(self, stream, exchange):
        self._stream, self._exchange = stream, exchange

    def __iter__(self):
        for chunk in self._stream:
            self._exchange.chunks.append(chunk)
            yield chunk

    def close(self):
        self._stream.close()


class _AsyncTransport(httpx2.AsyncHTTPTransport):
    def __init__(self, recorder):
        super().__init__()
        self._recorder = recorder

    async def handle_async_request(self, request):
        await request.aread()
        response = await super().handle_async_request(request)
        response.stream = _AsyncTee(response.stream, self._recorder.open(request, response))
        return response


class _AsyncTee(httpx2.AsyncByteStream):
    def __init__(self, stream, exchange):
        self._stream, self._exchange = stream, exchange

    async def __aiter__(self):
        async for chunk in self._stream:
            self._exchange.chunks.append(chunk)
            yield chunk

    async def aclose(self):
        await self._stream.aclose()
