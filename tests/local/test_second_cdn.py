"""The second CDN over real sockets: what it caches and for how long, and Cloudflare's API to purge it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from multidict import CIMultiDict
from yarl import URL

from edgeship.adapters.cdn.cloudflare import Cloudflare
from edgeship.adapters.http.https_post import HttpsPost
from edgeship.application.propagation.ports import CdnBusy
from edgeship.local.cdn.server import HttpServer
from edgeship.local.sandbox import NotLoopback
from edgeship.local.second_cdn.second_cdn import ZONE, SecondCdn
from edgeship.local.second_cdn.token_bucket import TokenBucket
from tests.local.stage import Clock, FakeOrigin

JS = b"let x = 1;\n"
FRESH = "public, max-age=300, must-revalidate"
TOKEN = "a-token"
EMPTY_BUCKET = 1e-9
"""Tokens a second: none comes back while a test runs."""


@dataclass(frozen=True)
class Seen:
    status: int
    headers: CIMultiDict[str]
    body: bytes

    @property
    def cache(self) -> str:
        return self.headers["CF-Cache-Status"]

    @property
    def error(self) -> int:
        """The code of a refused purge."""
        document = json.loads(self.body)
        (error,) = document["errors"]
        assert document == {"success": False, "errors": [error], "messages": [], "result": None}
        assert error["message"]
        return int(error["code"])


@dataclass
class Front:
    """A second CDN in front of an origin, and a viewer of both."""

    origin: FakeOrigin
    clock: Clock
    cdn: SecondCdn
    viewer: aiohttp.ClientSession
    upstream: HttpServer

    @property
    def host(self) -> str:
        return self.cdn.url.removeprefix("http://")

    async def get(self, target: str, method: str = "GET", data: bytes | None = None, **headers: str) -> Seen:
        named = {k.replace("_", "-"): v for k, v in headers.items()}
        url = URL(self.cdn.url + target, encoded=True)
        async with self.viewer.request(method, url, headers=named, data=data, allow_redirects=False) as answer:
            return Seen(answer.status, CIMultiDict(answer.headers), await answer.read())

    async def caches(self, *targets: str) -> list[str]:
        return [(await self.get(target)).cache for target in targets]

    async def purge(self, document: Any, token: str | None = TOKEN, zone: str = ZONE) -> Seen:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return await self.get(f"/client/v4/zones/{zone}/purge_cache", "POST", body, **headers)


@contextlib.asynccontextmanager
async def front(rate_per_second: float = 5.0, bucket: int = 25) -> AsyncIterator[Front]:
    origin, clock = FakeOrigin(), Clock()
    upstream = HttpServer(origin.handle)
    origin_url = f"http://127.0.0.1:{await upstream.start(0)}"
    try:
        async with aiohttp.ClientSession(auto_decompress=False) as viewer:
            limits: dict[str, Any] = {"rate_per_second": rate_per_second, "bucket": bucket}
            with SecondCdn(origin_url, token=TOKEN, clock=clock, **limits) as cdn:
                yield Front(origin, clock, cdn, viewer, upstream)
    finally:
        await upstream.stop()


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


def test_the_adapter_purges_it() -> None:
    async def story() -> None:
        async with front(rate_per_second=EMPTY_BUCKET, bucket=1) as at:
            at.origin.put("/w/latest/a.js", JS, Cache_Control=FRESH)
            await at.get("/w/latest/a.js")
            post = HttpsPost(loopback=True)
            cloudflare = Cloudflare(post, ZONE, at.cdn.url, lambda: TOKEN, at.cdn.api_url)
            await asyncio.to_thread(cloudflare.refresh, ["/w/latest/"], "m1")
            assert await at.caches("/w/latest/a.js") == ["MISS"]
            with pytest.raises(CdnBusy, match="429"):
                await asyncio.to_thread(cloudflare.refresh, ["/w/latest/"], "m2")
            assert at.cdn.purges == [f"{at.host}/w/latest"]

    asyncio.run(story())


def test_a_bucket_holds_no_more_than_its_size_and_time_does_not_go_back() -> None:
    bucket = TokenBucket(rate_per_second=2, size=2, now=100)
    assert [bucket.take(1000) for _ in range(3)] == [0, 0, 0.5]
    assert bucket.take(999) == 0.5
    assert bucket.take(999.5) == 0


def test_it_ends_and_frees_its_port() -> None:
    with SecondCdn("http://127.0.0.1:1", token=TOKEN) as cdn:
        port = int(cdn.url.rpartition(":")[2])
        assert cdn.api_url == f"http://127.0.0.1:{port}/client/v4"
        with pytest.raises(OSError, match=str(port)):
            SecondCdn("http://127.0.0.1:1", token=TOKEN, port=port).start()
    cdn.stop()
    with SecondCdn("http://127.0.0.1:1", token=TOKEN, port=port) as again:
        assert again.url == cdn.url


def test_its_origin_is_on_this_machine() -> None:
    with pytest.raises(NotLoopback):
        SecondCdn("https://d111111abcdef8.cloudfront.net", token=TOKEN)
