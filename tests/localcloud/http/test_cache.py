"""What a cache holds, and what goes first."""

from __future__ import annotations

import pytest

from localcloud.http.cache import Cache, CacheKey, Stored, frozen_headers

NOW = 1_700_000_000.0


def entry(body: bytes = b"x") -> Stored:
    return Stored(200, frozen_headers([("Age", "5")]), body, received_at=NOW, fresh_until=NOW + 10)


def test_age_counts_from_the_origin() -> None:
    assert (entry().age(NOW), entry().age(NOW + 3.9), entry().age(NOW - 5)) == (5, 8, 5)
    assert entry().is_fresh(NOW + 9.9)
    assert not entry().is_fresh(NOW + 10)


def test_the_least_recently_used_goes_first_and_the_size_holds() -> None:
    one = entry(b"x" * 1000)
    cache = Cache(capacity=3 * one.size)
    a, b, c, d = (CacheKey(f"/{name}") for name in "abcd")
    for key in (a, b, c):
        cache.put(key, one)
    assert cache.get(a) is one
    cache.put(d, one)
    assert (cache.get(a), cache.get(b), cache.get(c), cache.get(d)) == (one, None, one, one)
    cache.put(d, entry(b""))
    assert cache.size == 2 * one.size + entry(b"").size
    cache.put(CacheKey("/huge"), entry(b"x" * 4 * one.size))
    assert len(cache) == 3


@pytest.mark.parametrize(
    ("paths", "left"),
    [
        (["/w/latest/a.js"], {"/w/latest/b.js", "/w/v1/a.js", "/w/latest/a.js?x=1"}),
        (["w/latest/*"], {"/w/v1/a.js"}),
        (["/w/latest/a*"], {"/w/latest/b.js", "/w/v1/a.js"}),
        (["/*"], set()),
        (["/w/latest/a.js?x=1", "/w/v1/a.js"], {"/w/latest/a.js", "/w/latest/b.js"}),
        (["/W/latest/*", "/w/*/a.js"], {"/w/latest/a.js", "/w/latest/b.js", "/w/v1/a.js", "/w/latest/a.js?x=1"}),
    ],
)
def test_an_invalidation_drops_what_it_covers_in_every_variant(paths: list[str], left: set[str]) -> None:
    cache = Cache()
    keys = [CacheKey(p) for p in ("/w/latest/a.js", "/w/latest/b.js", "/w/v1/a.js")]
    keys.append(CacheKey("/w/latest/a.js", "x=1"))
    both = [CacheKey(k.path, k.query, (v,)) for k in keys for v in ("", "gzip")]
    for key in both:
        cache.put(key, entry())
    dropped = cache.purge(paths)
    assert {k.uri for k in both if cache.get(k) is not None} == left
    assert dropped == 2 * (len(keys) - len(left))
