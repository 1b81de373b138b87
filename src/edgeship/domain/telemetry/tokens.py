"""Tokens: the edge signs one for a page view, and the view's beacons return it. docs/telemetry.md says what for.

`<minute>.<nonce>.<mac>`: the minute (since the epoch) in which it was signed, 16 characters of its own, and
an HMAC-SHA256 of widget, version, minute, network and nonce, in base64url, cut to 132 bits
(https://www.rfc-editor.org/rfc/rfc2104#section-5: at least 80, and half of the hash). The key is that of the minute's
day, derived from a master key, so the edge has no key for longer than two days. functions/router/token.js signs.
"""

from __future__ import annotations

import hmac
import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, ip_address

from edgeship.domain.version import Version

MAX_TOKEN_LENGTH = 64
VALID_MINUTES = 24 * 60
AHEAD_MINUTES = 2
"""By how much the edge's clock may be ahead of the function's."""
KEYS_KEY = ".tokens"
"""The key of the edge's store that has the keys of the days; no widget has a name with a dot."""

_MINUTES_A_DAY = 24 * 60
_MAC_LENGTH = 22
_HASH_LENGTH = 16
"""Characters of base64url: 96 bits."""
_TOKEN = re.compile(r"([0-9]{1,9})\.([A-Za-z0-9_-]{16})\.([A-Za-z0-9_-]{22})", re.ASCII)


@dataclass(frozen=True)
class Token:
    """A token's parts, as they came: nothing says yet that the edge has signed it."""

    minute: int
    nonce: str
    mac: str

    @classmethod
    def parse(cls, text: str) -> Token | None:
        match = _TOKEN.fullmatch(text)
        return cls(int(match[1]), match[2], match[3]) if match else None

    def __str__(self) -> str:
        return f"{self.minute}.{self.nonce}.{self.mac}"

    def is_current(self, now: datetime) -> bool:
        """Whether it is at most a day old."""
        return -AHEAD_MINUTES <= minute_of(now) - self.minute < VALID_MINUTES

    def is_signed(self, masters: Iterable[str], widget: str, version: Version, network: str) -> bool:
        """Whether the edge has signed it for this release and network, by one of the master keys."""
        return any(
            hmac.compare_digest(
                self.mac,
                sign(day_key(each, self.minute // _MINUTES_A_DAY), widget, version, self.minute, network, self.nonce),
            )
            for each in masters
        )


def minute_of(at: datetime) -> int:
    """Minutes since the epoch."""
    return int(at.timestamp() // 60)


def sign(key: str, widget: str, version: Version, minute: int, network: str, nonce: str) -> str:
    """The `mac` of a token."""
    return _hmac(key, "\n".join((widget, str(version), str(minute), network, nonce)))[:_MAC_LENGTH]


def day_key(master: str, day: int) -> str:
    """The key of a day, counted from the epoch: 64 hex digits."""
    return hmac.new(master.encode(), f"edgeship token day {day}".encode(), "sha256").hexdigest()


def edge_keys(master: str, now: datetime) -> str:
    """What the edge's store has under `KEYS_KEY`: the keys of today and tomorrow, by the day."""
    today = minute_of(now) // _MINUTES_A_DAY
    return json.dumps({str(day): day_key(master, day) for day in (today, today + 1)}, separators=(",", ":"))


def network_of(address: str) -> str | None:
    """The network of an address: `192.0.2` for a /24 of IPv4, `2001:db8:0` for a /48 of IPv6; None for no address.

    A site gets a /48 (https://www.rfc-editor.org/rfc/rfc6177), and IPv4 is routed in nothing smaller than a /24.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    if isinstance(parsed, IPv4Address):
        return address.rpartition(".")[0]
    return ":".join(f"{int(group, 16):x}" for group in parsed.exploded.split(":")[:3])


def hashed(master: str, widget: str, version: Version, kind: str, text: str) -> str:
    """A keyed hash of a network or user agent, another one for each release: what is kept in its place."""
    return _hmac(master, "\n".join(("edgeship", kind, widget, str(version), text)))[:_HASH_LENGTH]


def _hmac(key: str, message: str) -> str:
    return urlsafe_b64encode(
        hmac.new(key.encode(), message.encode("utf-8", "surrogatepass"), "sha256").digest()
    ).decode()
