"""Where a local cloud says that it runs."""

from __future__ import annotations

from pathlib import Path

STATE_PATH = Path(".edgeship/local.json")
"""Relative to the folder that it was started in."""
