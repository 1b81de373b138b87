"""The demo's browsers report as telemetry.js does."""

from __future__ import annotations

from typing import Any

from yarl import URL

from edgeship.adapters.lambda_events.beacons import parse_beacon
from edgeship.domain.telemetry.beacon import Beacon
from edgeship.local.demo.crowd import telemetry_query
from localcloud.cloudfront.origins.function_url import is_signed_otherwise
from localcloud.http.exchange import Request

MESSAGE = "Cannot read properties of undefined (reading 'lines')"
BEACON: dict[str, Any] = {
    "v": 1,
    "w": "shop",
    "r": "1.3.0",
    "i": "0123456789abcdef",
    "n": 0,
    "s": 1,
    "l": 12,
    "m": 20.5,
    "f": 1,
    "e": [[MESSAGE, 1]],
}


def test_a_beacon_is_taken_by_the_cdn_as_its_client_sends_it() -> None:
    """The client writes a URL its own way: %27 as '."""
    sent = URL(f"http://127.0.0.1/telemetry?{telemetry_query(BEACON)}").raw_query_string
    assert not is_signed_otherwise(Request("GET", "/telemetry", sent))
    beacon = parse_beacon(sent)
    assert isinstance(beacon, Beacon)
    assert [error.message for error in beacon.errors] == [MESSAGE]
