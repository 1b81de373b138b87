"""From a widget that throws in a real browser to a metric in CloudWatch, through the deployed template."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from selenium.webdriver import Remote

from edgeship.bootstrap.operator import Operator
from edgeship.domain.channels.rollout import Step
from edgeship.domain.telemetry.metrics import NAMESPACE, Metric
from edgeship.domain.version import Version
from edgeship.local.cloud import LocalCloud
from tests.browser.chromium import chromium
from tests.browser.sites import Answer, Site
from tests.support.bundles import tar_gz
from tests.support.local_cloud.visitors import ann, eventually, get, put, served
from tests.support.pytest_plugins.tools import CHROMIUM

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("cloud")]

THROWS = b"setTimeout(() => { throw new Error('no price for \\'items\\' (3)'); });\n"


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Remote]:
    CHROMIUM.require()
    with chromium(tmp_path / "chromium") as driver:
        yield driver


def counted(cloud: LocalCloud, measure: Metric, version: str) -> float:
    """The sum of a metric of the widget's version, over the last hour."""
    answer = (
        cloud.session()
        .client("cloudwatch")
        .get_metric_statistics(
            Namespace=NAMESPACE,
            MetricName=measure,
            Dimensions=[
                {"Name": "environment", "Value": "local"},
                {"Name": "widget", "Value": "thrower"},
                {"Name": "version", "Value": version},
            ],
            StartTime=datetime.now(UTC) - timedelta(hours=1),
            EndTime=datetime.now(UTC) + timedelta(minutes=1),
            Period=3600,
            Statistics=["Sum"],
        )
    )
    return sum(float(point["Sum"]) for point in answer["Datapoints"])


def test_what_a_candidate_throws_in_a_browser_is_counted_for_the_candidate(
    cloud: LocalCloud, tools: Operator, tmp_path: Path, browser: Remote
) -> None:
    """The version is in no URL of the page: the client reads it from the answer that the browser got."""
    tools.policy("thrower", lambda policy: replace(policy, steps=(Step(50, 3600), Step(100, 0))), ann())
    put(cloud, tmp_path, "thrower", "1.0.0", tar_gz({"widget.js": b"console.log('well');\n"}))
    served(cloud, "/thrower/latest/widget.js", b"console.log('well');\n")
    put(cloud, tmp_path, "thrower", "1.1.0", tar_gz({"widget.js": THROWS}))
    served(cloud, "/thrower/latest/widget.js?edgeship-track=candidate", THROWS)

    with Site.running() as shop:
        page = (
            f'<script src="{cloud.edge_url}/edgeship/telemetry.js" data-widget="thrower" crossorigin="anonymous">'
            f'</script><script type="module" crossorigin="anonymous" '
            f'src="{cloud.edge_url}/thrower/latest/widget.js?edgeship-track=candidate"></script>'
        )
        shop.answers["/"] = Answer(f"<!doctype html>{page}<h1>A shop</h1>".encode(), "text/html")
        browser.get(shop.url)
        eventually(lambda: counted(cloud, Metric.FAILED_SESSIONS, "1.1.0") or None)

    assert counted(cloud, Metric.FAILED_SESSIONS, "1.1.0") == 1
    assert counted(cloud, Metric.SESSIONS, "1.1.0") == 1
    assert counted(cloud, Metric.ERRORS, "1.1.0") == 1
    assert counted(cloud, Metric.SESSIONS, "1.0.0") == 0
    (kept,) = eventually(lambda: tools.errors("thrower", Version.parse("1.1.0")) or None)
    assert (kept.error.message, kept.error.count) == ("Error: no price for 'items' (3)", 1)
    # A query that is signed otherwise than it is encoded does not reach the function.
    assert [get(cloud, f"/telemetry?d={data}")[0] for data in ("eyJ2IjoxfQ", "a'b", "f(x)")] == [204, 403, 403]
    # One tick now: the next by the clock may be a minute away.
    cloud.session().client("lambda").invoke(FunctionName=cloud.names.function("rollout"))
    status, headers, body = get(cloud, "/health/thrower/v1.1.0")
    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert (headers["Cache-Control"], headers["Access-Control-Allow-Origin"]) == ("public, max-age=60", "*")
    page = json.loads(body)
    assert (page["version"], page["watched"], page["stale"]) == ("1.1.0", True, False)
    (top,) = page["top_errors"]
    assert (top["message"], top["count"], top["at"]) == ("Error: no price for 'items' (3)", 1, kept.error.frames[0])
    assert [(channel["name"], channel["role"]) for channel in page["channels"]] == [("latest", "candidate")]
