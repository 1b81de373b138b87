"""Refresh every CDN: it drops its copies of what a move of a channel has changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from edgeship.application.ports import Clock, Pause, Sleep
from edgeship.application.propagation.overtaken import deployment_of, refuse_overtaken
from edgeship.application.propagation.ports import Cdn, CdnBusy, CdnRefused, DeploymentState, PathCounts
from edgeship.application.retry_conflict import retry_conflict
from edgeship.application.transaction import Transaction
from edgeship.domain.channels.channel import Channel
from edgeship.domain.propagation.deployment import (
    Mismatch,
    MismatchKind,
    latest_copies_folders,
    moving_folders,
    versions_passed,
)

REFRESH_SECONDS = 240.0
"""How long one run tries a busy CDN, and waits for a refresh. CloudFront completes within 25 s in 95 of 100 cases."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 20.0
EVENTS_SEARCHED = 250
"""For the versions that a channel has passed since its last verified deployment."""


@dataclass(frozen=True)
class Cached:
    """A CDN, and whether it caches by moving paths. The CDN that runs the edge caches only latest copies."""

    cdn: Cdn
    by_path: bool


@dataclass(frozen=True)
class RefreshCdns:
    """`store_settle_seconds` after a move, edge locations have usually seen it. A cache by path that is refreshed
    earlier may fetch the old version again, and keep it: `RefreshAgain` finds that."""

    state: DeploymentState
    cdns: Sequence[Cached]
    counts: PathCounts
    root_widget: str | None
    store_settle_seconds: float
    clock: Clock
    sleep: Sleep
    pause: Pause

    def __call__(self, channel: Channel, reference: str) -> list[Mismatch]:
        """Refresh every CDN, then wait until all have completed it, or the time is up. A refusal is a mismatch; the
        other CDNs are refreshed all the same.

        Raises:
            CdnBusy, OSError: a CDN took no requests for longer than a run can wait.
            Overtaken: the channel has moved on.
        """
        began = self._now()
        deadline = began + REFRESH_SECONDS
        settled = deployment_of(self.state, channel).settled
        asked: list[Cdn] = []
        refused: list[Mismatch] = []
        for cached in sorted(self.cdns, key=lambda cached: cached.by_path):
            folders = self._folders(cached, channel, settled)
            if not folders:
                continue
            if cached.by_path:
                self._wait(channel, began + self.store_settle_seconds - self._now())
            try:
                paths = self._patiently(channel, cached.cdn, folders, reference, deadline)
            except CdnRefused as reason:
                refused.append(_refused(cached.cdn, folders, reason))
                continue
            asked.append(cached.cdn)
            if paths:
                retry_conflict(lambda paths=paths: self._count(channel, paths), self.pause)  # type: ignore[misc]
        pause = FIRST_PAUSE
        while any(not _is_refreshed(cdn) for cdn in asked) and self._now() + pause < deadline:
            self._wait(channel, pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        return refused

    def again(self, cached: Cached, channel: Channel, reference: str) -> None:
        """Ask one CDN once more, once.

        Raises:
            CdnBusy, CdnRefused, OSError: see `Cdn.refresh`.
            Overtaken: the channel has moved on.
        """
        cached.cdn.refresh(self._folders(cached, channel, deployment_of(self.state, channel).settled), reference)

    def _folders(self, cached: Cached, channel: Channel, settled: int) -> tuple[str, ...]:
        if not cached.by_path:
            return latest_copies_folders(channel, self.root_widget)
        passed = set(versions_passed(self.state.events(channel.widget, EVENTS_SEARCHED), channel, settled))
        return moving_folders(channel, passed, self.root_widget)

    def _patiently(self, channel: Channel, cdn: Cdn, folders: Sequence[str], reference: str, deadline: float) -> int:
        """Try until the CDN takes the request, or the deadline is too close."""
        pause = FIRST_PAUSE
        while True:
            try:
                return cdn.refresh(folders, reference)
            except (CdnBusy, OSError) as busy:
                wait = max(pause, getattr(busy, "retry_after", None) or 0)
                if self._now() + wait > deadline:
                    raise
                self._wait(channel, wait)
                pause = min(2 * pause, LONGEST_PAUSE)

    def _count(self, channel: Channel, paths: int) -> None:
        """Add paths to the month's count, once for each attempt of a deployment."""
        deployment = deployment_of(self.state, channel)
        if deployment.counted:
            return
        month = self.clock().strftime("%Y-%m")
        self.state.commit(Transaction(puts=(replace(deployment, counted=True),), events=(), paths=(month, paths)))
        self.counts.counted(paths, month, self.state.invalidation_paths(month))

    def _wait(self, channel: Channel, seconds: float) -> None:
        refuse_overtaken(self.state, channel)
        if seconds > 0:
            self.sleep(seconds)

    def _now(self) -> float:
        return self.clock().timestamp()


def _refused(cdn: Cdn, folders: Sequence[str], reason: CdnRefused) -> Mismatch:
    return Mismatch(cdn.name, " ".join(folders), MismatchKind.NOT_REFRESHED, "a refreshed cache", str(reason))


def _is_refreshed(cdn: Cdn) -> bool:
    """No answer counts as no: the CDN is asked again."""
    try:
        return cdn.is_refreshed()
    except (CdnBusy, OSError):
        return False
