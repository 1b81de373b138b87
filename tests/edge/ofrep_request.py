"""OFREP requests as CloudFront hands them to a viewer-request function, and an endpoint that has flags."""

from __future__ import annotations

import base64
import json
from typing import Any

from edgeship.domain.flags.flags_snapshot import encode
from edgeship.domain.flags.snapshot_entry import snapshot_entry
from functions.edge import flag_snapshot
from functions.edge.flag_endpoint import FlagEndpoint
from functions.edge.flag_source import FlagSource
from functions.edge.http_answer import Answer
from functions.edge.log import log_line

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


def flags_body(flags: dict[str, dict[str, Any]], revision: int = 1) -> bytes:
    """The flags' snapshot as it is stored."""
    entries = {key: snapshot_entry({"key": key, **flag}) for key, flag in flags.items()}
    return encode({"schema": 1, "revision": revision, "flags": entries})


class Copy:
    """One Region's copy, always with the same answer."""

    region = "us-east-1"

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def get(self, etag: str | None, seconds: float) -> Answer:
        return self.answer

    def abandon(self) -> None: ...


def endpoint_with(flags: dict[str, dict[str, Any]] | None = None, *, snapshot: bool = True) -> FlagEndpoint:
    """An endpoint in the environment `test` whose snapshot holds these flags (None: FLAGS), or that has no snapshot."""
    body = flags_body(FLAGS if flags is None else flags)
    return endpoint_reading(Answer(200 if snapshot else 404, {}, body, reusable=True))


def endpoint_reading(answer: Answer) -> FlagEndpoint:
    """An endpoint in the environment `test` that gets this answer from S3."""
    source = FlagSource(
        [Copy(answer)],
        flag_snapshot.unpack,
        lambda entries: flag_snapshot.compiled(entries, "test", log_line),
        lambda: NOW,
        freshness_seconds=5,
        most_age=30,
        timeout_seconds=1,
        log=lambda line: None,
    )
    return FlagEndpoint(source, lambda: NOW)


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
