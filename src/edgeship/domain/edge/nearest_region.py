"""Which of some AWS Regions is nearest to another: where a copy of the edge's function reads its flags.

By distance, for want of better: latency follows it closely enough to choose between continents, and within one a wrong
choice costs some milliseconds beside the answer.
"""

from __future__ import annotations

from collections.abc import Collection
from math import asin, cos, radians, sin, sqrt

# Latitude and longitude of the city or state that AWS names each Region after, to a degree or so
# (https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html).
_PLACES: dict[str, tuple[float, float]] = {
    "us-east-1": (39, -77),
    "us-east-2": (40, -83),
    "us-west-1": (37, -122),
    "us-west-2": (46, -120),
    "ca-central-1": (45, -74),
    "ca-west-1": (51, -114),
    "mx-central-1": (21, -100),
    "sa-east-1": (-24, -47),
    "eu-west-1": (53, -6),
    "eu-west-2": (52, 0),
    "eu-west-3": (49, 2),
    "eu-central-1": (50, 9),
    "eu-central-2": (47, 9),
    "eu-north-1": (59, 18),
    "eu-south-1": (45, 9),
    "eu-south-2": (42, -1),
    "af-south-1": (-34, 18),
    "il-central-1": (32, 35),
    "me-south-1": (26, 51),
    "me-central-1": (24, 54),
    "ap-south-1": (19, 73),
    "ap-south-2": (17, 78),
    "ap-southeast-1": (1, 104),
    "ap-southeast-2": (-34, 151),
    "ap-southeast-3": (-6, 107),
    "ap-southeast-4": (-38, 145),
    "ap-southeast-5": (3, 102),
    "ap-southeast-6": (-37, 175),
    "ap-southeast-7": (14, 101),
    "ap-northeast-1": (36, 140),
    "ap-northeast-2": (38, 127),
    "ap-northeast-3": (35, 136),
    "ap-east-1": (22, 114),
    "ap-east-2": (25, 121),
}
REGIONS = frozenset(_PLACES)
"""The Regions of AWS's commercial partition, those that an account has to opt in to among them."""


def nearest(region: str, among: Collection[str]) -> str:
    """The nearest of these Regions, itself if it is one of them; of two as near, the first by name.

    Raises:
        KeyError: a Region is not one of `REGIONS`. ValueError: there is none to choose from.
    """
    return min(sorted(among), key=lambda other: _distance(_PLACES[region], _PLACES[other]))


def nearest_copies(home: str, copies: Collection[str]) -> dict[str, str]:
    """For each Region that has a copy nearer than home: the Region of that copy. Every other one reads home."""
    chosen = {region: nearest(region, {home, *copies}) for region in sorted(REGIONS)}
    return {region: copy for region, copy in chosen.items() if copy != home}


def _distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The angle between two places, in radians (haversine)."""
    (lat, lon), (other_lat, other_lon) = (tuple(map(radians, place)) for place in (one, other))
    half = sin((other_lat - lat) / 2) ** 2 + cos(lat) * cos(other_lat) * sin((other_lon - lon) / 2) ** 2
    return 2 * asin(sqrt(half))
