"""OFREP requests as CloudFront hands them to a viewer-request function, and an edge that has flags."""

from __future__ import annotations

import base64
import json
from typing import Any

from edgeship.domain.flags.snapshot_entry import snapshot_entry
from functions.edge.handler import Edge
from functions.edge.http_answer import Answer
from functions.edge.snapshot_source import SnapshotSource

NOW = 1_800_000_000.0
BULK = "/ofrep/v1/evaluate/flags"
ON_OFF: dict[str, Any] = {"variants": {"on": True, "off": False}, "default_variant": "off"}
FLAGS: dict[str, dict[str, Any]] = {
    "static": {**ON_OFF, "default_variant": "on"},
    "off": {**ON_OFF, "enabled": False},
    "hidden": {**ON_OFF, "public": False},
    "half": {**ON_OFF, "rollout": {"variant": "on", "percentage": 50}},
    "elsewhere": {**ON_OFF, "environments": ["production"]},
    "pro": {
        **ON_OFF,
        "rules": [{"if": [{"attribute": "plan", "op": "eq", "values": ["pro"]}], "variant": "on"}],
        "metadata": {"owner": "checkout", "level": 2},
    },
    "color": {"variants": {"red": "#f00", "blue": "#00f"}, "default_variant": "red", "target_users": ["ann"]},
    "ratio": {"variants": {"one": 1.0, "half": 0.5}, "default_variant": "one"},
    "count": {"variants": {"few": 3, "many": 30}, "default_variant": "few"},
    "layout": {"variants": {"a": {"columns": 2, "title": "Grüße"}, "b": {}}, "default_variant": "a"},
}


def snapshot_with(flags: dict[str, dict[str, Any]], **extra: Any) -> bytes:
    """A snapshot of these flags, with `extra` in the place of its other fields."""
    entries = {key: snapshot_entry({"key": key, **flag}) for key, flag in flags.items()}
    return json.dumps({"schema": 1, "revision": 1, "widgets": {}, "flags": entries, **extra}).encode()


def edge_with(flags: dict[str, dict[str, Any]] | None = None, *, snapshot: bool = True, **extra: Any) -> Edge:
    """An edge in the environment `test` whose snapshot holds these flags (None: FLAGS), or that has no snapshot."""
    found = Answer(
        200 if snapshot else 404, {}, snapshot_with(FLAGS if flags is None else flags, **extra), reusable=True
    )
    return Edge(SnapshotSource(lambda etag: found, lambda: NOW, 5, lambda line: None), None, "test", lambda: NOW)


def ofrep(body: Any = None, uri: str = BULK, method: str = "POST", **headers: str) -> dict[str, Any]:
    """A request; `body` is JSON, or bytes as they stand."""
    raw = body if isinstance(body, bytes) else json.dumps(body if body is not None else {}).encode()
    return {
        "clientIp": "192.0.2.7",
        "method": method,
        "uri": uri,
        "querystring": "",
        "headers": {name.replace("_", "-"): [{"key": name, "value": value}] for name, value in headers.items()},
        "body": {
            "inputTruncated": False,
            "action": "read-only",
            "encoding": "base64",
            "data": base64.b64encode(raw).decode(),
        },
    }


def context(**attributes: Any) -> dict[str, Any]:
    return {"context": attributes}
