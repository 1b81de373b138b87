"""What every beacon keeps to, whatever happens on the page."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from edgeship.adapters.lambda_events.beacons import parse_beacon
from edgeship.domain.telemetry.beacon import Beacon
from tests.browser.sites import Request, beacon

MAX_URL = 8_192
"""CloudFront's, in bytes
(https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html)."""


def assert_within_limits(request: Request) -> None:
    assert len(request.target) + len("https://widgets.example.com") <= MAX_URL
    assert not {"cookie", "referer"} & {name.lower() for name in request.headers}
    assert isinstance(parse_beacon(urlsplit(request.target).query), Beacon)
    found = beacon(request)
    assert {"v", "w", "r", "i", "n"} <= found.keys() <= set("vwrinsfelmaktc")
    assert found["v"] == 1
    assert re.fullmatch(r"[0-9a-f]{1,32}", found["i"])
    assert found["n"] in range(20)
    assert ("s" in found) == (found["n"] == 0)
    assert {found.get(flag, 1) for flag in "sf"} == {1}
    assert "f" not in found or found["e"]
    if "e" in found:
        assert 1 <= len(found["e"]) <= 10
        for message, count, *frames in found["e"]:
            assert 1 <= len(message) <= 200
            assert count >= 1
            assert len(frames) <= 1
            assert all(1 <= len(stack) <= 5 for stack in frames)
    if "l" in found:
        assert found["l"] in range(600_001)
    if "k" in found:
        assert 1 <= len(found["k"]) <= 6
    if "m" in found:
        assert found["m"] >= 0
        assert found["n"] == 0
    if "a" in found:
        assert found["f"] == 1
        assert found["n"] > 0
        assert found["a"] in range(1, 604_801)
