"""What the use cases about health need from outside, as Protocols."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from edgeship.domain.health.alarms import HealthAlarm, StandingAlarm
from edgeship.domain.health.datapoint import Datapoint
from edgeship.domain.health.health_page import Page
from edgeship.domain.version import Version


class Alarms(Protocol):
    """The CloudWatch alarms of live releases; the alarms of the machinery are none of them."""

    def ensure(self, alarms: Sequence[HealthAlarm]) -> None:
        """Make each, or bring it to what it should be; its state stays."""

    def standing(self) -> list[StandingAlarm]:
        """Every one there is."""

    def remove(self, names: Sequence[str]) -> None:
        """Delete them; one that is gone already is well."""


Subject = tuple[str, Version]
"""A widget and a version of it: whose measurements."""


@dataclass(frozen=True)
class Span:
    """A time of which a subject's measurements are wanted as one datapoint; both ends aware."""

    subject: Subject
    start: datetime
    end: datetime


class Metrics(Protocol):
    """What CloudWatch has of what browsers reported."""

    period_seconds: int

    def periods(self, subjects: Sequence[Subject], count: int, now: datetime) -> dict[Subject, list[Datapoint]]:
        """Each subject's last `count` periods that are over at `now`, oldest first; a period of which nothing was
        reported is left out. The calls do not grow with the number of subjects but by the hundred."""

    def totals(self, spans: Sequence[Span]) -> dict[Span, Datapoint]:
        """Each span as one datapoint; its percentiles are the means of its periods', weighed by sessions. Ends are
        widened to whole periods."""


@dataclass(frozen=True)
class Published:
    """The versions that may have a page which says that they are watched, as they are listed; `etag` is None when there
    is no list."""

    subjects: frozenset[Subject] = frozenset()
    etag: str | None = None


class HealthPages(Protocol):
    """The pages in the site bucket, and the list of them in the config bucket. Safe among threads."""

    def read(self, widget: str, version: Version) -> Page | None: ...

    def publish(self, page: Page) -> None:
        """Write the page of the widget and the version that it names."""

    def published(self) -> Published: ...

    def remember(self, subjects: Collection[Subject], replaces: Published) -> Published:
        """List exactly these, if `replaces` is still the list; the list as it is then.

        Raises:
            Conflict: it is not; nothing was written.
        """
