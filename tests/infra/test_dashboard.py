"""The dashboard shows metrics that are published, and logs that are written."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from edgeship.domain.telemetry.metrics import DIMENSIONS, NAMESPACE, Metric
from infra.app import ROOT
from tests.infra.published_metrics import published, words
from tests.infra.template import Template

pytestmark = [pytest.mark.xdist_group("infra"), pytest.mark.synth]

SEARCH = re.compile(
    r"SEARCH\('\{(?P<schema>[\w,]+)\} environment=\"(?P<environment>[\w-]+)\" MetricName=\"(?P<name>\w+)\""
)


def widgets(stack: Template) -> list[dict[str, Any]]:
    (dashboard,) = stack.resources("AWS::CloudWatch::Dashboard").values()
    assert dashboard["Properties"]["DashboardName"] == stack.name
    body = dashboard["Properties"]["DashboardBody"]
    parts = body["Fn::Join"][1] if isinstance(body, dict) else [body]
    found: list[dict[str, Any]] = json.loads("".join(words(stack, part) for part in parts))["widgets"]
    return found


def metrics(stack: Template) -> list[list[Any]]:
    return [metric for widget in widgets(stack) for metric in widget["properties"].get("metrics", ())]


def test_every_metric_is_one_that_is_published(production: Template) -> None:
    known, named = published(production), 0
    for metric in metrics(production):
        if isinstance(metric[0], dict):
            continue
        space, name, *dimensions = (each for each in metric if not isinstance(each, dict))
        pairs = frozenset(zip(dimensions[::2], dimensions[1::2], strict=True))
        assert (space, name, pairs) in known
        named += 1
    assert named > 40


def test_releases_are_found_by_the_dimensions_of_their_metrics(production: Template) -> None:
    searches = [metric[0]["expression"] for metric in metrics(production) if "SEARCH" in str(metric[0])]
    found = [match for search in searches if (match := SEARCH.match(search))]
    assert len(found) == len(searches)
    for match in found:
        assert match["schema"].split(",") == [NAMESPACE, *DIMENSIONS]
        assert f"edgeship-{match['environment']}" == production.name
    shown = {Metric(match["name"]) for match in found}
    assert {Metric.SESSIONS, Metric.FAILED_SESSIONS, Metric.LOAD_LATENCY, Metric.MEMORY} <= shown


def test_it_has_every_alarm_and_every_failure_queue(production: Template) -> None:
    shown = widgets(production)
    (alarms,) = (widget["properties"]["alarms"] for widget in shown if "alarms" in widget["properties"])
    assert len(alarms) == len(production.resources("AWS::CloudWatch::Alarm"))
    queues = {metric[3] for metric in metrics(production) if metric[0] == "AWS/SQS"}
    every = {f"name of {key}" for key in production.resources("AWS::SQS::Queue")}
    mapped = [
        each["Properties"]["EventSourceArn"]
        for each in production.resources("AWS::Lambda::EventSourceMapping").values()
    ]
    worked = {f"name of {source['Fn::GetAtt'][0]}" for source in mapped}
    assert queues == every - worked


def test_events_are_read_from_the_log_that_has_them(production: Template) -> None:
    logs = [widget["properties"]["query"] for widget in widgets(production) if widget["type"] == "log"]
    assert len(logs) == 2
    handler = (ROOT / "functions/notification/handler.py").read_text()
    for query in logs:
        assert "message = 'delivered'" in query
    assert '"delivered"' in handler


def test_rows_are_full(production: Template) -> None:
    widths: dict[int, int] = {}
    for widget in widgets(production):
        widths[widget["y"]] = widths.get(widget["y"], 0) + widget["width"]
    assert set(widths.values()) == {24}


def test_it_can_be_left_out(production: Template, customised: Template) -> None:
    assert production.resources("AWS::CloudWatch::Dashboard")
    assert not customised.resources("AWS::CloudWatch::Dashboard")
