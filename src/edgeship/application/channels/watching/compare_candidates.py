"""Each minute: compare the candidate of each running rollout with the stable version, over its whole exposure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from edgeship.application.channels.watching.channel_metrics import ChannelMetrics
from edgeship.application.health.ports import Comparisons
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.policy import PolicyRecord
from edgeship.domain.channels.rollout import Phase
from edgeship.domain.errors import Conflict
from edgeship.domain.health.comparison_record import Comparison, begun, compare
from edgeship.domain.health.sample_ratio import follow

KEPT_EACH_PERIODS = 5
"""What is kept is written again when it covers so many periods more; until then they are compared anew."""


@dataclass(frozen=True)
class CompareCandidates:
    comparisons: Comparisons
    period_seconds: int

    def __call__(
        self, metrics: ChannelMetrics, channels: Iterable[Channel], policies: Mapping[str, PolicyRecord]
    ) -> ChannelMetrics:
        """The metrics with the evidence of each running rollout, and the ratio of its sessions."""
        channels = list(channels)
        running = {
            (channel.widget, channel.name): channel
            for channel in channels
            if channel.rollout is not None and channel.rollout.phase is Phase.RUNNING
        }
        if not running:
            return metrics
        known = self.comparisons.read(running)
        compared, ratios = {}, {}
        for where, channel in running.items():
            limits = policies[channel.widget].policy.thresholds
            rollout = channel.rollout
            assert rollout is not None
            assert channel.version is not None  # a rollout starts from a live version
            candidate = metrics.recent(channel, rollout.candidate)
            stable = metrics.recent(channel, channel.version)
            before = begun(known.get(where), *where, rollout.candidate, rollout.exposed_at)
            kept, compared[where] = compare(
                before,
                candidate,
                stable,
                limits,
                self.period_seconds,
                metrics.now,
            )
            kept_ratio, ratio = follow(
                before.ratio,
                rollout.stepped_at,
                None if _is_shared(channel, channels) else rollout.percent / 100,
                candidate,
                stable,
                limits,
                self.period_seconds,
                metrics.now,
            )
            if ratio is not None:
                ratios[where] = ratio
            self._keep(before, replace(kept, ratio=kept_ratio))
        return replace(metrics, compared=compared, ratios=ratios)

    def _keep(self, before: Comparison, kept: Comparison) -> None:
        if kept.through - before.through < timedelta(seconds=KEPT_EACH_PERIODS * self.period_seconds):
            return
        # Another run of this minute that was quicker has kept the same.
        with suppress(Conflict):
            self.comparisons.write(kept)


def _is_shared(channel: Channel, channels: Iterable[Channel]) -> bool:
    """Whether its share of users is not its rollout's: a flag chooses, or another channel exposes one of the two."""
    both = {channel.version, channel.candidate}
    return channel.flag is not None or any(
        each.widget == channel.widget and each.name != channel.name and both & {each.version, each.candidate}
        for each in channels
    )
