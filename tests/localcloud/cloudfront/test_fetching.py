"""A local CloudFront over real sockets: what it fetches, keeps and serves while its origin fails."""

from __future__ import annotations

import asyncio
import gzip
from typing import Any

import pytest

from localcloud.cloudfront.distribution import (
    ErrorResponse,
)
from tests.localcloud.stage import staged

JS = b"let x = 1;\n" * 200
FRESH = "public, max-age=300"


def test_an_object_is_fetched_once_and_ages() -> None:
    async def story() -> None:
        async with staged() as stage:
            stage.origin.put("/w/a.js", JS, Cache_Control=FRESH, x_amz_meta_version="1.0.0")
            first = await stage.get("/w/a.js")
            assert (first.status, first.body, first.cache) == (200, JS, "Miss")
            assert "Age" not in first.headers
            stage.clock.now += 42.5
            second = await stage.get("/w/a.js?ignored=1", Cookie="a=1")
            assert (second.status, second.body, second.cache) == (200, JS, "Hit")
            assert second.headers["Age"] == "42"
            assert second.headers["x-amz-meta-version"] == "1.0.0"
            assert second.headers["Via"].endswith("(CloudFront)")
            assert second.headers["X-Amz-Cf-Id"] != first.headers["X-Amz-Cf-Id"]
            assert len(stage.origin.requests) == 1
            assert stage.origin.requests[0].query == ""

    asyncio.run(story())


def test_a_stale_object_is_asked_after_and_served_again() -> None:
    async def story() -> None:
        async with staged() as stage:
            stage.origin.put("/a.js", JS, etag='"1"', Cache_Control=FRESH)
            await stage.get("/a.js", Accept_Encoding="gzip")
            stage.clock.now += 301
            again = await stage.get("/a.js", Accept_Encoding="gzip")
            assert (again.cache, gzip.decompress(again.body)) == ("RefreshHit", JS)
            assert stage.origin.requests[-1].headers["If-None-Match"] == '"1"', "the origin's own, strong ETag"
            stage.clock.now += 299
            assert (await stage.get("/a.js", Accept_Encoding="gzip")).cache == "Hit"
            stage.origin.put("/a.js", b"new", etag='"2"', Cache_Control=FRESH)
            stage.clock.now += 2
            changed = await stage.get("/a.js", Accept_Encoding="gzip")
            assert (changed.cache, changed.body) == ("Miss", b"new")

    asyncio.run(story())


@pytest.mark.parametrize("cache_control", ["no-store", "private, max-age=60"])
def test_what_may_not_be_stored_is_fetched_each_time(cache_control: str) -> None:
    async def story() -> None:
        async with staged() as stage:
            stage.origin.put("/a.js", JS, Cache_Control=cache_control)
            assert [(await stage.get("/a.js")).cache for _ in range(2)] == ["Miss", "Miss"]
            assert "If-None-Match" not in stage.origin.requests[-1].headers

    asyncio.run(story())


def test_an_invalidation_takes_effect_and_beats_an_answer_under_way() -> None:
    async def story() -> None:
        async with staged() as stage:
            stage.origin.put("/w/a.js", b"old", Cache_Control=FRESH)
            await stage.get("/w/a.js")
            assert stage.fetcher.purge(["/w/*"]) == 1
            stage.origin.gate = asyncio.Event()
            slow = asyncio.create_task(stage.get("/w/a.js"))
            await _until(lambda: len(stage.origin.requests) == 2)
            stage.fetcher.purge(["/w/*"])
            stage.origin.put("/w/a.js", b"new", Cache_Control=FRESH)
            later = asyncio.create_task(stage.get("/w/a.js"))
            await _until(lambda: len(stage.origin.requests) == 3)
            stage.origin.gate.set()
            assert (await slow).body == b"old"
            assert (await later).body == b"new"
            answer = await stage.get("/w/a.js")
            assert (answer.body, answer.cache) == (b"new", "Hit")

    asyncio.run(story())


