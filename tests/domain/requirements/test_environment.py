from __future__ import annotations

from datetime import UTC, datetime

import pytest

from edgeship.domain.errors import Refused
from edgeship.domain.events import EventType, Occasion
from edgeship.domain.requirements.environment import (
    MAX_NAMES,
    EnvironmentRecord,
    Running,
    set_running,
    unset_running,
)

WHO = Occasion("test", "ann", "deployed", datetime(2026, 11, 28, 1, tzinfo=UTC))
AT = "2026-11-28T01:00:00.000Z"


def test_a_name_is_set_changed_and_unset_each_with_its_event() -> None:
    record, first = set_running(EnvironmentRecord(), "api", "4", WHO)
    assert record.running == {"api": Running("4", AT, "ann", "deployed")}
    record, second = set_running(EnvironmentRecord(record.running, 1), "api", "4.2", WHO)
    record, third = unset_running(EnvironmentRecord(record.running, 2), "api", WHO)
    assert record.running == {}
    assert [(e.type, e.widget, e.old, e.new) for e in (first, second, third)] == [
        (EventType.ENVIRONMENT_CHANGED, None, {"name": "api", "version": old}, {"name": "api", "version": new})
        for old, new in ((None, "4"), ("4", "4.2"), ("4.2", None))
    ]
    assert len({event.event_id for event in (first, second, third)}) == 3


@pytest.mark.parametrize(
    ("name", "version", "code"),
    [
        ("", "4", "name_invalid"),
        ("Api", "4", "name_invalid"),
        ("-api", "4", "name_invalid"),
        ("a" * 64, "4", "name_invalid"),
        ("api\n", "4", "name_invalid"),
        ("api", ">=4", "version_invalid"),
        ("api", "v4", "version_invalid"),
        ("api", "3.1", "environment_unchanged"),
    ],
)
def test_what_is_refused(name: str, version: str, code: str) -> None:
    held = EnvironmentRecord({"api": Running("3.1", AT, "ann", "x")}, 1)
    with pytest.raises(Refused) as refused:
        set_running(held, name, version, WHO)
    assert refused.value.code == code


def test_names_are_bounded_and_a_full_environment_still_takes_versions() -> None:
    full = EnvironmentRecord({f"n{i}": Running("1", AT, "ann", "x") for i in range(MAX_NAMES)}, 1)
    with pytest.raises(Refused) as refused:
        set_running(full, "api", "4", WHO)
    assert refused.value.code == "environment_full"
    assert set_running(full, "n1", "2", WHO)[0].running["n1"].version == "2"
    with pytest.raises(Refused) as refused:
        unset_running(full, "api", WHO)
    assert refused.value.code == "not_set"
