"""The relay, and a provider that answers as told."""

import os
import pathlib
import sys

# litellm would fetch a newer map at its import; the pinned release's own is meant.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sdk"))
