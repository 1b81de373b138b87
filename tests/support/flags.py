"""Flags as their file has them: the smallest, and one with everything a flag may have."""

from __future__ import annotations

from typing import Any

T0 = 1_793_523_600  # 2026-11-01T09:00:00Z
EVERYTHING: dict[str, Any] = {
    "key": "checkout",
    "description": "never leaves the table",
    "variants": {"off": "0", "target": "1", "rule": "2", "logic": "3", "rollout": "4"},
    "default_variant": "off",
    "environments": ["production"],
    "starts_at": "2026-11-01T09:00:00Z",
    "ends_at": "2026-11-01T11:00:00+01:00",
    "target_users": ["alice"],
    "target_variant": "target",
    "rules": [{"if": [{"attribute": "plan", "op": "in", "values": ["pro"]}], "variant": "rule"}],
    "targeting": {"if": [{"==": [{"var": "beta"}, True]}, "logic", None]},
    "rollout": {"variant": "rollout", "percentage": 100},
}


def boolean(key: str = "checkout", **fields: Any) -> dict[str, Any]:
    return {"key": key, "variants": {"on": True, "off": False}, "default_variant": "off", **fields}
