from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium.webdriver import Remote

from infra.app import ROOT
from infra.browser_client import telemetry_client
from tests.browser.beacon_limits import assert_within_limits
from tests.browser.chromium import chromium
from tests.browser.sites import Cdn, Site
from tests.support.pytest_plugins.tools import CHROMIUM


@pytest.fixture(scope="session")
def running_browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remote]:
    CHROMIUM.require()
    with chromium(tmp_path_factory.mktemp("chromium")) as driver:
        yield driver


@pytest.fixture
def browser(running_browser: Remote) -> Iterator[Remote]:
    """Headless Chromium with a fresh tab; the HTTP cache is shared with other tests, by origin."""
    first = running_browser.current_window_handle
    running_browser.switch_to.new_window("tab")
    yield running_browser
    running_browser.close()
    running_browser.switch_to.window(first)


@pytest.fixture
def cdn() -> Iterator[Cdn]:
    """Stands in for the CDN, with telemetry.js on it. Each beacon that reaches it is held to the limits."""
    with Cdn.running() as site:
        site.script("/edgeship/telemetry.js", telemetry_client(ROOT))
        yield site
        for request in site.requests(Cdn.TELEMETRY):
            assert_within_limits(request)


@pytest.fixture
def host() -> Iterator[Site]:
    """The site of a page that embeds widgets: another origin than the CDN."""
    with Site.running() as site:
        yield site
