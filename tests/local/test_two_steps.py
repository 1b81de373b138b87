"""Both steps of a first deploy, on the local cloud: the second replaces nothing and loses nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edgeship.local.cloud import LocalCloud
from localcloud.assembly import Assembly
from localcloud.deploy import deploy
from localcloud.sandbox import SandboxSession
from tests.infra.synthesised import run_app

pytestmark = [pytest.mark.cloud, pytest.mark.nightly, pytest.mark.xdist_group("cloud-two-steps")]

STACK = "edgeship-local"
ITEM = {"pk": {"S": "WIDGET#checkout"}, "sk": {"S": "in between"}}


def assembly(folder: Path, first_deploy: str) -> Path:
    done = run_app({"environment": "local", "first_deploy": first_deploy}, folder)
    assert done.returncode == 0, done.stderr
    return folder


def resources(session: SandboxSession) -> dict[str, str]:
    pages = session.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=STACK)
    return {
        each["LogicalResourceId"]: each["PhysicalResourceId"] for p in pages for each in p["StackResourceSummaries"]
    }


def rates(session: SandboxSession) -> set[str]:
    return {rule["State"] for rule in session.client("events").list_rules()["Rules"] if "ScheduleExpression" in rule}


def alarms(session: SandboxSession) -> list[dict[str, Any]]:
    pages = session.client("cloudwatch").get_paginator("describe_alarms").paginate()
    return [dict(alarm) for page in pages for alarm in page["MetricAlarms"]]


def test_the_second_step_replaces_nothing(tmp_path: Path) -> None:
    first, second = (assembly(tmp_path / step, step) for step in ("true", "false"))
    with LocalCloud(state_path=None, assembly=first) as cloud:
        session = cloud.session()
        dynamodb = session.client("dynamodb")
        before = resources(session)
        assert rates(session) == {"DISABLED", "ENABLED"}
        assert {alarm["ActionsEnabled"] for alarm in alarms(session)} == {False}
        dynamodb.put_item(TableName=cloud.names.table, Item=ITEM)

        deploy(session, Assembly.read(second))

        after = resources(session)
        assert {key.rstrip("0123456789ABCDEF") for key in after.keys() - before.keys()} == {"PipelineFilled"}
        assert {key: after[key] for key in before} == before
        assert "Item" in dynamodb.get_item(TableName=cloud.names.table, Key=ITEM)
        assert rates(session) == {"ENABLED"}
        assert {alarm["ActionsEnabled"] for alarm in alarms(session)} == {True}
