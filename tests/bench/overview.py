"""`edgeship status` over 1,000 widgets with 10,000 releases, on the local cloud: the whole command, and its calls.

The peer asks for the status of each widget, one after the other; a twentieth of them is asked, and the rest computed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from boto3.dynamodb.types import TypeSerializer

from edgeship.adapters.dynamodb.items import to_item
from edgeship.adapters.dynamodb.keys import WIDGETS as WIDGETS_KEY
from edgeship.bootstrap import operator
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.rollout import DEFAULT_STEPS, start
from edgeship.domain.events import timestamp
from edgeship.domain.version import Version
from edgeship.local.cloud import LocalCloud
from edgeship.local.state_path import STATE_PATH
from tests.bench.aws_calls import counted
from tests.bench.report import Report, Row
from tests.support.releases import a_release

WIDGETS, RELEASES, OF_THE_PEER = 1_000, 10, 50
BUDGET_SECONDS = 2.0
ROUNDS = 5
RUN = "from edgeship.cli.main import run; run()"


def measure(progress: Callable[[str], None]) -> Report:
    with tempfile.TemporaryDirectory() as folder, LocalCloud(state_path=Path(folder) / STATE_PATH) as cloud:
        fill(cloud.session().client("dynamodb"), cloud.names.table)
        progress(f"{WIDGETS:,} widgets, {WIDGETS * RELEASES:,} releases")
        tools = operator.build(cloud.names, cloud.session(), cloud.edge_url)
        calls, _ = counted(tools.overview)
        whole = sorted(_seconds(folder, "status") for _ in range(ROUNDS))[ROUNDS // 2]
        progress(f"edgeship status: {whole:.2f} s")
        one = sorted(_seconds(folder, "status", "widget-0001") for _ in range(ROUNDS))[ROUNDS // 2]
        shown = sorted(_seconds(folder, "--help") for _ in range(ROUNDS))[ROUNDS // 2]
        began = time.perf_counter()
        peer_calls, _ = counted(lambda: [tools.status(f"widget-{number:04}") for number in range(OF_THE_PEER)])
        peer = (time.perf_counter() - began) * WIDGETS / OF_THE_PEER
    share = WIDGETS / OF_THE_PEER
    return Report(
        name="overview",
        title=f"edgeship status over {WIDGETS:,} widgets with {WIDGETS * RELEASES:,} releases",
        peer="each widget's own status",
        rows=(
            Row("edgeship status, the whole command", "s", whole, peer, BUDGET_SECONDS, 2),
            Row("calls to AWS", "", calls.total(), peer_calls.total() * share, digits=0),
            Row("edgeship status WIDGET", "s", one, None, 0.6, 2),
            Row("edgeship --help", "s", shown, None, 0.2, 2),
        ),
    )


def _seconds(folder: str, *words: str) -> float:
    """Of a command, from its start to its end."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", RUN, *words], cwd=folder, env=dict(os.environ), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return time.perf_counter() - began


def fill(dynamodb: Any, table: str) -> None:
    serialize = TypeSerializer().serialize
    listed = [{name: serialize(value) for name, value in item.items()} for item in _items()]
    for first in range(0, len(listed), 25):
        dynamodb.batch_write_item(
            RequestItems={table: [{"PutRequest": {"Item": item}} for item in listed[first : first + 25]]}
        )


def _items() -> Iterator[dict[str, Any]]:
    now = datetime.now(UTC)
    for number in range(WIDGETS):
        widget = f"widget-{number:04}"
        newest = Version(1, RELEASES - 1, 0)
        live = replace(newest, minor=RELEASES - 2) if number % 10 == 0 else newest
        rollout = start(newest, DEFAULT_STEPS, now) if number % 10 == 0 else None
        yield {
            "pk": WIDGETS_KEY,
            "sk": widget,
            "first_version": "1.0.0",
            "newest_version": str(newest),
        }
        for minor in range(RELEASES):
            yield to_item(replace(a_release(f"1.{minor}.0"), widget=widget, revision=0))
        yield to_item(Channel(widget, "latest", live, 3, timestamp(now), "ci", exposed_at=now, rollout=rollout))
