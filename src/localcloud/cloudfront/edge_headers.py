"""Headers that no edge function, of either kind, may set. Pure.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html
"""

from __future__ import annotations

import re

READ_ONLY_IN_REQUESTS = frozenset({"content-length", "host", "transfer-encoding", "via"})
"""At viewer-request: a function reads them, and may neither add nor change nor remove one."""
READ_ONLY_IN_RESPONSES = frozenset({"warning", "via"})
"""At viewer-response, likewise."""

_DISALLOWED = re.compile(
    r"connection|expect|keep-alive|proxy-.*|trailer|upgrade|x-accel-.*|x-amz-cf-.*|x-cache|x-edge-.*"
    r"|x-amzn-(auth|cf-.*|errortype|fle-profile|header-count|header-order|lambda-integration-tag|requestid)"
    r"|x-forwarded-proto|x-real-ip",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def is_disallowed(name: str) -> bool:
    """Whether functions neither see the header nor may set it."""
    return _DISALLOWED.fullmatch(name) is not None


def is_lower_case_name(name: str) -> bool:
    """Whether `name` is the name of a header (RFC 9110, 5.6.2), in lower case as events have it."""
    return _TOKEN.fullmatch(name) is not None and name == name.lower()
