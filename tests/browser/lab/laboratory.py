"""Runs scenarios: page views in frames of one tab, all of a scenario at the same time."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from selenium.webdriver import Remote

from tests.browser.lab.builds import ENTRY, NEXT, STABLE, VERSIONS, WIDGETS, Builds
from tests.browser.lab.network import NAME_COOKIE, Network, Visitor, network
from tests.browser.lab.outcome import Outcome
from tests.browser.lab.pages import Page, own_pages
from tests.browser.lab.reference_site import integrity_of
from tests.browser.lab.scenarios import Scenario, Step, views_of
from tests.browser.lab.site import Answered, Site

_CALL = """
const done = arguments[arguments.length - 1];
Promise.resolve(window.lab[arguments[0]](...arguments[1])).then(found => done([found]), error => done(String(error)));
"""


@dataclass
class Lab:
    """A site with the widgets on it, the network before it, and a browser whose tab shows the harness."""

    site: Site
    network: Network
    browser: Remote
    tab: str
    builds: Builds
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def run(self, scenario: Scenario) -> list[Outcome]:
        """What each page view saw; a reload is another page view."""
        self._begin(scenario)
        views = views_of(scenario)
        widgets = {number: scenario.widgets[place % len(scenario.widgets)] for place, number in self._taken(views)}
        visitors = {number: Visitor(number, f"{scenario}/{number}", scenario.moves_each_time) for number in widgets}
        self.network.visitors.update(visitors)
        if scenario.service_worker:
            folder = f"/{scenario.service_worker}/"
            self._call("serviceWorker", f"{folder}worker.js", folder)
        if scenario.cookie:
            self._call("cookie", [self.network.cdn(number) + NAME_COOKIE for number in visitors])
        outcomes: list[Outcome] = []
        try:
            for step in scenario.steps:
                if step == "open":
                    self._call("open", [[number, self._page(scenario, number, widgets[number])] for number in widgets])
                elif step == "lazy":
                    self._call("lazy")
                elif step == "reload":
                    outcomes += self._seen(widgets)
                    self._call("reload")
                elif step == "roam":
                    for visitor in visitors.values():
                        visitor.address += " elsewhere"
                else:
                    self._operate(step, scenario)
            return outcomes + self._seen(widgets)
        finally:
            self._call("close")

    @contextmanager
    def showing(self, html: str, policy: str = "") -> Iterator[Callable[[str], Any]]:
        """A page of its own, in its frame; gives the value of an expression in it, once that is true."""
        number = next(self._numbers)
        headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy}
        self.network.pages[f"/page/{number}"] = Answered(200, headers, html.encode())
        try:
            self._call("open", [[number, f"/page/{number}"]])
            yield lambda expression: self._call("until", number, expression)
        finally:
            self._call("close")

    def _begin(self, scenario: Scenario) -> None:
        self.site.reset(*scenario.widgets, version=STABLE)
        if scenario.begins != STABLE:
            self.site.move(*scenario.widgets, version=scenario.begins)
        if scenario.percent:
            self.site.roll_out(*scenario.widgets, version=NEXT, percent=scenario.percent)

    def _operate(self, step: Step, scenario: Scenario) -> None:
        if step == "move":
            self.site.move(*scenario.widgets, version=NEXT)
        else:
            {"roll back": self.site.roll_back, "abort": self.site.abort, "pause": self.site.pause}[step](
                *scenario.widgets
            )

    def _taken(self, count: int) -> Sequence[tuple[int, int]]:
        return [(place, next(self._numbers)) for place in range(count)]

    def _page(self, scenario: Scenario, number: int, widget: str) -> str:
        exact = scenario.how == "exact tag"
        page = Page(
            kind=WIDGETS[widget],
            cdn=self.network.cdn(number),
            path=f"/{widget}/v{scenario.begins}/" if exact else f"/{widget}/latest/",
            query=scenario.query.replace("{user}", f"user-{number}"),
            how=scenario.how,
            policy=scenario.policy,
            worker=scenario.worker,
            integrity=integrity_of((self.builds.release(widget, scenario.begins) / ENTRY).read_bytes()),
            nonce=f"n{number}",
        )
        path = f"/{scenario.service_worker or 'page'}/{number}"
        self.network.pages[path] = page.answered()
        return path

    def _seen(self, widgets: Mapping[int, str]) -> list[Outcome]:
        return [Outcome.of(widgets[number], seen) for number, seen in self._call("seen")]

    def _call(self, name: str, *arguments: Any) -> Any:
        before = self.browser.current_window_handle
        self.browser.switch_to.window(self.tab)
        try:
            found = self.browser.execute_async_script(_CALL, name, list(arguments))
        finally:
            self.browser.switch_to.window(before)
        if not isinstance(found, list):
            raise AssertionError(f"the harness: {name}: {found}")
        return found[0]


@contextmanager
def laboratory(site: Site, browser: Remote, builds: Builds) -> Iterator[Lab]:
    """The lab with both versions of each widget published, and the browser's tab at its harness."""
    for version in VERSIONS:
        site.publish(version, {widget: builds.release(widget, version) for widget in WIDGETS})
    with network(site) as running:
        running.pages.update(own_pages())
        before = browser.current_window_handle
        browser.switch_to.new_window("tab")
        tab = browser.current_window_handle
        browser.get(running.url)
        browser.switch_to.window(before)
        try:
            yield Lab(site, running, browser, tab, builds)
        finally:
            browser.switch_to.window(tab)
            browser.close()
            browser.switch_to.window(before)
