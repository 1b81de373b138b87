"""Mutated requests into the built edge handler: python -m tests.edge.fuzz_ofrep [COUNT] [SEED].

Whatever comes, the handler answers as CloudFront allows: no exception, not even one that it catches, `status` as text,
no header that a function may not set, 40 KB at the most.
"""

from __future__ import annotations

import base64
import json
import random
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

from infra.bundling import Bundler, Target
from tests.edge.fake_s3 import ACCESS_KEY, SECRET_KEY, FakeS3
from tests.edge.ofrep_request import BULK, FLAGS, ON_OFF, flags_body, ofrep
from tests.edge.zip_layout import CONFIG
from tests.support.repository import ROOT

READ_ONLY = frozenset({"content-length", "host", "transfer-encoding", "via"})
DISALLOWED = ("connection", "expect", "keep-alive", "proxy-", "trailer", "upgrade", "x-accel-", "x-amz-cf-", "x-cache",
              "x-edge-", "x-forwarded-proto", "x-real-ip")  # fmt: skip
"""https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html"""
LIMIT = 40 * 1024

WORDS = [
    "context",
    "targetingKey",
    "plan",
    "pro",
    "ann",
    "",
    "\x00",
    "é",
    "\ud800",
    "x" * 3000,
    "__proto__",
    "NaN",
    "~1",
    "*",
    "1.2.3",
]
NUMBERS = [0, -1, 1.5, 1e308, 10**30, 10**400, True, False, None]
PLAN = {"var": "plan"}
"""The attribute that mutated contexts have most often, of every type."""
RULES: list[dict[str, Any]] = [
    {"attribute": "plan", "op": op, "values": [value]}
    for value, ops in (
        ("pro", ("in", "not_in", "eq", "ne", "contains", "starts_with", "ends_with", "matches")),
        (1, ("eq", "lt", "lte", "gt", "gte")),
        ("1.2.3", ("semver_eq", "semver_ne", "semver_lt", "semver_gte")),
    )
    for op in ops
]
LOGIC: list[Any] = [
    *(
        {op: [PLAN, other]}
        for op in ("==", "<", "+", "-", "*", "/", "%", "max", "in", "cat")
        for other in (1, "x", PLAN)
    ),
    *({op: [PLAN, {"var": ""}]} for op in ("map", "filter", "all", "some")),
    {"reduce": [PLAN, {"+": [{"var": "current"}, {"var": "accumulator"}]}, 0]},
    {"substr": ["hello", PLAN]},
    {"missing": PLAN},
    {"var": PLAN},
    {"sem_ver": [PLAN, "^", "1.0.0"]},
    {"starts_with": [PLAN, "p"]},
    {"fractional": [PLAN, ["on", 50], ["off", 50]]},
]
FUZZED = FLAGS | {
    **{f"rule-{n}": {**ON_OFF, "rules": [{"if": [rule], "variant": "on"}]} for n, rule in enumerate(RULES)},
    **{f"logic-{n}": {**ON_OFF, "targeting": {"if": [rule, "on", "off"]}} for n, rule in enumerate(LOGIC)},
}

KEYS = (*FUZZED, "gone", "%00", "a/b", "%E2", "..")
PATHS = [
    *(BULK, f"{BULK}/", "/ofrep/", "/ofrep", "/ofrep/v2/x", "/", ""),
    *("/checkout/latest/w.js", "/checkout/~1/w.js", "/checkout/~next/../x"),
    *(f"{BULK}/{key}" for key in KEYS),
    *(f"/ofrep/sets/{name}{BULK}{key}" for name in ("shop", "", "%E2", "..") for key in ("", "/static")),
]
METHODS = ["POST", "POST", "POST", "OPTIONS", "GET", "HEAD", "PUT", "BREW"]


