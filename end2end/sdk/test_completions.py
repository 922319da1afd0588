"""PyPI openai's legacy Completions against the relay: told as a person's message to every upstream that speaks something else."""

import openai
import pytest

from test_openai import SAID

WORDS = len(SAID.split())


def ask(model="sandbox/echo", **more):
    return {"model": model, "prompt": SAID, "max_tokens": 64} | more


def test_a_prompt_is_answered_with_exact_usage(target):
    answer = target.openai().completions.create(**ask())
    assert (answer.object, answer.choices[0].text, answer.choices[0].finish_reason) == ("text_completion", SAID, "stop")
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (WORDS, WORDS)


def test_a_stream_tells_the_text_once_and_its_usage_where_asked(target):
    for options in [{}, {"stream_options": {"include_usage": True}}]:
        chunks = list(target.openai().completions.create(**ask(stream=True, **options)))
        assert "".join(choice.text for chunk in chunks for choice in chunk.choices) == SAID
        assert [choice.finish_reason for chunk in chunks for choice in chunk.choices][-1] == "stop"
        told = [chunk.usage.completion_tokens for chunk in chunks if chunk.usage]
        assert told == ([WORDS] if options else [])


def test_a_stop_sequence_ends_the_text(target):
    if target.upstream == "openai_responses":
        with pytest.raises(openai.BadRequestError, match="`stop`"):
            target.openai().completions.create(**ask(stop="data:"))
        return
    for stop in ["data:", ["nowhere", "data:"]]:
        answer = target.openai().completions.create(**ask(stop=stop))
        assert (answer.choices[0].text, answer.choices[0].finish_reason) == (SAID.split("data:")[0], "stop")


def test_the_limit_is_sixteen_unless_named(target):
    for options, words in [({"max_tokens": 37}, 37), ({"max_tokens": openai.omit}, 16)]:
        answer = target.openai().completions.create(**ask("sandbox/lorem-0", **options))
        assert (len(answer.choices[0].text.split()), answer.choices[0].finish_reason) == (words, "length")


def test_what_cannot_be_told_is_refused_by_name(target):
    for options in [{"prompt": ["a", "b"]}, {"n": 2}, {"best_of": 2}, {"echo": True}, {"suffix": "end"}, {"logprobs": 1}]:
        # Untranslated, it is the sandbox that refuses, in OpenAI's words.
        name = next(iter(options))
        named = f"`{name}`" if target.upstream else f"'{name}'"
        with pytest.raises(openai.BadRequestError, match=named):
            target.openai().completions.create(**ask(**options))


def test_a_cut_stream_is_an_error_and_never_an_end(target):
    with pytest.raises(openai.APIError):
        for _ in target.openai().completions.create(**ask("sandbox/cut-2", stream=True)):
            pass
