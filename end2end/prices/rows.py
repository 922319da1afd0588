"""Price rows of litellm's map, as three parties take them."""

import importlib.util
import json
import pathlib
from decimal import Decimal

import litellm
from genai_prices.types import ModelPrice, Tier, TieredPrices

ROOT = pathlib.Path(__file__).resolve().parents[2]
_spec = importlib.util.spec_from_file_location("renew", ROOT / "catalog" / "renew.py")
renew = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(renew)

#: Our kinds of unit by genai-prices' names for them.
GENAI = {
    "input": "input_mtok", "output": "output_mtok", "cache_read": "cache_read_mtok", "cache_write_5m": "cache_write_mtok",
    "cache_write_1h": "cache_write_1h_mtok", "reasoning": "output_reasoning_mtok", "audio_input": "input_audio_mtok",
    "audio_output": "output_audio_mtok", "image_input": "input_image_mtok", "image_output": "output_image_mtok",
}
#: What genai-prices prices apart and our providers do not: cached audio is cached, reasoned audio is reasoned.
JOINS = [
    ("cache_read", "audio_input", "cache_audio_read_mtok"), ("cache_read", "image_input", "cache_image_read_mtok"),
    ("cache_write_5m", "audio_input", "cache_audio_write_mtok"), ("cache_write_5m", "image_input", "cache_image_write_mtok"),
    ("cache_write_1h", "audio_input", "cache_audio_write_1h_mtok"), ("cache_write_1h", "image_input", "cache_image_write_1h_mtok"),
    ("reasoning", "audio_output", "output_audio_reasoning_mtok"), ("reasoning", "image_output", "output_image_reasoning_mtok"),
]


class Row:
    """One row: `key` in litellm's map, `rates` as our API takes them."""

    def __init__(self, key):
        self.key = key
        map_file = pathlib.Path(litellm.__file__).parent / "model_prices_and_context_window_backup.json"
        source = json.loads(map_file.read_text(), parse_float=Decimal, parse_int=Decimal)[key]
        self.provider = str(source["litellm_provider"])
        self.rates = renew.rates_of(source)
        self.info = litellm.get_model_info(model=key)

    def at(self, service, above):
        """Its rates for a service tier and inputs that long: of the tier for the length, the service tier, the price."""
        own = self.rates.get("service_tiers", {}).get(service, {})
        step, own_step = ({name: rate for tier in of.get("tiers", []) if tier["above"] <= above for name, rate in tier.items()}
                          for of in (self.rates, own))
        merged = self.rates | step | own | own_step
        return {name: Decimal(rate) for name, rate in merged.items() if isinstance(rate, str)}

    def genai(self, service=None):
        """The row as genai-prices takes one."""
        both = (self.rates, self.rates.get("service_tiers", {}).get(service, {}))
        lengths = sorted({tier["above"] for of in both for tier in of.get("tiers", [])})
        base, prices = self.at(service, 0), {}
        joins = [(first, theirs) for first, second, theirs in JOINS if second in base]
        for name, theirs in [*GENAI.items(), *joins]:
            if name in base:
                steps = [Tier(start=length, price=self.at(service, length)[name]) for length in lengths]
                prices[theirs] = TieredPrices(base=base[name], tiers=steps) if steps else base[name]
        if "web_search" in base:
            prices["web_searches_kcount"] = base["web_search"] / 1000
        return ModelPrice(**prices)
