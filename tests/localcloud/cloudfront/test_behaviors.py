"""Path patterns as CloudFront matches them."""

from __future__ import annotations

import pytest

from localcloud.cloudfront.behaviors import behavior_for, matches, normalise
from localcloud.cloudfront.distribution import Behavior, Distribution


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("*/latest/*", "/checkout/latest/widget.js", True),
        ("*/latest/*", "/latest/widget.js", True),
        ("*/latest/*", "/checkout/latest/deep/er/widget.js", True),
        ("*/latest/*", "/checkout/latest/", True),
        ("*/latest/*", "/checkout/latest", False),
        ("*/latest/*", "/checkout/Latest/widget.js", False),
        ("*/latest/*", "/checkout/v1.0.0/latest.js", False),
        ("*/~*/*", "/checkout/~1/widget.js", True),
        ("*/~*/*", "/~1.4/widget.js", True),
        ("*/~*/*", "/checkout/~next", False),
        ("/images/*.jpg", "/images/a/b.jpg", True),
        ("images/*.jpg", "/images/b.jpg", True),
        ("/images/*.jpg", "/other/images/b.jpg", False),
        ("/a?c", "/abc", True),
        ("/a?c", "/ac", False),
        ("/a?c", "/a/c", True),
        ("/a.c", "/abc", False),
        ("*", "/", True),
        ("/v*.*.*/*", "/v1.2.3/x.js", True),
        ("/a[b]", "/a[b]", True),
        ("/a[b]", "/ab", False),
    ],
)
def test_patterns(pattern: str, path: str, expected: bool) -> None:
    assert matches(pattern, path) is expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", "/"),
        ("/a/b", "/a/b"),
        ("/a/b/", "/a/b/"),
        ("/a//b///c", "/a/b/c"),
        ("/a/./b", "/a/b"),
        ("/a/../b", "/b"),
        ("/a/b/..", "/a/"),
        ("/../../a", "/a"),
        ("/w/%7E1/x", "/w/~1/x"),
        ("/w/%7e1/x", "/w/~1/x"),
        ("/w/%2e%2e/x", "/x"),
        ("/w/a%2fb", "/w/a%2Fb"),
        ("/w/%6catest/x", "/w/latest/x"),
        ("/a%20b%", "/a%20b%"),
    ],
)
def test_a_path_is_normalised_for_matching(path: str, expected: str) -> None:
    assert normalise(path) == expected
    assert normalise(expected) == expected


def test_the_first_match_wins_and_the_default_is_last() -> None:
    first, second, default = (Behavior(p, origin_id=o) for p, o in (("/a/*", "1"), ("/a/b/*", "2"), (None, "3")))
    distribution = Distribution("D", "d.cloudfront.net", (first, second, default), origins={}, errors={})
    assert behavior_for(distribution, "/a/b/c") is first
    assert behavior_for(distribution, "/a/b/../../x") is default
    assert behavior_for(distribution, "/x") is default
