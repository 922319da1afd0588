"""PyPI openai's and google-genai's embeddings against the relay. OpenAI's Chat and Google's API have them beside them and are told
in each other; the other dialects have none."""

from decimal import Decimal

import openai
import pytest
from google.genai import errors, types

NONE = ("anthropic", "openai_responses")
TEXTS = ["one two", "three", "one two"]


def is_refused(target, call):
    """Whether the channel has no embeddings, which is said."""
    if target.upstream not in NONE:
        return False
    with pytest.raises((openai.APIStatusError, errors.APIError)) as raised:
        call()
    assert getattr(raised.value, "status_code", None) == 503 or raised.value.code == 503
    return True


def cost(target):
    """What the last call cost: 5 words at 0.0375 USD a million; nothing is written."""
    if target.relay:
        assert Decimal(target.recorder.exchanges[-1].headers["x-turnpike-cost-usd"]) == Decimal("0.000000188")


def test_every_text_has_its_vector_and_is_charged(target):
    def embed():
        return target.openai().embeddings.create(model="sandbox/echo", input=TEXTS)

    if is_refused(target, embed):
        return
    answer = embed()
    cost(target)
    assert [len(one.embedding) for one in answer.data] == [16] * 3
    assert answer.data[0].embedding == answer.data[2].embedding != answer.data[1].embedding
    assert (answer.usage.prompt_tokens, answer.usage.total_tokens) == (5, 5)


def test_googles_client_has_them_too_and_the_same(target):
    def embed():
        return target.gemini().models.embed_content(model="sandbox/echo", contents=TEXTS)

    if is_refused(target, embed):
        return
    answer = embed()
    cost(target)
    vectors = [one.values for one in answer.embeddings]
    assert [len(vector) for vector in vectors] == [16] * 3
    openais = target.openai().embeddings.create(model="sandbox/echo", input=TEXTS, encoding_format="float")
    assert vectors == [one.embedding for one in openais.data]


def test_one_content_has_a_path_of_its_own(target):
    def embed():
        client = target.recorder.client()
        path = f"{target.base}/v1beta/models/sandbox%2Fecho:embedContent"
        answer = client.post(path, json={"content": {"parts": [{"text": "one"}]}}, headers={"x-goog-api-key": target.key})
        if answer.status_code != 200:
            raise errors.APIError(answer.status_code, answer.json())
        return answer.json()

    if is_refused(target, embed):
        return
    answer = embed()
    assert len(answer["embedding"]["values"]) == 16
    assert answer["usageMetadata"]["promptTokenCount"] == 1


def test_a_format_and_a_size_can_be_chosen(target):
    if target.upstream in NONE:
        pytest.skip("no such channel")
    answer = target.openai().embeddings.create(model="sandbox/echo", input="one", encoding_format="float", dimensions=4)
    assert len(answer.data[0].embedding) == 4
    options = types.EmbedContentConfig(output_dimensionality=4)
    googles = target.gemini().models.embed_content(model="sandbox/echo", contents="one", config=options)
    assert googles.embeddings[0].values == answer.data[0].embedding


def test_bad_requests_name_the_field(target):
    for options in [{"input": {}}, {"input": None}]:
        with pytest.raises(openai.BadRequestError, match="input"):
            target.openai().embeddings.create(model="sandbox/echo", **options)
