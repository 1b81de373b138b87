"""Hostile beacons into the telemetry handler: python -m tests.functions.fuzz_beacons [COUNT] [SEED].

Whatever comes, the handler answers 204 and prints nothing but metrics: of releases that are in the registry, with its
own dimensions, and values within the beacon's limits.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import random
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from unittest import mock
from urllib.parse import quote

from edgeship.adapters.cloudwatch.emf_metrics import EmfMetrics
from edgeship.bootstrap.telemetry import TelemetryFunction
from edgeship.domain.telemetry.beacon import Loss
from edgeship.domain.telemetry.metric_registry import measurable_releases
from edgeship.domain.telemetry.metrics import DIMENSIONS, NAMESPACE, UNITS
from functions.telemetry import handler as telemetry
from tests.fakes.clock import FakeClock
from tests.fakes.edge import FakeSnapshots
from tests.support.recording import Recording

SNAPSHOT: dict[str, Any] = {
    "schema": 1,
    "revision": 1,
    "widgets": {
        "checkout": {
            "channels": {"latest": {"stable": "1.4.2", "candidate": "1.5.0", "percent": 5}},
            "ranges": {"1": "1.4.2", "1.3": "1.3.9"},
            "any_report": True,
        },
        "button": {"channels": {"latest": {"stable": "0.1.0"}, "next": {"stable": "1.0.0-rc.1"}}, "ranges": {}},
    },
}
REGISTRY = {(widget, str(version)) for widget, version in measurable_releases(SNAPSHOT)}
LIMITS = {
    "Sessions": (1, 1),
    "FailedSessions": (1, 1),
    "Errors": (1, 10_000),
    "ChunkFailures": (1, 10_000),
    "ChunkFailedSessions": (1, 1),
    "LoadLatency": (0, 600_000),
    "Memory": (0, 65_536),
    "UnverifiedSessions": (1, 1),
    "UnverifiedFailedSessions": (1, 1),
}

KNOWN = sorted(REGISTRY)
NAMES = ["", "x", "latest", "telemetry", "../checkout", "checkout\n", "Checkout", "chéckout", "x" * 63, "x" * 64]
VERSIONS = ["", "1", "1.4.3", "v1.4.2", "1.4.2+b", "1.4.2-", "01.0.0", "1.4.2\n", "9" * 60 + ".0.0", "1.4.2 "]
MESSAGES = [
    "boom",
    "no item 7",
    "\x1b[2J",
    "\u202e",
    "{}",
    "</script>",
    "é" * 200,
    "x" * 201,
    "\ud800",
    '"_aws":{}',
    " ",
]
WORDS = ["boom " + "x" * n for n in range(60)]
VALUES: list[Any] = [
    *(None, True, False, 0, 1, 2, -1, 10_001, 1.0, 1.5, -0.0, 1e308, 10**30, 10**400, math.nan, math.inf),
    *("", "1", "NaN", "\x00", "_aws", [], [[]], [None], {}, {"": 0}, {"__proto__": {}}),
    *([["boom", 1]] * 11, [["boom"]], [["boom", 1, 1]], [["boom", True]], [[1, 1]], ["boom", 1], {"boom": 1}),
    *([["checkout_ms", 1]] * 6, [["checkout_ms", 1e12]], [["checkout_ms", "1"]], [["_aws", 1]], [["Sessions", 1]]),
]
FIELDS = [*"vwrinsfelmkt", "V", "", "_aws", "version", "service", "é", "\ud800"]
RAW = [
    *("", "d", "d=", "&", "=", "d=%", "d=%ff", "d=%u0041", "D=1", "x=1", "d&d=1"),
    *("d=null", "d=[]", "d=%00", "d=\ud800"),
]
LONG = [
    "d=" + "[" * 4_000,
    "d=" + '{"v":' * 800,
    "d=" + "1" * 4_000,
    "d=" + "%F0%9F%98%80" * 7_001,
    "d=" + "x" * 100_000,
]
"""To take one apart takes longer than a hundred of the others."""


class Mutator:
    """Makes query strings from a seed: the same seed, the same strings."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._last = "d="

    def query(self) -> str:
        roll = self._random.random()
        if roll < 0.002:
            return self._pick(LONG)
        if roll < 0.05:
            return self._pick(RAW)
        if roll < 0.1:
            return self._last  # again
        if roll < 0.15:
            return "d=" + quote(self._random.randbytes(self._random.randrange(200)), safe="%&=+")
        document = self._valid()
        for _ in range(self._pick([0, 0, 1, 1, 1, 2, 3])):
            self._spoil(document)
        text = json.dumps(document, ensure_ascii=self._random.random() < 0.5, separators=(",", ":"))
        if self._random.random() < 0.15:
            text = self._garble(text)
        query = "d=" + quote(text, safe="", errors="surrogatepass")
        if self._random.random() < 0.1:
            query = self._around(query)
        self._last = query
        return query

    def _valid(self) -> dict[str, Any]:
        widget, version = self._pick(KNOWN)
        document: dict[str, Any] = {
            "v": 1,
            "w": widget,
            "r": version,
            "i": f"{self._random.getrandbits(64):016x}",
            "n": self._random.randrange(3),
        }
        optional = {
            "s": self._pick([0, 1]),
            "f": self._pick([0, 1]),
            "e": [[self._pick(WORDS), self._random.randrange(1, 1_001)]],
            "l": self._random.randrange(600_001),
            "m": self._random.uniform(0, 65_536),
            "t": self._pick(["29400000.0123456789abcdef.0123456789abcdef012345", "x", "-._", "x" * 64]),
        }
        return document | {name: value for name, value in optional.items() if self._random.random() < 0.5}

    def _spoil(self, document: dict[str, Any]) -> None:
        match self._random.randrange(6):
            case 0:
                document["w"] = self._pick(NAMES)
            case 1:
                document["r"] = self._pick(VERSIONS)
            case 2:
                count = self._pick([0, 1, 1, 1, 1, 2, 3, 11])
                document["e"] = [[self._pick(MESSAGES), self._random.randrange(-1, 1_003)] for _ in range(count)]
            case 3:
                document.pop(self._pick(FIELDS), None)
            case _:
                document[self._pick(FIELDS)] = self._pick(VALUES)

    def _garble(self, text: str) -> str:
        at = self._random.randrange(len(text))
        return self._pick(
            [
                text[:at],
                text[:at] + self._pick(list('{}[]",:\\\x00\n9é')) + text[at + 1 :],
                text.replace("{", '{"v":1,', 1),
                text.replace("}", ',"n":0}', 1),
                text + text,
                text + " " * (4_090 - len(text) + self._random.randrange(12)),
                text.replace(":1", ":1e999"),
            ]
        )

    def _around(self, query: str) -> str:
        return self._pick([f"{query}&d=x", f"d=x&{query}", f"x=1&{query}", query.replace("%20", "+"), query[:-1]])

    def _pick(self, among: list[Any]) -> Any:
        return self._random.choice(among)


