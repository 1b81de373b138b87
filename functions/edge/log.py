"""The function's own log: a JSON line for each trouble, when it begins and when it ends."""

from __future__ import annotations

import json
import sys


def log_line(message: str) -> None:
    """Write one line."""
    sys.stderr.write(json.dumps({"level": "WARNING", "service": "edge", "message": message}) + "\n")
