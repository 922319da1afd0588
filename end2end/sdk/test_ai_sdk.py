"""Vercel's AI SDK (npm `ai` with its OpenAI, Anthropic and Google packages): what ai.mjs found, one test a client and scenario.

Its packages do all of a conversation themselves: the call of the tool, its result, the thought that has to come back signed.
"""

import base64
import functools
import json
import os
import pathlib
import shutil
import subprocess
from dataclasses import dataclass

import httpx2
import pytest

import bill
import schemas
from recorder import Exchange
from test_openai import SAID

CLIENTS = ["openai_chat", "openai_responses", "anthropic", "gemini"]
WORDS = len(SAID.split())
CALL = ["weather", {"city": "city"}]


@functools.cache
def run(base, key, keeping_key):
    """Everything at once: node takes longer to start than all of it to run."""
    node = shutil.which("node")
    assert node, "needs Node, which scripts/setup.sh installs"
    script = pathlib.Path(__file__).with_name("ai.mjs")
    environment = {"PATH": os.environ["PATH"], "BASE": base, "KEY": key, "KEEPING_KEY": keeping_key, "SAID": SAID}
    done = subprocess.run([node, script], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@dataclass
class Found:
    """What the scenarios found with one client."""

    client: str
    upstream: str | None
    all: dict

    def of(self, scenario):
        return self.all[f"{self.client}/{scenario}"]


@pytest.fixture(params=CLIENTS)
def ai(request, session_target):
    relay = session_target.relay
    read = run(session_target.base, session_target.key, relay.keeping_key if relay else session_target.key)
    if not read.get("recorded"):
        # Into the session's books, and held against the SDKs' types like every other answer.
        for it in read["exchanges"]:
            headers = httpx2.Headers(it["headers"])
            exchange = Exchange(it["method"], it["path"], it["request"], it["status"], headers, [base64.b64decode(it["body"])])
            schemas.check(exchange)
            session_target.recorder.exchanges.append(exchange)
        read["recorded"] = True
    return Found(request.param, session_target.upstream, read["found"])


def ok(ai, scenario):
    found = ai.of(scenario)
    assert "ok" in found, found
    return found["ok"]


@pytest.mark.parametrize("scenario", ["text", "stream"])
def test_a_text_comes_whole_with_its_usage(ai, scenario):
    found = ok(ai, scenario)
    assert (found["text"], found["finishReason"]) == (SAID, "stop")
    assert (found["input"], found["output"]) == (WORDS + 2, WORDS)


@pytest.mark.parametrize("scenario", ["tools", "tools_streamed"])
def test_a_tool_is_called_and_its_result_answered(ai, scenario):
    found = ok(ai, scenario)
    assert [step["finishReason"] for step in found["steps"]] == ["tool-calls", "stop"]
    assert (found["steps"][0]["calls"], found["steps"][1]["calls"]) == ([CALL], [])
    assert "21 degrees in city" in found["text"]


@pytest.mark.parametrize("scenario", ["thinking", "thinking_streamed"])
def test_a_thought_comes_back_as_it_was_signed(ai, scenario):
    """An altered or missing one is refused by the sandbox, as by those who sign."""
    found = ok(ai, scenario)
    assert found["steps"][0]["calls"] == [CALL] and "21 degrees in city" in found["text"]
    # OpenAI's package reads no thoughts from Chat, whose own models tell none.
    thought = "" if ai.client == "openai_chat" else bill.THOUGHT
    assert found["steps"][0]["reasoning"] == thought


@pytest.mark.relay
def test_what_is_kept_is_named_and_not_sent(ai, session_target):
    found = ok(ai, "thinking_kept")
    inputs = [exchange.request.get("input") for exchange in session_target.recorder.exchanges if exchange.dialect == "responses"]
    assert any(item.get("type") == "item_reference" for items in inputs if isinstance(items, list) for item in items)
    assert found["steps"][0]["calls"] == [CALL] and "21 degrees in city" in found["text"]


def test_an_answer_has_the_form_that_was_asked_for(ai):
    assert ok(ai, "form") == {"city": "city"}


def test_the_limit_ends_an_answer(ai):
    found = ok(ai, "limit")
    assert (len(found["text"].split()), found["output"], found["finishReason"]) == (37, 37, "length")


def test_a_stop_sequence_ends_an_answer(ai):
    if ai.client == "openai_responses":
        # It knows none, and its package says so.
        assert ok(ai, "stop")["text"] == SAID
    elif ai.upstream == "openai_responses":
        assert ai.of("stop")["status"] == 400 and "`stop`" in ai.of("stop")["message"]
    else:
        assert ok(ai, "stop")["text"] == SAID.split("data:")[0]


@pytest.mark.parametrize("scenario", ["image", "marked"])
def test_images_and_cache_marks_do_not_disturb(ai, scenario):
    assert ok(ai, scenario)["text"] == "one two"


@pytest.mark.parametrize("scenario", ["refused", "refused_streamed"])
def test_a_refusal_is_typed(ai, scenario):
    found = ai.of(scenario)
    assert (found["error"], found["status"]) == ("AI_APICallError", 429)


def test_a_cut_stream_is_an_error_and_never_an_end(ai):
    assert "error" in ai.of("cut"), ai.of("cut")
