"""PyPI openai's embeddings against the relay. They are told in no other dialect: a channel without OpenAI's serves none."""

from decimal import Decimal

import openai
import pytest

NONE = ("anthropic", "gemini", "openai_responses")


def test_every_text_has_its_vector_and_is_charged(target):
    if target.upstream in NONE:
        with pytest.raises(openai.APIStatusError) as raised:
            target.openai().embeddings.create(model="sandbox/echo", input="one")
        assert (raised.value.status_code, raised.value.code) == (503, "no_channel_available")
        return
    answer = target.openai().embeddings.create(model="sandbox/echo", input=["one two", "three", "one two"])
    assert [len(one.embedding) for one in answer.data] == [16] * 3
    assert answer.data[0].embedding == answer.data[2].embedding != answer.data[1].embedding
    assert (answer.usage.prompt_tokens, answer.usage.total_tokens) == (5, 5)
    if target.relay:
        exchange = target.recorder.exchanges[-1]
        # 5 words at 0.0375 USD a million; nothing is written.
        assert Decimal(exchange.headers["x-turnpike-cost-usd"]) == Decimal("0.000000188")


def test_a_format_and_a_size_can_be_chosen(target):
    if target.upstream in NONE:
        pytest.skip("no such channel")
    answer = target.openai().embeddings.create(model="sandbox/echo", input="one", encoding_format="float", dimensions=4)
    assert len(answer.data[0].embedding) == 4


def test_bad_requests_name_the_field(target):
    for options in [{"input": {}}, {"input": None}]:
        with pytest.raises(openai.BadRequestError, match="input"):
            target.openai().embeddings.create(model="sandbox/echo", **options)
