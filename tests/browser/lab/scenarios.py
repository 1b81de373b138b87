"""What happens to page views, as data: how a page embeds a widget, who visits it, and what happens meanwhile."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from tests.browser.lab.builds import NEXT, STABLE, WIDGETS
from tests.browser.lab.pages import How

Step = Literal["open", "move", "roll back", "roll out", "abort", "pause", "roam", "lazy", "reload"]
"""`open`, `lazy` and `reload` are the visitors': what a click loads is loaded by `lazy`. `roam` gives each another
address. The others are the operator's."""

ALL = tuple(WIDGETS)
VIEWS = 30
"""At least so many page views has each kind of scenario; each widget has as many as another."""

_COMMON = "object-src 'none'; base-uri 'none'; style-src {cdn}; connect-src {cdn}"
_WASM = "'wasm-unsafe-eval'"
_MOVING = "{cdn}/esbuild-module/latest/ {cdn}/webpack-classic/latest/"


@dataclass(frozen=True)
class Scenario:
    """`begins` is the version that everybody has; `percent` of the users have the next one in a rollout instead.

    `query` is of the entry's URL and may have {user}. A page with `cookie` has a user's name in the CDN's cookie.
    """

    kind: str
    name: str
    steps: tuple[Step, ...]
    begins: str = STABLE
    percent: int = 0
    how: How = "tag"
    query: str = ""
    policy: str = ""
    widgets: tuple[str, ...] = ALL
    worker: bool = False
    cookie: bool = False
    moves_each_time: bool = False
    service_worker: str = ""

    @property
    def course(self) -> tuple[object, ...]:
        """What the operator does, and when visitors do something: the same for scenarios that can run together."""
        return self.begins, self.percent, self.steps

    def __str__(self) -> str:
        return f"{self.kind}: {self.name}"


LAZY = "lazy import"
ADDRESS = "another address"
NAMED = "a named user"
CACHE = "warm cache"
WORKER = "service worker"
STYLED = "script and style"
CSP = "strict CSP"
TYPES = "Trusted Types"
TAGS = "tags"

SCENARIOS = (
    Scenario(LAZY, "after a move", ("open", "move", "lazy"), worker=True),
    Scenario(LAZY, "after a rollback", ("open", "roll back", "lazy"), begins=NEXT),
    Scenario(LAZY, "after an abort", ("open", "abort", "lazy"), percent=50),
    Scenario(LAZY, "after a pause", ("open", "pause", "lazy"), percent=50),
    Scenario(ADDRESS, "before the lazy import", ("open", "roam", "lazy"), percent=50),
    Scenario(ADDRESS, "with each request", ("open", "lazy"), percent=50, moves_each_time=True),
    Scenario(NAMED, "?user=", ("open", "lazy"), percent=50, query="user={user}"),
    Scenario(
        NAMED, "?edgeship-track=candidate", ("open", "lazy"), percent=1, query="edgeship-track=candidate", worker=True
    ),
    Scenario(NAMED, "a cookie", ("open", "lazy"), percent=50, how="plain tag", cookie=True),
    Scenario(CACHE, "a reload after a move", ("open", "move", "reload", "lazy")),
    Scenario(CACHE, "a reload in a rollout", ("open", "roam", "reload", "lazy"), percent=50),
    Scenario(WORKER, "it keeps the entry", ("open", "move", "reload", "lazy"), service_worker="keeps"),
    Scenario(STYLED, "one tag", ("open", "lazy"), percent=50, moves_each_time=True),
    Scenario(STYLED, "two tags, one user", ("open", "move", "lazy"), percent=50, how="two tags", query="user={user}"),
    Scenario(
        CSP,
        "nonces",
        ("open", "move", "lazy"),
        policy=f"script-src 'nonce-{{nonce}}' {_WASM}; {_COMMON}",
    ),
    Scenario(
        CSP,
        "strict-dynamic",
        ("open", "move", "lazy"),
        policy=f"script-src 'nonce-{{nonce}}' 'strict-dynamic' {_WASM}; {_COMMON}",
    ),
    Scenario(
        CSP,
        "a list of hosts",
        ("open", "move", "lazy"),
        policy=f"script-src 'self' 'nonce-{{nonce}}' {{cdn}} {_WASM}; worker-src blob: {{cdn}}; {_COMMON}",
        worker=True,
    ),
    Scenario(
        TYPES,
        "required for scripts",
        ("open", "move", "lazy"),
        policy="require-trusted-types-for 'script'; trusted-types edgeship lab lab-webpack",
        worker=True,
    ),
    Scenario(TAGS, "an exact tag with integrity", ("open", "move", "lazy"), how="exact tag"),
    Scenario(TAGS, "a loader that listens", ("open", "move", "lazy"), how="loader"),
)

KINDS = tuple(dict.fromkeys(scenario.kind for scenario in SCENARIOS))

KNOWN_LIMITS = (
    Scenario(STYLED, "two tags, two users", ("open", "lazy"), percent=50, how="two tags", moves_each_time=True),
    Scenario(WORKER, "it copies the entry", ("open", "move", "reload", "lazy"), service_worker="copies"),
    Scenario(
        CSP,
        "a list of moving paths",
        ("open", "lazy"),
        policy=f"script-src 'self' 'unsafe-inline' {_MOVING} {_WASM}; {_COMMON}",
        widgets=("esbuild-module", "webpack-classic"),
    ),
)
"""Two tags are two requests, each decided by itself; a copy of an answer has lost the URL that it came from; and a
page may allow scripts from the moving path alone."""


def views_of(scenario: Scenario) -> int:
    """Page views to have of a scenario, so that its kind has enough; a limit shows with fewer."""
    if scenario in KNOWN_LIMITS:
        return 2 * len(scenario.widgets)
    others = sum(other.kind == scenario.kind for other in SCENARIOS)
    return len(scenario.widgets) * math.ceil(VIEWS / others / len(scenario.widgets))
