"""A local CloudFront over real sockets: conditions, ranges, compression, policies, edge functions."""

from __future__ import annotations

import asyncio
import gzip
from dataclasses import replace
from typing import Any

from localcloud.cloudfront.distribution import (
    Behavior,
    CachePolicy,
    EdgeFunction,
    OriginRequestPolicy,
    Selection,
)
from localcloud.cloudfront.headers_policy import Addition, HeadersPolicy
from localcloud.cloudfront.lambda_edge.edge_runtime import EdgeFunctionFailed
from tests.localcloud.stage import DEFAULT, POLICY, Stage, staged

JS = b"let x = 1;\n" * 200
FRESH = "public, max-age=300"


def test_viewers_conditions_head_and_ranges() -> None:
    async def story() -> None:
        async with staged() as stage:
            stage.origin.put("/a.js", JS, etag='"1"', Cache_Control=FRESH)
            head = await stage.get("/a.js", "HEAD")
            assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", str(len(JS)))
            unchanged = await stage.get("/a.js", If_None_Match='W/"1"')
            assert (unchanged.status, unchanged.body, unchanged.cache) == (304, b"", "Hit")
            assert unchanged.headers["ETag"] == '"1"'
            assert unchanged.headers["Cache-Control"] == FRESH
            part = await stage.get("/a.js", Range="bytes=4-9", Accept_Encoding="gzip")
            assert (part.status, part.body) == (206, JS[4:10])
            assert part.headers["Content-Range"] == f"bytes 4-9/{len(JS)}"
            beyond = await stage.get("/a.js", Range="bytes=99999-")
            assert (beyond.status, beyond.headers["Content-Range"]) == (416, f"bytes */{len(JS)}")
            assert [r.method for r in stage.origin.requests] == ["GET"]

    asyncio.run(story())


def test_compression_is_negotiated_and_cached_apart() -> None:
    async def story() -> None:
        async with staged() as stage:
            stage.origin.put("/a.js", JS, etag='"1"', Cache_Control=FRESH)
            packed = await stage.get("/a.js", Accept_Encoding="gzip, deflate")
            assert packed.headers["Content-Encoding"] == "gzip"
            assert packed.headers["ETag"] == 'W/"1"'
            assert packed.headers["Vary"] == "Accept-Encoding"
            assert gzip.decompress(packed.body) == JS
            plain = await stage.get("/a.js")
            assert (plain.body, plain.headers["ETag"], plain.cache) == (JS, '"1"', "Miss")
            assert "Content-Encoding" not in plain.headers
            assert (await stage.get("/a.js", Accept_Encoding="gzip")).cache == "Hit"

    asyncio.run(story())


def test_raw_paths_reach_the_origin_as_they_came() -> None:
    async def story() -> None:
        async with staged() as stage:
            for target in ("/w/%7E1/a%2Fb.js", "/w//x/../y", "/a+b%20c", "/~1/%C3%A4"):
                await stage.get(target)
                assert stage.origin.requests[-1].path == target

    asyncio.run(story())


def test_methods_that_a_behavior_does_not_allow_are_refused() -> None:
    async def story() -> None:
        anything = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"})
        api = Behavior("/api/*", "origin", allowed_methods=anything, cache_policy=POLICY)
        async with staged(api) as stage:
            stage.origin.put("/api/x", b"ok")
            assert (await stage.get("/a.js", "POST", b"x")).status == 403
            assert (await stage.get("/a.js", "GET", b"x")).status == 403
            assert stage.origin.requests == []
            for _ in range(2):
                answer = await stage.get("/api/x", "POST", b"x=1", Content_Type="text/plain")
                assert (answer.status, answer.cache) == (200, "Miss")
            assert [(r.method, r.body) for r in stage.origin.requests] == [("POST", b"x=1")] * 2
            assert stage.origin.requests[0].headers["Content-Type"] == "text/plain"

    asyncio.run(story())


