"""A world whose releases have files: moves, how they are brought to the CDNs, and what is served."""

from __future__ import annotations

from edgeship.application.propagation.copy_latest import CopyLatest
from edgeship.application.propagation.propagate_move import Propagated, PropagateMove
from edgeship.application.propagation.publish_manifests import PublishManifests
from edgeship.application.propagation.refresh_cdns import Cached, RefreshCdns
from edgeship.application.propagation.verify_deployment import VerifyDeployment
from edgeship.domain.channels.channel import Channel
from edgeship.domain.edge.freshness import STORE_SETTLE_SECONDS
from edgeship.domain.events import EventType, Occasion
from edgeship.domain.naming import LATEST, MANIFEST_NAME, copies_prefix
from edgeship.domain.version import Version
from tests.fakes.clock import FakeClock
from tests.fakes.propagation import FakeCdn, FakeLatestCopies, FakeMovingManifests, FakePathCounts
from tests.fakes.releases import FakeSite
from tests.fakes.web import MAX_AGE, FakeWeb
from tests.support.world import AT_ONCE, START, WIDGET, World

FILES = {
    "1.0.0": {"widget.js": b"one", "chunk-a.js": b"a", "style.css": b"css"},
    "1.1.0": {"widget.js": b"two", "chunk-b.js": b"b", "style.css": b"css"},
    "1.2.0": {"widget.js": b"three", "chunk-a.js": b"a", "style.css": b"css 3"},
}


class Deployments:
    """A world whose releases have files, with an edge, CloudFront and a second CDN in front of them."""

    def __init__(self, *live: str, root_widget: str | None = None, pinned: bool = True) -> None:
        self.world = World(*FILES, policy=AT_ONCE)
        self.state = self.world.state
        self.site = FakeSite()
        for version, files in FILES.items():
            self.site.publish(WIDGET, version, files)
        self.time = FakeClock(START)
        self.edge = FakeWeb(self.state, self.site, self.time, pinned=pinned)
        self.cloudfront = FakeCdn("cloudfront", self.edge, paths=1)
        self.second = FakeCdn("cloudflare", self.edge)
        self.copies = FakeLatestCopies(self.site)
        self.counts = FakePathCounts()
        self.manifests = FakeMovingManifests()
        # The edge is in front of CloudFront's cache: what it answers under a moving path is always fresh.
        webs = {"cloudfront": self.edge, "cloudflare": self.second}
        self.propagate = PropagateMove(
            state=self.state,
            copies=self.copies,
            copy_latest=CopyLatest(self.state, self.site, self.copies),
            publish_manifests=PublishManifests(
                self.state, self.manifests, "test", "https://widgets.example.com", lambda _: None
            ),
            refresh=RefreshCdns(
                state=self.state,
                cdns=(Cached(self.cloudfront, by_path=False), Cached(self.second, by_path=True)),
                counts=self.counts,
                root_widget=root_widget,
                store_settle_seconds=STORE_SETTLE_SECONDS,
                clock=self.time,
                sleep=self.time.sleep,
                pause=lambda _: None,
            ),
            verify=VerifyDeployment(self.state, self.site, self.copies, webs, self.time, self.time.sleep, MAX_AGE),
            clock=self.time,
            pause=lambda _: None,
        )
        for version in live:
            self.move(version)
            self.deliver()

    @property
    def channel(self) -> Channel:
        return self.state.channel(WIDGET, LATEST)

    def move(self, version: str) -> int:
        """Point latest at a version; the number of the move."""
        self.time.sleep(1)
        occasion = Occasion("test", "ann", "by hand", self.time.now)
        self.world.promote_release(WIDGET, Version.parse(version), LATEST, occasion)
        return self.channel.sequence

    def deliver(self, sequence: int | None = None) -> Propagated:
        """The event of a move, of the last one by default."""
        number = sequence or self.channel.sequence
        occasion = Occasion("test", "edgeship:propagation", "moved", self.time.now)
        return self.propagate(WIDGET, LATEST, number, f"move-{number}", occasion)

    def latest_copies(self) -> dict[str, tuple[bytes, str]]:
        """The copies that have not been retired: their bytes and the version that they name."""
        prefix = copies_prefix(WIDGET)
        return {
            key.removeprefix(prefix): (stored.body, stored.version)
            for key, stored in self.site.objects.items()
            if key.startswith(prefix) and stored.retired_at is None and not key.endswith(MANIFEST_NAME)
        }

    def holds(self, version: str) -> bool:
        """Whether the copies are those of a version; files of others may lie beside them."""
        return FILES[version].items() <= {path: body for path, (body, _) in self.latest_copies().items()}.items()

    def deployment_events(self) -> list[EventType]:
        deployments = (EventType.DEPLOYMENT_VERIFIED, EventType.DEPLOYMENT_FAILED)
        return [event.type for event in self.state.log if event.type in deployments]


def release_of(version: str) -> dict[str, tuple[bytes, str]]:
    return {path: (body, version) for path, body in FILES[version].items()}
