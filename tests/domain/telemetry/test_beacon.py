from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeship.domain.telemetry.beacon import Beacon, ReportedError, fingerprint, printable
from edgeship.domain.version import Version

V1 = Version.parse("1.4.2")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        # Of text in ASCII, as of its bytes: http://www.isthe.com/chongo/src/fnv/test_fnv.c
        ("", "811c9dc5"),
        ("a", "e40c292c"),
        ("foobar", "bf9cf968"),
        # Computed in JavaScript, with charCodeAt and Math.imul.
        ("é", "6c0b6c44"),
        ("😀", "cb31c4b8"),
        ("item 7", "c1456443"),
    ],
)
def test_fingerprints(message: str, expected: str) -> None:
    assert fingerprint(message) == expected


def test_messages_that_differ_in_numbers_have_one_fingerprint() -> None:
    assert fingerprint("item 7 of 10,000") == fingerprint("item 123 of 9,1") == fingerprint("item # of #,#")
    assert fingerprint("item 7") != fingerprint("item")
    # JavaScript's \d, by which the client counts, is ASCII too.
    assert fingerprint("item ٣") != fingerprint("item #")


@given(st.text(max_size=200))
def test_any_text_has_a_fingerprint(message: str) -> None:
    assert len(fingerprint(message)) == 8
    assert int(fingerprint(message), 16) >= 0


@pytest.mark.parametrize("bad", ["\x00", "\n", "\r", "\x1b", "\x7f", "\x9b", "\u2028", "\u202e", "\u2066"])
def test_what_could_fool_a_terminal_becomes_a_space(bad: str) -> None:
    assert printable(f"a{bad}b") == "a b"


def test_ordinary_text_is_left_alone() -> None:
    assert printable("Zähler ≠ 0 😀 #") == "Zähler ≠ 0 😀 #"


@pytest.mark.parametrize(
    ("beacon", "expected"),
    [
        (Beacon("checkout", V1, "9f86d081", 1), {}),
        (Beacon("checkout", V1, "9f86d081", 0, starts_session=True), {"Sessions": 1}),
        (
            Beacon(
                "checkout", V1, "9f86d081", 0, True, True, (ReportedError("a", 3), ReportedError("b", 4)), 0.0, 45.2
            ),
            {"Sessions": 1, "FailedSessions": 1, "Errors": 7, "LoadLatency": 0.0, "Memory": 45.2},
        ),
        (Beacon("checkout", V1, "9f86d081", 2, errors=(ReportedError("a", 1),)), {"Errors": 1}),
    ],
)
def test_the_values_that_a_beacon_adds(beacon: Beacon, expected: dict[str, float]) -> None:
    assert beacon.metric_values() == expected
