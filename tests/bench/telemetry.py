"""The telemetry function: one beacon through its handler, with AWS in memory.

The peer is the least that could stand there: it reads the query, decodes the JSON in it and prints an EMF line
through Powertools' `Metrics`, of whatever widget and version the beacon names. It checks nothing, knows no release and
keeps no error: the difference is what that costs. Both print to a file that goes nowhere. Rounds are interleaved, and
the rows are medians of them.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import statistics
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import parse_qs

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.warnings import PowertoolsUserWarning

from edgeship.adapters.cloudwatch.emf_metrics import EmfMetrics
from edgeship.application.telemetry.keep_errors import WRITES_A_SECOND
from edgeship.bootstrap.telemetry import TelemetryFunction
from edgeship.domain.telemetry.metric_registry import measurable_releases
from edgeship.domain.telemetry.metrics import NAMESPACE
from functions.telemetry import handler as telemetry
from tests.bench.report import Report, Row
from tests.fakes.clock import FakeClock
from tests.fakes.edge import FakeSnapshots
from tests.functions.fuzz_beacons import Mutator, request
from tests.support.recording import Recording

ROUNDS = 15
BEACONS = 1_000
"""In a round, of each kind."""
WIDGETS = 1_000

SNAPSHOT: dict[str, Any] = {
    "schema": 1,
    "revision": 1,
    "widgets": {
        f"widget-{n}": {
            "channels": {"latest": {"stable": "1.4.2", "candidate": "1.5.0", "percent": 5}},
            "ranges": {"0": "0.9.1", "1": "1.4.2", "1.3": "1.3.9", "1.4": "1.4.2"},
            "any_report": True,
        }
        for n in range(WIDGETS)
    },
}

Handler = Callable[[dict[str, Any]], object]


@dataclass
class Kind:
    """`seconds` pass between two beacons; `peer` is whether the peer is timed with them, too."""

    what: str
    events: Sequence[dict[str, Any]]
    seconds: float
    peer: bool = True


def measure(progress: Callable[[str], None]) -> Report:
    """Microseconds a beacon, of the good, the failing and the hostile."""
    kinds = (
        Kind("a beacon without errors", events(good), 0.001),
        Kind("a beacon with errors, in a stampede", events(failing), 0.001),
        Kind("a beacon with errors, each kept", events(failing), 1 / WRITES_A_SECOND, peer=False),
        Kind("a hostile beacon", hostile(), 0.001),
    )
    progress(f"{ROUNDS} rounds of {BEACONS:,} beacons of {len(kinds)} kinds")
    taken: dict[str, list[float]] = {kind.what: [] for kind in kinds}
    peers: dict[str, list[float]] = {kind.what: [] for kind in kinds if kind.peer}
    bare = bare_handler()
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere), warnings.catch_warnings():
        warnings.simplefilter("ignore", PowertoolsUserWarning)  # of empty dimensions, which the peer lets through
        for _ in range(ROUNDS):
            for kind in kinds:
                taken[kind.what].append(ours(kind))
                if kind.peer:
                    peers[kind.what].append(microseconds(bare, kind.events))
    progress("the registry")
    registry = statistics.median(milliseconds(lambda: measurable_releases(SNAPSHOT)) for _ in range(21))
    medians = {what: statistics.median(times) for what, times in taken.items()}
    return Report(
        name="telemetry",
        title=f"telemetry function, medians; {WIDGETS:,} widgets in the snapshot",
        peer="bare handler",
        rows=(
            *(
                Row(what, "us", median, statistics.median(peers[what]) if what in peers else None)
                for what, median in medians.items()
            ),
            Row(f"the registry of {WIDGETS:,} widgets from their snapshot", "ms", registry),
        ),
        notes=(
            *(f"{what}: {1_000_000 / median:,.0f} beacons per second" for what, median in medians.items()),
            "the bare handler checks nothing, and makes a metric of whatever a beacon names",
        ),
    )


def good(number: int) -> dict[str, Any]:
    return {
        "v": 1,
        "w": f"widget-{number % 500}",
        "r": "1.4.2",
        "i": f"{number:016x}",
        "n": 0,
        "s": 1,
        "l": 123 + number % 100,
        "m": 45.2,
    }


def failing(number: int) -> dict[str, Any]:
    """With three messages, each one of 40 that come again."""
    errors = [[f"TypeError: {chr(ord('a') + (number + n) % 40)} is undefined", 1 + n] for n in range(3)]
    return good(number) | {"w": "widget-0", "f": 1, "e": errors}


def events(beacon: Callable[[int], dict[str, Any]]) -> list[dict[str, Any]]:
    """As telemetry.js sends them."""
    written = (json.dumps(beacon(number), separators=(",", ":")).encode() for number in range(BEACONS))
    return [request("d=" + base64.urlsafe_b64encode(each).decode().rstrip("=")) for each in written]


def hostile() -> list[dict[str, Any]]:
    mutator = Mutator(seed=1)
    return [request(mutator.query()) for _ in range(BEACONS)]


def ours(kind: Kind) -> float:
    """Microseconds a beacon in the telemetry handler, in a process that has the snapshot already."""
    clock = FakeClock(datetime(2026, 11, 23, 10, 0, tzinfo=UTC))
    record = Recording(clock, FakeSnapshots(SNAPSHOT), EmfMetrics("test"), _rise).process()
    step = timedelta(seconds=kind.seconds)

    def handle(event: dict[str, Any]) -> object:
        clock.now += step
        return telemetry.handler(event, None)

    def composed() -> TelemetryFunction:
        return TelemetryFunction(record, 300)

    with mock.patch.object(telemetry, "_use_case", composed):
        handle(kind.events[0])
        return microseconds(handle, kind.events)


def bare_handler() -> Handler:
    metrics = Metrics(service="", namespace=NAMESPACE)

    def handle(event: dict[str, Any]) -> object:
        try:
            sent = parse_qs(event["rawQueryString"])["d"][0]
            beacon = json.loads(base64.urlsafe_b64decode(f"{sent}=="))
            metrics.add_dimension("environment", "test")
            metrics.add_dimension("widget", beacon["w"])
            metrics.add_dimension("version", beacon["r"])
            for field, name, unit in (
                ("s", "Sessions", "Count"),
                ("f", "FailedSessions", "Count"),
                ("l", "LoadLatency", "Milliseconds"),
                ("m", "Memory", "Megabytes"),
            ):
                if field in beacon:
                    metrics.add_metric(name, unit, beacon[field])
            if "e" in beacon:
                metrics.add_metric("Errors", "Count", sum(count for _, count in beacon["e"]))
            metrics.flush_metrics(raise_on_empty_metrics=True)
        except Exception:  # noqa: BLE001  it checks nothing, and so anything can be wrong
            metrics.provider.clear_metrics()
            return {"statusCode": 400}
        return {"statusCode": 204}

    return handle


def microseconds(handle: Handler, requests: Sequence[dict[str, Any]]) -> float:
    started = time.perf_counter()
    for event in requests:
        handle(event)
    return (time.perf_counter() - started) / len(requests) * 1_000_000


def milliseconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def _rise(what: str, fault: Exception) -> None:
    raise AssertionError(what) from fault
