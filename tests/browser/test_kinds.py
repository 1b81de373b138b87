"""Each kind of failure is reported as the table of docs/telemetry.md says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium.webdriver import Remote

from tests.browser.firefox import Firefox, firefox
from tests.browser.kinds import KINDS, PAGE, Chromium, Kind, expected_table, observe, seen_in, with_table
from tests.support.pytest_plugins.tools import FIREFOX

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=[pytest.mark.nightly] if kind.settled > 1 else [], id=kind.name) for kind in KINDS],
)
def test_in_chromium(kind: Kind, browser: Remote) -> None:
    assert seen_in(observe(Chromium(browser), kind), kind) == kind.expected("Chromium")


@pytest.fixture(scope="module")
def running_firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    FIREFOX.require()
    with firefox(tmp_path_factory.mktemp("firefox")) as running:
        yield running


@pytest.mark.nightly
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_in_firefox(kind: Kind, running_firefox: Firefox) -> None:
    assert seen_in(observe(running_firefox, kind), kind) == kind.expected("Firefox")


def test_the_page_has_the_table() -> None:
    page = PAGE.read_text("utf-8")
    assert with_table(page, expected_table()) == page
