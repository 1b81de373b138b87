"""The console against the local cloud, in Chromium, while simulated browsers load a widget through the CDN."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.by import By

from edgeship.adapters.cdk.place import app_place
from edgeship.application.channels.follow_upload import Stage
from edgeship.application.releases.pack_bundle import BundleFacts
from edgeship.bootstrap import operator
from edgeship.cli.console import desk_of
from edgeship.cli.context import Target
from edgeship.domain.channels.rollout import Step
from edgeship.domain.events import EventType
from edgeship.domain.version import Version
from edgeship.local.cloud import LocalCloud
from edgeship.local.demo.crowd import Crowd
from edgeship.local.demo.pace import Pace
from edgeship.local.state_path import STATE_PATH
from localcloud.sandbox import SandboxSession
from tests.support.console import visited
from tests.support.console_browser import Screen, screen
from tests.support.flags import boolean
from tests.support.local_cloud.consoles import console
from tests.support.local_cloud.flags import apply, value_at_the_edge
from tests.support.local_cloud.visitors import ann, eventually
from tests.support.pytest_plugins.tools import CHROMIUM

pytestmark = [pytest.mark.cloud, pytest.mark.nightly, pytest.mark.xdist_group("cloud"), pytest.mark.timeout(600)]

WIDGET = "checkout-button"
SPEED, STORE_DELAY = 30, 0.5
PACE = Pace(STORE_DELAY, SPEED)
PATIENCE = 120.0


def publish(tools: operator.Operator, version: str, stage: Stage) -> None:
    folder = app_place().examples / WIDGET / f"v{version}"
    published = tools.publish(folder, WIDGET, Version.parse(version), BundleFacts(), lambda _: None)
    followed = tools.follow(published, timedelta(seconds=30), lambda _: None)
    assert followed.stage is stage, followed


def set_steps(tools: operator.Operator, *steps: Step, sample: int) -> None:
    def changed(policy: Any) -> Any:
        return replace(
            policy,
            steps=steps,
            # All views come from one address.
            thresholds=replace(policy.thresholds, minimum_sample=sample, networks=0, memory_mb=1_000),
        )

    tools.policy(WIDGET, changed, ann())


def test_a_rollout_a_rescue_a_flag_and_a_rollback(tmp_path: Path) -> None:
    CHROMIUM.require()
    with (
        LocalCloud(
            state_path=tmp_path / STATE_PATH,
            speed=SPEED,
            edge_freshness_seconds=0.5,
            store_delay_seconds=STORE_DELAY,
        ) as cloud,
        console(tmp_path) as url,
        screen(url, tmp_path / "chromium") as seen,
    ):
        tools = operator.build(cloud.names, cloud.session(), cloud.edge_url)
        seen.see("No widget has a release yet.")
        set_steps(tools, Step(100, 0), sample=1)
        publish(tools, "1.1.0", Stage.SERVED)
        seen.see(WIDGET, PATIENCE)
        _climbs(tools, cloud, seen)
        _is_rescued(tools, cloud, seen)
        _flag_changes(tools, cloud, seen)
        _is_rolled_back(tools, seen)


def _climbs(tools: operator.Operator, cloud: LocalCloud, seen: Screen) -> None:
    """The page follows a rollout to everybody, without being loaded again."""
    set_steps(tools, Step(25, 8), Step(50, 8), Step(100, 0), sample=2)
    with Crowd(cloud.edge_url, f"/{WIDGET}/latest/widget.js", PACE.page_views):
        seen.go(f"/widgets/{WIDGET}")
        seen.driver.execute_script("window.__same = true")
        publish(tools, "1.2.0", Stage.ROLLING_OUT)
        seen.see("running at 25 %, step 1 of 3", PATIENCE)
        seen.see("running at 50 %, step 2 of 3", PATIENCE)
        seen.see("rollout to 1.2.0 completed", PATIENCE)
        # The parts of the page are read apart, each every few seconds.
        live = "return document.querySelector('.live').textContent.trim()"
        eventually(lambda: True if seen.driver.execute_script(live) == "1.2.0" else None, PATIENCE)
        eventually(lambda: True if seen.driver.find_elements(By.CSS_SELECTOR, ".chart canvas") else None, PATIENCE)
        assert seen.driver.execute_script("return window.__same")
        assert seen.refused == []


def _is_rescued(tools: operator.Operator, cloud: LocalCloud, seen: Screen) -> None:
    """1.3.0 throws in a quarter of its page views: nobody does anything, and the page shows what happens."""
    set_steps(tools, Step(25, 3_600), Step(100, 0), sample=PACE.minimum_sample)
    with Crowd(cloud.edge_url, f"/{WIDGET}/latest/widget.js", PACE.page_views):
        publish(tools, "1.3.0", Stage.ROLLING_OUT)
        seen.see("running at 25 %", PATIENCE)
        seen.see("Cannot read properties of undefined (reading 'lines')", PATIENCE)
        seen.see("rollout to 1.3.0 aborted", PATIENCE)
        seen.see("uploads don't move latest: locked by", PATIENCE)
    seen.go("/")
    assert "1 needs a person" in seen.see("locked")
    seen.go(f"/widgets/{WIDGET}/releases/1.3.0")
    # The line of source that it was thrown at, by the map that was published with it.
    assert "this.title = this.cart.lines.map(" in seen.see("src/widget.js:37:")
    assert "Quarantined" in seen.text
    assert seen.refused == []


def _flag_changes(tools: operator.Operator, cloud: LocalCloud, seen: Screen) -> None:
    apply(tools, {"sale": boolean("sale")})
    eventually(lambda: True if value_at_the_edge(cloud, "sale") is False else None)
    seen.go("/flags/edit/sale")
    document = seen.find("#document")
    document.clear()
    document.send_keys(json.dumps(boolean("sale", default_variant="on")))
    seen.click("See what would change")
    seen.see('default_variant: "off" → "on"')
    assert value_at_the_edge(cloud, "sale") is False
    seen.find("#reason").send_keys("the sale begins")
    seen.click("Save sale")
    seen.see("Done: flag sale is saved.")
    eventually(lambda: True if value_at_the_edge(cloud, "sale") is True else None)
    seen.go("/events?type=Flag+Changed")
    assert "the sale begins" in seen.text
    assert seen.refused == []


def _is_rolled_back(tools: operator.Operator, seen: Screen) -> None:
    seen.act(f"/widgets/{WIDGET}/act/unlock", "the demo goes on")
    seen.see("is unlocked: uploads move it again")
    seen.act(f"/widgets/{WIDGET}/act/rollback", "prices are wrong in Japan")
    seen.see("is rolled back: everybody gets 1.1.0")
    assert "prices are wrong in Japan" in seen.find("#history").text
    channel = tools.state.channel(WIDGET, "latest")
    assert (str(channel.version), channel.lock is not None) == ("1.1.0", True)
    (moved, *_) = [event for event in tools.state.events(WIDGET, 20) if event.type is EventType.POINTER_MOVED]
    assert moved.cause == "prices are wrong in Japan"
    assert seen.refused == []


def test_a_viewer_sees_everything_and_changes_nothing(cloud: LocalCloud, tools: operator.Operator) -> None:
    """Where policies are enforced, by the credentials of the viewer's."""
    set_steps(tools, Step(100, 0), sample=1)
    for version in ("1.1.0", "1.2.0"):
        publish(tools, version, Stage.SERVED)
    session = SandboxSession(cloud.endpoint_url, credentials=cloud.principals["viewer"])
    with visited(desk_of(Target(cloud.names, session, "local:viewer"), read_only=False)) as visitor:
        for path in (f"/widgets/{WIDGET}", f"/widgets/{WIDGET}/releases/1.2.0", "/flags", "/events", "/notifications"):
            answer = visitor.get(path)
            assert answer.status == 200
            assert "not authorized" not in answer.text, answer.text
        refused = visitor.act(f"/widgets/{WIDGET}/act/rollback", "it blinks")
        assert refused.status == 403
        assert "operator policy" in refused.text
    assert str(tools.state.channel(WIDGET, "latest").version) == "1.2.0"
