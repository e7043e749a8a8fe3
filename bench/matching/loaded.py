"""`python -m bench.matching.loaded FILE`: load stored queries and say what it took."""

import json
import sys
from pathlib import Path

from bench.matching.figures import load

print(json.dumps(load(Path(sys.argv[1]))))
