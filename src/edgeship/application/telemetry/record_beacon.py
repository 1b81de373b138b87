"""Add what a beacon reports to the metrics of its release, and its errors to the release's book."""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.application.telemetry.keep_errors import KeepErrors
from edgeship.application.telemetry.known_releases import KnownReleases
from edgeship.application.telemetry.ports import BeaconMetrics
from edgeship.domain.telemetry.beacon import Beacon, Refusal


@dataclass(frozen=True)
class RecordBeacon:
    known: KnownReleases
    metrics: BeaconMetrics
    keep_errors: KeepErrors

    def __call__(self, received: Beacon | Refusal) -> Refusal | None:
        """Record a beacon, or count its refusal; returns the refusal. Errors of AWS are reported, not raised.

        A beacon that arrives twice counts twice in the metrics and once in the book.
        """
        refusal = received if isinstance(received, Refusal) else self._refusal(received)
        if refusal is not None:
            self.metrics.refused(refusal)
            return refusal
        assert isinstance(received, Beacon)
        # The metrics first: the analysis needs them, and adding them cannot fail.
        release = (received.widget, received.version)
        self.metrics.add(*release, received.metric_values())
        self.metrics.add(*release, received.earlier_values(), received.session_age)
        name = self.known.custom_metric_of(received.widget)
        if name is not None:
            self.metrics.add_custom(*release, name, received.values_of(name))
        if received.errors and not self.keep_errors(received):
            self.metrics.errors_not_kept(received.error_count)
        return None

    def _refusal(self, beacon: Beacon) -> Refusal | None:
        known = self.known.has(beacon.widget, beacon.version)
        if known is None:
            return Refusal.NO_REGISTRY
        return None if known else Refusal.UNKNOWN_RELEASE
