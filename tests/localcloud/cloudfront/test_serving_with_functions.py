"""CloudFront Functions at both viewer events of a local CloudFront, over real sockets."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from localcloud.cloudfront.distribution import CachePolicy, ErrorResponse, Selection
from localcloud.cloudfront.functions.code import FunctionCode
from localcloud.cloudfront.functions.runtime import FunctionRuntime
from localcloud.cloudfront.headers_policy import Addition, HeadersPolicy
from tests.localcloud.stage import DEFAULT, Stage, staged

FRESH = "public, max-age=300"
POLICY = HeadersPolicy(additions=(Addition("X-Policy", "yes", override=True),))

REQUEST = """
function handler(event) {
  const request = event.request;
  if (request.uri === '/w/gone') return { statusCode: 410, statusDescription: 'Gone away', body: 'gone' };
  if (request.uri === '/w/throws') throw new Error('no');
  if (request.uri === '/w/garbage') return 'garbage';
  if (request.uri === '/w/via') request.headers.via = { value: 'x' };
  if (request.uri === '/w/endless') while (true) {}
  request.uri = request.uri.replace('/latest/', '/v1/');
  return request;
}"""
RESPONSE = """
function handler(event) {
  const response = event.response;
  response.headers['x-seen'] = { value: [event.request.uri, 'x-policy' in response.headers, 'age' in response.headers,
    'x-cache' in response.headers, 'via' in response.headers].join() };
  if (event.request.uri === '/w/broken') return {};
  return response;
}"""
BOTH = replace(DEFAULT, request_function="request", response_function="response", headers_policy=POLICY)


def play(story: Callable[[Stage], Awaitable[None]], errors: dict[int, ErrorResponse] | None = None) -> None:
    async def on_stage() -> None:
        with Path(os.devnull).open("ab") as log:
            functions = {
                name: FunctionRuntime(FunctionCode(name, source), log, budget_seconds=0.2)
                for name, source in (("request", REQUEST), ("response", RESPONSE))
            }
            try:
                async with staged(replace(BOTH, pattern="/w/*"), errors=errors, js_functions=functions) as stage:
                    await story(stage)
            finally:
                for function in functions.values():
                    await function.close()

    asyncio.run(on_stage())


def test_the_rewritten_request_is_what_the_cache_is_asked_for_and_the_response_function_sees_the_viewers() -> None:
    async def story(stage: Stage) -> None:
        stage.origin.put("/w/v1/a.js", b"a", Cache_Control=FRESH)
        first = await stage.get("/w/latest/a.js")
        assert (first.status, first.body, first.cache) == (200, b"a", "Miss")
        assert first.headers["X-Seen"] == "/w/latest/a.js,true,false,false,true"
        again = await stage.get("/w/v1/a.js")
        assert (again.cache, again.headers["X-Seen"]) == ("Hit", "/w/v1/a.js,true,true,false,true")
        assert len(stage.origin.requests) == 1

    play(story)


def test_a_generated_response_is_left_alone_and_never_cached() -> None:
    async def story(stage: Stage) -> None:
        for _ in range(2):
            answer = await stage.get("/w/gone")
            assert (answer.status, answer.body, answer.cache) == (410, b"gone", "FunctionGeneratedResponse")
            assert not {"X-Policy", "X-Seen"} & answer.headers.keys()
        assert stage.origin.requests == []

    play(story)


def test_functions_that_fail() -> None:
    async def story(stage: Stage) -> None:
        stage.origin.put("/w/broken", b"x")
        seen = {path: await stage.get(f"/w/{path}") for path in ("throws", "garbage", "via", "endless", "broken")}
        assert {path: (answer.status, answer.cache) for path, answer in seen.items()} == {
            "throws": (503, "FunctionExecutionError"),
            "garbage": (503, "FunctionExecutionError"),
            "via": (502, "FunctionExecutionError"),
            "endless": (503, "FunctionThrottledError"),
            "broken": (503, "FunctionExecutionError"),
        }
        assert (await stage.get("/w/gone")).status == 410

    play(story)


def test_the_response_function_does_not_run_on_errors_of_the_origin() -> None:
    async def story(stage: Stage) -> None:
        stage.origin.put("/w/page.html", b"page")
        for _ in range(2):
            answer = await stage.get("/w/missing")
            assert (answer.status, answer.body) == (200, b"page")
            assert "X-Seen" not in answer.headers
            assert answer.headers["X-Policy"] == "yes"

    play(story, {404: ErrorResponse(page="/w/page.html", response_code=200)})


def test_a_hit_has_its_age_and_the_date_of_what_is_stored() -> None:
    async def story(stage: Stage) -> None:
        stage.origin.put("/w/v1/a.js", b"a", Cache_Control=FRESH, Date="Tue, 14 Nov 2023 22:13:20 GMT")
        await stage.get("/w/v1/a.js")
        stage.clock.now += 42
        answer = await stage.get("/w/v1/a.js")
        assert (answer.headers["Age"], answer.headers["Date"]) == ("42", "Tue, 14 Nov 2023 22:13:20 GMT")

    play(story)


def test_options_reach_functions_and_are_cached_only_if_the_behavior_says_so() -> None:
    async def story() -> None:
        methods = frozenset({"GET", "HEAD", "OPTIONS"})
        policy = CachePolicy(default_ttl=600, headers=Selection("whitelist", frozenset({"origin"})))
        source = """function handler(event) {
          event.request.headers.origin = { value: event.request.method };
          return event.request;
        }"""
        function = FunctionRuntime(FunctionCode("request", source))
        uncached = replace(DEFAULT, allowed_methods=methods, cache_policy=policy, request_function="request")
        cached = replace(uncached, pattern="/cached/*", cached_methods=methods)
        try:
            async with staged(cached, uncached, js_functions={"request": function}) as stage:
                for path in ("/cached/a", "/a"):
                    stage.origin.put(path, b"x", Cache_Control=FRESH)
                assert [(await stage.get("/a", "OPTIONS")).cache for _ in range(2)] == ["Miss", "Miss"]
                assert [(await stage.get("/cached/a", "OPTIONS")).cache for _ in range(2)] == ["Miss", "Hit"]
                assert (await stage.get("/cached/a")).cache == "Miss"
                assert [(r.method, r.headers["Origin"]) for r in stage.origin.requests] == [
                    ("OPTIONS", "OPTIONS"),
                    ("OPTIONS", "OPTIONS"),
                    ("OPTIONS", "OPTIONS"),
                    ("GET", "GET"),
                ]
        finally:
            await function.close()

    asyncio.run(story())
