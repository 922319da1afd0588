"""What the relay charges, beside what PyPI's `litellm` and `genai-prices` say the same answer costs at the same price row.

Real answers from the recordings, and random usages: each through the running relay, whose charge is read from its usage file.
Both outsiders read the provider's answer by themselves. One nano-USD may lie between us and them: we round once, to it.
"""

import datetime
import json
import os
import random
from decimal import Decimal

import httpx2
import pytest
from litellm.litellm_core_utils.llm_cost_calc.utils import generic_cost_per_token

import random_usage
from dialects import Anthropic, Chat, Completions, Embeddings, Gemini, Responses, events, genai_usage
from rows import ROOT, Row
from server import Server, wait_for
from upstream import Upstream

NANO = 10**9
#: A Monday night at which no provider has a discount: the catalogue leaves prices by the hour out.
NO_DISCOUNT = datetime.datetime(2026, 11, 30, 2, tzinfo=datetime.UTC)
RANDOM = int(os.environ.get("TURNPIKE_TEST_RANDOM_USAGES", "1000"))

#: Families of recordings: our provider, its name in genai-prices, the dialect, the price rows they are charged by in turn.
FAMILIES = {
    "openai-chat": ("openai", "openai", Chat, ["gpt-6-sol", "gpt-5.4-mini", "gpt-4o-mini", "gpt-audio-1.5"]),
    "openai-responses": ("openai", "openai", Responses, ["gpt-6.1-sol", "gpt-5.5", "gpt-4.1"]),
    "anthropic": ("anthropic", "anthropic", Anthropic, ["claude-sonnet-5", "claude-opus-4-8", "claude-haiku-4-5"]),
    "gemini": ("gemini", "google", Gemini, ["gemini/gemini-2.5-flash", "gemini/gemini-2.5-pro", "gemini/gemini-3.5-flash"]),
    "deepseek": ("deepseek", "deepseek", Chat, ["deepseek/deepseek-v4-pro"]),
    "groq": ("openai_compatible", "groq", Chat, ["groq/openai/gpt-oss-120b"]),
    "mistral": ("openai_compatible", "mistral", Chat, ["mistral/mistral-large-2512"]),
    "openrouter": ("openai_compatible", "openrouter", Chat, ["gpt-5.2"]),
    "qwen": ("qwen", "openai", Chat, ["dashscope/qwen-max"]),
    "azure": ("openai", "azure", Chat, ["gpt-4.1"]),
    "llamacpp": ("openai_compatible", "openai", Chat, ["gpt-4o-mini"]),
    "openai-completions": ("openai", "openai", Completions, ["gpt-4.1"]),
    "embeddings": ("openai", "openai", Embeddings, ["text-embedding-3-small"]),
    "deepseek-responses": ("openai", "openai", Responses, ["deepseek/deepseek-v4-pro"]),
    "vertex": ("gemini", "google", Gemini, ["gemini/gemini-3.6-flash"]),
    "vllm": ("openai", "openai", Responses, ["gpt-4o-mini"]),
    "xai": ("openai", "openai", Responses, ["xai/grok-4.5"]),
}
#: Random usages: our provider, genai-prices' name, the dialect, who writes the answer, rows.
RANDOM_KINDS = [
    ("openai", "openai", Chat, random_usage.openai, ["gpt-6.1-sol", "gpt-6-luna", "gpt-5.6", "gpt-5.2", "gpt-4.1", "gpt-4o-mini"]),
    ("openai", "openai", Responses, random_usage.responses, ["gpt-6-astra", "gpt-5.5", "gpt-5.4-mini"]),
    ("anthropic", "anthropic", Anthropic, random_usage.anthropic, ["claude-fable-5-1", "claude-opus-5", "claude-sonnet-4-6", "claude-haiku-5-5"]),
    ("gemini", "google", Gemini, random_usage.gemini, ["gemini/gemini-4-argon", "gemini/gemini-3.1-pro-preview", "gemini/gemini-2.5-pro"]),
]
#: Where an outsider says otherwise, and why: by the outsider, and the beginning of the case's name or its row and service tier.
MISTRAL = "Mistral's `num_cached_tokens` is not read there; we charge these at the rate of cached input"
SILENT = "the provider says 0 tokens for an answer that is not empty; we count it"
KNOWN = {
    ("litellm", "mistral/json-img-1"): MISTRAL,
    ("genai-prices", "mistral/json-img-1"): MISTRAL,
    ("litellm", "openai-responses/json-tcn-1"): SILENT,
    ("genai-prices", "openai-responses/json-tcn-1"): SILENT,
    ("litellm", "anthropic/stream-fallback-1"): "it adds up `iterations`; we charge the usage's own counts, which are the answering model's",
    ("litellm", "gpt-5.5 priority"): "without a row of its own for long inputs, litellm charges the standard tier's; we the service tier's",
}


