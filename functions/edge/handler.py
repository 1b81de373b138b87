"""Lambda@Edge, viewer-request on `/ofrep/*`: flags.

Event: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-event-structure.html
"""

from __future__ import annotations

import os
import time

from functions.edge.config import Config
from functions.edge.flag_endpoint import UNAVAILABLE, FlagEndpoint, build_flags
from functions.edge.log import log_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_flags: FlagEndpoint | None = None
"""None until it could be built."""


def _begin_flags() -> None:
    """Read flags while the function starts. A faulty installation is the first request's to log."""
    global _flags
    try:
        _flags = build_flags(Config.read(), os.environ, time.time, log_line)
        _flags.begin()
    except Exception:  # noqa: BLE001  an import that fails would be a 502
        _flags = None


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001  Lambda passes it
    """Take a viewer-request event; return a response."""
    global _flags
    try:
        if _flags is None:
            _flags = build_flags(Config.read(), os.environ, time.time, log_line)
        return _flags.answer(event["Records"][0]["cf"]["request"])
    except Exception as error:  # noqa: BLE001  an error here would be a 502
        # There is nothing behind this path to pass through to; clients take it for "keep what you have".
        log_line(f"flags unavailable: {type(error).__name__}: {error}")
        return UNAVAILABLE


_begin_flags()

# Imported while the first read is under way.
from functions.edge import identity as identity  # noqa: E402
from functions.edge import ofrep as ofrep  # noqa: E402  with all that evaluates flags
