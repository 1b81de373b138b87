"""A release was found unhealthy: react in every channel that exposes it.

Where the channel has a rollout, the metrics of its other version are read: a limit that both reach is no breach.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeship.application.channels.move_channel import commit_move
from edgeship.application.channels.ports import ChannelState
from edgeship.application.channels.reacting.reaction import Reaction
from edgeship.application.channels.served_targets import to_what_is_served
from edgeship.application.health.check_witnesses import CheckWitnesses
from edgeship.application.health.ports import Metrics, Subject
from edgeship.application.ports import Pause
from edgeship.application.releases.ports import ReleaseFiles
from edgeship.application.retry_conflict import retry_conflict
from edgeship.domain.channels.incidents.incident import following
from edgeship.domain.channels.policy import Policy
from edgeship.domain.channels.reaction import other_of, react
from edgeship.domain.channels.rollout import period_of
from edgeship.domain.events import Occasion
from edgeship.domain.health.breach import Breach
from edgeship.domain.health.corroboration import ENOUGH, Corroboration
from edgeship.domain.health.datapoint import Datapoint, together
from edgeship.domain.health.low_traffic import HOUR_PERIODS
from edgeship.domain.health.shared_limit import Other, other_version
from edgeship.domain.health.thresholds import PERIODS, Thresholds

if TYPE_CHECKING:
    from edgeship.domain.channels.channel import Channel

Periods = Mapping[Subject, Sequence[Datapoint]]
"""The last datapoints of versions, where they have been read already."""


@dataclass(frozen=True)
class ReactToBreach:
    state: ChannelState
    files: ReleaseFiles
    metrics: Metrics
    witnesses: CheckWitnesses
    pause: Pause

    def __call__(self, breach: Breach, occasion: Occasion) -> list[Reaction]:
        """React in every channel of the widget. A breach may be delivered twice, late or out of order."""
        return [
            self.in_channel(channel.name, breach, occasion)
            for channel in self.state.channels(breach.widget)
            if breach.version in (channel.version, channel.candidate) and breach.channel in ("", channel.name)
        ]

    def in_channel(self, name: str, breach: Breach, occasion: Occasion, read: Periods | None = None) -> Reaction:
        """React in one channel, as the table has it now; `read` has metrics of the time of the breach."""

        def attempt() -> Reaction:
            channel = self.state.channel(breach.widget, name)
            releases = self.state.releases(breach.widget)
            policy = self.state.policy(breach.widget).policy
            window = policy.rollback_window_seconds
            other = self._other(channel, breach, policy.thresholds, read or {})
            period = self.metrics.period_seconds
            backed = self._corroboration(channel, breach, policy, occasion)
            moved, _ = to_what_is_served(
                lambda skip: react(
                    channel, releases, breach, occasion, window, other, skip, policy.mode, backed, period
                ),
                releases,
                self.state,
                self.files,
            )
            if moved is None:
                return Reaction(breach.widget, name, None, "late, or known: nothing to do")
            if any(each.version == breach.version and each.quarantine is not None for each in releases):
                moved = following(moved)  # another channel came first
            commit_move(self.state, moved)
            return Reaction.of(moved)

        return retry_conflict(attempt, self.pause)

    def _corroboration(self, channel: Channel, breach: Breach, policy: Policy, occasion: Occasion) -> Corroboration:
        """Whether enough networks reported what the breach rests on; in mode `watch` nobody asks."""
        since = channel.exposed_at
        if channel.rollout is not None and channel.candidate == breach.version:
            since = channel.rollout.exposed_at
        if policy.mode == "watch" or since is None:
            return ENOUGH
        subject = (breach.widget, breach.version)
        return self.witnesses(
            subject, breach.check, period_of(since, self.metrics.period_seconds), policy.thresholds, occasion.at
        )

    def _other(self, channel: Channel, breach: Breach, limits: Thresholds, read: Periods) -> Other:
        """What the other version of the channel's rollout had in the time of the breach."""
        version = other_of(channel, breach.version)
        limit = dict(limits.hard()).get(breach.check) if breach.check is not None else None
        if version is None or breach.check is None or limit is None:
            return Other()
        mine, other = (breach.widget, breach.version), (breach.widget, version)
        if mine not in read or other not in read:
            try:
                custom = {breach.widget: limits.custom_metric} if limits.custom_metric else {}
                sources = [source for of in (mine, other) for source in (of, (*of, channel.name))]
                found = self.metrics.periods(sources, self._periods_of(breach), breach.at, custom)
                read = {of: together(found.get(of, ()), found.get((*of, channel.name), ())) for of in (mine, other)}
            except Exception as fault:  # noqa: BLE001  a candidate is stopped whether or not there are metrics
                return Other(fault=type(fault).__name__)
        own = [each for each in read.get(mine, ()) if self._is_of(breach, each)]
        others = [each for each in read.get(other, ()) if self._is_of(breach, each)]
        return other_version(breach.check, limit, own, others, limits)

    def _periods_of(self, breach: Breach) -> int:
        """How many periods up to the breach it rests on: at least those of an alarm."""
        seconds = (breach.at - breach.rests_on).total_seconds()
        return min(max(PERIODS, math.ceil(seconds / self.metrics.period_seconds) + 1), HOUR_PERIODS)

    def _is_of(self, breach: Breach, datapoint: Datapoint) -> bool:
        if breach.periods:
            return datapoint.start in breach.periods
        periods = self._periods_of(breach)
        return breach.at - periods * (datapoint.end - datapoint.start) <= datapoint.end <= breach.at
