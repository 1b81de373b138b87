from __future__ import annotations

import pytest

from edgeship.domain.plain_text import number, printable, size, span, who


@pytest.mark.parametrize(("count", "text"), [(0, "0 B"), (999, "999 B"), (3_150, "3.1 kB"), (14_000_000, "14.0 MB")])
def test_sizes(count: int, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (5, "5"), (7.456, "7.46"), (2_345.6, "2,345.6"), (100, "100")])
def test_numbers(value: float, text: str) -> None:
    assert number(value) == text


def test_what_is_printable_stays_and_the_rest_becomes_visible() -> None:
    assert printable("é → 1.4.2\n\x1b[31m\u202e\ud800") == "é → 1.4.2\\n\\x1b[31m\\u202e\\ud800"
    assert printable("a\nb\t", keep="\n") == "a\nb\\t"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0 s"),
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (12_000, "3 h 20 min"),
        (86_400, "1 d"),
        (187_200, "2 d 4 h"),
    ],
)
def test_a_span_of_time(seconds: float, text: str) -> None:
    assert span(seconds) == text


@pytest.mark.parametrize(
    ("actor", "text"),
    [
        ("edgeship:rollout", "edgeship:rollout"),
        ("local:ann", "local:ann"),
        ("arn:aws:iam::123456789012:user/ann", "user/ann"),
        ("arn:aws:sts::123456789012:assumed-role/Admin/ann", "Admin/ann"),
    ],
)
def test_an_actor_without_its_account(actor: str, text: str) -> None:
    assert who(actor) == text
