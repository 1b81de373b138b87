from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeship.cli.durations import parse_duration, parse_steps, show_duration, show_steps
from edgeship.cli.errors import Usage
from edgeship.domain.channels.rollout import DEFAULT_STEPS, MAX_BAKE_SECONDS, Step


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("0s", 0),
        ("30s", 30),
        ("10m", 600),
        ("12h", 43_200),
        ("2d", 172_800),
        ("1h30m", 5_400),
        ("1d1h1m1s", 90_061),
        ("90m", 5_400),
        ("48h", 172_800),
    ],
)
def test_durations(text: str, seconds: int) -> None:
    assert parse_duration(text, "--rollback-window") == seconds


@pytest.mark.parametrize(
    "text", ["", "1", "h", "1.5h", "-1h", "1w", "30m1h", "1h 30m", "1H", "1h1h", "٣h", "9" * 10 + "d", "9" * 5000 + "d"]
)
def test_what_is_no_duration_is_said_with_right_ones(text: str) -> None:
    with pytest.raises(Usage, match="is not a duration") as failed:
        parse_duration(text, "--rollback-window")
    assert failed.value.reason.startswith("--rollback-window: ")
    assert "1h30m" in failed.value.remedy


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("1:1d,5:1d,25:2d,50:2d,100", DEFAULT_STEPS),
        ("100", (Step(100, 0),)),
        ("0.5:1h30m, 100", (Step(0.5, 5_400), Step(100, 0))),
        ("10:0,100:0s", (Step(10, 0), Step(100, 0))),
    ],
)
def test_schedules(text: str, steps: tuple[Step, ...]) -> None:
    assert parse_steps(text) == steps


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "step 1, '': '' is not a percentage"),
        ("1:1d,,100", "step 2, '': '' is not a percentage"),
        ("1:1d,5:tomorrow,100", "step 2, '5:tomorrow': 'tomorrow' is not a duration"),
        ("1:,100", "step 1, '1:': '' is not a duration"),
        ("1:1d,5%:1d", "step 2, '5%:1d': '5%' is not a percentage"),
        ("nan:1d,100", "'nan' is not a percentage"),
        ("-1:1d,100", "'-1' is not a percentage"),
        ("1e2", "'1e2' is not a percentage"),
        ("1:1d:1d,100", "'1d:1d' is not a duration"),
    ],
)
def test_the_invalid_part_of_a_schedule_is_named(text: str, said: str) -> None:
    with pytest.raises(Usage) as failed:
        parse_steps(text)
    assert said in failed.value.reason
    assert "1:1d,5:1d,25:2d,50:2d,100" in failed.value.remedy


@given(st.integers(0, MAX_BAKE_SECONDS))
def test_a_duration_is_shown_as_it_is_read(seconds: int) -> None:
    assert parse_duration(show_duration(seconds), "--x") == seconds


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, MAX_BAKE_SECONDS)), min_size=1))
def test_a_schedule_is_shown_as_it_is_read(parts: list[tuple[int, int]]) -> None:
    steps = tuple(Step(hundredths / 100, bake) for hundredths, bake in parts)
    assert parse_steps(show_steps(steps)) == steps


def test_people_read_the_largest_units() -> None:
    assert [show_duration(seconds) for seconds in (0, 59, 3_600, 5_400, 129_600)] == [
        "0s",
        "59s",
        "1h",
        "1h30m",
        "1d12h",
    ]
    assert show_steps(DEFAULT_STEPS) == "1:1d,5:1d,25:2d,50:2d,100"
