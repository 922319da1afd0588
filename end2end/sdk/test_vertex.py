"""Vertex AI: a service account signs in, Gemini's and Anthropic's models stand at its paths."""

import json

import anthropic
import openai
import pytest

from google_cloud import LOCATION, Cloud
from server import Server

RATES = {"input": "1", "output": "2"}


@pytest.fixture
def cloud():
    cloud = Cloud()
    yield cloud
    cloud.stop()


@pytest.fixture(scope="module")
def relay(tmp_path_factory):
    server = None
    try:
        server = Server(tmp_path_factory.mktemp("vertex"))
        for model in ("gemini", "claude"):
            server.make_price(model, RATES)
        server.key = server.key_of_new_tenant("rich", "10")["secret"]
        yield server
        server.stop()
    finally:
        if server is not None:
            server.kill()


def channel(cloud, **changed):
    return {
        "name": "vertex", "provider": "vertex", "base_url": cloud.base + LOCATION, "allow_private_network": True,
        "credentials": [{"name": "account", "secret": cloud.account()}],
        "models": [{"model": "gemini", "upstream": "gemini-up"}],
    } | changed


@pytest.fixture
def made(relay):
    """Makes channels, and takes them away again."""
    ids = []

    def make(fields):
        ids.append(relay.call("POST", "/channels", fields)["id"])

    yield make
    for id in ids:
        relay.call("DELETE", f"/channels/{id}")


CLAUDE = {"dialects": ["anthropic"], "models": [{"model": "claude", "upstream": "claude-up"}]}


def openais(relay):
    return openai.OpenAI(base_url=f"{relay.base}/v1", api_key=relay.key, max_retries=0)


def anthropics(relay):
    return anthropic.Anthropic(base_url=relay.base, api_key=relay.key, max_retries=0)


def ask(relay, stream=False):
    messages = [{"role": "user", "content": "What is 2+2?"}]
    if stream:
        with anthropics(relay).messages.stream(model="claude", max_tokens=9, messages=messages) as answer:
            return answer.get_final_message()
    return anthropics(relay).messages.create(model="claude", max_tokens=9, messages=messages)


def test_geminis_models_answer_with_a_token_of_the_account(relay, cloud, made):
    made(channel(cloud))
    chunks = openais(relay).chat.completions.create(
        model="gemini", messages=[{"role": "user", "content": "Cook"}], stream=True
    )
    names = [call.function.name for chunk in chunks for choice in chunk.choices for call in choice.delta.tool_calls or []]
    assert "cookRecipe" in names
    [(path, headers, body)] = cloud.asked
    assert path == f"{LOCATION}/publishers/google/models/gemini-up:streamGenerateContent?alt=sse"
    assert headers["authorization"] == f"Bearer {cloud.tokens[0]}"
    assert body["contents"][0]["role"] == "user"


def test_anthropics_models_get_their_version_instead_of_a_model(relay, cloud, made):
    made(channel(cloud, **CLAUDE))
    assert ask(relay).content[0].text == "4"
    assert ask(relay, stream=True).stop_reason == "end_turn"
    (whole_at, headers, whole), (stream_at, _, streamed) = cloud.asked
    assert whole_at.endswith("/publishers/anthropic/models/claude-up:rawPredict")
    assert stream_at.endswith("/publishers/anthropic/models/claude-up:streamRawPredict")
    for body in (whole, streamed):
        assert body["anthropic_version"] == "vertex-2023-10-16" and "model" not in body
    assert len(cloud.tokens) == 1, "one token serves both"
    assert "x-api-key" not in headers
    # Told from another dialect it says the same.
    said = openais(relay).chat.completions.create(model="claude", messages=[{"role": "user", "content": "2+2?"}])
    assert said.choices[0].message.content == "4"
    assert cloud.asked[-1][2]["anthropic_version"] == "vertex-2023-10-16" and "model" not in cloud.asked[-1][2]


def test_a_token_that_was_taken_back_is_asked_for_anew(relay, cloud, made):
    made(channel(cloud, **CLAUDE))
    ask(relay)
    cloud.taken_back.add(cloud.tokens[0])
    # At once and by the same request: whoever asks does not see it.
    assert ask(relay).content[0].text == "4"
    assert len(cloud.tokens) == 2


def test_an_account_that_is_refused_is_a_credential_that_is_exhausted(relay, cloud, made):
    made(channel(cloud, **CLAUDE))
    cloud.refuses = True
    with pytest.raises(openai.APIStatusError) as raised:
        openais(relay).chat.completions.create(model="claude", messages=[{"role": "user", "content": "Hi"}])
    assert (raised.value.status_code, raised.value.code) == (502, "upstream_credentials_exhausted")
    assert cloud.asked == []


@pytest.mark.parametrize("secret", [
    '{"type":"service_account"}',
    '{"client_email":"a","private_key":"no key","token_uri":"https://oauth2.googleapis.com/token"}',
    "{",
])
def test_what_is_no_accounts_key_is_refused_without_repeating_it(relay, cloud, secret):
    fields = channel(cloud, credentials=[{"name": "account", "secret": secret}])
    answer = relay.api.post("/channels", json=fields)
    assert answer.status_code == 400 and "credentials" in answer.text and "no key" not in answer.text.replace("is no key", "")


def test_tokens_are_not_asked_for_where_a_channel_may_not_go(relay, cloud):
    secret = json.loads(cloud.account()) | {"token_uri": "http://169.254.169.254/token"}
    fields = channel(cloud, credentials=[{"name": "account", "secret": json.dumps(secret)}])
    answer = relay.api.post("/channels", json=fields)
    assert answer.status_code == 400 and "token_uri" in answer.text


def test_the_accounts_key_is_nowhere_in_plain(relay, cloud, made):
    made(channel(cloud, **CLAUDE))
    ask(relay)
    secret = cloud.account().split("\\n")[1][:40].encode()
    for path in relay.folder.rglob("*"):
        if path.is_file():
            assert secret not in path.read_bytes() and cloud.tokens[0].encode() not in path.read_bytes(), path