def test_the_policies_decide_what_is_forwarded() -> None:
    async def story() -> None:
        behavior = Behavior(
            None,
            "origin",
            cache_policy=CachePolicy(query=Selection("all")),
            origin_request_policy=OriginRequestPolicy(headers=Selection("whitelist", frozenset({"x-team"}))),
        )
        async with staged(behavior) as stage:
            await stage.get("/x?b=2&a=%20", X_Team="t", X_Other="o")
            asked = stage.origin.requests[0]
            assert asked.query == "b=2&a=%20"
            assert (asked.headers.get("X-Team"), asked.headers.get("X-Other")) == ("t", None)
            assert asked.headers["User-Agent"] == "Amazon CloudFront"

    asyncio.run(story())


def test_a_headers_policy_changes_answers_and_not_the_cache() -> None:
    async def story() -> None:
        moving = HeadersPolicy(additions=(Addition("Cache-Control", "max-age=300", override=True),))
        async with staged(replace(DEFAULT, pattern="/latest/*", headers_policy=moving)) as stage:
            stage.origin.put("/latest/a.js", JS, Cache_Control="public, max-age=31536000, immutable")
            await stage.get("/latest/a.js")
            stage.clock.now += 3600
            answer = await stage.get("/latest/a.js")
            assert (answer.cache, answer.headers["Cache-Control"]) == ("Hit", "max-age=300")
            assert answer.headers.getall("Cache-Control") == ["max-age=300"]

    asyncio.run(story())


class Scripted:
    """An edge function whose result, or failure, is decided by the test."""

    def __init__(self, result: object) -> None:
        self.result = result
        self.events: list[dict[str, Any]] = []

    async def invoke(self, event: dict[str, Any]) -> object:
        self.events.append(event)
        if isinstance(self.result, Exception):
            raise self.result
        if callable(self.result):
            return self.result(event["Records"][0]["cf"]["request"])
        return self.result


EDGE = replace(DEFAULT, pattern="*/latest/*", viewer_request=EdgeFunction("arn"))


async def through(stage: Stage, function: Scripted, result: object) -> tuple[int, str]:
    function.result = result
    answer = await stage.get("/w/latest/a.js?user=u", X_Forwarded_Proto="https")
    return answer.status, answer.cache


def test_a_function_rewrites_before_the_cache_is_asked() -> None:
    async def story() -> None:
        function = Scripted(lambda request: {**request, "uri": "/w/v1.0.0/a.js"})
        async with staged(EDGE, functions={"arn": function}) as stage:
            stage.origin.put("/w/v1.0.0/a.js", JS, Cache_Control=FRESH)
            assert (await stage.get("/w/latest/a.js?user=u")).body == JS
            assert (await stage.get("/w/v1.0.0/a.js")).cache == "Hit", "both names are one object"
            assert len(function.events) == 1
            shown = function.events[0]["Records"][0]["cf"]["request"]
            assert (shown["uri"], shown["querystring"], shown["clientIp"]) == ("/w/latest/a.js", "user=u", "127.0.0.1")

    asyncio.run(story())


def test_a_generated_response_is_never_cached() -> None:
    async def story() -> None:
        function = Scripted({"status": "404", "statusDescription": "Nope", "body": "no", "headers": {}})
        async with staged(EDGE, functions={"arn": function}) as stage:
            for _ in range(2):
                answer = await stage.get("/w/latest/a.js")
                assert (answer.status, answer.body, answer.cache) == (404, b"no", "LambdaGeneratedResponse")
            assert len(function.events) == 2
            assert stage.origin.requests == []

    asyncio.run(story())


def test_a_broken_function_is_a_502_and_a_failing_one_a_503() -> None:
    async def story() -> None:
        function = Scripted(None)
        async with staged(EDGE, functions={"arn": function}) as stage:
            assert await through(stage, function, {"status": 404}) == (502, "LambdaValidationError")
            assert await through(stage, function, lambda r: {**r, "headers": {}}) == (502, "LambdaValidationError")
            assert await through(stage, function, EdgeFunctionFailed("timed out")) == (503, "LambdaExecutionError")
            assert "x-forwarded-proto" not in function.events[-1]["Records"][0]["cf"]["request"]["headers"]
            assert stage.origin.requests == []

    asyncio.run(story())


def test_the_default_root_object() -> None:
    async def story() -> None:
        async with staged(default_root_object="index.html") as stage:
            stage.origin.put("/index.html", b"home", Content_Type="text/html")
            assert (await stage.get("/")).body == b"home"
            assert (await stage.get("/folder/")).status == 404

    asyncio.run(story())
