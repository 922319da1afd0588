"""PyPI openai's Responses against the relay: answers, streams, tools with a second turn, what is refused."""

import json

import jsonschema
import openai
import pytest

from test_openai import SAID, WEATHER

TOOLS = [{"type": "function", "name": "weather", "description": "looks out", "parameters": WEATHER, "strict": False}]
WORDS = len(SAID.split())


def ask(model="sandbox/echo", text=SAID, **options):
    return {"model": model, "instructions": "be brief", "input": text} | options


def test_response_answers_with_exact_usage(target):
    answer = target.openai().responses.create(**ask())
    assert (answer.output_text, answer.status, answer.model) == (SAID, "completed", "sandbox/echo")
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (WORDS + 2, WORDS)
    assert answer.instructions == "be brief"


def test_items_are_read(target):
    items = [
        {"role": "developer", "content": "be very brief"},
        {"role": "user", "content": [{"type": "input_text", "text": "one two"}]},
        {"role": "assistant", "content": [{"type": "output_text", "text": "three"}]},
        {"type": "message", "role": "user", "content": "four five"},
    ]
    answer = target.openai().responses.create(model="sandbox/echo", input=items)
    assert answer.output_text == "four five"
    assert answer.usage.input_tokens == 8


def test_the_limit_makes_an_answer_incomplete(target):
    answer = target.openai().responses.create(**ask("sandbox/lorem-0", max_output_tokens=37))
    assert len(answer.output_text.split()) == answer.usage.output_tokens == 37
    assert (answer.status, answer.incomplete_details.reason) == ("incomplete", "max_output_tokens")


def test_stream_events_come_in_their_order(target):
    events = list(target.openai().responses.create(**ask(stream=True)))
    kinds = [event.type.removeprefix("response.") for event in events if not event.type.endswith(".delta")]
    assert kinds == [
        "created", "in_progress", "output_item.added", "content_part.added", "output_text.done", "content_part.done",
        "output_item.done", "completed",
    ]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert "".join(event.delta for event in events if event.type.endswith(".delta")) == SAID
    assert events[-1].response.usage.output_tokens == WORDS


def test_stream_helper_gathers_the_response(target):
    with target.openai().responses.stream(**ask()) as stream:
        for _ in stream:
            pass
        answer = stream.get_final_response()
    assert (answer.output_text, answer.usage.output_tokens) == (SAID, WORDS)


@pytest.mark.parametrize("stream", [False, True])
def test_tool_call_and_second_turn(target, stream):
    client = target.openai()
    first = ask("sandbox/tools", "how is the weather", tools=TOOLS)
    if stream:
        with client.responses.stream(**first) as events:
            for _ in events:
                pass
            answer = events.get_final_response()
    else:
        answer = client.responses.create(**first)
    call = answer.output[0]
    assert (call.type, call.name, answer.status) == ("function_call", "weather", "completed")
    jsonschema.validate(json.loads(call.arguments), WEATHER)
    turns = [
        {"role": "user", "content": "how is the weather"},
        {"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": call.arguments},
        {"type": "function_call_output", "call_id": call.call_id, "output": "21 degrees and clear"},
    ]
    second = client.responses.create(**(first | {"input": turns}))
    assert second.output_text == "21 degrees and clear"


def test_what_would_need_state_is_refused_by_name(target):
    for field, value in [("previous_response_id", "resp_1"), ("conversation", "conv_1"), ("background", True)]:
        with pytest.raises(openai.BadRequestError, match=field):
            target.openai().responses.create(**ask(**{field: value}))


def test_malformed_parameters_are_bad_requests(target):
    for options in [{"max_output_tokens": 0}, {"input": []}, {"input": [{"role": "nobody", "content": "x"}]}, {"tool_choice": "x"}]:
        with pytest.raises(openai.BadRequestError):
            target.openai().responses.create(**ask(**options))


def test_a_cut_stream_ends_as_an_error(target):
    events = list(target.openai().responses.create(**ask("sandbox/cut-2", stream=True)))
    # This client hands errors on as events.
    assert (events[-1].type, events[-1].code) == ("error", "upstream_error")
