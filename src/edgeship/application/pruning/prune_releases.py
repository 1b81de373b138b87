"""Delete old releases that nothing needs, by an operator.

A release is first marked, in a transaction that holds the channels to what was read. Whoever moves a channel to it is
held to the release's record, so one of the two comes second. A channel that did not exist when they were read can't be
held: so the channels are read again before an object goes, and if one needs the release now, it is kept. A run that
dies leaves a mark and some objects; the next run deletes these.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from edgeship.application.ports import Pause
from edgeship.application.pruning.ports import PruningState, ReleaseObjects
from edgeship.application.retry_conflict import retry_conflict
from edgeship.application.transaction import Transaction
from edgeship.domain.channels.channel import Channel
from edgeship.domain.errors import Refused
from edgeship.domain.events import Occasion
from edgeship.domain.naming import check_widget
from edgeship.domain.pruning.needed import Facts, Plan, mentioned_in, plan
from edgeship.domain.pruning.prune import keep, prune
from edgeship.domain.releases.release import Release
from edgeship.domain.version import Version

EVENTS_READ = 5_000
"""Of the widget, newest first. In a longer history, what is older counts as live until there."""
LEAST_AGE = timedelta(days=7)
"""Open pages load chunks of the release that they were given, for as long as they are open."""


@dataclass(frozen=True)
class PruneReleases:
    state: PruningState
    objects: ReleaseObjects
    pause: Pause

    def facts(
        self, widget: str, older_than: timedelta, keep_targets: int, pinned: Collection[Version], now: datetime
    ) -> Facts:
        """What the rules need to know of a widget.

        Raises:
            Refused: `widget_invalid`, `widget_unknown`, `age_invalid` or `keep_invalid`.
        """
        if self.state.widget(check_widget(widget)) is None:
            raise Refused("widget_unknown", f"There is no widget {widget!r}.", "See edgeship status.")
        if older_than < LEAST_AGE:
            raise Refused(
                "age_invalid",
                f"Releases younger than {LEAST_AGE.days} days are not pruned: open pages load files of theirs.",
                f"Give {LEAST_AGE.days}d or more.",
            )
        if keep_targets < 1:
            raise Refused("keep_invalid", "A channel must have a version to roll back to.", "Give --keep 1 or more.")
        events = self.state.events(widget, EVENTS_READ)
        since = events[-1].occurred_at if len(events) == EVENTS_READ else None
        chosen = self._chosen(self.state.channels(widget))
        return Facts(older_than, keep_targets, now, frozenset(pinned), mentioned_in(events), since, chosen)

    def plan(self, widget: str, facts: Facts) -> Plan:
        """What may be pruned now."""
        return plan(self.state.releases(widget), self.state.channels(widget), facts)

    def left(self, widget: str) -> list[Release]:
        """Releases that were pruned before; objects of theirs may be left."""
        return [release for release in self.state.releases(widget) if release.pruned is not None]

    def __call__(self, widget: str, version: Version, facts: Facts, occasion: Occasion) -> int | None:
        """Prune one release of the plan; how many objects went, or None: something needs it now."""
        marked = retry_conflict(lambda: self._mark(widget, version, facts, occasion), self.pause)
        if marked is None or not self._stays(widget, version, occasion):
            return None
        return self.objects.delete(widget, version)

    def _mark(self, widget: str, version: Version, facts: Facts, occasion: Occasion) -> Release | None:
        channels = self.state.channels(widget)
        releases = self.state.releases(widget)
        release = next((each for each in plan(releases, channels, facts).prunable if each.version == version), None)
        if release is None:
            return next((each for each in releases if each.version == version and each.pruned is not None), None)
        after, event = prune(release, occasion)
        self.state.commit(Transaction(puts=(after,), checks=tuple(channels), events=(event,)))
        return after

    def _stays(self, widget: str, version: Version, occasion: Occasion) -> bool:
        """Whether nothing needs it still, now that nobody can begin to."""

        def attempt() -> bool:
            exposed = {v for channel in self.state.channels(widget) for v in (channel.version, channel.candidate)}
            release = self.state.release(widget, version)
            if release is None or release.pruned is None or version not in exposed:
                return True
            after, event = keep(release, occasion)
            self.state.commit(Transaction(puts=(after,), events=(event,)))
            return False

        return retry_conflict(attempt, self.pause)

    def _chosen(self, channels: Collection[Channel]) -> dict[str, str]:
        routing = {channel.flag for channel in channels if channel.flag is not None}
        found: dict[str, str] = {}
        for record in self.state.flags() if routing else ():
            variants = (record.document or {}).get("variants")
            if record.key in routing and isinstance(variants, dict):
                found |= {value: record.key for value in variants.values() if isinstance(value, str)}
        return found
