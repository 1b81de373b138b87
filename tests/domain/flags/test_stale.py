"""Which flags are stale, and since when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from edgeship.domain.flags.records.flag_record import EVALUATORS_KEY, FlagRecord
from edgeship.domain.flags.records.stale import Stale, stale_flags
from tests.support.flags import boolean

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
CHANGED, ENDED, STEP = (NOW - timedelta(days=days) for days in (100, 50, 40))
ON = {"variant": "on"}


def found(days: int = 30, changed_at: str | None = CHANGED.isoformat(), **fields: Any) -> list[Stale]:
    return stale_flags([FlagRecord("checkout", boolean(**fields), 1, None, changed_at)], NOW, days)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"enabled": False}, ("disabled", CHANGED, "off")),
        ({"enabled": False, "default_variant": "on"}, ("disabled", CHANGED, None)),
        ({"ends_at": ENDED.isoformat()}, ("ended", ENDED, "off")),
        ({"ends_at": ENDED.isoformat(), "off_variant": "on"}, ("ended", ENDED, "on")),
        ({}, ("one_variant", CHANGED, "off")),
        ({"default_variant": None}, ("one_variant", CHANGED, None)),
        ({"rollout": {**ON, "percentage": 100}}, ("one_variant", CHANGED, "on")),
        ({"rollout": {**ON, "percentage": 0}}, ("one_variant", CHANGED, "off")),
        (
            {"rollout": {**ON, "schedule": [{"at": STEP.isoformat(), "percentage": 100}]}},
            ("one_variant", STEP, "on"),
        ),
        ({"rollout": {**ON, "percentage": 100}, "target_users": ["a"]}, ("one_variant", CHANGED, "on")),
        ({"starts_at": ENDED.isoformat(), "rollout": {**ON, "percentage": 100}}, ("one_variant", ENDED, "on")),
    ],
)
def test_a_flag_that_decides_nothing_is_stale(
    fields: dict[str, Any], expected: tuple[str, datetime, str | None]
) -> None:
    reason, since, variant = expected
    assert found(**fields) == [Stale("checkout", reason, since, variant)]
    assert found((NOW - since).days, **fields)
    assert not found((NOW - since).days + 1, **fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"rollout": {**ON, "percentage": 99.99}},
        {"rollout": {**ON, "percentage": 100, "bucket_by": "organization"}},
        {"rollout": {**ON, "schedule": [{"at": "2027-01-01T00:00:00Z", "percentage": 100}]}},
        {"rules": [{"if": [], "split": {"on": 1}}]},
        {"requires": {"other": "on"}},
        {"layer": {"name": "shop", "from": 0, "to": 50}},
        {"targeting": {"if": [True, "on"]}},
        {"target_users": ["a"]},
        {"ends_at": "2027-01-01T00:00:00Z"},
        {"starts_at": "2027-01-01T00:00:00Z"},
        {"changed_at": None, "enabled": False},
        {"changed_at": NOW.isoformat(), "enabled": False},
        {"variants": 7, "enabled": False},
        {"ends_at": 7},
    ],
)
def test_others_are_not(fields: dict[str, Any]) -> None:
    assert found(**fields) == []


def test_the_longest_is_first_and_what_is_no_flag_is_left_out() -> None:
    def at(days: int) -> str:
        return (NOW - timedelta(days=days)).isoformat()

    records = [
        FlagRecord("b", boolean("b"), 1, None, at(40)),
        FlagRecord("a", boolean("a"), 1, None, at(90)),
        FlagRecord("gone", None, 2, None, at(90)),
        FlagRecord("bad", {}, 2, "no JSON", at(90)),
        FlagRecord(EVALUATORS_KEY, {"staff": {"var": "x"}}, 1, None, at(90)),
    ]
    assert [stale.key for stale in stale_flags(records, NOW, 30)] == ["a", "b"]