class Case:
    def __init__(self, name, family, dialect, row, service, told, answer):
        self.name, self.row, self.service, self.told = name, row, service, told
        self.provider, self.genai = family
        self.dialect = dialect
        self.kind, self.body = answer

    def is_known(self, outsider):
        """Why this outsider may say otherwise."""
        names = (self.name, f"{self.row.key} {self.service}")
        return next((why for (of, start), why in KNOWN.items() if of == outsider and any(it.startswith(start) for it in names)), None)

    def outsiders(self):
        usage = genai_usage(self.genai, self.dialect, self.told)
        yield "genai-prices", self.row.genai(self.service).calc_price(usage)["total_price"]
        read = self.dialect.litellm(self.told)
        parts = generic_cost_per_token(
            model=self.row.key, usage=read, custom_llm_provider=self.row.provider, service_tier=self.service, model_info=self.row.info,
            current_time=NO_DISCOUNT,
        )
        searches = (getattr(read, "server_tool_use", None) or {}) and (read.server_tool_use.web_search_requests or 0)
        paid = Decimal(searches or 0) * self.row.at(self.service, 0).get("web_search", Decimal(0)) / 1_000_000
        yield "litellm", sum(map(Decimal, parts)) + paid


def recorded():
    for name, (provider, genai, dialect, keys) in FAMILIES.items():
        rows, seen = [Row(key) for key in keys], 0
        for file in sorted((ROOT / "crates/protocol/tests/fixtures" / name).glob("*.json")):
            for at, exchange in enumerate(json.loads(file.read_text())["interactions"]):
                response = exchange["response"]
                documents = events(response["body"]) if response["status"] == 200 else []
                # Some of a family's answers are of the Responses API.
                spoken = Responses if any("response" in it or it.get("object") == "response" for it in documents) else dialect
                told = spoken.told(documents)
                if told is None:
                    continue
                row, seen = rows[seen % len(rows)], seen + 1
                service = told.get("service_tier") if told.get("service_tier") in row.rates.get("service_tiers", {}) else None
                answer = (response["content_type"], response["body"])
                accounts = ("openai" if spoken is Responses else provider, genai)
                yield Case(f"{name}/{file.stem}#{at}", accounts, spoken, row, service, told, answer)


def randoms():
    chance = random.Random(6)
    for at in range(RANDOM):
        provider, genai, dialect, make, keys = RANDOM_KINDS[at % len(RANDOM_KINDS)]
        row = Row(keys[at // len(RANDOM_KINDS) % len(keys)])
        answer, service = make(chance, row)
        told = dialect.told([answer])
        yield Case(f"random/{dialect.__name__}-{at}", (provider, genai), dialect, row, service, told, ("application/json", json.dumps(answer)))


@pytest.fixture(scope="module")
def relay(tmp_path_factory):
    upstream = Upstream()
    server = Server(tmp_path_factory.mktemp("prices"), {"TURNPIKE_EGRESS__ALLOW_PRIVATE": "true"})
    try:
        server.key = server.key_of_new_tenant("rich", "1000000")["secret"]
        server.upstream = upstream
        server.made = set()
        yield server
        server.stop()
    finally:
        server.kill()
        upstream.stop()


def model_of(relay, case):
    """The name of a model at this row's price that this provider's channel carries."""
    name = f"{case.provider}-{case.row.key.replace('/', '-')}"
    if name not in relay.made:
        relay.made.add(name)
        relay.make_price(name, case.row.rates)
        path = "" if case.provider in ("anthropic", "gemini") else "/v1"
        relay.call("POST", "/channels", {
            "name": name, "provider": case.provider, "base_url": relay.upstream.origin + path, "allow_private_network": True,
            "credentials": [{"name": "only", "secret": "sk-upstream"}], "models": [{"model": name}],
        })
    return name


def ask(relay, http, case):
    text = relay.upstream.learn(case.kind, case.body)
    stream = case.kind.startswith("text/event-stream")
    path, body = case.dialect.request(model_of(relay, case), text, stream)
    response = http.post(path, json=body)
    assert response.status_code == 200, f"{case.name}: {response.status_code} {response.text}"
    return response.headers["x-request-id"]


@pytest.mark.parametrize("cases", [recorded, randoms])
def test_both_outsiders_charge_what_we_charge(relay, cases):
    cases = list(cases())
    headers = {"authorization": f"Bearer {relay.key}", "anthropic-version": "2023-06-01"}
    with httpx2.Client(base_url=relay.base, headers=headers, timeout=60, trust_env=False) as http:
        ids = [ask(relay, http, case) for case in cases]
    rows = wait_for("row of every request", lambda: (rows := relay.usage()).keys() >= set(ids) and rows)
    agreed, known, unknown = {"litellm": 0, "genai-prices": 0}, {}, []
    for case, request in zip(cases, ids):
        ours = int(Decimal(rows[request]["cost_usd"]) * NANO)
        for outsider, usd in case.outsiders():
            if abs(ours - int((usd * NANO).to_integral_value())) <= 1:
                agreed[outsider] += 1
            elif why := case.is_known(outsider):
                known.setdefault((outsider, why), []).append(case.name)
            else:
                told = case.told.get("usage", case.told.get("usageMetadata"))
                unknown.append(f"{outsider}, {case.name}: {ours} nano-USD with us, {usd * NANO:.1f} there; {rows[request]['unit_prices']}; {told}")
    print(f"\n{len(cases)} answers: " + ", ".join(f"{count} at {outsider}'s price" for outsider, count in agreed.items()))
    for (outsider, why), names in known.items():
        print(f"  {outsider} differs {len(names)} times (as in {names[0]}): {why}")
    assert not unknown, "\n".join(unknown)
