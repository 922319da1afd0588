"""PyPI anthropic against the relay: messages, streams, tools, errors, models, asynchronously too."""

import asyncio

import anthropic
import httpx2
import jsonschema
import pytest

from test_openai import SAID, WEATHER

TOOLS = [{"name": "weather", "description": "looks out", "input_schema": WEATHER}]
WORDS = len(SAID.split())


def ask(model="sandbox/echo", text=SAID, **options):
    return {"model": model, "max_tokens": 100, "system": "be brief", "messages": [{"role": "user", "content": text}]} | options


def test_message_answers_with_exact_usage(target):
    answer = target.anthropic().messages.create(**ask())
    assert [block.text for block in answer.content] == [SAID]
    assert (answer.stop_reason, answer.stop_sequence) == ("end_turn", None)
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (WORDS + 2, WORDS)


def test_blocks_are_read(target):
    blocks = [{"type": "text", "text": "one two", "cache_control": {"type": "ephemeral"}}, {"type": "text", "text": "three"}]
    system = [{"type": "text", "text": "be very brief"}]
    answer = target.anthropic().messages.create(**ask(text=blocks, system=system))
    assert answer.content[0].text == "one two\nthree"
    assert answer.usage.input_tokens == 6


def test_max_tokens_and_stop_sequences_end_the_answer(target):
    answer = target.anthropic().messages.create(**ask("sandbox/lorem-0", max_tokens=37))
    assert len(answer.content[0].text.split()) == answer.usage.output_tokens == 37
    assert answer.stop_reason == "max_tokens"
    if target.upstream == "openai_responses":
        with pytest.raises(anthropic.BadRequestError, match="`stop`"):
            target.anthropic().messages.create(**ask(stop_sequences=["data:"]))
        return
    answer = target.anthropic().messages.create(**ask(stop_sequences=["data:"]))
    # Chat and Gemini do not tell one end from the other.
    ended = ("end_turn", None) if target.upstream in ("openai_chat", "gemini") else ("stop_sequence", "data:")
    assert (answer.stop_reason, answer.stop_sequence) == ended


def test_stream_events_are_complete_and_count_the_input_at_once(target):
    events = list(target.anthropic().messages.create(**ask(stream=True)))
    kinds = [event.type for event in events if event.type != "content_block_delta"]
    assert kinds == ["message_start", "content_block_start", "content_block_stop", "message_delta", "message_stop"]
    assert events[0].message.usage.input_tokens == WORDS + 2
    assert "".join(event.delta.text for event in events if event.type == "content_block_delta") == SAID
    delta = next(event for event in events if event.type == "message_delta")
    assert (delta.delta.stop_reason, delta.usage.output_tokens) == ("end_turn", WORDS)


def test_stream_helper_gathers_the_message(target):
    with target.anthropic().messages.stream(**ask("sandbox/lorem-0", max_tokens=200)) as stream:
        text = "".join(stream.text_stream)
        answer = stream.get_final_message()
    assert answer.content[0].text == text and len(text.split()) == answer.usage.output_tokens == 200
    assert answer.stop_reason == "max_tokens"


@pytest.mark.parametrize("stream", [False, True])
def test_tool_call_and_second_turn(target, stream):
    client = target.anthropic()
    first = ask("sandbox/tools", "how is the weather", tools=TOOLS)
    if stream:
        with client.messages.stream(**first) as events:
            answer = events.get_final_message()
    else:
        answer = client.messages.create(**first)
    assert answer.stop_reason == "tool_use"
    call = answer.content[0]
    assert call.type == "tool_use" and call.name == "weather"
    jsonschema.validate(call.input, WEATHER)
    result = {"type": "tool_result", "tool_use_id": call.id, "content": [{"type": "text", "text": "21 degrees and clear"}]}
    turns = first["messages"] + [
        {"role": "assistant", "content": [{"type": "tool_use", "id": call.id, "name": call.name, "input": call.input}]},
        {"role": "user", "content": [result]},
    ]
    second = client.messages.create(**(first | {"messages": turns}))
    assert second.content[0].text == "21 degrees and clear"
    assert second.usage.input_tokens == 2 + 4 + 4


