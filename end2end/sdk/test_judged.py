"""As a client of upstreams that fail: llmock's verdict must find nothing, and aimock's chaos must reach no caller unsaid.

The caller here is as bad as callers are: it tries again at once whatever it is told, but for a refusal of the request itself.
"""

import json

import openai
import pytest

from judged import AiMock, LlMock
from server import Server

RATES = {"input": "1", "output": "2"}
#: What must not be found of us. (`malformed_chunk_ignored` is seen from the caller's side: the judge sends a stream so quickly that
#: it cannot see who stops reading.)
BAD = {"retry_after_ignored", "retried_non_retryable", "retry_storm", "truncated_stream_accepted", "no_read_timeout"}


@pytest.fixture(scope="module")
def relay(tmp_path_factory):
    server = None
    try:
        server = Server(tmp_path_factory.mktemp("judged"), {"TURNPIKE_EGRESS__ALLOW_PRIVATE": "true"})
        server.key = server.key_of_new_tenant("rich", "10")["secret"]
        server.number, server.channels = 0, []
        yield server
        server.stop()
    finally:
        if server is not None:
            server.kill()


@pytest.fixture(scope="module")
def llmocks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("llmock")
    upstreams = [LlMock(folder), LlMock(folder)]
    yield upstreams
    for upstream in upstreams:
        upstream.stop()


def fresh_model(relay, upstreams, **changed):
    """A model that only these carry, the first before the others. The channels of tests before are gone: the relay looks now
    and then whether what failed there works again, which a judge would take for repeated requests of this test."""
    while relay.channels:
        relay.call("DELETE", f"/channels/{relay.channels.pop()}")
    relay.number += 1
    model = f"judged-{relay.number}"
    relay.make_price(model, RATES)
    for place, upstream in enumerate(upstreams):
        made = relay.call("POST", "/channels", {
            "name": f"{model} {place}", "provider": "openai_compatible", "base_url": upstream.base_url, "allow_private_network": True,
            "credentials": [{"name": "only", "secret": "sk-upstream"}], "models": [{"model": model, "upstream": "gpt-4o"}],
            "priority": -place,
        } | changed)
        relay.channels.append(made["id"])
    client = openai.OpenAI(base_url=f"{relay.base}/v1", api_key=relay.key, max_retries=0)
    return client, model


class Failed(Exception):
    """The relay said so."""


def ask(client, model, stream):
    """One answer, whole."""
    messages = [{"role": "user", "content": "hello"}]
    try:
        answer = client.chat.completions.create(model=model, messages=messages, max_tokens=200, stream=stream)
        if not stream:
            return answer.choices[0].message.content
        text, finished = "", None
        for chunk in answer:
            for choice in chunk.choices:
                text += choice.delta.content or ""
                finished = choice.finish_reason or finished
        assert finished, "a stream that ends without a reason must end with an error"
        return text
    except openai.APIStatusError as error:
        said = error.body if isinstance(error.body, dict) else {}
        assert said.get("message") and said.get("code"), f"not said properly: {error.status_code} {error.response.text}"
        raise Failed(error.status_code) from error
    except openai.APIError as error:
        assert error.message, "a stream broke off without a word"
        raise Failed(200) from error


def ask_again_at_once(client, model, stream, times=6):
    """As a caller does who never waits. What it saw, and the answer if there was one."""
    seen = []
    for _ in range(times):
        try:
            return seen, ask(client, model, stream)
        except Failed as failed:
            seen.append(failed.args[0])
            if failed.args[0] in (400, 404, 413, 422):
                return seen, None
    return seen, None


def hold_to_verdict(upstreams):
    for upstream in upstreams:
        verdict = upstream.verdict()
        found = [finding for finding in verdict["findings"] if finding["code"] in BAD]
        assert not found, json.dumps(found, indent=1)
        assert verdict["passed"], verdict


def fail(status, **more):
    return {"type": "fail", "status": status, "times": None} | more


FAULTS = {
    "rate limit": fail(429, retry_after=2),
    "rate limit for long": fail(429, retry_after=90),
    "unavailable": fail(503),
    "unavailable with a reset": fail(503, retry_after=3),
    "down": fail(500),
    "overloaded": fail(529, retry_after=2),
    "refused": fail(401),
    "forbidden": fail(403),
    "bad request": fail(400),
    "unknown": fail(404),
    "cut": {"type": "stream_fault", "kind": "disconnect", "after_chunks": 2, "times": 1},
    "truncated": {"type": "stream_fault", "kind": "truncate", "after_chunks": 2, "times": 1},
    "malformed": {"type": "stream_fault", "kind": "malformed", "after_chunks": 2, "times": 1},
    "stalled": {"type": "stream_fault", "kind": "stall", "stall_seconds": 20, "after_chunks": 2, "times": 1},
    "slow to begin": {"type": "slow_first_token", "seconds": 20, "times": 1},
}
#: What may be mended only by another request: an answer had begun, or the request is at fault.
BEGUN = {"cut", "truncated", "malformed", "stalled"}
CALLERS_FAULT = {"bad request", "unknown"}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_single_upstream_finds_nothing_bad_in_us(relay, llmocks, fault, stream):
    if not stream and FAULTS[fault]["type"] != "fail":
        pytest.skip("a fault of streams")
    upstream = llmocks[0]
    client, model = fresh_model(relay, [upstream], timeouts={"idle_ms": 800, "first_token_ms": 800})
    upstream.script(FAULTS[fault])
    seen, answer = ask_again_at_once(client, model, stream)
    assert seen and (answer is None or fault in BEGUN | {"slow to begin"}), "a fault is said"
    hold_to_verdict([upstream])


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("fault", FAULTS)
def test_another_upstream_serves_what_one_does_not(relay, llmocks, fault, stream):
    if not stream and FAULTS[fault]["type"] != "fail":
        pytest.skip("a fault of streams")
    client, model = fresh_model(relay, llmocks, timeouts={"idle_ms": 800, "first_token_ms": 800})
    llmocks[0].script(FAULTS[fault])
    llmocks[1].script()
    for _ in range(1 if fault in CALLERS_FAULT else 8):
        seen, answer = ask_again_at_once(client, model, stream)
        if fault in CALLERS_FAULT:
            assert (seen, answer) == ([FAULTS[fault]["status"]], None)
        elif fault in BEGUN:
            assert answer and len(seen) <= 1, "the next request is served"
        else:
            assert answer and seen == [], f"the caller saw {seen}"
    hold_to_verdict(llmocks)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_chaos_is_answered_by_another_or_said(relay, tmp_path, stream):
    chaotic = [AiMock(tmp_path, drop=0.1, malformed=0.1, disconnect=0.1, ratelimit=0.02) for _ in range(2)]
    try:
        client, model = fresh_model(relay, chaotic, priority=0)
        answered = said = 0
        for _ in range(150):
            try:
                assert ask(client, model, stream) == AiMock.ANSWER
                answered += 1
            except Failed:
                said += 1
        assert answered + said == 150 and answered > 0
        print(f"two chaotic upstreams: {answered} answered, {said} failed with a reason")
        calm = AiMock(tmp_path)
        chaotic.append(calm)
        client, model = fresh_model(relay, chaotic, priority=0)
        for _ in range(150):
            assert ask(client, model, stream) == AiMock.ANSWER
    finally:
        for upstream in chaotic:
            upstream.stop()
