"""What a moving path costs a page: its first view and its next, at a latency of 100 ms, pinned and in place.

The site is the lab's reference, and Chromium adds the latency to each request: so a row counts round trips, and what a
browser does without one. Downloads cost nothing. A page has one widget and its own style; a view is over when the
entry's code has run, and later when the code of a click has.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from selenium.webdriver import Remote

from tests.bench.report import Report, Row
from tests.browser.chromium import chromium
from tests.browser.lab.builds import STABLE, WIDGETS, built
from tests.browser.lab.network import Network, Visitor, network
from tests.browser.lab.pages import own_pages
from tests.browser.lab.reference_site import ReferenceSite, Serve
from tests.browser.lab.site import Answered

LATENCY_MS = 100
MEASURED = ("esbuild-module", "rollup-module", "webpack-classic")
"""Pinned by a redirect, by a module that exports the exact one, and by a script that inserts it."""
SERVED: tuple[tuple[str, Serve], ...] = (("in place", "in_place"), ("pinned", "pin"))
ENTRY, CHUNK = "entry", "entry and lazy chunk"

_PAGE = """<!doctype html><meta charset=utf-8><link rel=stylesheet href="data:text/css,"><body><script>
window.__options = {};
window.__times = {};
window.__loaded = {
  push({ part }) {
    __times[part] = performance.now() - window.__begun;
    if (part === 'entry') setTimeout(() => __widget.lazy());
  },
};
/* From here: the page's own latency is not the widget's. */
window.__begun = performance.now();
</script>TAG"""
_TIMES = "return window.__times && window.__times.entry && window.__times.chunk ? window.__times : null"


def measure(progress: Callable[[str], None], rounds: int) -> Report:
    """Milliseconds until the widget's code has run, medians of the rounds."""
    samples: list[dict[str, Any]] = []
    with TemporaryDirectory(prefix="edgeship-") as profile, chromium(Path(profile)) as browser:
        _throttle(browser)
        for served, serve in SERVED:
            with _network(serve) as running:
                numbers = itertools.count(1)
                for round_ in range(rounds + 1):
                    progress(f"{served}: round {round_} of {rounds}")
                    for widget in MEASURED:
                        found = _views(browser, running, next(numbers), widget)
                        if round_:  # the first warms the browser up
                            samples.append({"served": served, "widget": widget, **found})
    return Report(
        name="first_view",
        title=f"a widget's page views at {LATENCY_MS} ms a request; medians of {rounds} rounds",
        peer="in place",
        rows=tuple(_rows(samples)),
        notes=(
            "the page, its connection to the CDN, and the time of downloads are left out",
            "a next view is of the same visitor, within the max-age of the moving path",
        ),
        samples=tuple(samples),
    )


def _rows(samples: list[dict[str, Any]]) -> Iterator[Row]:
    def median(served: str, widget: str, what: str) -> float:
        return float(statistics.median(s[what] for s in samples if (s["served"], s["widget"]) == (served, widget)))

    for widget in MEASURED:
        for what in (f"{view} view, {part}" for part in (ENTRY, CHUNK) for view in ("first", "next")):
            label = f"{widget}, pinned: {what}"
            yield Row(label, "ms", median("pinned", widget, what), median("in place", widget, what), digits=0)


@contextmanager
def _network(serve: Serve) -> Iterator[Network]:
    site, builds = ReferenceSite(WIDGETS, serve), built()
    site.publish(STABLE, {widget: builds.release(widget, STABLE) for widget in WIDGETS})
    with network(site) as running:
        running.pages.update(own_pages())
        yield running


def _views(browser: Remote, running: Network, number: int, widget: str) -> dict[str, float]:
    """A visitor's first view of a page, and the next."""
    running.visitors[number] = Visitor(number, str(number))
    kind = ' type="module"' if WIDGETS[widget] == "module" else ""
    tag = f'<script{kind} src="{running.cdn(number)}/{widget}/latest/widget.js" crossorigin="anonymous"></script>'
    headers = {"Content-Type": "text/html", "Cache-Control": "no-store"}
    running.pages[f"/page/{number}"] = Answered(200, headers, _PAGE.replace("TAG", tag).encode())
    found: dict[str, float] = {}
    for view in ("first", "next"):
        browser.get(f"{running.url}/page/{number}")
        times = _times(browser)
        found |= {f"{view} view, {ENTRY}": times["entry"], f"{view} view, {CHUNK}": times["chunk"]}
    return found


def _times(browser: Remote) -> dict[str, float]:
    for _ in range(500):
        found: dict[str, float] | None = browser.execute_script(_TIMES)
        if found is not None:
            return found
    raise TimeoutError("the widget never loaded")


def _throttle(browser: Remote) -> None:
    commands: Any = browser.command_executor
    commands.add_command("executeCdpCommand", "POST", "/session/$sessionId/goog/cdp/execute")

    def command(name: str, **parameters: Any) -> None:
        browser.execute("executeCdpCommand", {"cmd": name, "params": parameters})

    command("Network.enable")
    command(
        "Network.emulateNetworkConditions",
        offline=False,
        latency=LATENCY_MS,
        downloadThroughput=-1,
        uploadThroughput=-1,
    )
