"""A flawless release of several files completes its rollout, by what pages in a real browser report of it."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from selenium.webdriver import Remote

from edgeship.application.releases.pack_bundle import BundleFacts
from edgeship.bootstrap import operator
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.rollout import Step
from edgeship.domain.events import EventType
from edgeship.domain.version import Version
from edgeship.local.cloud import LocalCloud
from tests.browser.chromium import chromium
from tests.browser.lab.builds import ENTRY, NEXT, STABLE, Builds, built
from tests.browser.sites import Answer, Site
from tests.support.local_cloud.visitors import ann, eventually
from tests.support.pytest_plugins.tools import CHROMIUM, NODE

pytestmark = [pytest.mark.cloud, pytest.mark.nightly, pytest.mark.xdist_group("cloud")]

BUNDLE, WIDGET, CHANNEL = "rollup-module", "flawless", "latest"
"""Rollup's default output: its chunk imports the entry."""
SPEED = 15
"""A minute of CloudWatch's is four seconds."""
BAKE_SECONDS = 12
SAMPLE = 10
"""Sessions of the candidate that are enough."""
TOGETHER = 20
"""Page views; a computer that is busy loads them slowly, so latency and memory have wide limits."""
PATIENCE = 240

_VIEWS = """
const [users, done] = arguments;
const seen = [];
Promise.all(users.map(user => new Promise(resolve => {
  const frame = Object.assign(document.createElement('iframe'), { src: '/shop.html?' + user });
  frame.onload = async () => {
    const page = frame.contentWindow;
    for (let tries = 0; !page.__widget && tries < 500; tries++) await new Promise(later => setTimeout(later, 10));
    if (page.__widget) await page.__widget.lazy();
    // The first beacon comes a second after load.
    await new Promise(later => setTimeout(later, 1500));
    seen.push({ loaded: page.__loaded, errors: page.__errors });
    frame.remove();
    resolve();
  };
  document.body.append(frame);
}))).then(() => done(seen));
"""
_PAGE = """<!doctype html><title>A shop</title><body><script>
  window.__options = {{}};
  window.__loaded = [];
  window.__errors = [];
  addEventListener('error', event => __errors.push(String(event.message)));
  addEventListener('unhandledrejection', event => __errors.push(String(event.reason)));
</script><script src="{cdn}/edgeship/telemetry.js" data-widget="{widget}" crossorigin="anonymous"></script><script>
  const tag = document.createElement('script');
  Object.assign(tag, {{ type: 'module', crossOrigin: 'anonymous' }});
  tag.src = '{cdn}/{widget}/latest/{entry}?user=' + location.search.slice(1);
  document.body.append(tag);
</script>"""


@pytest.fixture
def fast_cloud(tmp_path: Path) -> Iterator[LocalCloud]:
    with LocalCloud(
        state_path=tmp_path / "local.json",
        speed=SPEED,
        edge_freshness_seconds=0.5,
        store_delay_seconds=0.5,
        enforce_iam=True,
    ) as running:
        yield running


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Remote]:
    CHROMIUM.require()
    with chromium(tmp_path / "chromium") as driver:
        driver.set_script_timeout(60)
        yield driver


@pytest.fixture
def releases() -> Builds:
    NODE.require()
    return built()


def test_a_flawless_release_completes_its_rollout(fast_cloud: LocalCloud, browser: Remote, releases: Builds) -> None:
    cloud = fast_cloud
    tools = operator.build(cloud.names, cloud.session(), cloud.edge_url)
    tools.policy(
        WIDGET,
        lambda policy: replace(
            policy,
            steps=(Step(10, BAKE_SECONDS), Step(100, 0)),
            # All views come from one address.
            thresholds=replace(
                policy.thresholds, minimum_sample=SAMPLE, latency_ms=60_000, memory_mb=2_000, networks=0
            ),
        ),
        ann(),
    )

    def channel() -> Channel:
        return tools.state.channel(WIDGET, CHANNEL)

    def publish(version: str) -> None:
        folder = releases.release(BUNDLE, version)
        tools.publish(folder, WIDGET, Version.parse(version), BundleFacts(entrypoint=ENTRY), lambda _: None)

    publish(STABLE)
    eventually(lambda: channel().version)
    publish(NEXT)
    eventually(lambda: channel().candidate)

    views: list[dict[str, list[dict[str, str]]]] = []
    users = (f"user-{number}" for number in itertools.count())
    with Site.running() as shop:
        page = _PAGE.format(cdn=cloud.edge_url, widget=WIDGET, entry=ENTRY)
        shop.answers["/"] = Answer(b"<!doctype html><title>Shops</title><body>", "text/html")
        shop.answers["/shop.html"] = Answer(page.encode(), "text/html", {"Cache-Control": "no-store"})
        browser.get(shop.url)
        deadline = time.monotonic() + PATIENCE
        while channel().version != Version.parse(NEXT) and time.monotonic() < deadline:
            views += browser.execute_async_script(_VIEWS, list(itertools.islice(users, TOGETHER)))

    happened = tools.state.events(WIDGET, 100)
    assert channel().version == Version.parse(NEXT), "\n".join(f"{event.type}: {event.cause}" for event in happened)
    events = {event.type for event in happened}
    assert EventType.ROLLOUT_COMPLETED in events
    assert not {EventType.ROLLOUT_PAUSED, EventType.ROLLOUT_ABORTED, EventType.RELEASE_UNHEALTHY} & events
    assert [view["errors"] for view in views if view["errors"]] == []
    for view in views:
        parts = [found["part"] for found in view["loaded"]]
        assert sorted(parts) == ["chunk", "entry", "wasm"], "each once"
        assert len({found["version"] for found in view["loaded"]}) == 1
    by_version = [view["loaded"][0]["version"] for view in views]
    assert by_version.count(NEXT) >= SAMPLE
    assert by_version.count(STABLE) > by_version.count(NEXT)
