"""The releases that beacons may name, from a cached snapshot.

As at the edge, the last good snapshot is used while the stored one is missing or malformed.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from edgeship.application.ports import Clock, Report
from edgeship.application.telemetry.ports import Registry
from edgeship.domain.telemetry.metric_registry import (
    Releases,
    declared_custom_metrics,
    measurable_releases,
    open_widgets,
    versions_in_two,
)
from edgeship.domain.version import Version

MAX_AGE = timedelta(seconds=5)
MIN_AGE = timedelta(seconds=1)
"""The least time between two reads for an unknown name or after an error: anybody can make names up."""


class KnownReleases:
    """Keeps the last registry that could be read."""

    def __init__(self, registry: Registry, clock: Clock, report: Report) -> None:
        self._registry = registry
        self._clock = clock
        self._report = report
        self._releases: Releases | None = None
        self._custom_metrics: dict[str, str] = {}
        self._open: frozenset[str] = frozenset()
        self._in_two: dict[tuple[str, Version], frozenset[str]] = {}
        self._etag: str | None = None
        self._asked_at: datetime | None = None
        self._failed = False

    def has(self, widget: str, version: Version) -> bool | None:
        """Whether beacons may name this release; None when no registry has ever been read."""
        release = (widget, version)
        if self._older_than(MIN_AGE if self._failed else MAX_AGE):
            self._read()
        elif self._releases is not None and release not in self._releases and self._older_than(MIN_AGE):
            self._read()  # it may be a candidate whose rollout has just started
        return None if self._releases is None else release in self._releases

    def custom_metric_of(self, widget: str) -> str | None:
        """The custom metric that the widget's policy names; as of the last `has`."""
        return self._custom_metrics.get(widget)

    def takes_any_report(self, widget: str) -> bool:
        """Whether the widget's policy counts every report, by what `has` has read."""
        return widget in self._open

    def is_apart(self, widget: str, version: Version, channel: str) -> bool:
        """Whether the version is in this channel and in another one, by what `has` has read."""
        return channel in self._in_two.get((widget, version), ())

    def _older_than(self, age: timedelta) -> bool:
        # A clock that went backwards says nothing about the age.
        return self._asked_at is None or not timedelta() <= self._clock() - self._asked_at < age

    def _read(self) -> None:
        self._asked_at = self._clock()
        try:
            stored = self._registry.read()
            if stored.content is None and stored.etag is not None:
                raise ValueError(f"the stored object ({stored.etag}) is not a snapshot")
        except Exception as fault:  # noqa: BLE001  after any error the last good snapshot stays in use
            self._failed = True
            self._report("could not read the snapshot", fault)
            return
        self._failed = False
        if stored.content is None and self._releases is not None:
            return
        if self._releases is None or stored.etag != self._etag:
            self._releases, self._etag = measurable_releases(stored.content), stored.etag
            self._custom_metrics = declared_custom_metrics(stored.content)
            self._open = open_widgets(stored.content)
            self._in_two = versions_in_two(stored.content)
