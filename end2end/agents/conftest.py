"""The agents' suite stands on the SDK suite's server."""

import os
import sys

here = os.path.dirname(__file__)
sys.path[:0] = [here, os.path.join(here, os.pardir, "sdk")]
