"""The minute tick with 1,000 widgets of which 100 roll out: AWS calls and time, on moto in this process.

The calls must not grow with idle widgets, but for the fifteenth of them that is checked in its turn. Two of them are
for each health page, its errors and the page itself; the rest is the same for 1 rollout and for 100. The peer is the
loop that first comes to mind: every widget's channels are read, and each rollout's metrics and alarms asked for by
themselves. It publishes no pages.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from boto3.dynamodb.types import TypeSerializer

from edgeship.adapters.cloudwatch.alarms import CloudWatchAlarms
from edgeship.adapters.cloudwatch.metrics import CloudWatchMetrics
from edgeship.adapters.dynamodb.health.comparisons import DynamoDBComparisons
from edgeship.adapters.dynamodb.health.error_books import DynamoDBErrorBooks
from edgeship.adapters.dynamodb.items import to_item
from edgeship.adapters.dynamodb.keys import WIDGETS
from edgeship.adapters.s3.snapshots import S3Snapshots
from edgeship.application.channels.promote_upload import PromoteUpload
from edgeship.application.channels.reacting.react_to_breach import ReactToBreach
from edgeship.application.channels.watching.compare_candidates import CompareCandidates
from edgeship.application.channels.watching.react_to_quarantine import ReactToQuarantine
from edgeship.application.channels.watching.start_waiting import StartWaiting
from edgeship.application.channels.watching.watch_channels import WatchChannels
from edgeship.application.health.check_witnesses import CheckWitnesses
from edgeship.application.health.publish_health import PublishHealth
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.policy import Policy
from edgeship.domain.channels.rollout import DEFAULT_STEPS, start
from edgeship.domain.events import Occasion
from edgeship.domain.health.alarms import alarms_of
from edgeship.domain.version import Version
from edgeship.resource_names import SNAPSHOT_KEY
from tests.bench.aws_calls import Calls, counted
from tests.bench.report import Report, Row
from tests.fakes.releases import FakeReleaseFiles
from tests.fakes.telemetry import WitnessesOf
from tests.support.moto.aws import NAMES, Aws, aws_environment
from tests.support.releases import a_release

ROLLING = 100
IDLE = 900
MOST_FOR_IDLE = 3
"""Calls."""
STABLE, CANDIDATE = Version(1, 0, 0), Version(1, 1, 0)
NOW = datetime.now(UTC).replace(microsecond=0)


def measure(progress: Callable[[str], None]) -> Report:
    found: dict[int, tuple[Calls, float]] = {}
    naive: tuple[Calls, float] = (Counter(), 0.0)
    with aws_environment() as aws:
        _widgets(aws, "rolling", ROLLING, rolling=True)
        _tick(aws)  # makes the alarms
        found[0] = counted(lambda: _tick(aws))
        progress(f"{ROLLING} rollouts and no idle widget: {found[0][0].total()} calls")
        _widgets(aws, "idle", IDLE, rolling=False)
        found[IDLE] = counted(lambda: _tick(aws))
        progress(f"{ROLLING} rollouts among {ROLLING + IDLE:,} widgets: {found[IDLE][0].total()} calls")
        naive = counted(lambda: _loop(aws))
        progress(f"the loop over all: {naive[0].total()} calls")
    # Some 60 of them are checked in one minute: their policies, their releases and their metrics.
    assert found[IDLE][0].total() - found[0][0].total() <= MOST_FOR_IDLE, "the calls grow with idle widgets"
    rows = [
        Row(f"AWS calls, {ROLLING} widgets, all rolling out", "", found[0][0].total(), None, digits=0),
        Row(
            f"AWS calls, {ROLLING + IDLE:,} widgets, {ROLLING} rolling out",
            "",
            found[IDLE][0].total(),
            naive[0].total(),
            digits=0,
        ),
        Row(
            "    to look after them", "", found[IDLE][0].total() - _of_pages(found[IDLE][0]), naive[0].total(), digits=0
        ),
        Row("    to publish their health pages", "", _of_pages(found[IDLE][0]), None, digits=0),
        Row("    on moto", "s", found[IDLE][1], naive[1], digits=2),
    ]
    rows += [
        Row(f"    {operation}", "", found[IDLE][0][operation], naive[0][operation], digits=0)
        for operation in sorted(found[IDLE][0] | naive[0])
    ]
    return Report(
        name="tick",
        title="One minute tick",
        peer="a loop over all widgets",
        rows=tuple(rows),
        notes=("moto answers in this process: its seconds compare the two, and are not AWS's",),
    )


def _of_pages(calls: Calls) -> int:
    """What reads and writes pages, their list, and the books of errors; nothing else in a tick without news does."""
    return calls["GetObject"] + calls["PutObject"] + calls["GetItem"]


def _widgets(aws: Aws, prefix: str, count: int, *, rolling: bool) -> None:
    """Widgets with two releases; written item by item, since a transaction takes moto a copy of the whole table."""
    serializer = TypeSerializer()

    def put(item: Mapping[str, Any]) -> None:
        written = {name: serializer.serialize(value) for name, value in item.items()}
        aws.dynamodb.put_item(TableName=NAMES.table, Item=written)

    for number in range(count):
        name = f"{prefix}-{number}"
        put({"pk": WIDGETS, "sk": name, "first_version": str(STABLE)})
        for version in (STABLE, CANDIDATE):
            put(to_item(replace(a_release(str(version)), widget=name, revision=0)))
        channel = Channel(name, "latest", STABLE, 1)
        if rolling:
            channel = replace(channel, rollout=start(CANDIDATE, DEFAULT_STEPS, NOW - timedelta(minutes=10)))
        put(to_item(channel))


def _tick(aws: Aws) -> None:
    state = aws.state
    alarms = CloudWatchAlarms(aws.cloudwatch, NAMES.environment)
    metrics = CloudWatchMetrics(aws.cloudwatch, NAMES.environment)
    errors = DynamoDBErrorBooks(aws.dynamodb, NAMES.table, lambda: NOW)
    publish = PublishHealth(state, aws.health_pages, errors, metrics.period_seconds, threads=16)
    compare = CompareCandidates(DynamoDBComparisons(aws.dynamodb, NAMES.table), metrics.period_seconds)
    start = StartWaiting(state, PromoteUpload(state, alarms, FakeReleaseFiles(), lambda _: None))
    react = ReactToBreach(state, FakeReleaseFiles(), metrics, CheckWitnesses(WitnessesOf(lambda: NOW)), lambda _: None)
    quarantine = ReactToQuarantine(state, FakeReleaseFiles(), lambda _: None)
    registry = S3Snapshots(aws.s3, NAMES.config_bucket, SNAPSHOT_KEY)
    watch = WatchChannels(state, alarms, metrics, compare, react, quarantine, publish, start, registry, time.sleep)
    tick = watch(Occasion(NAMES.environment, "bench", "tick", NOW), lambda: 60.0)
    assert tick.watched == ROLLING
    assert not tick.faults


def _loop(aws: Aws) -> None:
    """The peer, read-only: it does no more than the tick has to know."""
    state = aws.state
    metrics = CloudWatchMetrics(aws.cloudwatch, NAMES.environment)
    for widget in state.widgets():
        policy = state.policy(widget.name).policy
        for channel in state.channels(widget.name):
            if channel.candidate is None:
                continue
            names = [_alarm_name(widget.name, policy, n) for n in range(3)]
            aws.cloudwatch.describe_alarms(AlarmNames=names)
            for version in (channel.candidate, STABLE):
                metrics.periods([(widget.name, version)], 5, NOW)


def _alarm_name(widget: str, policy: Policy, number: int) -> str:
    alarm = alarms_of(widget, CANDIDATE, policy.thresholds)[number]
    return f"{NAMES.health_alarm_prefix}{alarm.widget}-v{alarm.version}-{alarm.check}"
