"""What Cloudflare caches, and for how long."""

from __future__ import annotations

import asyncio

import pytest
from multidict import CIMultiDict

from localcloud.http.exchange import Answer
from tests.localcloud.cloudflare.front import FRESH, JS, front


def test_a_file_is_fetched_once_until_it_expires() -> None:
    async def story() -> None:
        async with front() as at:
            at.origin.put("/w/a.js", JS, Cache_Control=FRESH, Age="70000", x_amz_meta_version="1.0.0")
            first = await at.get("/w/a.js")
            assert (first.status, first.body, first.cache) == (200, JS, "MISS")
            assert "Age" not in first.headers
            at.clock.now += 299.5
            second = await at.get("/w/a.js")
            assert (second.body, second.cache, second.headers["Age"]) == (JS, "HIT", "299")
            assert second.headers["x-amz-meta-version"] == "1.0.0"
            assert len(at.origin.requests) == 1
            at.origin.put("/w/a.js", b"new", etag='"2"', Cache_Control=FRESH)
            at.clock.now += 1
            third = await at.get("/w/a.js")
            assert (third.body, third.cache) == (b"new", "EXPIRED")
            assert await at.caches("/w/a.js") == ["HIT"]

    asyncio.run(story())


def test_the_query_is_part_of_the_key_and_paths_go_on_as_they_came() -> None:
    async def story() -> None:
        async with front() as at:
            target = "/w//%7E1/a%2fb.js?x=1&&y=%20"
            at.origin.put(target.partition("?")[0], JS, Cache_Control=FRESH)
            assert (await at.get(target)).body == JS
            (asked,) = at.origin.requests
            assert f"{asked.path}?{asked.query}" == target
            assert await at.caches(target, "/w//%7E1/a%2fb.js", "/w//~1/a%2fb.js") == ["HIT", "MISS", "DYNAMIC"]

    asyncio.run(story())


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Cache_Control": "no-store"}, "BYPASS"),
        ({"Cache_Control": "no-cache, max-age=60"}, "BYPASS"),
        ({"Cache_Control": "private, max-age=60"}, "BYPASS"),
        ({"Cache_Control": "max-age=0"}, "BYPASS"),
        ({"Cache_Control": "max-age=60, s-maxage=0"}, "BYPASS"),
        ({"Cache_Control": "max-age=60", "Set_Cookie": "a=1"}, "BYPASS"),
        ({"Cache_Control": "public"}, "DYNAMIC"),
        ({"Cache_Control": "max-age=soon"}, "DYNAMIC"),
        ({}, "DYNAMIC"),
    ],
)
def test_what_may_not_be_stored_is_fetched_each_time(headers: dict[str, str], status: str) -> None:
    async def story() -> None:
        async with front() as at:
            at.origin.put("/a.js", JS, **headers)
            assert await at.caches("/a.js", "/a.js") == [status, status]
            assert [request.headers.get("Cookie") for request in at.origin.requests] == [None, None]

    asyncio.run(story())


def test_s_maxage_goes_before_max_age() -> None:
    async def story() -> None:
        async with front() as at:
            at.origin.put("/a.js", JS, Cache_Control="max-age=0, s-maxage=60")
            assert await at.caches("/a.js", "/a.js") == ["MISS", "HIT"]

    asyncio.run(story())


def test_errors_are_not_kept_and_go_on_as_they_came() -> None:
    async def story() -> None:
        async with front() as at:
            missing = await at.get("/late.js")
            assert (missing.status, missing.body, missing.cache) == (404, b"<Error/>", "DYNAMIC")
            at.origin.put("/late.js", JS, Cache_Control=FRESH)
            assert await at.caches("/late.js", "/late.js") == ["MISS", "HIT"]
            at.origin.status = 503
            at.clock.now += 301
            assert (await at.get("/late.js")).status == 503
            at.origin.status = None
            assert await at.caches("/late.js") == ["MISS"]

    asyncio.run(story())


