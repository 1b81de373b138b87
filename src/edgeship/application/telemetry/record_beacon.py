"""Add what a beacon reports to the metrics of its release, and its errors to the release's book."""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.application.telemetry.keep_errors import KeepErrors
from edgeship.application.telemetry.keep_witnesses import KeepWitnesses
from edgeship.application.telemetry.known_releases import KnownReleases
from edgeship.application.telemetry.ports import BeaconMetrics
from edgeship.application.telemetry.verify_beacon import VerifyBeacon
from edgeship.domain.telemetry.beacon import Beacon, Refusal
from edgeship.domain.telemetry.metrics import Source
from edgeship.domain.telemetry.views import Standing, Viewer


@dataclass(frozen=True)
class RecordBeacon:
    known: KnownReleases
    verify: VerifyBeacon
    metrics: BeaconMetrics
    keep_errors: KeepErrors
    keep_witnesses: KeepWitnesses

    def __call__(self, received: Beacon | Refusal, viewer: Viewer = Viewer()) -> Refusal | None:  # noqa: B008  frozen
        """Record a beacon, or count its refusal; returns the refusal. Errors of AWS are reported, not raised.

        A verified beacon that arrives twice counts once. Of an unverified one only the session and its failure count,
        apart. A widget whose policy counts every report has no unverified ones; there, a beacon that arrives twice
        counts twice in the metrics and once in the book.
        """
        refusal = received if isinstance(received, Refusal) else self._refusal(received)
        if refusal is not None:
            self.metrics.refused(refusal)
            return refusal
        assert isinstance(received, Beacon)
        widget, version, channel = received.widget, received.version, received.channel
        apart = self.known.is_apart(widget, version, channel)
        source: Source = (widget, version, channel) if apart else (widget, version)
        if not self.known.takes_any_report(widget):
            standing = self.verify(received, viewer)
            if standing is Standing.UNVERIFIED:
                self.metrics.add(source, received.unverified_values())
            if standing is not Standing.VERIFIED:
                return None
        # The metrics first: the analysis needs them, and adding them cannot fail.
        self.metrics.add(source, received.metric_values())
        self.metrics.add(source, received.earlier_values(), received.session_age)
        name = self.known.custom_metric_of(widget)
        if name is not None:
            self.metrics.add_custom(source, name, received.values_of(name))
        if received.errors and not self.keep_errors(received):
            self.metrics.errors_not_kept(received.error_count)
        if not self.known.takes_any_report(widget):
            self.keep_witnesses(received, viewer, name)
        return None

    def _refusal(self, beacon: Beacon) -> Refusal | None:
        known = self.known.has(beacon.widget, beacon.version)
        if known is None:
            return Refusal.NO_REGISTRY
        return None if known else Refusal.UNKNOWN_RELEASE
