"""PyPI openai against the relay: chat, streams, tools, errors, models, asynchronously too."""

import asyncio
import json

import httpx2
import jsonschema
import openai
import pytest

SYSTEM = {"role": "system", "content": "be brief"}
WEATHER = {
    "type": "object",
    "properties": {
        "city": {"type": "string"},
        "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
        "days": {"type": "integer", "minimum": 2},
        "note": {"type": "string"},
    },
    "required": ["city", "unit", "days"],
    "additionalProperties": False,
}
TOOLS = [{"type": "function", "function": {"name": "weather", "description": "looks out", "parameters": WEATHER}}]
SAID = "Grüße  aus Köln — data: [DONE]\n\u2028event: error 🚦"


def messages(text=SAID):
    return [SYSTEM, {"role": "user", "content": text}]


def test_chat_answers_with_exact_usage(target):
    answer = target.openai().chat.completions.create(model="sandbox/echo", messages=messages())
    assert answer.choices[0].message.content == SAID
    assert answer.choices[0].finish_reason == "stop"
    usage = answer.usage
    words = len(SAID.split())
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (words + 2, words, 2 * words + 2)


def test_content_parts_are_read(target):
    parts = [{"type": "text", "text": "one two"}, {"type": "text", "text": "three"}]
    answer = target.openai().chat.completions.create(model="sandbox/echo", messages=[{"role": "user", "content": parts}])
    assert answer.choices[0].message.content == "one two\nthree"
    assert answer.usage.prompt_tokens == 3


@pytest.mark.parametrize("limit", ["max_tokens", "max_completion_tokens"])
def test_max_tokens_cuts_with_length(target, limit):
    answer = target.openai().chat.completions.create(model="sandbox/lorem-0", messages=messages(), **{limit: 37})
    assert len(answer.choices[0].message.content.split()) == answer.usage.completion_tokens == 37
    assert answer.choices[0].finish_reason == "length"


@pytest.mark.parametrize("asked", [True, False])
def test_stream_has_usage_exactly_if_asked(target, asked):
    options = {"stream_options": {"include_usage": True}} if asked else {}
    chunks = list(target.openai().chat.completions.create(
        model="sandbox/echo", messages=messages(), stream=True, **options))
    text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    assert text == SAID
    assert [choice.finish_reason for chunk in chunks for choice in chunk.choices][-1] == "stop"
    usages = [chunk.usage for chunk in chunks if chunk.usage]
    words = len(SAID.split())
    assert [(u.prompt_tokens, u.completion_tokens) for u in usages] == ([(words + 2, words)] if asked else [])
    assert all(chunk.choices for chunk in chunks if not chunk.usage), "a chunk without choices is the usage's own"


def test_stream_helper_gathers_the_answer(target):
    text = "word " * 200
    with target.openai().chat.completions.stream(
        model="sandbox/echo", messages=messages(text), stream_options={"include_usage": True}
    ) as stream:
        events = list(stream)
        answer = stream.get_final_completion()
    assert len(events) > 200
    assert answer.choices[0].message.content == text
    assert answer.usage.completion_tokens == 200


def test_stream_helper_tells_a_cut_answer(target):
    with target.openai().chat.completions.stream(model="sandbox/lorem-0", messages=messages(), max_tokens=20) as stream:
        list(stream)
        with pytest.raises(openai.LengthFinishReasonError):
            stream.get_final_completion()


@pytest.mark.parametrize("stream", [False, True])
def test_tool_call_and_second_turn(target, stream):
    client = target.openai()
    asked = messages("how is the weather")
    call = first_call(client, asked, stream)
    arguments = json.loads(call["arguments"])
    jsonschema.validate(arguments, WEATHER)
    assert call["name"] == "weather" and arguments["days"] == 2
    asked += [
        {"role": "assistant", "content": None, "tool_calls": [
            {"id": call["id"], "type": "function", "function": {"name": "weather", "arguments": call["arguments"]}}]},
        {"role": "tool", "tool_call_id": call["id"], "content": "21 degrees and clear"},
    ]
    answer = client.chat.completions.create(model="sandbox/tools", messages=asked, tools=TOOLS)
    assert answer.choices[0].message.content == "21 degrees and clear"
    assert answer.usage.prompt_tokens == 2 + 4 + 4


