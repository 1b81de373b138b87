"""The console over 1,000 widgets with 10,000 releases, on the local cloud: pages, and their calls.

The peer is the same page, where each request waits for a read of its own.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from edgeship.cli.console import desk_of
from edgeship.cli.context import Target
from edgeship.console.live_overview import FRESH
from edgeship.console.serving import served
from edgeship.local.cloud import LocalCloud
from tests.bench.aws_calls import counted
from tests.bench.overview import RELEASES, WIDGETS, fill
from tests.bench.report import Report, Row
from tests.support.console import Visitor

BUDGET_SECONDS = 0.3
MAX_CALLS = 60
"""Of one read of the overview."""
ROUNDS = 15


def measure(progress: Callable[[str], None]) -> Report:
    with tempfile.TemporaryDirectory() as folder, LocalCloud(state_path=Path(folder) / "local.json") as cloud:
        fill(cloud.session().client("dynamodb"), cloud.names.table)
        progress(f"{WIDGETS:,} widgets, {WIDGETS * RELEASES:,} releases")
        desk = desk_of(Target(cloud.names, cloud.session(), "local:bench"), read_only=True)
        with served(desk) as at:
            visitor = Visitor(at)
            visitor.open()
            first_calls, first = counted(lambda: visitor.get("/"))
        with served(desk, ahead=True) as at:
            visitor = Visitor(at)
            visitor.open()
            # Every round is late enough for a read in the background, as of a page that is left open.
            pages = sorted(_after_a_while(visitor, "/") for _ in range(ROUNDS))
            every = sorted(_after_a_while(visitor, "/?all=1") for _ in range(ROUNDS // 3))
            calls, took = counted(lambda: [visitor.get("/overview") for _ in range(100)])
            one = sorted(_seconds(visitor, "/widgets/widget-0001") for _ in range(ROUNDS))
            one_calls, _ = counted(lambda: visitor.get("/widgets/widget-0001"))
    assert first_calls.total() <= MAX_CALLS, first_calls
    assert "Scan" not in first_calls + one_calls
    # However many pages ask, one read in as many seconds as it is fresh, and one that had begun.
    reads = 2 + took / FRESH.total_seconds()
    assert calls.total() <= reads * MAX_CALLS, (calls, took)
    return Report(
        name="console",
        title=f"the console over {WIDGETS:,} widgets with {WIDGETS * RELEASES:,} releases",
        peer="a page that waits for its own read",
        rows=(
            Row("overview, median", "s", pages[ROUNDS // 2], first, BUDGET_SECONDS, 3),
            Row("overview, slowest", "s", pages[-1], first, BUDGET_SECONDS, 3),
            Row("overview, all 1,000 rows", "s", every[len(every) // 2], None, BUDGET_SECONDS, 3),
            Row("calls to AWS of a read", "", first_calls.total(), None, MAX_CALLS, 0),
            Row("calls to AWS of 100 pages", "", calls.total(), 100 * first_calls.total(), reads * MAX_CALLS, 0),
            Row("a widget's page, median", "s", one[ROUNDS // 2], None, 1.0, 3),
            Row("calls to AWS of a widget's page", "", one_calls.total(), None, 60, 0),
        ),
    )


def _after_a_while(visitor: Visitor, path: str) -> float:
    time.sleep(FRESH.total_seconds() + 0.2)
    return _seconds(visitor, path)


def _seconds(visitor: Visitor, path: str) -> float:
    began = time.perf_counter()
    assert visitor.get(path).status == 200
    return time.perf_counter() - began