class Mutator:
    """Makes requests from a seed: the same seed, the same requests."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def request(self) -> dict[str, Any]:
        pick = self._random.choice
        request = ofrep(self._body(), BULK if self._random.random() < 0.3 else pick(PATHS), pick(METHODS))
        for _ in range(self._random.randrange(3)):
            name = pick(["if-none-match", "x-edgeship-user", "cookie", "user-agent", "host", "content-length", "via"])
            request["headers"][name] = [
                {"key": name, "value": self._text()} for _ in range(self._random.randrange(1, 3))
            ]
        if self._random.random() < 0.2:
            request["querystring"] = pick(["user=", "user=%", "user=%ff", "&&=", "user=a&user=b", "edgeship-track=x"])
        if self._random.random() < 0.15:
            self._spoil(request)
        return request

    def _body(self) -> bytes:
        kind = self._random.random()
        if kind < 0.1:
            return self._random.randbytes(self._random.randrange(200))
        text = json.dumps({"context": self._value(0)} if kind < 0.8 else self._value(0)).encode()
        if kind < 0.2:
            return text.replace(b"1e+308", b"1e999")
        if kind > 0.9 and text:
            at = self._random.randrange(len(text))
            return text[:at] + self._random.randbytes(1) + text[at + 1 :]
        if kind > 0.85:
            return self._random.choice([b"[" * 9_000, b'{"context":' * 3_000, text[: len(text) // 2], b"1" * 30_000])
        return text

    def _value(self, depth: int) -> Any:
        roll = self._random.random()
        if depth < 5 and roll < 0.5 - depth * 0.08:
            return {self._text(): self._value(depth + 1) for _ in range(self._random.randrange(5))}
        if depth < 5 and roll < 0.6:
            return [self._value(depth + 1) for _ in range(self._random.randrange(4))]
        return self._random.choice([*NUMBERS, self._text()])

    def _text(self) -> str:
        return self._random.choice(WORDS)

    def _spoil(self, request: dict[str, Any]) -> None:
        match self._random.randrange(5):
            case 0:
                request["body"]["inputTruncated"] = True
            case 1:
                request["body"]["data"] = self._random.choice(["", "=", "a", "äöü", "====", "/" * 50_000])
            case 2:
                request["body"]["encoding"] = self._random.choice(["text", "base64", ""])
            case 3:
                del request["body"]
            case _:
                request["body"]["data"] = base64.b64encode(b'{"context": {"x": "' + b"y" * 29_000 + b'"}}').decode()


def check(outcome: dict[str, Any]) -> None:
    """Whether CloudFront would take this outcome.

    Raises:
        AssertionError: it would be a 502.
    """
    assert isinstance(outcome["status"], str)
    assert outcome["status"].isdigit()
    for name, values in outcome["headers"].items():
        assert name == name.lower()
        assert name not in READ_ONLY
        assert not name.startswith(DISALLOWED)
        assert all(set(value) == {"key", "value"} and isinstance(value["value"], str) for value in values)
    assert len(json.dumps(outcome)) <= LIMIT
    outcome.get("body", "").encode()


WORKER = """
import io, json, sys
sys.path.insert(0, sys.argv[1])
from functions.edge.handler import handler
for line in sys.stdin:
    request = json.loads(line)
    event = {"Records": [{"cf": {"config": {}, "request": request}}]}
    sys.stderr = told = io.StringIO()
    try:
        outcome = handler(event, None)
        answer = {"outcome": outcome, "untouched": request == json.loads(line), "told": told.getvalue()}
    except BaseException as fault:
        answer = {"fault": f"{type(fault).__name__}: {fault}"}
    print(json.dumps(answer), flush=True)
"""


def fuzz(count: int, seed: int) -> dict[str, int]:
    """Put `count` requests into the built handler; how many ended with which status.

    Raises:
        AssertionError: one did not end as CloudFront allows; the message has the request.
    """
    with tempfile.TemporaryDirectory() as folder, FakeS3() as server:
        server.objects[f"/{CONFIG['bucket']}/{CONFIG['flags_key']}"] = flags_body(FUZZED)
        env = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.port}",
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        }
        command = [sys.executable, "-I", "-S", "-c", WORKER, str(_built(Path(folder)))]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env, text=True
        ) as worker:
            endings: Counter[str] = Counter()
            mutator = Mutator(seed)
            for number in range(count):
                request = mutator.request()
                try:
                    endings[_ending(worker, request)] += 1
                except AssertionError as fault:
                    fault.add_note(f"request {number} of seed {seed}: {request!r:.2000}")
                    raise
            assert worker.stdin is not None
            worker.stdin.close()
    return dict(sorted(endings.items()))


def _built(folder: Path) -> Path:
    bundle = Bundler(ROOT, folder / "bundles").build(
        "edge", Target.host(), {"functions/edge/config.json": json.dumps(CONFIG).encode()}
    )
    with zipfile.ZipFile(bundle.path) as packed:
        packed.extractall(folder / "edge")
    return folder / "edge"


def _ending(worker: subprocess.Popen[str], request: dict[str, Any]) -> str:
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write(json.dumps(request) + "\n")
    worker.stdin.flush()
    answer = json.loads(worker.stdout.readline())
    assert "fault" not in answer, answer
    assert answer["untouched"], "the event was changed"
    assert not answer["told"], answer["told"]
    outcome: dict[str, Any] = answer["outcome"]
    check(outcome)
    return str(outcome["status"])


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    chosen = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    print(f"{wanted:,} requests, seed {chosen}: {fuzz(wanted, chosen)}")
