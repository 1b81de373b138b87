"""Where the repository's own files are, for tests that hold the code to them."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
EVENTS = ROOT / "events"
