"""Functions in Node: what they have, what they lack, and how they fail."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from localcloud.cloudfront.functions.code import FunctionCode
from localcloud.cloudfront.functions.failure import FunctionFailed, FunctionThrottled
from localcloud.cloudfront.functions.key_value_store import Content
from localcloud.cloudfront.functions.runtime import FunctionRuntime

STORE = "arn:aws:cloudfront::000000000000:key-value-store/routes"


def event(uri: str = "/") -> dict[str, Any]:
    return {"context": {"requestId": "r1"}, "request": {"uri": uri}}


def run(
    source: str,
    story: Callable[[FunctionRuntime], Awaitable[None]],
    *,
    store: str | None = STORE,
    log: Path | None = None,
    budget: float = 1.0,
) -> None:
    async def play() -> None:
        with (log or Path(os.devnull)).open("ab") as stream:
            runtime = FunctionRuntime(FunctionCode("router", source, "", store), stream, budget_seconds=budget)
            try:
                await story(runtime)
            finally:
                await runtime.close()

    asyncio.run(play())


def results_of(expressions: Iterable[str], *, head: str = "", store: str | None = STORE) -> dict[str, Any]:
    """What expressions of JavaScript, `await` included, are in a function."""
    seen: dict[str, Any] = {}
    items = ", ".join(f"[{json.dumps(expression)}, {expression}]" for expression in expressions)

    async def story(runtime: FunctionRuntime) -> None:
        values = {"a": '{"x": [1]}', "ä": "ö"}
        runtime.show(Content("1", values, "2026-11-01T00:00:00+00:00", "2026-11-02T00:00:00+00:00"))
        seen.update(await runtime.invoke(event(), "q=%201"))

    run(f"{head}\nasync function handler(event) {{ return [{items}]; }}", story, store=store)
    return seen


KVS = "import cf from 'cloudfront';\nconst kvs = cf.kvs();"


def test_the_key_value_store() -> None:
    expected = {
        "await kvs.get('ä')": "ö",
        "await kvs.get('a')": '{"x": [1]}',
        "await kvs.get('a', {format: 'json'})": {"x": [1]},
        "(await kvs.get('ä', {format: 'bytes'})).toString('hex')": "c3b6",
        "[await kvs.exists('a'), await kvs.exists('b'), await kvs.exists('toString')]": [True, False, False],
        "await kvs.count()": 2,
        "(await kvs.meta()).keyCount": 2,
        "(await kvs.meta()).lastUpdatedDateTime": "2026-11-02T00:00:00+00:00",
        "await cf.kvs('routes').count()": 2,
    }
    assert results_of(expected, head=KVS) == expected


def test_what_the_runtime_has_and_lacks() -> None:
    expected = {
        "crypto.createHash('sha256').update('x').digest('base64url').slice(0, 8)": "LXEWQrcm",
        "crypto.createHmac('sha1', 'k').update('x').digest().length": 20,
        "require('querystring').parse('a=1&b=2').b": "2",
        "Buffer.from('aGk=', 'base64').toString()": "hi",
        "event.request.rawQueryString()": "q=%201",
        "JSON.stringify(event.request)": '{"uri":"/"}',
        "Date.now() === new Date().getTime() && new Date() instanceof Date": True,
        "new Date(0).toISOString()": "1970-01-01T00:00:00.000Z",
        "[typeof setTimeout, typeof setImmediate, typeof fetch, typeof process]": ["undefined"] * 4,
        "[typeof Intl, typeof WebAssembly, typeof URL]": ["undefined"] * 3,
        "this === undefined": True,
    }
    assert results_of(expected, head="import crypto from 'crypto';") == expected


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("function handler(event) { throw new Error('mine'); }", "mine"),
        ("function handler(event) { throw 'text'; }", "threw text"),
        ("function handler(event) { return eval('1'); }", "EvalError"),
        ("function handler(event) { return new Function('return 1')(); }", "EvalError"),
        ("function handler(event) { undeclared = 1; }", "ReferenceError"),
        ("async function handler(event) { await new Promise(() => {}); }", "waits for what never comes"),
        ("function handler(event) { const a = {}; a.a = a; return a; }", "circular"),
        ("function other(event) {}", "no function named handler"),
        ("function handler(event) {", "SyntaxError"),
        ("export function handler(event) {}", "SyntaxError"),
        ("import { kvs } from 'cloudfront';\nfunction handler(event) {}", "SyntaxError"),
        ("import fs from 'fs';\nfunction handler(event) {}", 'Cannot find module "fs"'),
        (f"{KVS}\nasync function handler(event) {{ return await kvs.get('no'); }}", "KeyNotFound: no"),
        (f"{KVS}\nasync function handler(event) {{ return await kvs.get('a', {{format: 'xml'}}); }}", "format xml"),
        ("import cf from 'cloudfront';\ncf.kvs('other');\nfunction handler(event) {}", "other is not associated"),
        ("import cf from 'cloudfront';\nfunction handler(event) { cf.updateRequestOrigin({}); }", "not imitated"),
        ("function handler(event) { require('crypto').createHash('sha512'); }", "not a hash"),
    ],
)
def test_functions_that_fail(source: str, reason: str) -> None:
    async def story(runtime: FunctionRuntime) -> None:
        runtime.show(Content("1", {"a": "1"}))
        for _ in range(2):
            with pytest.raises(FunctionFailed, match=reason) as failed:
                await runtime.invoke(event())
            assert not isinstance(failed.value, FunctionThrottled)

    run(source, story)


def test_without_a_store_there_is_none() -> None:
    with pytest.raises(FunctionFailed, match="no key value store is associated"):
        results_of(["1"], head=KVS, store=None)


def test_a_missing_key_can_be_caught() -> None:
    source = f"""{KVS}
    async function handler(event) {{
      try {{ await kvs.get('no'); }} catch (error) {{ return [error instanceof Error, error.message]; }}
    }}"""

    async def story(runtime: FunctionRuntime) -> None:
        assert await runtime.invoke(event()) == [True, "KeyNotFound: no"]

    run(source, story)


def test_no_variable_survives_a_run() -> None:
    source = """let here = 0;
    function handler(event) { here += 1; globalThis.there = (globalThis.there || 0) + 1; return [here, there]; }"""

    async def story(runtime: FunctionRuntime) -> None:
        assert [await runtime.invoke(event()) for _ in range(3)] == [[1, 1]] * 3

    run(source, story)


def test_a_new_content_shows_whole_from_the_next_run_on() -> None:
    source = f"{KVS}\nasync function handler(event) {{ return [await kvs.exists('a'), await kvs.exists('b')]; }}"

    async def story(runtime: FunctionRuntime) -> None:
        assert await runtime.invoke(event()) == [False, False]
        runtime.show(Content("1", {"a": "1"}))
        assert await runtime.invoke(event()) == [True, False]
        runtime.show(Content("2", {"b": "1"}))
        assert await runtime.invoke(event()) == [False, True]

    run(source, story)


def test_a_run_without_an_end_fails_alone() -> None:
    source = f"""{KVS}
    async function handler(event) {{
      while (event.request.uri === '/endless') {{}}
      return await kvs.get('a');
    }}"""

    async def story(runtime: FunctionRuntime) -> None:
        runtime.show(Content("1", {"a": "kept"}))
        results = await asyncio.gather(
            *(runtime.invoke(event(uri)) for uri in ("/", "/endless", "/", "/", "/endless", "/")),
            return_exceptions=True,
        )
        assert [r if isinstance(r, str) else type(r) for r in results] == [
            "kept",
            FunctionThrottled,
            "kept",
            "kept",
            FunctionThrottled,
            "kept",
        ]

    run(source, story, budget=0.2)


def test_a_viewer_that_goes_away_takes_nothing_along() -> None:
    async def story(runtime: FunctionRuntime) -> None:
        gone = asyncio.create_task(runtime.invoke(event("/gone")))
        await asyncio.sleep(0)
        gone.cancel()
        assert await runtime.invoke(event("/a")) == "/a"

    run("function handler(event) { return event.request.uri; }", story)


def test_what_a_function_logs_is_truncated_at_10_kb(tmp_path: Path) -> None:
    log = tmp_path / "edge.log"
    source = """function handler(event) {
      console.log('seen', { uri: event.request.uri });
      for (let i = 0; i < 100; i++) console.log('x'.repeat(1000));
      return 1;
    }"""

    async def story(runtime: FunctionRuntime) -> None:
        await runtime.invoke(event("/a"))

    run(source, story, log=log)
    first, *others = log.read_text().splitlines()
    assert first == 'router r1 seen {"uri":"/a"}'
    assert sum(len(line) for line in others) < 11_000


def test_the_process_goes_at_the_end() -> None:
    pids: list[int] = []

    async def story(runtime: FunctionRuntime) -> None:
        await runtime.invoke(event())
        assert runtime._worker is not None
        pids.append(runtime._worker.process.pid)

    run("function handler(event) { return 1; }", story)
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)
