"""Each way in which a widget fails in a page, and what telemetry.js makes of it in Chromium and in Firefox.

`python -m tests.browser.kinds` opens a page for each in both browsers and writes the table into docs/telemetry.md.
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from infra.browser_client import telemetry_client
from tests.browser.beacon_limits import assert_within_limits
from tests.browser.chromium import chromium
from tests.browser.firefox import firefox
from tests.browser.sites import Answer, Cdn, Site
from tests.support.repository import ROOT

PAGE = ROOT / "docs" / "telemetry.md"
BEGIN, END = "<!-- kinds: python -m tests.browser.kinds -->", "<!-- /kinds -->"
FOLDER = "/checkout/v1.4.2/"
WIDGET = FOLDER + "widget.js"
SETTLED = 0.25
"""Seconds after load in which a kind has happened, unless it says otherwise."""
_ARRIVED = 0.4
"""Seconds in which a beacon arrives that was sent."""


class Seen(StrEnum):
    """What is reported of a kind."""

    FAILED = "failed session"
    MEASURED = "a measure"
    NOT = "no"


@dataclass(frozen=True)
class Kind:
    """A page with a widget that runs `source`, and what is reported of it.

    `message` is a pattern for the error's message. `{cdn}` and `{host}` in texts are the two origins. `firefox` is what
    Firefox shows, where that is not the same.
    """

    name: str
    source: str = ""
    seen: Seen = Seen.FAILED
    message: str = ""
    firefox: Seen | None = None
    tags: str = '<script type="module" src="{cdn}/checkout/v1.4.2/widget.js" crossorigin="anonymous"></script>'
    head: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    settled: float = SETTLED
    how: str = "defer"
    leaves: bool = False
    """The page is left; otherwise it is only told that it is."""

    def expected(self, browser: str) -> Seen:
        return self.firefox if browser == "Firefox" and self.firefox is not None else self.seen


_IMAGE = "document.body.append(Object.assign(document.createElement('img'), {{ src: '{0}' }}));"
_FRAME = (
    "const frame = document.createElement('iframe'); document.body.append(frame);"
    "const script = frame.contentDocument.createElement('script');"
    "Object.assign(script, { src: '{cdn}/checkout/v1.4.2/inner.js', crossOrigin: 'anonymous' });"
    "frame.contentDocument.body.append(script);"
)
_CLASSIC = '<script src="{cdn}/checkout/v1.4.2/widget.js" crossorigin="anonymous"></script>'
_OWN_SCRIPT = "<script>window.ours = 1</script>"
_POLICY = "script-src {host} {cdn} 'unsafe-inline'; connect-src {cdn}; img-src {cdn}"
_BLOCK = "const until = performance.now() + {0}; while (performance.now() < until);"

KINDS: tuple[Kind, ...] = (
    Kind("an error is thrown", "setTimeout(() => { throw new Error('thrown'); });", message="Error: thrown"),
    Kind("a string is thrown", "setTimeout(() => { throw 'a string'; });", message="a string"),
    Kind("a module throws at its top level", "throw new Error('at the top');", message="Error: at the top"),
    Kind(
        "a classic script throws at its top level",
        "throw new Error('at the top');",
        message="Error: at the top",
        tags=_CLASSIC,
        how="",
    ),
    Kind("a script can't be parsed", "const = 1;", message="SyntaxError"),
    Kind(
        "a promise is rejected with an error",
        "Promise.reject(new TypeError('rejected'));",
        message="TypeError: rejected",
    ),
    Kind(
        "… with a string or nothing, and every script of the page is the widget's",
        "Promise.reject('a string');",
        message="a string",
    ),
    Kind(
        "… with an object, likewise",
        "Promise.reject({ code: 7, status: 'gone' });",
        message="object with code,status",
    ),
    Kind(
        "… with a string or an object, in a page with other scripts",
        "Promise.reject('a string'); Promise.reject({ code: 7 });",
        Seen.NOT,
        head=_OWN_SCRIPT,
    ),
    Kind(
        "a script or style sheet of the widget does not load",
        "document.head.append(Object.assign(document.createElement('link'),"
        " { rel: 'stylesheet', href: '{cdn}/checkout/v1.4.2/none.css' }));",
        message=r"failed to load v1\.4\.2/none\.css",
    ),
    Kind(
        "a dynamic import does not load",
        "import('./none.js');",
        message="TypeError: (Failed to fetch|error loading) dynamically imported module",
    ),
    Kind(
        "an image of the widget does not load",
        _IMAGE.format("{cdn}/checkout/v1.4.2/none.png?size=2"),
        message=r"failed to load v1\.4\.2/none\.png",
    ),
    Kind("an image of another site does not load", _IMAGE.format("{host}/none.png"), Seen.NOT),
    Kind(
        "the page's policy (CSP) blocks what the widget loads",
        "fetch('https://api.example.com/cart/17').catch(() => {});",
        message=r"connect-src blocks https://api\.example\.com/",
        headers={"Content-Security-Policy": _POLICY},
    ),
    Kind(
        "a policy that only reports",
        "fetch('{cdn}/checkout/v1.4.2/widget.js'); " + _IMAGE.format("{host}/pixel.png"),
        Seen.NOT,
        headers={"Content-Security-Policy-Report-Only": _POLICY},
    ),
    Kind(
        "an error is thrown in a frame of the page's origin",
        _FRAME,
        message="Error: in the frame",
        files={"inner.js": "setTimeout(() => { throw new Error('in the frame'); });"},
    ),
    Kind(
        "a frame's document that loads the widget fails after its load",
        tags="<iframe srcdoc=\"<script src='{cdn}/checkout/v1.4.2/widget.js' crossorigin></script>\"></iframe>",
        source="setTimeout(() => Promise.reject('in the frame'), 150);",
        message="in the frame",
    ),
    Kind(
        "an error is thrown in a frame of another origin",
        tags='<iframe src="{cdn}/checkout/v1.4.2/frame.html"></iframe>',
        files={"frame.html": "<script>throw new Error('elsewhere')</script>"},
        seen=Seen.NOT,
    ),
    Kind(
        "the widget blocks the page for 5 seconds",
        f"setTimeout(() => {{ {_BLOCK.format(5100)} }}, 50);",
        message=r"hangs for 5\d\d\d ms",
        firefox=Seen.NOT,
        settled=5.5,
    ),
    Kind(
        "a long task of the widget",
        f"setTimeout(() => {{ {_BLOCK.format(200)} }}, 50);",
        Seen.MEASURED,
        "long_task_ms",
        firefox=Seen.NOT,
        settled=0.6,
    ),
    Kind(
        "the widget's element is empty: `edgeship.ready`",
        "edgeship.ready(document.querySelector('#checkout'), 0.1);",
        message="empty element",
    ),
    Kind(
        "… it has content",
        "document.querySelector('#checkout').textContent = 'Pay';"
        "edgeship.ready(document.querySelector('#checkout'), 0.1);",
        Seen.NOT,
    ),
    Kind(
        "… its content is in a shadow root",
        "const host = document.querySelector('#checkout');"
        "host.attachShadow({ mode: 'open' }).innerHTML = '<p>Pay</p>';"
        "edgeship.ready(host, 0.1);",
        Seen.NOT,
    ),
    Kind(
        "a value of the team's own: `edgeship.track`",
        "edgeship.track('checkout_ms', 2310);",
        Seen.MEASURED,
        "checkout_ms",
    ),
    Kind(
        "an error just before the page is left",
        "addEventListener('pagehide', () => { throw new Error('at the end'); });",
        message="Error: at the end",
        leaves=True,
    ),
)


class Browser(Protocol):
    """What the kinds need of one."""

    def open(self, url: str) -> None: ...

    def evaluate(self, code: str) -> None: ...


Opener = Callable[[Path], Any]


@dataclass(frozen=True)
class Chromium:
    driver: Any

    def open(self, url: str) -> None:
        self.driver.get(url)

    def evaluate(self, code: str) -> None:
        self.driver.execute_script(code)


@contextmanager
def _chromium(profile: Path) -> Iterator[Browser]:
    with chromium(profile) as driver:
        yield Chromium(driver)


BROWSERS: Mapping[str, Opener] = {"Chromium": _chromium, "Firefox": firefox}


def observe(browser: Browser, kind: Kind) -> Sequence[Mapping[str, Any]]:
    """The beacons of a page with the kind, each within the limits."""
    with Cdn.running() as cdn, Site.running() as host:

        def filled(text: str) -> str:
            return text.replace("{cdn}", cdn.url).replace("{host}", host.url)

        cdn.script("/edgeship/telemetry.js", telemetry_client(ROOT))
        for name, source in {"widget.js": kind.source, **kind.files}.items():
            content_type = "text/html" if name.endswith(".html") else "text/javascript"
            cdn.answers[FOLDER + name] = Answer(filled(source).encode(), content_type)
        telemetry = (
            f'<script {kind.how} src="{{cdn}}/edgeship/telemetry.js" data-widget="checkout" crossorigin></script>'
        )
        html = filled(
            f"<!doctype html><title>A shop</title>{telemetry}{kind.head}<body><div id=checkout></div>{kind.tags}"
        )
        headers = {name: filled(value) for name, value in kind.headers.items()}
        host.answers["/shop.html"] = Answer(html.encode(), "text/html; charset=utf-8", headers)
        host.answers["/other.html"] = Answer(b"<!doctype html><title>Elsewhere</title>", "text/html; charset=utf-8")
        browser.open(f"{host.url}/shop.html")
        time.sleep(kind.settled)
        if kind.leaves:
            browser.open(f"{host.url}/other.html")
        else:
            browser.evaluate("dispatchEvent(new Event('pagehide'))")
        deadline = time.monotonic() + _ARRIVED
        while time.monotonic() < deadline and not _told(cdn.beacons(), kind.message):
            time.sleep(0.02)
        for request in cdn.requests(Cdn.TELEMETRY):
            assert_within_limits(request)
        return cdn.beacons()


def seen_in(beacons: Iterable[Mapping[str, Any]], kind: Kind) -> Seen:
    """What the beacons say of the kind; an error whose message is another one is none of the three.

    Raises:
        AssertionError: on such an error.
    """
    told = list(beacons)
    messages = [message for beacon in told for message, *_ in beacon.get("e", ())]
    if messages:
        assert _told(told, kind.message), (kind.name, messages)
        assert any(beacon.get("f") for beacon in told)
        return Seen.FAILED
    names = [name for beacon in told for name, _ in beacon.get("k", ())]
    return Seen.MEASURED if kind.message and kind.message in names else Seen.NOT


def _told(beacons: Iterable[Mapping[str, Any]], message: str) -> bool:
    texts = [text for beacon in beacons for text, *_ in (*beacon.get("e", ()), *beacon.get("k", ()))]
    return bool(message) and any(re.match(message, text) for text in texts)


def table(found: Mapping[str, Mapping[str, Seen]]) -> str:
    """The kinds by rows, browsers by columns."""
    browsers = list(found)
    lines = [f"| what happens | {' | '.join(browsers)} |", "|---|" + "---|" * len(browsers)]
    lines += [f"| {kind.name} | {' | '.join(found[browser][kind.name] for browser in browsers)} |" for kind in KINDS]
    return "\n".join(lines)


def with_table(page: str, written: str) -> str:
    """The page with the table between its two marks."""
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{written}\n{END}{after}"


def expected_table() -> str:
    return table({name: {kind.name: kind.expected(name) for kind in KINDS} for name in BROWSERS})


def main() -> None:
    found: dict[str, dict[str, Seen]] = {}
    for name, opened in BROWSERS.items():
        with tempfile.TemporaryDirectory() as profile, opened(Path(profile)) as browser:
            found[name] = {}
            for kind in KINDS:
                found[name][kind.name] = seen_in(observe(browser, kind), kind)
                mark = "" if found[name][kind.name] == kind.expected(name) else f" (expected {kind.expected(name)})"
                print(f"{name}: {kind.name}: {found[name][kind.name]}{mark}", file=sys.stderr)
    PAGE.write_text(with_table(PAGE.read_text("utf-8"), table(found)), "utf-8")


if __name__ == "__main__":
    main()
