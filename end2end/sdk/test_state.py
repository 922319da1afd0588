"""PyPI openai's Responses with state, of a tenant that lets the relay keep it, over upstreams that keep nothing."""

import json

import openai
import pytest

import bill
from test_openai import SAID, WEATHER
from test_responses import TOOLS, ask

pytestmark = pytest.mark.relay
WORDS = len(SAID.split())


@pytest.fixture
def keeper(target):
    return target.openai(key=target.relay.keeping_key)


def answered(client, stream, **asked):
    if not stream:
        return client.responses.create(**asked)
    with client.responses.stream(**asked) as events:
        for _ in events:
            pass
        return events.get_final_response()


@pytest.mark.parametrize("stream", [False, True])
def test_a_conversation_goes_on_from_a_response(keeper, stream):
    first = answered(keeper, stream, **ask(text="one two"))
    assert (first.store, first.previous_response_id) == (True, None)
    second = answered(keeper, stream, model="sandbox/echo", input="three", previous_response_id=first.id)
    assert (second.output_text, second.previous_response_id, second.store) == ("three", first.id, True)
    # Its two words, the answer's two, and the new one; instructions do not go on.
    assert second.usage.input_tokens == 5
    third = answered(keeper, stream, model="sandbox/echo", input="four", previous_response_id=second.id)
    assert third.usage.input_tokens == 7
    assert len({first.id, second.id, third.id}) == 3


@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_is_answered_by_its_result_alone_and_the_thought_before_it_comes_back_signed(keeper, stream):
    """The sandbox refuses the second turn without the thought as it signed it."""
    asked = {"model": "sandbox/think", "tools": TOOLS, "reasoning": {"effort": "medium", "summary": "auto"}}
    first = answered(keeper, stream, input="one two three", **asked)
    call = next(item for item in first.output if item.type == "function_call")
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "21 degrees and clear"}
    second = answered(keeper, stream, input=[result], previous_response_id=first.id, **asked)
    assert "21 degrees and clear" in second.output_text
    # The same by naming the items.
    named = [{"type": "item_reference", "id": item.id} for item in first.output]
    again = answered(keeper, stream, input=[{"role": "user", "content": "one two three"}, *named, result], **asked)
    assert again.output_text == second.output_text


def test_what_is_kept_can_be_looked_at(keeper):
    first = keeper.responses.create(**ask(text="one two", metadata={"a": "b"}))
    assert keeper.responses.retrieve(first.id).to_dict() == first.to_dict()
    second = keeper.responses.create(model="sandbox/echo", input="three", previous_response_id=first.id)
    items = list(keeper.responses.input_items.list(second.id, order="asc"))
    assert [item.content[0].text for item in items] == ["one two", "one two", "three"]
    assert [item.role for item in items] == ["user", "assistant", "user"]
    paged = list(keeper.responses.input_items.list(second.id, limit=1))
    assert [item.id for item in paged] == [item.id for item in reversed(items)]


def test_a_stream_is_kept_as_it_was_told(keeper):
    events = list(keeper.responses.create(**ask(stream=True)))
    whole = events[-1].response
    assert {event.response.id for event in events if hasattr(event, "response")} == {whole.id}
    assert keeper.responses.retrieve(whole.id).to_dict() == whole.to_dict()


def test_a_deleted_response_is_gone(keeper):
    first = keeper.responses.create(**ask())
    keeper.responses.delete(first.id)
    for look in (keeper.responses.retrieve, keeper.responses.delete, keeper.responses.input_items.list):
        with pytest.raises(openai.NotFoundError):
            look(first.id)
    with pytest.raises(openai.BadRequestError, match="not found"):
        keeper.responses.create(**ask(previous_response_id=first.id))


def test_what_is_not_to_be_kept_is_not(keeper):
    first = keeper.responses.create(**ask(text="one two"))
    second = keeper.responses.create(model="sandbox/echo", input="three", previous_response_id=first.id, store=False)
    assert (second.store, second.previous_response_id, second.usage.input_tokens) == (False, first.id, 5)
    alone = keeper.responses.create(**ask(store=False))
    for answer in (second, alone):
        with pytest.raises(openai.NotFoundError):
            keeper.responses.retrieve(answer.id)


def test_a_failure_is_not_kept_and_a_cut_stream_neither(keeper):
    with pytest.raises(openai.BadRequestError):
        keeper.responses.create(**ask("sandbox/fail-400"))
    events = list(keeper.responses.create(**ask("sandbox/cut-2", stream=True)))
    assert (events[-1].type, events[-1].code) == ("error", "upstream_error")
    with pytest.raises(openai.NotFoundError):
        keeper.responses.retrieve(events[0].response.id)


def test_another_tenant_finds_nothing(target, keeper):
    first = keeper.responses.create(**ask())
    for other in (target.openai(), target.openai(key=target.relay.other_keeping_key)):
        with pytest.raises(openai.NotFoundError):
            other.responses.retrieve(first.id)
        with pytest.raises(openai.NotFoundError):
            other.responses.delete(first.id)
        with pytest.raises(openai.BadRequestError, match="previous_response_id|not found"):
            other.responses.create(**ask(previous_response_id=first.id))
    with pytest.raises(openai.AuthenticationError):
        target.openai(key=target.relay.revoked_key).responses.retrieve(first.id)
    assert keeper.responses.retrieve(first.id).output_text == SAID


def test_what_is_asked_wrongly_is_said(keeper):
    first = keeper.responses.create(**ask())
    for wrong in [{"limit": 0}, {"limit": 101}, {"order": "up"}, {"after": "nothing"}]:
        with pytest.raises(openai.BadRequestError):
            keeper.responses.input_items.list(first.id, **wrong)
    with pytest.raises(openai.BadRequestError, match="stream"):
        keeper.responses.retrieve(first.id, stream=True)
    with pytest.raises(openai.BadRequestError, match="string"):
        keeper.responses.create(**ask(previous_response_id=5))
    with pytest.raises(openai.BadRequestError, match="conversation"):
        keeper.responses.create(**ask(conversation="conv_1"))


def test_the_days_of_a_tenant_can_be_set_and_ended(target):
    relay = target.relay
    key = relay.key_of_new_tenant("once a keeper", "1")
    client = target.openai(key=key["secret"])
    assert client.responses.create(**ask()).store is False
    for wrong in (366, -1, "x"):
        assert relay.api.patch(f"/tenants/{key['tenant']}", json={"response_days": wrong}).status_code in (400, 422)
    assert relay.call("PATCH", f"/tenants/{key['tenant']}", {"response_days": 1})["response_days"] == 1
    relay.until(lambda: client.responses.create(**ask()).store)
    kept = client.responses.create(**ask())
    assert client.responses.retrieve(kept.id).id == kept.id
    relay.call("PATCH", f"/tenants/{key['tenant']}", {"response_days": 0})
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(kept.id)


def test_nothing_that_was_said_is_in_the_database_in_plain(target, keeper):
    keeper.responses.create(**ask(text="xylophone quartz"))
    files = [path for path in target.relay.folder.rglob("*") if path.is_file()]
    assert files
    for path in files:
        assert b"xylophone" not in path.read_bytes(), path
