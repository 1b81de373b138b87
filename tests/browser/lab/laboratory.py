"""Runs scenarios: page views in frames of one tab, all of a scenario at the same time."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator, Sequence
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

PATIENCE = 120
"""Seconds that a step of all page views may take."""

_CALL = """
const done = arguments[arguments.length - 1];
Promise.resolve(window.lab[arguments[0]](...arguments[1])).then(found => done([found]), error => done(String(error)));
"""


@dataclass(frozen=True)
class _View:
    scenario: Scenario
    widget: str
    visitor: Visitor


@dataclass
class Lab:
    """A site with the widgets on it, the network before it, and a browser whose tab shows the harness."""

    site: Site
    network: Network
    browser: Remote
    tab: str
    builds: Builds
    together: Collection[Scenario]
    """Of these, scenarios with the same course are run at the same time, and once: where a change takes seconds."""
    _kept: dict[Scenario, list[Outcome]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def run(self, scenario: Scenario) -> list[Outcome]:
        """What each page view saw; a reload is another page view."""
        if scenario not in self.together:
            return self._run([scenario])[scenario]
        if scenario not in self._kept:
            alike = [other for other in self.together if other not in {*self._kept, scenario}]
            alike = [other for other in alike if other.course == scenario.course]
            self._kept |= self._run([scenario, *alike])
        return self._kept[scenario]

    def _run(self, scenarios: Sequence[Scenario]) -> dict[Scenario, list[Outcome]]:
        """Run scenarios of one course at the same time."""
        first, widgets = scenarios[0], tuple({name: None for scenario in scenarios for name in scenario.widgets})
        self._begin(first, widgets)
        views = [view for scenario in scenarios for view in self._views(scenario)]
        self.network.visitors |= {view.visitor.number: view.visitor for view in views}
        for folder in {f"/{view.scenario.service_worker}/" for view in views if view.scenario.service_worker}:
            self._call("serviceWorker", f"{folder}worker.js", folder)
        named = [self.network.cdn(view.visitor.number) + NAME_COOKIE for view in views if view.scenario.cookie]
        self._call("cookie", named)
        outcomes: dict[Scenario, list[Outcome]] = {scenario: [] for scenario in scenarios}
        try:
            for step in first.steps:
                if step == "open":
                    self._call("open", [[view.visitor.number, self._page(view)] for view in views])
                elif step == "lazy":
                    self._call("lazy")
                elif step == "reload":
                    self._note(views, outcomes)
                    self._call("reload")
                elif step == "roam":
                    for view in views:
                        view.visitor.address += " elsewhere"
                else:
                    self._operate(step, widgets)
            self._note(views, outcomes)
            return outcomes
        finally:
            self._call("close")

    def _views(self, scenario: Scenario) -> Iterator[_View]:
        for place in range(views_of(scenario)):
            number = next(self._numbers)
            visitor = Visitor(number, f"{scenario}/{number}", scenario.moves_each_time)
            yield _View(scenario, scenario.widgets[place % len(scenario.widgets)], visitor)

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

    def _begin(self, scenario: Scenario, widgets: Sequence[str]) -> None:
        self.site.reset(*widgets, version=STABLE)
        if scenario.begins != STABLE:
            self.site.move(*widgets, version=scenario.begins)
        if scenario.percent:
            self.site.roll_out(*widgets, version=NEXT, percent=scenario.percent)

    def _operate(self, step: Step, widgets: Sequence[str]) -> None:
        if step == "move":
            self.site.move(*widgets, version=NEXT)
        else:
            {"roll back": self.site.roll_back, "abort": self.site.abort, "pause": self.site.pause}[step](*widgets)

    def _page(self, view: _View) -> str:
        scenario, widget, number = view.scenario, view.widget, view.visitor.number
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

    def _note(self, views: Sequence[_View], outcomes: dict[Scenario, list[Outcome]]) -> None:
        by_number = {view.visitor.number: view for view in views}
        for number, seen in self._call("seen"):
            view = by_number[number]
            outcomes[view.scenario].append(Outcome.of(view.widget, seen))

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
def laboratory(site: Site, browser: Remote, builds: Builds, together: Collection[Scenario] = ()) -> Iterator[Lab]:
    """The lab with both versions of each widget published, and the browser's tab at its harness."""
    for version in VERSIONS:
        site.publish(version, {widget: builds.release(widget, version) for widget in WIDGETS})
    with network(site) as running:
        running.pages.update(own_pages())
        before = browser.current_window_handle
        browser.switch_to.new_window("tab")
        tab = browser.current_window_handle
        browser.get(running.url)
        browser.set_script_timeout(PATIENCE)
        browser.switch_to.window(before)
        try:
            yield Lab(site, running, browser, tab, builds, together)
        finally:
            browser.switch_to.window(tab)
            browser.close()
            browser.switch_to.window(before)
