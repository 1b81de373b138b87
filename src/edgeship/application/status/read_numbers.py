"""What browsers reported of a candidate beside the stable version, by the pages that the minute tick writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from edgeship.application.health.ports import Comparisons, HealthPages
from edgeship.domain.channels.channel import Channel
from edgeship.domain.health.comparison_record import Comparison
from edgeship.domain.health.health_page import Page
from edgeship.domain.version import Version


@dataclass(frozen=True)
class ChannelNumbers:
    """`pages` are those of the versions that the channel exposes; a version without one has reported nothing yet.
    `comparison` is of its rollout, up to some minutes ago."""

    channel: Channel
    pages: Mapping[Version, Page]
    comparison: Comparison | None = None


@dataclass(frozen=True)
class ReadNumbers:
    pages: HealthPages
    comparisons: Comparisons

    def __call__(self, channels: Iterable[Channel]) -> list[ChannelNumbers]:
        """One read a version that a channel exposes, and one for all comparisons."""
        exposing = [channel for channel in channels if channel.version is not None]
        rolling = [(channel.widget, channel.name) for channel in exposing if channel.candidate is not None]
        compared = self.comparisons.read(rolling) if rolling else {}
        return [self._of(channel, compared.get((channel.widget, channel.name))) for channel in exposing]

    def _of(self, channel: Channel, compared: Comparison | None) -> ChannelNumbers:
        versions = [version for version in (channel.candidate, channel.version) if version is not None]
        found = {version: self.pages.read(channel.widget, version) for version in versions}
        pages = {version: page for version, page in found.items() if page is not None}
        rollout = channel.rollout
        current = compared is not None and rollout is not None and compared.is_of(rollout.candidate, rollout.exposed_at)
        return ChannelNumbers(channel, pages, compared if current else None)
