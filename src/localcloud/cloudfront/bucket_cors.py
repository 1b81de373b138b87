"""The CORS headers of a bucket's answer, which the emulator computes only when it enforces IAM.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class CorsRule:
    origins: tuple[str, ...]
    methods: tuple[str, ...]
    exposed: tuple[str, ...] = ()


def cors_headers(rules: Sequence[CorsRule], origin: str | None, method: str) -> dict[str, str]:
    """What S3 adds to its answer: the headers of the first rule that allows the origin and method, if any."""
    if origin is None:
        return {}
    for rule in rules:
        if method not in rule.methods:
            continue
        matching = next((pattern for pattern in rule.origins if _matches(pattern, origin)), None)
        if matching is None:
            continue
        headers = {
            "Access-Control-Allow-Origin": "*" if matching == "*" else origin,
            "Access-Control-Allow-Methods": ", ".join(rule.methods),
            "Vary": "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
        }
        if rule.exposed:
            headers["Access-Control-Expose-Headers"] = ", ".join(rule.exposed)
        return headers
    return {}


def _matches(pattern: str, origin: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), origin) is not None
