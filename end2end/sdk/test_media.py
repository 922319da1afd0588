"""PyPI openai's pictures, speech and moderations, and reranking as Jina has it: passed through, and charged by their units."""

import base64
import io
import wave
from decimal import Decimal

import openai
import pytest

# Who speaks Chat has them beside it; nobody else is told them.
NONE = ("anthropic", "openai_responses", "gemini")


def cost(target):
    exchange = target.recorder.exchanges[-1]
    return Decimal(exchange.headers["x-turnpike-cost-usd"]) if target.relay else None


def served(target, call):
    """The answer, where the channel has such; else it is said that none has."""
    if target.upstream not in NONE:
        return call()
    with pytest.raises(openai.APIStatusError) as raised:
        call()
    assert (raised.value.status_code, raised.value.code) == (503, "no_channel_available")
    return None


def test_pictures_are_charged_by_their_tokens(target):
    answer = served(target, lambda: target.openai().images.generate(model="sandbox/echo", prompt="one two", n=2))
    if answer is None:
        return
    assert [base64.b64decode(one.b64_json)[:4] for one in answer.data] == [b"\x89PNG"] * 2
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (2, 544)
    # 2 words at 0.0375 and 544 tokens at 0.1235 USD a million.
    assert cost(target) in (None, Decimal("0.000067259"))


def test_pictures_that_nobody_counted_are_charged_one_by_one(target):
    answer = served(target, lambda: target.openai().images.generate(model="sandbox/lorem-0", prompt="one two", n=3))
    if answer is None:
        return
    assert answer.usage is None and len(answer.data) == 3
    # 2 words at 3, and 3 pictures of a thousand tokens at 15 USD a million.
    assert cost(target) in (None, Decimal("0.045006"))


def test_speech_is_sound_and_charged_by_its_characters(target):
    answer = served(target, lambda: target.openai().audio.speech.create(model="sandbox/echo", input="Grüß Gott", voice="alloy"))
    if answer is None:
        return
    assert answer.response.headers["content-type"] == "audio/wav"
    with wave.open(io.BytesIO(answer.content)) as sound:
        assert (sound.getframerate(), sound.getnframes()) == (8000, 4000)
    # 9 characters at 0.0375 USD a million.
    assert cost(target) in (None, Decimal("0.000000338"))


def test_texts_are_moderated(target):
    answer = served(target, lambda: target.openai().moderations.create(model="sandbox/echo", input=["peace", "violence and"]))
    if answer is None:
        return
    assert [one.flagged for one in answer.results] == [False, True]
    assert answer.results[1].categories.violence


def test_documents_are_reranked(target):
    def ask():
        body = {"model": "sandbox/echo", "query": "red apple", "documents": ["blue sky", "red apple pie", "red sky"], "top_n": 2}
        return target.openai().post("/rerank", body=body, cast_to=object)

    answer = served(target, ask)
    if answer is None:
        return
    assert [one["index"] for one in answer["results"]] == [1, 2]
    # 9 words at 0.0375 USD a million.
    assert cost(target) in (None, Decimal("0.000000338"))


def sound(seconds):
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(1)
        wav.setframerate(8000)
        wav.writeframes(b"\x80" * (8000 * seconds - 44))
    return ("a b.wav", file.getvalue(), "audio/wav")


def test_sound_is_written_down_and_charged_by_its_tokens(target):
    create = target.openai().audio.transcriptions.create
    answer = served(target, lambda: create(model="sandbox/echo", file=sound(2), prompt="häh"))
    if answer is None:
        return
    assert answer.text == "heard 16000 bytes"
    # 20 tokens at 0.0375 and 3 words at 0.1235 USD a million.
    assert cost(target) in (None, Decimal("0.000001121"))


def test_sound_is_charged_by_its_seconds_where_those_are_told(target):
    create = target.openai().audio.transcriptions.create
    answer = served(target, lambda: create(model="sandbox/lorem-0", file=sound(3), response_format="verbose_json"))
    if answer is None:
        return
    assert answer.duration == 3
    # 30 tokens at 3 USD a million.
    assert cost(target) in (None, Decimal("0.00009"))
    text = create(model="sandbox/lorem-0", file=sound(2), response_format="text")
    assert text.strip() == "heard 16000 bytes"
    # Nobody told its length: 16 000 bytes are counted as a second; and three words at 15 USD a million.
    assert cost(target) in (None, Decimal("0.000075"))
    assert target.openai().audio.translations.create(model="sandbox/lorem-0", file=sound(1)).text == "heard 8000 bytes"


def test_pictures_are_changed(target):
    edit = target.openai().images.edit
    pixel = ("p.png", b"\x89PNG", "image/png")
    answer = served(target, lambda: edit(model="sandbox/echo", image=[pixel, pixel], prompt="one two", n=2))
    if answer is None:
        return
    assert len(answer.data) == 2 and answer.usage.input_tokens_details.image_tokens == 544
    # 546 tokens at 0.0375 and 544 at 0.1235 USD a million.
    assert cost(target) in (None, Decimal("0.000087659"))


def test_what_is_asked_wrongly_is_said(target):
    client = target.openai()
    for call, name in [
        (lambda: client.audio.transcriptions.create(model="sandbox/echo", file=sound(1), stream=True), "stream"),
        (lambda: client.images.edit(model="sandbox/echo", image=("p", b"x"), prompt="x", n=11), "n"),
        (lambda: client.images.generate(model="sandbox/echo", prompt=5), "prompt"),
        (lambda: client.images.generate(model="sandbox/echo", prompt="x", n=11), "n"),
        (lambda: client.images.generate(model="sandbox/echo", prompt="x", stream=True), "stream"),
        (lambda: client.audio.speech.create(model="sandbox/echo", input=["x"], voice="alloy"), "input"),
        (lambda: client.audio.speech.create(model="sandbox/echo", input="x", voice="alloy", stream_format="sse"), "stream_format"),
        (lambda: client.moderations.create(model="sandbox/echo", input=5), "input"),
        (lambda: client.post("/rerank", body={"model": "sandbox/echo", "query": "x"}, cast_to=object), "documents"),
    ]:
        with pytest.raises(openai.BadRequestError, match=f"`{name}`"):
            call()


def test_a_refusal_is_typed(target):
    for call in (
        lambda: target.openai().images.generate(model="sandbox/fail-429", prompt="x"),
        lambda: target.openai().audio.speech.create(model="sandbox/fail-429", input="x", voice="alloy"),
    ):
        if target.upstream in NONE:
            return
        with pytest.raises(openai.RateLimitError):
            call()
