"""The suites' target: a relay of our own in front of the sandbox, or with TURNPIKE_SDK_BASE_URL whatever answers there.

Given a base URL (and TURNPIKE_SDK_KEY), the dialect suites run against it and those about keys and money are skipped. Otherwise
the session ends with the books: every request's exact cost in the usage, and `turnpike reconcile` at 0.
"""

import os
import sys
from dataclasses import dataclass

import anthropic
import openai
import pytest
from google import genai

sys.path.insert(0, os.path.dirname(__file__))

import relay as running  # noqa: E402
import schemas  # noqa: E402
from recorder import Recorder  # noqa: E402


@dataclass
class Target:
    """What the clients talk to."""

    base: str
    key: str
    recorder: Recorder
    relay: running.Relay | None

    @property
    def upstream(self):
        """The dialect into which every request is translated; none: the caller's own."""
        return self.relay and self.relay.upstream

    def openai(self, key=None, **options):
        options = {"base_url": f"{self.base}/v1", "api_key": key or self.key, "max_retries": 0} | options
        return openai.OpenAI(http_client=self.recorder.client(), **options)

    def async_openai(self):
        options = {"base_url": f"{self.base}/v1", "api_key": self.key, "max_retries": 0}
        return openai.AsyncOpenAI(http_client=self.recorder.async_client(), **options)

    def anthropic(self, key=None, **options):
        options = {"base_url": self.base, "api_key": key or self.key, "max_retries": 0} | options
        return anthropic.Anthropic(http_client=self.recorder.client(), **options)

    def gemini(self, key=None):
        options = {"base_url": self.base, "httpx_client": self.recorder.client()}
        return genai.Client(api_key=key or self.key, http_options=options)

    def async_gemini(self):
        options = {"base_url": self.base, "httpx_async_client": self.recorder.async_client()}
        return genai.Client(api_key=self.key, http_options=options).aio

    def async_anthropic(self):
        options = {"base_url": self.base, "api_key": self.key, "max_retries": 0}
        return anthropic.AsyncAnthropic(http_client=self.recorder.async_client(), **options)


# What the channel speaks: the caller's own dialect, or another one into which every request is translated.
UPSTREAMS = [None, "openai_chat", "openai_responses", "anthropic", "gemini"]


@pytest.fixture(scope="session", params=UPSTREAMS, ids=lambda upstream: f"over-{upstream}" if upstream else "own")
def session_target(tmp_path_factory, request):
    recorder = Recorder()
    if base := os.environ.get("TURNPIKE_SDK_BASE_URL"):
        if request.param:
            pytest.skip("what stands behind that address is not ours to choose")
        yield Target(base.rstrip("/"), os.environ.get("TURNPIKE_SDK_KEY", "none"), recorder, None)
        return
    server = None
    try:
        server = running.Relay(tmp_path_factory.mktemp("relay"), request.param)
        yield Target(server.base, server.key, recorder, server)
        server.check_bill(recorder.exchanges)
        server.stop()
    finally:
        if server is not None:
            server.kill()


@pytest.fixture
def target(session_target, request):
    """The target, its upstream as if it had never failed; after each test, every answer is held against the SDKs' own types."""
    if session_target.relay is None and request.node.get_closest_marker("relay"):
        pytest.skip("needs a relay of our own")
    if session_target.relay is not None:
        session_target.relay.forget_failures()
    seen = len(session_target.recorder.exchanges)
    yield session_target
    for exchange in session_target.recorder.exchanges[seen:]:
        schemas.check(exchange)


def pytest_configure(config):
    config.addinivalue_line("markers", "relay: needs a relay of our own, with its management API")
