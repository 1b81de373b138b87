"""Flag evaluation against other people's: one flag, a bulk of 20, cold import, memory, and loading a snapshot.

Each contender does the same job (flag_contenders.py), which is checked before it is timed. Rounds of all contenders
are interleaved, and a round evaluates 1,000 users, each other than the one before. The fastest round counts: what else
the machine does only adds to one (docs.python.org/3/library/timeit.html, `repeat`).
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from edgeship.domain.bucketing import sha256
from edgeship.domain.flags.evaluation.compile_flags import compile_flags
from tests.bench import flag_contenders as contenders
from tests.bench.flag_contenders import ATTRIBUTES, FLAGS, TARGETS, USERS, Contender
from tests.bench.hostile_flags import LIMIT_MS, worst_milliseconds
from tests.bench.report import Report, Row

ROUNDS = 15
SINGLE_ROUNDS = 150
BULK_ROUNDS = 40
SLOW_ROUNDS = 3
IMPORT_RUNS = 11
SNAPSHOT_FLAGS = 1_000
LOAD_BUDGET_MS = 50
HOSTILE_ANSWERS = 4_000

RUST = "eppo-server-sdk (Rust)"
WITH_REASON = f"{RUST}, with variant and reason"
IMPORTS = {
    "edgeship": "from edgeship.domain.flags.evaluation.compile_flags import compile_flags",
    RUST: "import eppo_client",
    "powertools feature flags": "from aws_lambda_powertools.utilities.feature_flags import FeatureFlags",
    "openfeature-flagd-core": "from openfeature.contrib.tools.flagd.core import FlagdCore",
    "launchdarkly-server-sdk": "import ldclient",
}
RESIDENT = "; print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmRSS')))"

ASKED = "edgeship, environment asked as an attribute"
ONE_ATTRIBUTE = "one attribute"
SLOW = (WITH_REASON, "powertools feature flags", "openfeature-flagd-core", "launchdarkly-server-sdk")


def check(name: str, contender: Contender) -> None:
    """Raises:
    AssertionError: the contender doesn't do what the others do.
    """
    share = sum(map(contender.is_on, USERS)) / len(USERS)
    assert all(map(contender.is_on, TARGETS)), f"{name} leaves target users out"
    assert 0.2 < share < 0.3, f"{name} is on for {share:.0%}"


def evaluations(progress: Callable[[str], None]) -> dict[str, tuple[float, float]]:
    """Microseconds of one evaluation, and of one of all flags, by contender: the fastest round of each."""
    only = {"environment": "production"}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        runners = {
            "edgeship": contenders.edgeship(ATTRIBUTES),
            RUST: stack.enter_context(contenders.eppo(ATTRIBUTES)),
            WITH_REASON: stack.enter_context(contenders.eppo(ATTRIBUTES, details=True)),
            ASKED: contenders.edgeship(ATTRIBUTES, environment_as_attribute=True),
            f"edgeship, {ONE_ATTRIBUTE}": contenders.edgeship(only),
            f"{RUST}, {ONE_ATTRIBUTE}": stack.enter_context(contenders.eppo(only)),
            "powertools feature flags": contenders.powertools(ATTRIBUTES),
            "openfeature-flagd-core": contenders.flagd(ATTRIBUTES),
            "launchdarkly-server-sdk": stack.enter_context(contenders.launchdarkly(ATTRIBUTES, folder)),
        }
        times: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in runners}
        for name, runner in runners.items():
            check(name, runner)
        progress(f"one flag, {SINGLE_ROUNDS} rounds")
        for turn in range(SINGLE_ROUNDS):
            for name, runner in runners.items():
                if name not in SLOW or turn < SLOW_ROUNDS:
                    times[name][0].append(seconds(runner.single))
        progress(f"all flags, {BULK_ROUNDS} rounds")
        for turn in range(BULK_ROUNDS):
            for name, runner in runners.items():
                if name not in SLOW or turn < SLOW_ROUNDS:
                    times[name][1].append(seconds(runner.bulk))
    each = 1e6 / len(USERS)
    return {name: (min(one) * each, min(all_) * each) for name, (one, all_) in times.items()}


def digest_microseconds() -> float:
    """The one hash that a flag with a percentage needs for each user."""
    users = [user.encode() + b"flag-7" for user in USERS]
    return (
        min(seconds(lambda: [sha256(user).digest() for user in users]) for _ in range(SINGLE_ROUNDS)) * 1e6 / len(users)
    )


def imports() -> dict[str, tuple[float, float]]:
    """Milliseconds and MiB that importing each contender takes beyond a bare interpreter."""
    programs = {"bare": "pass", **IMPORTS}
    times: dict[str, list[float]] = {name: [] for name in programs}
    memory: dict[str, float] = {}
    for _ in range(IMPORT_RUNS):
        for name, program in programs.items():
            started = time.perf_counter()
            run = subprocess.run([sys.executable, "-c", program + RESIDENT], check=True, capture_output=True, text=True)
            times[name].append((time.perf_counter() - started) * 1_000)
            memory[name] = int(run.stdout) / 1_024
    bare = statistics.median(times["bare"])
    return {name: (statistics.median(times[name]) - bare, memory[name] - memory["bare"]) for name in IMPORTS}


def load_milliseconds() -> float:
    """Parsing and compiling a snapshot's flags, the median."""
    text = contenders.edgeship_snapshot(SNAPSHOT_FLAGS)
    return statistics.median(
        seconds(lambda: compile_flags(json.loads(text), "production")) * 1_000 for _ in range(ROUNDS)
    )


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def measure(progress: Callable[[str], None]) -> Report:
    """Everything above, reported."""
    took = evaluations(progress)
    progress("imports")
    imported = imports()
    ours, alone = took["edgeship"], took[f"edgeship, {ONE_ATTRIBUTE}"]
    peers = (RUST, *SLOW)
    rows = [Row(f"one flag (peer: {peer})", "us", ours[0], took[peer][0], digits=2) for peer in peers]
    rows += [Row(f"all {FLAGS} flags (peer: {peer})", "us", ours[1], took[peer][1]) for peer in peers]
    rust_alone = took[f"{RUST}, {ONE_ATTRIBUTE}"]
    rows += [
        Row(f"one flag, the environment as an attribute (peer: {RUST})", "us", took[ASKED][0], took[RUST][0], digits=2),
        Row(f"all {FLAGS}, the environment as an attribute (peer: {RUST})", "us", took[ASKED][1], took[RUST][1]),
        Row(f"one flag, {ONE_ATTRIBUTE} (peer: {RUST})", "us", alone[0], rust_alone[0], digits=2),
        Row(f"all {FLAGS}, {ONE_ATTRIBUTE} (peer: {RUST})", "us", alone[1], rust_alone[1]),
        Row("of which each flag takes for its SHA-256", "us", digest_microseconds(), digits=2),
    ]
    for peer, (milliseconds, mebibytes) in imported.items():
        if peer != "edgeship":
            rows.append(Row(f"cold import (peer: {peer})", "ms", imported["edgeship"][0], milliseconds))
            rows.append(Row(f"memory after it (peer: {peer})", "MiB", imported["edgeship"][1], mebibytes))
    progress("hostile flags and contexts")
    worst = worst_milliseconds(HOSTILE_ANSWERS, 1)
    rows.append(Row(f"the worst of {HOSTILE_ANSWERS:,} hostile answers", "ms", worst, budget=LIMIT_MS))
    rows.append(Row(f"loading {SNAPSHOT_FLAGS:,} flags", "ms", load_milliseconds(), budget=LOAD_BUDGET_MS))
    return Report(
        name="flags",
        title=f"flag evaluation; 10 target users, 25 %, production only, {len(ATTRIBUTES)} attributes",
        peer="peer",
        rows=tuple(rows),
        notes=(
            "evaluations are those of the fastest round, imports and loading are medians",
            "edgeship answers value, variant and reason; the Rust peer is asked for the value alone, where not said",
            "edgeship knows its environment when it compiles the flags; 'as an attribute' has a rule ask the context",
            "powertools has no percentages by hash: it takes a number modulo 100",
            "imports are beyond a bare interpreter, with bytecode cached; edgeship's without conditions and JsonLogic",
        ),
    )


def main() -> None:
    """Print the table."""
    Console().print(measure(lambda line: print(line, file=sys.stderr)).shown())


if __name__ == "__main__":
    main()
