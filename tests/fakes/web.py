"""The CDN as a browser sees it, from what the table and the site bucket hold."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from edgeship.application.ports import WebAnswer
from edgeship.application.status.ports import EnvironmentState
from edgeship.domain.naming import LATEST, encoded_folder
from tests.fakes.clock import FakeClock
from tests.fakes.releases import FakeSite

MAX_AGE = 300
"""Of redirects, in seconds."""


def answer_of(status: int, headers: dict[str, str], body: bytes, led_by: WebAnswer | None = None) -> WebAnswer:
    """An answer with this body."""
    return WebAnswer(status, headers, body, sha256(body).hexdigest(), led_by)


@dataclass
class FakeWeb:
    """The CDN with the edge, which knows of a move after `lag` seconds; `candidates` are served to everybody.

    Where it is `pinned`, moving paths redirect, and a script inserts the entry; `headers` change those of both.
    """

    state: EnvironmentState
    site: FakeSite
    clock: FakeClock
    lag: float = 0
    candidates: dict[str, str] = field(default_factory=dict)
    pinned: bool = False
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, query: str = "", taken: str = "") -> WebAnswer:
        widget, selector, file = path.removeprefix("/").split("/", 2)
        version = self.candidates.get(widget) or self._version(widget, selector)
        stored = self.site.objects.get(f"{widget}/v{version}/{file}")
        led_by = self._decision(f"/{widget}/v{version}/{file}", version) if self._is_moving(selector) else None
        if stored is None:
            return answer_of(404, {}, b"not found", led_by)
        headers = {"x-amz-meta-version": stored.version}
        encoded = self.site.objects.get(f"{encoded_folder(taken)}{widget}/v{version}/{file}") if taken else None
        if encoded is not None:
            headers, stored = {**headers, "content-encoding": encoded.encoding}, encoded
        return answer_of(200, headers, stored.body, led_by)

    def _is_moving(self, selector: str) -> bool:
        return self.pinned and not selector.startswith("v")

    def _decision(self, exact: str, version: str) -> WebAnswer:
        headers = {
            "access-control-allow-origin": "*",
            "cache-control": f"public, max-age={MAX_AGE}",
            "x-amz-meta-version": version,
            **self.headers,
        }
        if not exact.endswith("/widget.js"):
            return answer_of(302, {**headers, "location": exact}, b"")
        stored = self.site.objects.get(exact[1:])
        digest = b64encode(sha256(stored.body if stored else b"").digest()).decode()
        text = f'(()=>{{}})("https://cdn.example","{exact}","sha256-{digest}")'
        return answer_of(200, {**headers, "x-edgeship-location": exact}, text.encode())

    def _version(self, widget: str, selector: str) -> str:
        if selector.startswith("v"):
            return selector[1:]
        channel = self.state.channel(widget, selector.removeprefix("~"))
        if channel.version is None:  # a range
            channel = self.state.channel(widget, LATEST)
        moved_at = datetime.fromisoformat(channel.moved_at) if channel.moved_at else self.clock.now
        if (self.clock.now - moved_at).total_seconds() < self.lag and channel.trail:
            return str(channel.trail[-1])
        return str(channel.version)
