"""A CDN whose moving paths are decided by the router's specification, for requests of a real browser."""

from __future__ import annotations

from collections.abc import Mapping
from http.cookies import SimpleCookie
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from edgeship.domain.edge.route_values import Routes, store_values
from edgeship.domain.edge.router import REVISION_KEY, Insert, Preflight, Redirect, Unknown, route
from edgeship.domain.edge.router import Request as Asked
from tests.browser.lab.stub import stub
from tests.browser.sites import Answer, Cdn, Request

STABLE, CANDIDATE = "1.0.0", "1.1.0"
WIDGET, MODULE, SCRIPT = "checkout", "widget.mjs", "widget.js"
SET_COOKIE = "/set-cookie?"
_PREFLIGHT = {
    "Access-Control-Allow-Headers": "*, authorization",
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
}


class RoutedCdn(Cdn):
    """Serves the two releases of a rollout at 50 %, whose files say their version in `window.ran`. Browsers keep none
    of its decisions, so each page view is decided."""

    address = "192.0.2.1"
    """Where the browser's next requests come from."""
    channels: ClassVar[Mapping[str, Any]] = {"latest": {"stable": STABLE, "candidate": CANDIDATE, "percent": 50}}
    ranges: ClassVar[Mapping[str, str]] = {}
    cache_control: ClassVar[str] = "no-store"
    """Of what a moving path answers."""

    def __init__(self) -> None:
        super().__init__()
        served = {version: [SCRIPT, "A" * 43] for version in (STABLE, CANDIDATE)}
        routes: Routes = {"channels": dict(self.channels), "ranges": dict(self.ranges), "releases": served}
        self._store = {**store_values({WIDGET: routes}), REVISION_KEY: "1"}
        for version in (STABLE, CANDIDATE):
            says = f"(window.ran = window.ran || []).push('{version}');"
            for file in (MODULE, SCRIPT):
                self.script(f"/{WIDGET}/v{version}/{file}", says, version)

    def version_for(self, user: str = "", user_agent: str = "", address: str = "") -> str:
        """Whose version a user gets who is named so, or is not named."""
        headers = {"user-agent": user_agent} | ({"x-edgeship-user": user} if user else {})
        outcome = route(Asked(self.path(MODULE), headers=headers, address=address or self.address), self._store.get)
        assert isinstance(outcome, Redirect)
        return outcome.version

    @staticmethod
    def path(file: str) -> str:
        return f"/{WIDGET}/latest/{file}"

    def _answer(self, request: Request) -> Answer:
        if request.target.startswith(SET_COOKIE):
            user = request.target.removeprefix(SET_COOKIE)
            return Answer(b"", "text/html", {"Set-Cookie": f"edgeship_user={user}; Path=/"})
        found = super()._answer(request)
        outcome = route(self._asked(request), self._store.get)
        headers = {"Cache-Control": self.cache_control}
        match outcome:
            case Redirect(location, version):
                return Answer(b"", "text/plain", headers | {"Location": location, "x-amz-meta-version": version}, 302)
            case Insert(location, version):
                # Nobody holds the release to a hash here.
                text = stub(self.url, location[1:], "")
                return Answer(text, "text/javascript", headers | {"x-amz-meta-version": version})
            case Preflight():
                return Answer(b"", "text/plain", headers | _PREFLIGHT, 204)
            case Unknown():
                return found
        return found

    def _asked(self, request: Request) -> Asked:
        url = urlsplit(request.target)
        headers = {name.lower(): value for name, value in request.headers.items()}
        cookies = {name: found.value for name, found in SimpleCookie(headers.pop("cookie", "")).items()}
        query = parse_qs(url.query, keep_blank_values=True)
        return Asked(url.path, request.method, query, headers, cookies, self.address)
