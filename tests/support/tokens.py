"""Tokens as the edge signs them, for tests."""

from __future__ import annotations

from datetime import datetime

from edgeship.domain.telemetry.tokens import Token, day_key, minute_of, network_of, sign
from edgeship.domain.telemetry.views import Viewer
from edgeship.domain.version import Version
from tests.fakes.telemetry import FakeTokenKeys

MASTER = FakeTokenKeys().keys[0]
VIEWER = Viewer("192.0.2.7", "Browser/1.0")


def a_token(
    at: datetime,
    number: int = 0,
    *,
    address: str = VIEWER.address,
    widget: str = "checkout",
    version: str = "1.4.2",
    master: str = MASTER,
) -> str:
    """The token of a page view; each `number` is another one."""
    minute, nonce, network = minute_of(at), f"{number:016}", network_of(address)
    assert network is not None
    key = day_key(master, minute // (24 * 60))
    return str(Token(minute, nonce, sign(key, widget, Version.parse(version), minute, network, nonce)))
