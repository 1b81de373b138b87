"""Page views whose reports are believed, and what one may report: each of its beacons, its failure, its latency and its
memory count once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from edgeship.domain.telemetry.beacon import Beacon
from edgeship.domain.version import Version

VIEWS_A_MINUTE = 10
"""Of one release from one network. More are unverified: sessions and failures of a view are in or out together."""
MAX_BEACONS = 20
"""Of one page view: telemetry.js sends no more."""
VIEW_KEPT_FOR = timedelta(days=1)
COUNT_KEPT_FOR = timedelta(hours=1)


@dataclass(frozen=True)
class View:
    """A page view of a release, by its token."""

    widget: str
    version: Version
    token: str


class Standing(StrEnum):
    """How far a beacon is believed."""

    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    """It has no valid token, or its network has had its share: it is counted apart."""
    REPLAY = "replay"
    """It reports what its page view has reported already: it counts nothing."""


@dataclass(frozen=True)
class Viewer:
    """Who sent a beacon, as the CDN says: the address, and the User-Agent. Neither is kept; see `tokens.hashed`."""

    address: str = ""
    agent: str = ""


def parts_of(beacon: Beacon) -> frozenset[str]:
    """What of a beacon counts once a page view: its number, and what it reports beside errors."""
    told = {
        "failure": beacon.fails_session,
        "latency": beacon.load_latency is not None,
        "memory": beacon.memory is not None,
    }
    return frozenset({str(beacon.number), *(part for part, has in told.items() if has)})
