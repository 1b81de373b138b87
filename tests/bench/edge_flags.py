"""Flags at the edge, far from the bucket: the first answer, and the slowest of many.

A server here stands for S3, 150 ms away: a new connection costs two round trips (TCP and TLS), a request one. The peer
is the same function that reads as it did before: at the first request, and then whenever 5 seconds have passed, before
the answer. "Already started" is a copy whose first request comes 2 seconds after its start.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from functions.edge import flag_snapshot
from functions.edge.flag_endpoint import FlagEndpoint
from functions.edge.flag_source import FlagSource
from functions.edge.object_address import ObjectAddress
from functions.edge.object_reader import ObjectReader
from functions.edge.sigv4 import Credentials
from tests.bench.edge import FLAGS_PATH, RULES, Bucket, encode_flags, flags_event, flags_with
from tests.bench.report import Report, Row
from tests.edge.fake_s3 import ACCESS_KEY, SECRET_KEY
from tests.edge.ofrep_request import context, ofrep
from tests.edge.zip_layout import CONFIG, lay_out

ROUND_TRIP = 0.150
RUNS = 7
FRESHNESS, MOST_AGE, TIMEOUT = 5.0, 30.0, 1.0
SECONDS, A_SECOND = 31, 10
P99_BUDGET_MS = 20
OVER_ROUTING_BUDGET_MS = 10

PROGRAM = """
import sys; sys.path.insert(0, {layout!r})
import json, os, time
began = time.perf_counter()
kept = {{}} if {early} else {{name: os.environ.pop(name) for name in list(os.environ) if name.startswith("AWS_")}}
from functions.edge.handler import handler
started = time.perf_counter()
os.environ.update(kept)
time.sleep({pause})
event = {event!r}
def routing(event, context):
    return event["Records"][0]["cf"]["request"]
passed = time.perf_counter()
assert routing(event, None)
asked = time.perf_counter()
assert handler(event, None)["status"] == "200"
answered = time.perf_counter()
print(json.dumps([started - began, answered - began, answered - asked, answered - asked - (asked - passed)]))
"""
"""Without the variables of AWS, nothing can be read at import. `routing` passes a request through, and no more."""


class First(NamedTuple):
    """Milliseconds of a new copy, medians: its imports; from their start to the first answer, and from the request to
    it; the same without what a handler takes that passes the request through."""

    imports: float
    whole: float
    request: float
    over_routing: float


def first_answers(layout: Path, *, early: bool, pause: float) -> First:
    program = PROGRAM.format(layout=str(layout), early=early, pause=pause, event=flags_event())
    times = []
    with Bucket() as server:
        server.objects[FLAGS_PATH] = encode_flags(flags_with(rules=RULES))
        server.round_trip = ROUND_TRIP
        env = {
            "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{server.port}",
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        }
        for _ in range(RUNS):
            command = [sys.executable, "-I", "-S", "-B", "-c", program]
            run = subprocess.run(command, check=True, env=env, capture_output=True, text=True)
            times.append(tuple(float(part) * 1000 for part in run.stdout.strip("[]\n").split(",")))
    return First(*map(statistics.median, zip(*times, strict=True)))


def endpoint(server: Bucket, most_age: float) -> tuple[FlagEndpoint, ObjectReader]:
    address = ObjectAddress(tls=False, host="127.0.0.1", port=server.port, path=FLAGS_PATH)
    reader = ObjectReader("us-east-1", address, Credentials(ACCESS_KEY, SECRET_KEY), TIMEOUT, time.time)
    source = FlagSource(
        [reader],
        flag_snapshot.unpack,
        lambda entries: flag_snapshot.compiled(entries, str(CONFIG["environment"]), lambda line: None),
        time.time,
        freshness_seconds=FRESHNESS,
        most_age=most_age,
        timeout_seconds=TIMEOUT,
        log=lambda line: None,
    )
    return FlagEndpoint(source, time.time), reader


def answer_milliseconds(most_age: float) -> list[float]:
    """Of each of many requests after the first, ten a second."""
    times = []
    with Bucket() as server:
        server.objects[FLAGS_PATH] = encode_flags(flags_with(rules=RULES))
        server.round_trip = ROUND_TRIP
        asked, reader = endpoint(server, most_age)
        asked.answer(ofrep(context(targetingKey="ann")))
        for number in range(SECONDS * A_SECOND):
            request = ofrep(context(targetingKey=f"user-{number}", plan="free"))
            started = time.perf_counter()
            assert asked.answer(request)["status"] == "200"
            times.append((time.perf_counter() - started) * 1000)
            time.sleep(max(0.0, 1 / A_SECOND - (time.perf_counter() - started)))
        reader.close()
    return sorted(times)


def measure(progress: Callable[[str], None]) -> Report:
    """Everything above, reported."""
    progress(f"{RUNS} cold starts of each kind")
    with tempfile.TemporaryDirectory() as name:
        layout = lay_out(Path(name) / "layout", dict(CONFIG))
        cold, cold_before = (first_answers(layout, early=early, pause=0) for early in (True, False))
        started, started_before = (first_answers(layout, early=early, pause=2) for early in (True, False))
    progress(f"{SECONDS} seconds of requests")
    found: dict[float, list[float]] = {}
    # The peer waits for each read: its flags are never older than the freshness.
    threads = [
        threading.Thread(target=lambda age=age: found.update({age: answer_milliseconds(age)}))  # type: ignore[misc]
        for age in (MOST_AGE, FRESHNESS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ours, peers = found[MOST_AGE], found[FRESHNESS]
    return Report(
        name="edge_flags",
        title=f"flags at the edge, {ROUND_TRIP * 1000:.0f} ms from the bucket",
        peer="reads before the answer",
        rows=(
            Row("imports, before any request", "ms", started.imports, started_before.imports),
            Row("first answer of a cold start, imports included", "ms", cold.whole, cold_before.whole),
            Row("first answer of a copy already started", "ms", started.request, started_before.request, digits=2),
            Row("the same, over routing alone", "ms", started.over_routing, None, OVER_ROUTING_BUDGET_MS, 2),
            *(
                Row(f"{what} of {len(ours)} answers", "ms", _quantile(ours, at), _quantile(peers, at), budget, 2)
                for what, at, budget in (("median", 0.5, None), ("p99", 0.99, P99_BUDGET_MS), ("slowest", 1.0, None))
            ),
        ),
        notes=(f"{A_SECOND} requests a second at one copy; flags are read every {FRESHNESS:g} s",),
    )


def _quantile(times: list[float], at: float) -> float:
    return times[min(int(len(times) * at), len(times) - 1)]
