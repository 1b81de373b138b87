"""A version that is live in `next` and a candidate in `latest`: from a page's beacon to the alarm of one channel."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from edgeship.bootstrap.operator import Operator
from edgeship.domain.channels.policy import Policy
from edgeship.domain.channels.rollout import Phase, Step
from edgeship.domain.events import EventType
from edgeship.domain.telemetry.metrics import NAMESPACE, Metric
from edgeship.domain.version import Version
from edgeship.local.cloud import LocalCloud
from localcloud.cloudwatch import definition, state_change
from localcloud.cloudwatch.alarm import State, StateValue
from tests.support.bundles import tar_gz
from tests.support.local_cloud.visitors import ann, eventually, get, put, served

pytestmark = [pytest.mark.cloud, pytest.mark.nightly, pytest.mark.xdist_group("cloud")]

WIDGET, NEW = "twins", Version.parse("1.1.0")
ONE, TWO = b"console.log(1);\n", b"console.log(2);\n"


def sessions(cloud: LocalCloud, *channel: str) -> float:
    """Of the new version, over the last hour."""
    names = ("environment", "widget", "version", "channel")
    dimensions = zip(names, ("local", WIDGET, str(NEW), *channel), strict=False)
    answer = (
        cloud.session()
        .client("cloudwatch")
        .get_metric_statistics(
            Namespace=NAMESPACE,
            MetricName=Metric.SESSIONS,
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions],
            StartTime=datetime.now(UTC) - timedelta(hours=1),
            EndTime=datetime.now(UTC) + timedelta(minutes=1),
            Period=3600,
            Statistics=["Sum"],
        )
    )
    return sum(float(point["Sum"]) for point in answer["Datapoints"])


def visit(cloud: LocalCloud, place: str, views: Iterator[int]) -> None:
    """A page view that names the entrypoint by this path."""
    beacon = {"v": 1, "w": WIDGET, "r": str(NEW), "i": f"{next(views):x}", "n": 0, "s": 1, "c": place}
    status, _, _ = get(cloud, f"/telemetry?d={quote(json.dumps(beacon), safe='')}")
    assert status == 204


def alarms(cloud: LocalCloud) -> set[str]:
    pages = cloud.session().client("cloudwatch").get_paginator("describe_alarms").paginate()
    found = (each["AlarmName"] for page in pages for each in page["MetricAlarms"])
    return {name.removeprefix("edgeship-local-health-") for name in found if f"{WIDGET}" in name}


def sounded(cloud: LocalCloud, name: str) -> dict[str, Any]:
    """What the function answers to the event that the local CloudWatch makes of this alarm. That reads alarms once a
    minute, and the tick may see the state first: so the event is handed over here."""
    (described,) = cloud.session().client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    before, now = (State(value, "3 datapoints", datetime.now(UTC)) for value in (StateValue.OK, StateValue.ALARM))
    event = state_change.event(definition.read(described), before, now, "e-1")
    function = cloud.names.function("rollback")
    answer = cloud.session().client("lambda").invoke(FunctionName=function, Payload=json.dumps(event).encode())
    found: dict[str, Any] = json.loads(answer["Payload"].read())
    return found


def test_each_channel_has_its_sessions_and_its_alarms(cloud: LocalCloud, tools: Operator, tmp_path: Path) -> None:
    def edit(policy: Policy) -> Policy:
        steps = (Step(50, 3600), Step(100, 0))
        return replace(policy, steps=steps, thresholds=replace(policy.thresholds, networks=0))

    tools.policy(WIDGET, edit, ann())
    put(cloud, tmp_path, WIDGET, "1.0.0", tar_gz({"widget.js": ONE}))
    served(cloud, f"/{WIDGET}/latest/widget.js", ONE)
    put(cloud, tmp_path, WIDGET, "1.1.0", tar_gz({"widget.js": TWO}))
    served(cloud, f"/{WIDGET}/latest/widget.js?edgeship-track=candidate", TWO)
    tools.promote(WIDGET, NEW, "next", ann())
    served(cloud, f"/{WIDGET}/~next/widget.js", TWO)

    views = iter(range(1, 100))
    for place, count in (("latest/widget.js", 3), ("~next/widget.js", 5), ("v1.1.0/widget.js", 2)):
        for _ in range(count):
            visit(cloud, place, views)
    eventually(lambda: (sessions(cloud, "next") == 5 and sessions(cloud, "latest") == 3) or None)
    assert sessions(cloud) == 2

    # One tick now: the next by the clock may be a minute away.
    cloud.session().client("lambda").invoke(FunctionName=cloud.names.function("rollout"))
    checks = ("error-rate", "latency", "memory")
    own = {f"{WIDGET}@{name}-v1.1.0-{check}" for name in ("latest", "next") for check in checks}
    assert own <= alarms(cloud)

    reaction = sounded(cloud, f"edgeship-local-health-{WIDGET}@latest-v1.1.0-error-rate")
    assert [(each["channel"], each["event"]) for each in reaction["reactions"]] == [("latest", "Rollout Aborted")]
    ended = next(event for event in tools.state.events(WIDGET, 50) if event.type is EventType.ROLLOUT_ABORTED)
    assert (ended.actor, (ended.new or {})["channel"]) == ("edgeship:rollback", "latest")
    # `next` is rolled back by the quarantine: it has nothing before 1.1.0, so it is frozen.
    cloud.session().client("lambda").invoke(FunctionName=cloud.names.function("rollout"))
    rest = tools.state.channel(WIDGET, "next")
    assert rest.version == NEW
    assert rest.lock is not None
    rollout = tools.state.channel(WIDGET, "latest").rollout
    assert rollout is not None
    assert rollout.phase is Phase.ABORTED