def test_many_async_clients_at_once(target):
    async def one(client, number):
        text = f"number {number} " * (number + 1)
        if number % 2:
            async with client.messages.stream(**ask(text=text)) as stream:
                answer = await stream.get_final_message()
        else:
            answer = await client.messages.create(**ask(text=text))
        assert answer.content[0].text == text

    async def all_of_them():
        async with target.async_anthropic() as client:
            await asyncio.gather(*(one(client, number) for number in range(24)))

    asyncio.run(all_of_them())


def test_models_are_listed_in_this_dialect(target):
    client = target.anthropic()
    names = {model.id for model in client.models.list()}
    assert {"sandbox/echo", "sandbox/lorem", "sandbox/tools"} <= names
    assert client.models.retrieve("sandbox/echo").id == "sandbox/echo"


def test_unknown_model_is_not_found(target):
    with pytest.raises(anthropic.NotFoundError) as caught:
        target.anthropic().messages.create(**ask("sandbox/nothing"))
    assert caught.value.body["error"]["type"] == "not_found_error"


def test_malformed_parameters_are_bad_requests(target):
    for options in [{"max_tokens": 0}, {"messages": []}, {"messages": [{"role": "nobody", "content": "x"}]}]:
        with pytest.raises(anthropic.BadRequestError) as caught:
            target.anthropic().messages.create(**ask(**options))
        assert caught.value.body["error"]["type"] == "invalid_request_error"


def test_upstream_refusals_are_typed(target):
    relayed = target.relay is not None
    for model, kind, status in [
        ("sandbox/fail-400", anthropic.BadRequestError, 400),
        ("sandbox/fail-401", anthropic.InternalServerError, 502) if relayed
        else ("sandbox/fail-401", anthropic.AuthenticationError, 401),
        ("sandbox/fail-429", anthropic.RateLimitError, 429),
        ("sandbox/fail-500", anthropic.InternalServerError, 502 if relayed else 500),
    ]:
        for stream in [False, True]:
            with pytest.raises(kind) as caught:
                target.anthropic().messages.create(**ask(model, stream=stream))
            assert caught.value.status_code == status
            if status == 429:
                assert int(caught.value.response.headers["retry-after"]) >= 1


def test_a_cut_stream_is_an_error_and_never_an_end(target):
    with pytest.raises((anthropic.APIError, httpx2.TransportError)):
        for _ in target.anthropic().messages.create(**ask("sandbox/cut-2", stream=True)):
            pass


@pytest.mark.relay
def test_the_key_is_taken_as_x_api_key_and_as_bearer(target):
    for client in [target.anthropic(), target.anthropic(api_key=None, auth_token=target.key)]:
        assert client.messages.create(**ask()).content[0].text == SAID


@pytest.mark.relay
def test_wrong_and_revoked_keys_are_refused(target):
    for key in ["sk-tp-wrong", "nothing", target.relay.revoked_key]:
        for stream in [False, True]:
            with pytest.raises(anthropic.AuthenticationError) as caught:
                target.anthropic(key).messages.create(**ask(stream=stream))
            assert caught.value.body["error"]["type"] == "authentication_error"


@pytest.mark.relay
def test_an_empty_wallet_is_402(target):
    for stream in [False, True]:
        with pytest.raises(anthropic.APIStatusError) as caught:
            target.anthropic(target.relay.broke_key).messages.create(**ask(stream=stream))
        assert caught.value.status_code == 402


def test_tokens_are_counted_without_being_charged(target):
    request = {key: value for key, value in ask().items() if key != "max_tokens"}
    counted = target.anthropic().messages.count_tokens(**request)
    assert counted.input_tokens == WORDS + 2
    with pytest.raises(anthropic.NotFoundError):
        target.anthropic().messages.count_tokens(**(request | {"model": "no/such-model"}))
