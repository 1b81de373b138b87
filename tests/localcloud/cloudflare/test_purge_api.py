"""Cloudflare's API to purge a zone."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from localcloud.cloudflare.local_cloudflare import ZONE
from localcloud.cloudflare.token_bucket import TokenBucket
from tests.localcloud.cloudflare.front import EMPTY_BUCKET, FRESH, JS, TOKEN, front


def test_a_prefix_covers_whole_segments_with_any_query() -> None:
    async def story() -> None:
        async with front() as at:
            paths = ("/w/latest", "/w/latest/a.js", "/w/latest/b/c.js", "/w/latest-2/a.js", "/w/v1/a.js")
            for path in paths:
                at.origin.put(path, JS, Cache_Control=FRESH)
            targets = (*paths, "/w/latest?x=1", "/w/latest/a.js?x=1")
            assert await at.caches(*targets) == ["MISS"] * 7
            done = await at.purge({"prefixes": [f"{at.host}/w/latest/"]})
            assert (done.status, json.loads(done.body)) == (
                200,
                {"success": True, "errors": [], "messages": [], "result": {"id": ZONE}},
            )
            assert await at.caches(*targets) == ["MISS", "MISS", "MISS", "HIT", "HIT", "MISS", "MISS"]
            assert at.cdn.purges == [f"{at.host}/w/latest/"]

    asyncio.run(story())


def test_a_file_is_one_url_and_everything_is_everything() -> None:
    async def story() -> None:
        async with front() as at:
            at.origin.put("/a.js", JS, Cache_Control=FRESH)
            targets = ("/a.js", "/a.js?x=1", "/a.js?x=2")
            await at.caches(*targets)
            url = f"{at.cdn.url}/a.js?x=1"
            assert (await at.purge({"files": [f"{at.cdn.url}/a.js", {"url": url, "headers": {}}]})).status == 200
            assert await at.caches(*targets) == ["MISS", "MISS", "HIT"]
            assert (await at.purge({"purge_everything": True})).status == 200
            assert await at.caches(*targets) == ["MISS"] * 3
            assert at.cdn.purges == [f"{at.cdn.url}/a.js", url, at.host]

    asyncio.run(story())


def test_a_purge_beats_an_answer_under_way() -> None:
    async def story() -> None:
        async with front() as at:
            at.origin.put("/a.js", b"old", Cache_Control=FRESH)
            at.origin.gate = asyncio.Event()
            slow = asyncio.create_task(at.get("/a.js"))
            while not at.origin.requests:
                await asyncio.sleep(0.005)
            assert (await at.purge({"prefixes": [f"{at.host}/a.js"]})).status == 200
            at.origin.put("/a.js", b"new", Cache_Control=FRESH)
            at.origin.gate.set()
            assert (await slow).body == b"old"
            assert (await at.get("/a.js")).body == b"new"

    asyncio.run(story())


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (b"", 6007),
        (b"{", 6007),
        (b"\xff", 6007),
        ([], 1012),
        ({}, 1012),
        ({"prefixes": []}, 1012),
        ({"prefixes": "HOST/a"}, 1012),
        ({"prefixes": [1]}, 1012),
        ({"prefixes": [""]}, 1012),
        ({"prefixes": ["http://HOST/a"]}, 1012),
        ({"prefixes": ["HOST/a?x=1"]}, 1012),
        ({"prefixes": ["HOST/a#x"]}, 1012),
        ({"prefixes": ["HOST/a*"]}, 1012),
        ({"prefixes": ["HOST" + "/a" * 32]}, 1012),
        ({"prefixes": ["HOST/a"] * 101}, 1012),
        ({"prefixes": ["HOST/a"] * 60, "files": ["http://HOST/a"] * 41}, 1012),
        ({"prefixes": ["HOST/a", "shop.example/a"]}, 1082),
        ({"files": ["HOST/a"]}, 1012),
        ({"files": ["ftp://HOST/a"]}, 1012),
        ({"files": ["http://HOST/a#x"]}, 1012),
        ({"files": [{"link": "http://HOST/a"}]}, 1012),
        ({"files": ["https://shop.example/a"]}, 1082),
        ({"tags": ["a"]}, 1012),
        ({"prefixes": ["HOST/a"], "tags": ["a"]}, 1012),
        ({"purge_everything": False}, 1012),
        ({"purge_everything": True, "prefixes": ["HOST/a"]}, 1092),
    ],
)
def test_what_is_no_purge_is_refused_and_purges_nothing(document: Any, code: int) -> None:
    async def story() -> None:
        async with front() as at:
            at.origin.put("/a", JS, Cache_Control=FRESH)
            await at.get("/a")
            asked = document if isinstance(document, bytes) else json.dumps(document).replace("HOST", at.host).encode()
            refused = await at.purge(asked)
            assert (refused.status, refused.error) == (400, code)
            assert (await at.caches("/a"), at.cdn.purges) == (["HIT"], [])

    asyncio.run(story())


def test_the_most_that_a_request_may_purge() -> None:
    async def story() -> None:
        async with front() as at:
            for path in ("/a", "/a" * 31):
                prefixes = [f"{at.host}{path}"] * 50
                done = await at.purge({"prefixes": prefixes, "files": [f"{at.cdn.url}/a"] * 50})
                assert done.status == 200
            assert len(at.cdn.purges) == 200

    asyncio.run(story())


def test_only_the_token_purges_and_only_its_zone() -> None:
    async def story() -> None:
        async with front() as at:
            at.origin.put("/a", JS, Cache_Control=FRESH)
            await at.get("/a")
            everything = {"purge_everything": True}
            for token, status in ((None, 401), ("", 403), (TOKEN[:-1], 403), ("ä", 403)):
                refused = await at.purge(everything, token=token)
                assert (refused.status, refused.error) == (status, 10000)
            stranger = await at.purge(everything, zone="0" * 32)
            assert (stranger.status, stranger.error) == (404, 7003)
            authorization = f"Bearer {TOKEN}"
            for method, path in (("GET", f"/zones/{ZONE}/purge_cache"), ("POST", f"/zones/{ZONE}"), ("GET", "/zones")):
                nothing = await at.get(f"/client/v4{path}", method, Authorization=authorization)
                assert (nothing.status, nothing.error) == (404, 7000)
            assert (await at.caches("/a"), at.cdn.purges) == (["HIT"], [])
            assert [request.path for request in at.origin.requests] == ["/a"], "the API is not the origin's"

    asyncio.run(story())


def test_purges_beyond_the_rate_wait() -> None:
    async def story() -> None:
        async with front(rate_per_second=0.25, bucket=2) as at:
            everything = {"purge_everything": True}
            assert [(await at.purge(everything)).status for _ in range(2)] == [200, 200]
            limited = await at.purge(everything)
            assert (limited.status, limited.error, limited.headers["Retry-After"]) == (429, 1134, "4")
            at.clock.now += 3
            assert (await at.purge(everything)).headers["Retry-After"] == "1"
            at.clock.now += 1
            assert (await at.purge(everything)).status == 200
            assert len(at.cdn.purges) == 3

    asyncio.run(story())


def test_a_busy_cdn_purges_nothing() -> None:
    async def story() -> None:
        async with front(rate_per_second=EMPTY_BUCKET, bucket=1) as at:
            at.origin.put("/a", JS, Cache_Control=FRESH)
            await at.get("/a")
            at.cdn.busy = True
            for _ in range(2):
                busy = await at.purge({"purge_everything": True})
                assert (busy.status, busy.error, busy.headers["Retry-After"]) == (429, 1134, "1")
            assert (await at.caches("/a"), at.cdn.purges) == (["HIT"], [])
            at.cdn.busy = False
            assert (await at.purge({"purge_everything": True})).status == 200
            assert await at.caches("/a") == ["MISS"]

    asyncio.run(story())


def test_a_bucket_holds_no_more_than_its_size_and_time_does_not_go_back() -> None:
    bucket = TokenBucket(rate_per_second=2, size=2, now=100)
    assert [bucket.take(1000) for _ in range(3)] == [0, 0, 0.5]
    assert bucket.take(999) == 0.5
    assert bucket.take(999.5) == 0
