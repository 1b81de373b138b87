"""One move's way from the table to the edge's store, for a widget with few releases and with many: AWS calls and time.

The table and the snapshot are on moto in this process, the store is in memory. The calls must not grow with the
releases. The peer computes the widget's ranges from all of its releases at each move, as the minute's repair does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from boto3.dynamodb.types import TypeSerializer

from edgeship.adapters.dynamodb.items import to_item
from edgeship.adapters.dynamodb.keys import WIDGETS
from edgeship.application.channels.promote_release import PromoteRelease
from edgeship.application.edge.bring_store import BringStore
from edgeship.application.edge.refresh_routes import Changed, RefreshRoutes
from edgeship.domain.channels.channel import Channel
from edgeship.domain.edge.changed_releases import changed_by
from edgeship.domain.events import Occasion
from edgeship.domain.version import Version
from tests.bench.aws_calls import Calls, counted
from tests.bench.report import Report, Row
from tests.fakes.health import FakeAlarms
from tests.fakes.releases import FakeReleaseFiles
from tests.fakes.route_store import FakeRouteStore
from tests.support.moto.aws import NAMES, Aws, aws_environment
from tests.support.releases import a_live_release, a_release

WIDGET = "checkout"
FEW, MANY = 10, 10_000
PATCHES = 100
"""Of each minor version."""
NEW = (Version(9, 0, 0), Version(9, 0, 1))
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


def measure(progress: Callable[[str], None]) -> Report:
    found: dict[int, tuple[Calls, float]] = {}
    peer: dict[int, tuple[Calls, float]] = {}
    for releases in (FEW, MANY):
        found[releases], peer[releases] = _two_moves(releases)
        progress(f"{releases:,} releases: {found[releases][0].total()} calls; peer {peer[releases][0].total()}")
    assert found[FEW][0] == found[MANY][0], "the calls grow with the releases"
    rows = []
    for releases in (FEW, MANY):
        (calls, seconds), (all_calls, all_seconds) = found[releases], peer[releases]
        rows += [
            Row(f"AWS calls, {releases:,} releases", "", calls.total(), all_calls.total(), digits=0),
            Row("    on moto", "ms", 1_000 * seconds, 1_000 * all_seconds, digits=0),
        ]
    return Report(
        name="relay",
        title="A move's way from the table to the edge's store",
        peer="all releases read",
        rows=tuple(rows),
        notes=("moto answers in this process: its milliseconds compare the two, and are not AWS's",),
    )


def _two_moves(releases: int) -> list[tuple[Calls, float]]:
    """What the relay does after a release has gone live, when the edge has all before; and what the peer does after the
    next."""
    with aws_environment() as aws:
        _write(aws, releases)
        store = FakeRouteStore()

        def never(_: float) -> None:
            raise AssertionError("nobody else writes")

        def refresh(changed: Changed) -> None:
            bring = BringStore(aws.snapshots, store, never)
            RefreshRoutes(aws.state, aws.snapshots, bring, NAMES.environment, lambda: NOW, never)(changed)

        def moved(version: Version, *, kept: bool) -> tuple[Calls, float]:
            by = Occasion(NAMES.environment, "bench", "a move", NOW)
            PromoteRelease(aws.state, FakeAlarms(lambda: NOW), FakeReleaseFiles(), never)(WIDGET, version, "latest", by)
            event = next(event for event in aws.state.events(WIDGET, 2) if (event.new or {})["version"] == str(version))
            result = counted(lambda: refresh(changed_by([event]) if kept else {WIDGET: None}))
            assert f"{version} " in store.values[WIDGET]
            return result

        refresh({WIDGET: None})
        return [moved(NEW[0], kept=True), moved(NEW[1], kept=False)]


def _write(aws: Aws, releases: int) -> None:
    """Item by item, since a transaction takes moto a copy of the whole table."""
    serializer = TypeSerializer()

    def put(item: Mapping[str, Any]) -> None:
        written = {name: serializer.serialize(value) for name, value in item.items()}
        aws.dynamodb.put_item(TableName=NAMES.table, Item=written)

    put({"pk": WIDGETS, "sk": WIDGET, "first_version": "0.0.0"})
    for number in range(releases):
        minor, patch = divmod(number, PATCHES)
        put(to_item(replace(a_live_release(f"0.{minor}.{patch}"), revision=0)))
    for version in NEW:
        put(to_item(replace(a_release(str(version)), revision=0)))
    put(to_item(replace(Channel(WIDGET, "latest", Version(0, 0, 0), 1), revision=0)))
