"""The CDN as a browser sees it, from what the table and the site bucket hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from edgeship.application.ports import WebAnswer
from edgeship.application.status.ports import EnvironmentState
from edgeship.domain.naming import LATEST
from tests.fakes.clock import FakeClock
from tests.fakes.releases import FakeSite


@dataclass
class FakeWeb:
    """The CDN with the edge, which knows of a move after `lag` seconds; `candidates` are served to everybody."""

    state: EnvironmentState
    site: FakeSite
    clock: FakeClock
    lag: float = 0
    candidates: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, query: str = "") -> WebAnswer:
        widget, selector, file = path.removeprefix("/").split("/", 2)
        version = self.candidates.get(widget) or self._version(widget, selector)
        stored = self.site.objects.get(f"{widget}/v{version}/{file}")
        if stored is None:
            return WebAnswer(404, {}, b"not found")
        return WebAnswer(200, {"x-amz-meta-version": stored.version}, stored.body)

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
