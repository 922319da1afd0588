"""Coding agents through the relay, each to a scripted provider of each dialect: three turns of tools, then the answer."""

import secrets

import pytest

from agents import AGENTS, programs
from script import AWKWARD, Script
from server import Server, wait_for
from speech import DIALECTS
from upstream import Upstream

# The provider of each dialect, and where its paths begin.
CHANNELS = {
    "openai_chat": ("openai_compatible", "/v1"),
    "openai_responses": ("openai", "/v1"),
    "anthropic": ("anthropic", ""),
    "gemini": ("gemini", ""),
}


def relay_to(upstream, folder, models):
    """A relay whose one channel leads there; a key for it."""
    server = Server(folder, {"TURNPIKE_EGRESS__ALLOW_PRIVATE": "true"})
    provider, path = CHANNELS[upstream.dialect]
    server.call("POST", "/channels", {
        "name": "scripted", "provider": provider, "base_url": upstream.base + path, "dialects": [upstream.dialect],
        "credentials": [{"name": "main", "secret": "sk-scripted"}], "models": [{"model": model} for model in models],
    })
    for model in models:
        server.make_price(model, {"input": "1", "output": "2"})
    return server, server.key_of_new_tenant("agents", "10")["secret"]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("agent", AGENTS, ids=lambda agent: agent.name)
def test_three_turns_of_tools_and_an_answer(agent, dialect, tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    word, neighbour = f"W-{secrets.token_hex(8)}", f"N-{secrets.token_hex(8)}"
    (work / "word.txt").write_text(f"{word}\n")
    (work / "neighbour.txt").write_text(f"{neighbour}\n")
    script = Script(agent, work, DIALECTS[dialect].signs, word, neighbour)
    with Upstream(dialect, script) as upstream:
        server, key = relay_to(upstream, tmp_path, agent.models)
        try:
            said = agent.run(programs(), server.base, key, tmp_path / "home", work)
            assert upstream.faults == []
            assert f"The word is {word}." in said
            assert [exchange.turn for exchange in upstream.exchanges if exchange.turn] == [1, 2, 3, 4]
            assert (work / "copy.txt").read_text() == f"{neighbour}\n{AWKWARD}\n"
            wanted = len(upstream.exchanges)
            rows = wait_for("usage of every request", lambda: len(server.usage()) == wanted and server.usage())
            assert {row["status"] for row in rows.values()} == {"200"}
            server.stop()
        finally:
            server.kill()
