"""What the use cases about health need from outside, as Protocols."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from edgeship.domain.health.alarms import HealthAlarm, StandingAlarm
from edgeship.domain.health.comparison_record import Comparison
from edgeship.domain.health.datapoint import Datapoint
from edgeship.domain.health.health_page import Page
from edgeship.domain.telemetry.metrics import Source
from edgeship.domain.version import Version


class Alarms(Protocol):
    """The CloudWatch alarms of live releases; not the alarms on edgeship's own functions."""

    def ensure(self, alarms: Sequence[HealthAlarm]) -> None:
        """Make each alarm, or correct its definition; its state stays."""

    def standing(self) -> list[StandingAlarm]:
        """Every alarm that exists."""

    def remove(self, names: Sequence[str]) -> None:
        """Delete them; one that no longer exists is no error."""


Subject = tuple[str, Version]
"""A widget and a version."""
CustomMetrics = Mapping[str, str]
"""By widget, the name of the custom metric that its policy judges."""
InTwo = Mapping[Subject, Collection[str]]
"""Versions that two channels or more lead to, with these channels; see edgeship.domain.telemetry.metrics."""
NONE_IN_TWO: InTwo = MappingProxyType({})
NO_CUSTOM_METRICS: CustomMetrics = MappingProxyType({})


@dataclass(frozen=True)
class Span:
    """A time span whose metrics of a source are wanted as one datapoint; both ends aware. `later`: nothing from before
    the start may be in it, so it is moved to the next bound of a period."""

    source: Source
    start: datetime
    end: datetime
    later: bool = False


class Metrics(Protocol):
    """The metrics that browsers reported, in CloudWatch."""

    period_seconds: int

    def periods(
        self, sources: Sequence[Source], count: int, now: datetime, custom: CustomMetrics = NO_CUSTOM_METRICS
    ) -> dict[Source, list[Datapoint]]:
        """Each source's last `count` periods that have ended at `now`, oldest first, without the periods in which
        nothing was reported. It makes one call for about a hundred sources."""

    def totals(self, spans: Sequence[Span], custom: CustomMetrics = NO_CUSTOM_METRICS) -> dict[Span, Datapoint]:
        """Each span as one datapoint; its percentiles are the means of its periods' percentiles, weighted by sessions.
        Ends are widened to whole periods, but for the start of a span that is `later`."""


class Comparisons(Protocol):
    """What is kept of the comparisons of running rollouts."""

    def read(self, channels: Collection[tuple[str, str]]) -> dict[tuple[str, str], Comparison]:
        """Those of these widgets and channels that there are, in one call a hundred."""

    def write(self, comparison: Comparison) -> None:
        """Write it, if the stored one has its revision (0: there is none).

        Raises:
            Conflict: it has not; nothing was written.
        """


@dataclass(frozen=True)
class Published:
    """The list of versions that may have a page which says that they are watched; `etag` is None when there is no
    list."""

    subjects: frozenset[Subject] = frozenset()
    etag: str | None = None


class HealthPages(Protocol):
    """The pages in the site bucket, and the list of them in the config bucket. Safe among threads."""

    def read(self, widget: str, version: Version) -> Page | None: ...

    def publish(self, page: Page) -> None:
        """Write a page, under the widget and the version that it names."""

    def published(self) -> Published: ...

    def remember(self, subjects: Collection[Subject], replaces: Published) -> Published:
        """Make these the list, if `replaces` is still the stored one; returns the new list.

        Raises:
            Conflict: another list is stored; nothing was written.
        """
