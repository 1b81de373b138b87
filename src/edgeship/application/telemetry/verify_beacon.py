"""Whether a page view sent a beacon, and for the first time."""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.application.ports import Clock, Report
from edgeship.application.telemetry.ports import Reception, TokenKeys, Views
from edgeship.domain.telemetry.beacon import Beacon
from edgeship.domain.telemetry.tokens import Token, hashed, minute_of, network_of
from edgeship.domain.telemetry.views import MAX_BEACONS, Standing, View, Viewer, parts_of

_STANDINGS = {
    Reception.NEW: Standing.VERIFIED,
    Reception.REPEATED: Standing.REPLAY,
    Reception.NO_VIEW: Standing.UNVERIFIED,
}


@dataclass(frozen=True)
class VerifyBeacon:
    """The first beacon of a view must come from the network that its token was given to; the view is then kept under
    the token. Later ones may come from any, since phones change networks: that the view is kept is their proof."""

    views: Views
    keys: TokenKeys
    clock: Clock
    report: Report

    def __call__(self, beacon: Beacon, viewer: Viewer) -> Standing:
        """Faults are reported, and leave the beacon unverified.

        If the process ends after the view is kept and before its metrics are out, that view is lost: a beacon never
        counts twice.
        """
        token = Token.parse(beacon.token or "")
        if token is None or not token.is_current(self.clock()) or beacon.number >= MAX_BEACONS:
            return Standing.UNVERIFIED
        view = View(beacon.widget, beacon.version, str(token))
        try:
            if not beacon.starts_session:
                return _STANDINGS[self.views.add(view, parts_of(beacon))]
            network = network_of(viewer.address)
            if network is None or not self._has_share(beacon, token, network):
                return Standing.UNVERIFIED
            return _STANDINGS[self.views.begin(view, parts_of(beacon))]
        except Exception as fault:  # noqa: BLE001  the page gets its answer whatever fails
            self.report("could not verify a beacon", fault)
            return Standing.UNVERIFIED

    def _has_share(self, beacon: Beacon, token: Token, network: str) -> bool:
        masters = self.keys.read()
        if not token.is_signed(masters, beacon.widget, beacon.version, network):
            return False
        kept = hashed(masters[0], beacon.widget, beacon.version, "network", network)
        # By the minute of arrival: tokens that were saved up are no larger share.
        return self.views.count(kept, minute_of(self.clock()))
