from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeship.domain.telemetry.tokens import (
    MAX_TOKEN_LENGTH,
    Token,
    day_key,
    edge_keys,
    hashed,
    minute_of,
    network_of,
    sign,
)
from edgeship.domain.version import Version
from tests.support.tokens import MASTER, a_token

NOW = datetime(2026, 11, 23, 10, 0, 30, tzinfo=UTC)
V1 = Version.parse("1.4.2")


def test_golden_vectors() -> None:
    """A page that is open keeps its token over an update of edgeship: none of these may change."""
    assert day_key("master", 20_780) == "f6dd3d7dceb9a67da9cb6629d1cb58ee900e97f2c0f715eba966d560da4b3d2b"
    assert sign("key", "checkout", V1, 29_923_800, "192.0.2", "0" * 16) == "dBw-xUTrgdDa7kRJh9dmvA"
    assert hashed("master", "checkout", V1, "network", "192.0.2") == "Spi9-zTPsmGp_upp"


def test_a_token_is_of_one_release_and_network() -> None:
    token = Token.parse(a_token(NOW))
    assert token is not None
    assert token.is_signed([MASTER], "checkout", V1, "192.0.2")
    assert not token.is_signed([MASTER], "button", V1, "192.0.2")
    assert not token.is_signed([MASTER], "checkout", Version.parse("1.4.3"), "192.0.2")
    assert not token.is_signed([MASTER], "checkout", V1, "192.0.3")
    assert not token.is_signed(["another"], "checkout", V1, "192.0.2")
    assert not token.is_signed([], "checkout", V1, "192.0.2")


def test_the_key_before_is_good_as_well() -> None:
    token = Token.parse(a_token(NOW, master="before"))
    assert token is not None
    assert token.is_signed([MASTER, "before"], "checkout", V1, "192.0.2")


@given(st.integers(min_value=0, max_value=43), st.characters(codec="ascii", categories=("L", "N")))
def test_no_character_of_it_can_be_another(at: int, other: str) -> None:
    text = a_token(NOW)
    forged = text[:at] + other + text[at + 1 :]
    token = Token.parse(forged)
    assert forged == text or token is None or not token.is_signed([MASTER], "checkout", V1, "192.0.2")


@pytest.mark.parametrize(
    "text", ["", "1", "1.2.3", a_token(NOW) + "\n", " " + a_token(NOW), a_token(NOW) + "A", "x" * 99]
)
def test_what_is_no_token(text: str) -> None:
    assert Token.parse(text) is None


def test_it_fits() -> None:
    assert len(a_token(NOW)) == 48 <= MAX_TOKEN_LENGTH
    assert str(Token.parse(a_token(NOW))) == a_token(NOW)


@pytest.mark.parametrize(
    ("age", "current"),
    [
        (timedelta(), True),
        (timedelta(hours=23, minutes=59), True),
        (timedelta(hours=24), False),
        (-timedelta(minutes=2), True),
        (-timedelta(minutes=3), False),
    ],
)
def test_it_is_good_for_a_day(age: timedelta, current: bool) -> None:
    token = Token.parse(a_token(NOW))
    assert token is not None
    assert token.is_current(NOW + age) is current


def test_the_edge_has_the_keys_of_two_days_alone() -> None:
    keys = json.loads(edge_keys(MASTER, NOW))
    today = minute_of(NOW) // 1440
    assert keys == {str(day): day_key(MASTER, day) for day in (today, today + 1)}
    assert len(set(keys.values())) == 2
    assert MASTER not in edge_keys(MASTER, NOW)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2"),
        ("192.0.2.255", "192.0.2"),
        ("2001:db8::1", "2001:db8:0"),
        ("2001:0DB8:0000:0001::1", "2001:db8:0"),
        ("2001:db8:a:b:c:d:e:f", "2001:db8:a"),
        ("::1", "0:0:0"),
        ("", None),
        ("192.0.2", None),
        ("example.com", None),
    ],
)
def test_networks(address: str, network: str | None) -> None:
    assert network_of(address) == network


def test_what_is_kept_of_a_network_is_of_one_release() -> None:
    kept = {
        hashed(master, widget, Version.parse(version), kind, "192.0.2")
        for master in ("a", "b")
        for widget in ("checkout", "button")
        for version in ("1.4.2", "1.4.3")
        for kind in ("network", "agent")
    }
    assert len(kept) == 16
    assert not any("192" in each for each in kept)