class Scene:
    """The handler on fakes of AWS, which fail now and then; a beacon arrives every ten milliseconds."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.told: Counter[str] = Counter()
        self.clock = FakeClock(datetime(2026, 11, 23, 10, 0, tzinfo=UTC))
        self.snapshots = FakeSnapshots(SNAPSHOT)
        recording = Recording(self.clock, self.snapshots, EmfMetrics("test"), self._report)
        self.books = recording.books
        self.record = recording.process()

    def _report(self, what: str, fault: Exception) -> None:
        self.told[what] += 1

    def _use_case(self) -> TelemetryFunction:
        return TelemetryFunction(self.record, 300)

    def advance(self) -> None:
        self.clock.sleep(0.01)
        self.snapshots.fault = OSError() if self._random.random() < 0.05 else None
        self.books.fault = OSError() if self._random.random() < 0.05 else None
        self.books.rivals = 3 if self._random.random() < 0.05 else 0

    @contextlib.contextmanager
    def handling(self) -> Iterator[None]:
        with mock.patch.object(telemetry, "_use_case", self._use_case):
            yield


def request(query: str) -> dict[str, Any]:
    return {
        "version": "2.0",
        "rawPath": "/telemetry",
        "rawQueryString": query,
        "headers": {},
        "requestContext": {"http": {"method": "GET", "path": "/telemetry"}},
    }


def check(line: str) -> str:
    """What a printed line counts: a release's metrics, or something that was lost.

    Raises:
        AssertionError: CloudWatch would make something of it that it must not.
    """
    document = json.loads(line, parse_constant=lambda name: math.nan)
    (directive,) = document.pop("_aws")["CloudWatchMetrics"]
    assert directive["Namespace"] == NAMESPACE
    (dimensions,) = directive["Dimensions"]
    metrics = {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]}
    assert document["environment"] == "test"
    if dimensions == ["environment"]:
        (name,) = metrics
        assert set(document) <= {"environment", "reason", name}
        assert metrics == {Loss(name).value: "Count"}
        return str(document.get("reason", name))
    assert tuple(dimensions) == DIMENSIONS
    assert (document["widget"], document["version"]) in REGISTRY
    assert set(document) == {*DIMENSIONS, *metrics}
    for name, unit in metrics.items():
        assert unit in UNITS.values()
        (value,) = document[name]
        least, most = LIMITS[name]
        assert least <= value <= most, name
    return "measured"


def fuzz(count: int, seed: int) -> dict[str, int]:
    """Put `count` beacons into the handler; how many were measured, lost, or refused for which reason.

    Raises:
        AssertionError: one was not answered or counted as it should; the message has its query string.
    """
    endings: Counter[str] = Counter()
    mutator, scene = Mutator(seed), Scene(seed)
    printed = io.StringIO()
    with scene.handling(), contextlib.redirect_stdout(printed):
        for number in range(count):
            query = mutator.query()
            scene.advance()
            try:
                answer = telemetry.handler(request(query), None)
                assert answer["statusCode"] == 204
                assert answer["headers"]["cache-control"] == "no-store"
                endings.update(check(line) for line in printed.getvalue().splitlines())
            except Exception as fault:
                fault.add_note(f"beacon {number} of seed {seed}: {query!r:.2000}")
                raise
            printed.seek(0)
            printed.truncate()
    assert set(scene.books.stored) <= {(widget, version) for widget, version in measurable_releases(SNAPSHOT)}
    return dict(sorted((endings + scene.told).items()))


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    chosen = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    print(f"{wanted:,} beacons, seed {chosen}: {fuzz(wanted, chosen)}")
