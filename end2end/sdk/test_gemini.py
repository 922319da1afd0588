"""PyPI google-genai against the relay: answers, streams, tools with a second turn, counts, models, errors."""

import asyncio

import httpx2
import jsonschema
import pytest
from google.genai import errors, types

from test_openai import SAID, WEATHER

WORDS = len(SAID.split())
LOOK = types.FunctionDeclaration(name="weather", description="looks out", parameters_json_schema=WEATHER)
TOOLS = [types.Tool(function_declarations=[LOOK])]


def config(**options):
    return types.GenerateContentConfig(system_instruction="be brief", **options)


def test_answers_with_exact_usage(target):
    answer = target.gemini().models.generate_content(model="sandbox/echo", contents=SAID, config=config())
    assert (answer.text, answer.model_version) == (SAID, "sandbox/echo")
    assert answer.candidates[0].finish_reason == types.FinishReason.STOP
    usage = answer.usage_metadata
    assert (usage.prompt_token_count, usage.candidates_token_count, usage.total_token_count) == (WORDS + 2, WORDS, 2 * WORDS + 2)


def test_turns_are_read(target):
    contents = [
        types.Content(role="user", parts=[types.Part(text="one two"), types.Part(text="three")]),
        types.Content(role="model", parts=[types.Part(text="four")]),
        types.Content(role="user", parts=[types.Part(text="five six")]),
    ]
    answer = target.gemini().models.generate_content(model="sandbox/echo", contents=contents)
    assert (answer.text, answer.usage_metadata.prompt_token_count) == ("five six", 6)


def test_the_limit_and_a_stop_sequence_end_an_answer(target):
    client = target.gemini()
    answer = client.models.generate_content(model="sandbox/lorem-0", contents=SAID, config=config(max_output_tokens=37))
    assert len(answer.text.split()) == answer.usage_metadata.candidates_token_count == 37
    assert answer.candidates[0].finish_reason == types.FinishReason.MAX_TOKENS
    options = config(stop_sequences=["data:"])
    if target.upstream == "openai_responses":
        with pytest.raises(errors.ClientError, match="`stop`"):
            client.models.generate_content(model="sandbox/echo", contents=SAID, config=options)
        return
    answer = client.models.generate_content(model="sandbox/echo", contents=SAID, config=options)
    assert answer.text == SAID.split("data:")[0]


def test_stream_tells_the_text_once_and_its_usage_at_the_end(target):
    chunks = list(target.gemini().models.generate_content_stream(model="sandbox/echo", contents=SAID, config=config()))
    assert "".join(chunk.text or "" for chunk in chunks) == SAID
    assert [chunk.candidates[0].finish_reason for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
    assert chunks[-1].candidates[0].finish_reason == types.FinishReason.STOP
    assert chunks[-1].usage_metadata.candidates_token_count == WORDS
    assert len(chunks) > WORDS


@pytest.mark.parametrize("model", ["sandbox/echo", "sandbox/cut-2"])
def test_a_stream_without_events_is_one_array(target, model):
    """As curl gets it that does not ask for `alt=sse`; no client of Google's does so today."""
    body = {"contents": [{"role": "user", "parts": [{"text": SAID}]}]}
    path = f"/v1beta/models/{model}:streamGenerateContent"
    answer = httpx2.post(target.base + path, json=body, headers={"x-goog-api-key": target.key}, trust_env=False)
    assert answer.headers["content-type"].startswith("application/json")
    *told, last = answer.json()
    if model == "sandbox/cut-2":
        assert last["error"]["status"] == "UNAVAILABLE", last
    else:
        text = "".join(part["text"] for it in [*told, last] for part in it["candidates"][0]["content"]["parts"])
        assert (text, last["candidates"][0]["finishReason"]) == (SAID, "STOP")


def test_asynchronously(target):
    async def run():
        client = target.async_gemini()
        stream = await client.models.generate_content_stream(model="sandbox/echo", contents=SAID)
        return "".join([chunk.text or "" async for chunk in stream])

    assert asyncio.run(run()) == SAID


@pytest.mark.parametrize("stream", [False, True])
def test_tool_call_and_second_turn(target, stream):
    models = target.gemini().models
    first = {"model": "sandbox/tools", "config": config(tools=TOOLS)}
    asked = types.Content(role="user", parts=[types.Part(text="how is the weather")])
    if stream:
        chunks = list(models.generate_content_stream(contents=[asked], **first))
        parts = [part for chunk in chunks for part in chunk.candidates[0].content.parts if part.function_call]
        said = types.Content(role="model", parts=parts)
    else:
        said = models.generate_content(contents=[asked], **first).candidates[0].content
    (call,) = [part.function_call for part in said.parts]
    assert call.name == "weather"
    jsonschema.validate(call.args, WEATHER)
    result = types.FunctionResponse(id=call.id, name=call.name, response={"result": "21 degrees and clear"})
    answered = types.Content(role="user", parts=[types.Part(function_response=result)])
    second = models.generate_content(contents=[asked, said, answered], **first)
    assert second.text == "21 degrees and clear"


def test_a_chat_keeps_its_turns(target):
    chat = target.gemini().chats.create(model="sandbox/echo")
    assert chat.send_message("one").text == "one"
    answer = chat.send_message("two three")
    assert (answer.text, answer.usage_metadata.prompt_token_count) == ("two three", 4)


def test_tokens_are_counted_without_a_charge(target):
    count = target.gemini().models.count_tokens(model="sandbox/echo", contents="one two three")
    assert count.total_tokens == 3


def test_models_are_listed(target):
    client = target.gemini()
    names = [model.name for model in client.models.list()]
    assert "models/sandbox/echo" in names
    assert client.models.get(model="models/sandbox/echo").display_name == "sandbox/echo"


@pytest.mark.parametrize("model,code,status", [
    ("sandbox/nobody", 404, "NOT_FOUND"),
    ("sandbox/fail-400", 400, "INVALID_ARGUMENT"),
    ("sandbox/fail-500", 502, "UNAVAILABLE"),
])
def test_errors_are_googles(target, model, code, status):
    with pytest.raises(errors.APIError) as raised:
        target.gemini().models.generate_content(model=model, contents="x")
    assert (raised.value.code, raised.value.status) == (code, status)


@pytest.mark.relay
def test_a_wrong_key_is_told_as_such(target):
    with pytest.raises(errors.ClientError) as raised:
        target.gemini(key="sk-tp-nobodys").models.generate_content(model="sandbox/echo", contents="x")
    assert (raised.value.code, raised.value.status) == (401, "UNAUTHENTICATED")


def test_malformed_parameters_are_bad_requests(target):
    for options in [{"max_output_tokens": 0}, {"candidate_count": 2}]:
        with pytest.raises(errors.ClientError) as raised:
            target.gemini().models.generate_content(model="sandbox/echo", contents="x", config=config(**options))
        assert raised.value.code == 400


def test_a_cut_stream_ends_as_an_error(target):
    with pytest.raises(errors.APIError) as raised:
        list(target.gemini().models.generate_content_stream(model="sandbox/cut-2", contents="x"))
    assert raised.value.status == "UNAVAILABLE"