def test_simultaneous_requests_share_one_fetch() -> None:
    async def story() -> None:
        async with staged() as stage:
            stage.origin.put("/a.js", JS, Cache_Control=FRESH)
            stage.origin.gate = asyncio.Event()
            waiting = [asyncio.create_task(stage.get("/a.js")) for _ in range(20)]
            await _until(lambda: len(stage.origin.requests) == 1)
            await asyncio.sleep(0.1)
            stage.origin.gate.set()
            answers = await asyncio.gather(*waiting)
            assert {a.body for a in answers} == {JS}
            assert sorted(a.cache for a in answers) == ["Hit"] * 19 + ["Miss"]
            assert len(stage.origin.requests) == 1

    asyncio.run(story())


def test_simultaneous_requests_do_not_share_what_is_private() -> None:
    async def story() -> None:
        async with staged() as stage:
            stage.origin.put("/a.js", JS, Cache_Control="private")
            stage.origin.gate = asyncio.Event()
            waiting = [asyncio.create_task(stage.get("/a.js")) for _ in range(3)]
            await _until(lambda: len(stage.origin.requests) == 1)
            stage.origin.gate.set()
            assert [a.cache for a in await asyncio.gather(*waiting)] == ["Miss"] * 3
            assert len(stage.origin.requests) == 3

    asyncio.run(story())


def test_a_viewer_that_leaves_does_not_take_the_others_answer_along() -> None:
    async def story() -> None:
        async with staged() as stage:
            stage.origin.put("/a.js", JS, Cache_Control=FRESH)
            stage.origin.gate = asyncio.Event()
            impatient = asyncio.create_task(stage.get("/a.js"))
            await _until(lambda: len(stage.origin.requests) == 1)
            patient = asyncio.create_task(stage.get("/a.js"))
            await asyncio.sleep(0.05)
            impatient.cancel()
            await asyncio.sleep(0.05)
            stage.origin.gate.set()
            assert (await patient).body == JS
            assert len(stage.origin.requests) == 1

    asyncio.run(story())


def test_errors_are_kept_for_their_minimum_ttl() -> None:
    async def story() -> None:
        async with staged(errors={403: ErrorResponse(min_ttl=0)}) as stage:
            assert [(await stage.get("/none.js")).cache for _ in range(2)] == ["Error", "Error"]
            assert len(stage.origin.requests) == 1
            stage.clock.now += 10.1
            stage.origin.put("/none.js", JS)
            found = await stage.get("/none.js")
            assert (found.status, found.cache) == (200, "Miss")

    asyncio.run(story())


def test_errors_with_a_minimum_ttl_of_zero_are_not_kept() -> None:
    async def story() -> None:
        async with staged(errors={404: ErrorResponse(min_ttl=0)}) as stage:
            assert (await stage.get("/late.js")).status == 404
            stage.origin.put("/late.js", JS)
            assert (await stage.get("/late.js")).status == 200

    asyncio.run(story())


def test_an_error_page_replaces_an_error_and_its_status() -> None:
    async def story() -> None:
        errors = {404: ErrorResponse(min_ttl=0, page="/errors/404.html", response_code=410)}
        async with staged(errors=errors) as stage:
            stage.origin.put("/errors/404.html", b"gone", Content_Type="text/html")
            answer = await stage.get("/none.js")
            assert (answer.status, answer.body, answer.cache) == (410, b"gone", "Error")

    asyncio.run(story())


@pytest.mark.parametrize("expected", [503, 502])
def test_a_stale_object_stands_in_while_the_origin_fails(expected: int) -> None:
    async def story() -> None:
        async with staged() as stage:
            stage.origin.put("/a.js", JS, Cache_Control=FRESH)
            stage.origin.put("/strict.js", JS, Cache_Control=f"{FRESH}, must-revalidate")
            for path in ("/a.js", "/strict.js"):
                await stage.get(path)
            stage.clock.now += 301
            if expected == 503:
                stage.origin.status = 503
            else:
                await stage.lose_origin()
            assert (await stage.get("/a.js")).body == JS
            assert (await stage.get("/strict.js")).status == expected
            asked = len(stage.origin.requests)
            stage.clock.now += 9
            assert (await stage.get("/a.js")).body == JS
            assert len(stage.origin.requests) == asked, "it is not asked again within the error minimum TTL"

    asyncio.run(story())


def test_an_origin_that_cannot_be_reached_is_a_502() -> None:
    async def story() -> None:
        async with staged() as stage:
            await stage.lose_origin()
            answer = await stage.get("/a.js")
            assert (answer.status, answer.cache) == (502, "Error")

    asyncio.run(story())


async def _until(condition: Any) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)