def first_call(client, asked, stream):
    if not stream:
        choice = client.chat.completions.create(model="sandbox/tools", messages=asked, tools=TOOLS).choices[0]
        assert choice.finish_reason == "tool_calls" and choice.message.content is None
        call = choice.message.tool_calls[0]
        return {"id": call.id, "name": call.function.name, "arguments": call.function.arguments}
    found = {"id": "", "name": "", "arguments": ""}
    reasons = []
    for chunk in client.chat.completions.create(model="sandbox/tools", messages=asked, tools=TOOLS, stream=True):
        reasons.append(chunk.choices[0].finish_reason)
        for part in chunk.choices[0].delta.tool_calls or []:
            found["id"] += part.id or ""
            found["name"] += part.function.name or ""
            found["arguments"] += part.function.arguments or ""
    assert reasons[-1] == "tool_calls"
    return found


def test_many_async_clients_at_once(target):
    async def one(client, number):
        text = f"number {number} " * (number + 1)
        if number % 2:
            stream = await client.chat.completions.create(model="sandbox/echo", messages=messages(text), stream=True)
            said = "".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices])
        else:
            answer = await client.chat.completions.create(model="sandbox/echo", messages=messages(text))
            said = answer.choices[0].message.content
        assert said == text

    async def all_of_them():
        async with target.async_openai() as client:
            await asyncio.gather(*(one(client, number) for number in range(24)))

    asyncio.run(all_of_them())


def test_models_are_listed(target):
    client = target.openai()
    names = {model.id for model in client.models.list()}
    assert {"sandbox/echo", "sandbox/lorem", "sandbox/tools"} <= names
    assert client.models.retrieve("sandbox/echo").id == "sandbox/echo"


def test_unknown_model_is_not_found(target):
    with pytest.raises(openai.NotFoundError) as caught:
        target.openai().chat.completions.create(model="sandbox/nothing", messages=messages())
    assert caught.value.code == "model_not_found"


def test_malformed_parameters_are_bad_requests(target):
    for options in [{"max_tokens": 0}, {"messages": []}, {"messages": [{"role": "nobody", "content": "x"}]}, {"n": 2}]:
        with pytest.raises(openai.BadRequestError):
            target.openai().chat.completions.create(**({"model": "sandbox/echo", "messages": messages()} | options))


def test_upstream_refusals_are_typed(target):
    relayed = target.relay is not None
    for model, kind, status in [
        ("sandbox/fail-400", openai.BadRequestError, 400),
        ("sandbox/fail-401", openai.InternalServerError, 502) if relayed
        else ("sandbox/fail-401", openai.AuthenticationError, 401),
        ("sandbox/fail-429", openai.RateLimitError, 429),
        ("sandbox/fail-500", openai.InternalServerError, 502 if relayed else 500),
    ]:
        for stream in [False, True]:
            with pytest.raises(kind) as caught:
                target.openai().chat.completions.create(model=model, messages=messages(), stream=stream)
            assert caught.value.status_code == status
            if status == 429:
                assert int(caught.value.response.headers["retry-after"]) >= 1


def test_a_cut_stream_is_an_error_and_never_an_end(target):
    with pytest.raises((openai.APIError, httpx2.TransportError)):
        for _ in target.openai().chat.completions.create(model="sandbox/cut-2", messages=messages(), stream=True):
            pass


@pytest.mark.relay
def test_wrong_and_revoked_keys_are_refused(target):
    for key in ["sk-tp-wrong", "nothing", target.relay.revoked_key]:
        for stream in [False, True]:
            with pytest.raises(openai.AuthenticationError) as caught:
                target.openai(key).chat.completions.create(model="sandbox/echo", messages=messages(), stream=stream)
            assert caught.value.code == "invalid_api_key"


@pytest.mark.relay
def test_an_empty_wallet_is_402(target):
    for stream in [False, True]:
        with pytest.raises(openai.APIStatusError) as caught:
            target.openai(target.relay.broke_key).chat.completions.create(
                model="sandbox/echo", messages=messages(), stream=stream)
        assert (caught.value.status_code, caught.value.code) == (402, "insufficient_balance")
