"""The beacon client, as bundling puts it beside this module."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("telemetry.min.js")
"""In the function's zip alone; it is made from telemetry.js."""


@cache
def _content() -> tuple[str, str]:
    body = FILE.read_bytes()
    return body.decode(), f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def answer(max_age: int, if_none_match: str, *, head: bool) -> dict[str, Any]:
    """The answer to a GET or HEAD of the script; 304 to who has it already.

    Raises:
        FileNotFoundError: the function was bundled without it.
    """
    body, etag = _content()
    headers = {
        "cache-control": f"public, max-age={max_age}, must-revalidate",
        "etag": etag,
        "access-control-allow-origin": "*",
    }
    if _has(if_none_match, etag):
        return {"statusCode": 304, "headers": headers}
    headers["content-type"] = "text/javascript; charset=utf-8"
    return {"statusCode": 200, "headers": headers, "body": "" if head else body}


def _has(if_none_match: str, etag: str) -> bool:
    """Compared weakly: https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2."""
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return bool(tags & {"*", etag})