def test_conditions_are_the_viewers_and_the_cache_holds_the_whole() -> None:
    async def story() -> None:
        async with front() as at:
            at.origin.put("/a.js", JS, etag='"1"', Cache_Control=FRESH)
            fresh = await at.get("/a.js", If_None_Match='"1"', Range="bytes=0-1")
            assert (fresh.status, fresh.body, fresh.cache, fresh.headers["ETag"]) == (304, b"", "MISS", '"1"')
            assert fresh.headers["Cache-Control"] == FRESH
            assert "Content-Type" not in fresh.headers
            assert {"If-None-Match", "Range"}.isdisjoint(at.origin.requests[0].headers)
            assert at.origin.requests[0].headers["Accept-Encoding"] == "identity"
            held = await at.get("/a.js", If_None_Match='W/"1"')
            assert (held.status, held.cache) == (304, "HIT")
            other = await at.get("/a.js", If_None_Match='"2"')
            assert (other.status, other.body) == (200, JS)
            head = await at.get("/a.js", "HEAD")
            assert (head.status, head.body, head.cache) == (200, b"", "HIT")
            assert head.headers["Content-Length"] == str(len(JS))

    asyncio.run(story())


def test_head_fills_the_cache() -> None:
    async def story() -> None:
        async with front() as at:
            at.origin.put("/a.js", JS, Cache_Control=FRESH)
            assert (await at.get("/a.js", "HEAD")).cache == "MISS"
            assert at.origin.requests[0].method == "GET"
            assert (await at.get("/a.js")).body == JS
            assert len(at.origin.requests) == 1

    asyncio.run(story())


def test_other_methods_pass_through() -> None:
    async def story() -> None:
        async with front() as at:
            at.origin.put("/ofrep", JS, Cache_Control=FRESH)
            headers = {"Connection": "keep-alive, X-Hop", "X_Hop": "1", "X_Kept": "2", "Host": "shop.example"}
            for _ in range(2):
                answer = await at.get("/ofrep?x=1", "POST", b'{"a": 1}', **headers)
                assert (answer.status, answer.body, answer.cache) == (200, JS, "DYNAMIC")
            asked = at.origin.requests[1]
            assert (asked.method, asked.query, asked.body, asked.headers["X-Kept"]) == ("POST", "x=1", b'{"a": 1}', "2")
            assert "X-Hop" not in asked.headers
            assert asked.headers["Host"].startswith("127.0.0.1:")

    asyncio.run(story())


def test_an_origin_that_is_gone_is_a_502_and_nothing_stale_stands_in() -> None:
    async def story() -> None:
        async with front() as at:
            at.origin.put("/a.js", JS, Cache_Control=FRESH)
            await at.get("/a.js")
            await at.upstream.stop()
            assert await at.caches("/a.js") == ["HIT"]
            at.clock.now += 301
            gone = await at.get("/a.js")
            assert (gone.status, gone.cache, gone.headers["Cache-Control"]) == (502, "DYNAMIC", "no-store")
            assert (await at.get("/a.js", "POST")).status == 502

    asyncio.run(story())


def test_a_redirect_is_kept_as_its_cache_control_says_until_a_purge() -> None:
    async def story() -> None:
        async with front() as at:
            moving = "/w/latest/a.js"
            headers = CIMultiDict({"Location": "/w/v1/a.js", "Cache-Control": "public, max-age=300"})
            at.origin.files[moving] = Answer(302, headers)
            first, second = await at.get(moving), await at.get(moving)
            assert [(answer.status, answer.cache) for answer in (first, second)] == [(302, "MISS"), (302, "HIT")]
            assert second.headers["Location"] == "/w/v1/a.js"
            await at.purge({"prefixes": [f"{at.host}/w/latest"]})
            headers = CIMultiDict({"Location": "/w/v2/a.js", "Cache-Control": "no-store"})
            at.origin.files[moving] = Answer(302, headers)
            assert (await at.get(moving)).headers["Location"] == "/w/v2/a.js"
            assert await at.caches(moving) == ["BYPASS"]

    asyncio.run(story())
