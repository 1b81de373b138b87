"""What every beacon keeps to, whatever happens on the page."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from tests.browser.sites import Request, beacon

MAX_URL = 8_192
"""CloudFront's, in bytes
(https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html)."""


def assert_within_limits(request: Request) -> None:
    assert len(request.target) + len("https://widgets.example.com") <= MAX_URL
    assert not {"cookie", "referer"} & {name.lower() for name in request.headers}
    (text,) = parse_qs(urlsplit(request.target).query)["d"]
    assert len(text) <= 4_096
    found = beacon(request)
    assert {"v", "w", "r", "i", "n"} <= found.keys() <= {"v", "w", "r", "i", "n", "s", "f", "e", "l", "m", "a"}
    assert found["v"] == 1
    assert re.fullmatch(r"[0-9a-f]{16}", found["i"])
    assert found["n"] in range(20)
    assert ("s" in found) == (found["n"] == 0)
    assert {found.get(flag, 1) for flag in "sf"} == {1}
    assert "f" not in found or found["e"]
    if "e" in found:
        assert 1 <= len(found["e"]) <= 10
        for message, count, *frames in found["e"]:
            assert 1 <= len(message) <= 200
            message.encode()  # no half of a surrogate pair
            assert count in range(1, 1_001)
            assert len(frames) <= 1
            assert all(1 <= len(stack) <= 5 for stack in frames)
    if "l" in found:
        assert found["l"] in range(600_001)
    if "m" in found:
        assert found["m"] == round(found["m"], 1) >= 0
        assert found["n"] == 0
    if "a" in found:
        assert found["f"] == 1
        assert found["n"] > 0
        assert found["a"] in range(1, 604_801)
