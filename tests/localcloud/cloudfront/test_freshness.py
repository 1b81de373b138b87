"""How long what is kept."""

from __future__ import annotations

import pytest
from multidict import CIMultiDict

from localcloud.cloudfront.distribution import CachePolicy
from localcloud.cloudfront.freshness import Freshness, freshness, may_serve_stale

NOW = 1_700_000_000.0  # Tue, 14 Nov 2023 22:13:20 GMT
POLICY = CachePolicy(min_ttl=0, default_ttl=600, max_ttl=1000)
FLOOR = CachePolicy(min_ttl=60, default_ttl=600, max_ttl=1000)
NOTHING = CachePolicy(min_ttl=0, default_ttl=0, max_ttl=0)
NOT_STORED = Freshness(store=False, seconds=0)


@pytest.mark.parametrize(
    ("policy", "headers", "expected"),
    [
        (POLICY, {}, Freshness(True, 600)),
        (POLICY, {"Cache-Control": "public, max-age=300, must-revalidate"}, Freshness(True, 300)),
        (POLICY, {"Cache-Control": "max-age=31536000, immutable"}, Freshness(True, 1000)),
        (POLICY, {"Cache-Control": "max-age=300, s-maxage=10"}, Freshness(True, 10)),
        (POLICY, {"Cache-Control": 'S-MaxAge="10"'}, Freshness(True, 10)),
        (POLICY, {"Cache-Control": "max-age=0"}, Freshness(True, 0)),
        (POLICY, {"Cache-Control": "no-cache"}, Freshness(True, 0)),
        (POLICY, {"Cache-Control": "no-store"}, NOT_STORED),
        (POLICY, {"Cache-Control": "private, max-age=300"}, NOT_STORED),
        (POLICY, {"Expires": "Tue, 14 Nov 2023 22:15:20 GMT"}, Freshness(True, 120)),
        (POLICY, {"Expires": "0"}, Freshness(True, 0)),
        (POLICY, {"Expires": "0", "Cache-Control": "max-age=5"}, Freshness(True, 5)),
        (POLICY, {"Cache-Control": "max-age=soon"}, Freshness(True, 600)),
        (FLOOR, {"Cache-Control": "max-age=1"}, Freshness(True, 60)),
        (FLOOR, {"Cache-Control": "no-store"}, Freshness(True, 60)),
        (FLOOR, {"Cache-Control": "no-cache, max-age=900"}, Freshness(True, 60)),
        (FLOOR, {"Cache-Control": "private, max-age=1"}, Freshness(True, 60)),
        (NOTHING, {"Cache-Control": "max-age=300"}, NOT_STORED),
    ],
)
def test_how_long_an_object_is_kept(policy: CachePolicy, headers: dict[str, str], expected: Freshness) -> None:
    assert freshness(200, CIMultiDict(headers), policy, 10, NOW) == expected


@pytest.mark.parametrize(
    ("status", "headers", "error_ttl", "expected"),
    [
        (404, {}, 10, Freshness(True, 10)),
        (404, {}, 0, NOT_STORED),
        (404, {"Cache-Control": "max-age=60"}, 10, Freshness(True, 60)),
        (404, {"Cache-Control": "max-age=5"}, 10, Freshness(True, 10)),
        (404, {"Cache-Control": "max-age=99999"}, 10, Freshness(True, 1000)),
        (404, {"Cache-Control": "no-store"}, 10, Freshness(True, 10)),
        (503, {}, 10, Freshness(True, 10)),
        (403, {}, 10, NOT_STORED),
        (403, {"Cache-Control": "max-age=60"}, 10, Freshness(True, 60)),
        (429, {"Cache-Control": "max-age=60"}, 10, NOT_STORED),
        (206, {"Cache-Control": "max-age=60"}, 10, NOT_STORED),
    ],
)
def test_how_long_an_error_is_kept(status: int, headers: dict[str, str], error_ttl: float, expected: Freshness) -> None:
    assert freshness(status, CIMultiDict(headers), POLICY, error_ttl, NOW) == expected


@pytest.mark.parametrize(
    ("cache_control", "expected"),
    [
        ("public, max-age=300", True),
        ("", True),
        ("public, max-age=300, must-revalidate", False),
        ("no-cache", False),
        ("max-age=1, stale-if-error=0", False),
        ("max-age=1, stale-if-error=60", True),
    ],
)
def test_when_a_stale_object_may_stand_in(cache_control: str, expected: bool) -> None:
    assert may_serve_stale(CIMultiDict({"Cache-Control": cache_control})) is expected
