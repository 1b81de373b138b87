"""The edge function, which answers flags: cold start, one request, size.

A cold start is a new interpreter (`python -I -S`) that does its work and ends, against one that does nothing in the
same run. The edge's modules have no bytecode caches, as in its zip; boto3's have, as in Lambda's runtime. "First
request" imports the handler, which begins to read a snapshot without a flag over HTTP from a server here, and answers.
"First flags" is the same with 20 flags, which are compiled and answered for.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from edgeship.domain.flags.flags_snapshot import encode
from edgeship.domain.flags.snapshot_entry import snapshot_entry
from functions.edge.http_answer import Answer
from functions.edge.trust import amazon_context, system_context
from tests.bench.report import Report, Row
from tests.edge.fake_s3 import ACCESS_KEY, SECRET_KEY, Exchange, FakeS3, answer
from tests.edge.ofrep_request import context, endpoint_reading, ofrep
from tests.edge.zip_layout import CONFIG, lay_out, zip_up

RUNS = 21
COLD_START_BUDGET_MS = 60
FLAGS_BUDGET_MS = 10
REQUEST_BUDGET_US = 500
ZIP_BUDGET_KB = 69
FLAGS = 20

FLAGS_PATH = f"/{CONFIG['bucket']}/{CONFIG['flags_key']}"

IMPORT = "import sys; sys.path.insert(0, {layout!r}); from functions.edge.handler import handler"
FIRST_ANSWER = IMPORT + "; assert handler({event!r}, None)['status'] == '200'"
BOTO3 = "import sys; sys.path.insert(0, {site!r}); import boto3"


class Bucket(FakeS3):
    """Checks no signature, which takes longer than what is timed."""

    def serve(self, exchange: Exchange) -> None:
        answer(200, self.objects[exchange.path], etag='"1"')(exchange)


RULES = [{"if": [{"attribute": "plan", "op": "in", "values": ["pro"]}], "variant": "on"}]
TARGETING = {"if": [{"==": [{"var": "plan"}, "pro"]}, "on", None]}


def flags_with(**more: object) -> dict[str, object]:
    """Flags as the edge has them, each with an environment, 10 target users and a percentage."""
    flag = {
        "variants": {"on": True, "off": False},
        "default_variant": "off",
        "environments": ["test"],
        "target_users": [f"user-{n}" for n in range(10)],
        "rollout": {"variant": "on", "percentage": 50},
        **more,
    }
    return {f"flag-{n}": snapshot_entry({"key": f"flag-{n}", **flag}) for n in range(FLAGS)}


def cold_starts(
    layout: Path, runs: int, statistic: Callable[[list[float]], float] = statistics.median
) -> dict[str, float]:
    """Milliseconds above a bare interpreter, of interleaved runs; `bare` is that interpreter's own time."""
    imports, site = IMPORT.format(layout=str(layout)), sysconfig.get_path("purelib")
    answered = FIRST_ANSWER.format(layout=str(layout), event=flags_event())
    kinds: dict[str, tuple[str, dict[str, object] | None]] = {
        "bare": ("", None),
        "imports": (imports, None),
        "first request": (answered, None),
        "first flags": (answered, flags_with()),
        "first rules": (answered, flags_with(rules=RULES)),
        "first logic": (answered, flags_with(rules=RULES, targeting=TARGETING)),
        "boto3": (BOTO3.format(site=site), None),
    }
    times: dict[str, list[float]] = {name: [] for name in kinds}
    with Bucket() as server:
        env = {
            "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{server.port}",
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        }
        snapshots = {name: encode_flags(flags or {}) for name, (_, flags) in kinds.items()}
        for _ in range(runs):
            for name, (program, _) in kinds.items():
                server.objects[FLAGS_PATH] = snapshots[name]
                caching = [] if name == "boto3" else ["-B"]
                started = time.perf_counter()
                subprocess.run([sys.executable, "-I", "-S", *caching, "-c", program], check=True, env=env)
                times[name].append((time.perf_counter() - started) * 1000)
    bare = statistic(times.pop("bare"))
    return {"bare": bare} | {name: statistic(taken) - bare for name, taken in times.items()}


def encode_flags(flags: dict[str, object]) -> bytes:
    """The flags' snapshot as it is stored."""
    return encode({"schema": 1, "revision": 1, "flags": flags})


def flags_event() -> dict[str, object]:
    """A request for all flags."""
    return {"Records": [{"cf": {"request": ofrep(context(targetingKey="ann", plan="free"))}}]}


def bulk_microseconds(requests: int = 5_000) -> float:
    """One answered request for all flags, the median."""
    edge = endpoint_reading(Answer(200, {}, encode_flags(flags_with(rules=RULES)), reusable=True))
    asked = [ofrep(context(targetingKey=f"user-{n}", plan="free")) for n in range(100)]
    times = []
    for n in range(requests):
        request = asked[n % len(asked)]
        started = time.perf_counter_ns()
        edge.answer(request)
        times.append(time.perf_counter_ns() - started)
    return statistics.median(times) / 1000


def trust_milliseconds(load: Callable[[], object]) -> float:
    """Loading the roots for TLS, the median."""
    return statistics.median(_milliseconds(load) for _ in range(11))


def zip_kilobytes(folder: Path) -> float:
    return zip_up(lay_out(folder / "layout"), folder / "edge.zip").stat().st_size / 1024


def measure(progress: Callable[[str], None]) -> Report:
    """Everything above, reported."""
    progress(f"{RUNS} cold starts of each kind")
    with tempfile.TemporaryDirectory() as name:
        kilobytes = zip_kilobytes(Path(name))
        cold = cold_starts(lay_out(Path(name) / "layout", dict(CONFIG)), RUNS)
    progress("requests")
    boto3 = cold["boto3"]
    amazon, system = trust_milliseconds(amazon_context), trust_milliseconds(system_context)
    return Report(
        name="edge",
        title="edge function, medians",
        peer="peer",
        rows=(
            Row("cold start: every import (peer: import boto3)", "ms", cold["imports"], boto3, COLD_START_BUDGET_MS),
            Row("cold start: imports and first request (peer: import boto3)", "ms", cold["first request"], boto3),
            *(
                Row(f"cold start: what {what} adds to it", "ms", cold[name] - cold["first request"], budget=budget)
                for name, what, budget in (
                    ("first flags", f"answering {FLAGS} flags", FLAGS_BUDGET_MS),
                    ("first rules", "the same with rules", None),
                    ("first logic", "the same with rules and JsonLogic", None),
                )
            ),
            Row("loading Amazon's roots for TLS (peer: all the system's)", "ms", amazon, system),
            Row(f"one request for {FLAGS} flags with rules", "us", bulk_microseconds(), budget=REQUEST_BUDGET_US),
            Row("zip", "KB", kilobytes, budget=ZIP_BUDGET_KB),
        ),
        notes=(f"cold starts are above a bare interpreter, which took {cold['bare']:.1f} ms in the same run",),
    )


def _milliseconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000
