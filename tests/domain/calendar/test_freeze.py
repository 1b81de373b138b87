from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from edgeship.domain.calendar.freeze import MAX_FREEZE, Freeze, FreezeRecord, lift_freeze, longest, set_freeze
from edgeship.domain.calendar.gate import gate_of
from edgeship.domain.errors import Refused
from edgeship.domain.events import EventType, Occasion

NOW = datetime(2026, 12, 23, 16, tzinfo=UTC)
HOUR = timedelta(hours=1)
ANN = Occasion("test", "ann", "holidays", NOW)
EVERY, OWN = FreezeRecord(None), FreezeRecord("checkout")


def frozen(record: FreezeRecord, hours: float) -> FreezeRecord:
    return replace(record, freeze=Freeze(NOW, NOW + hours * HOUR, "ann", "holidays"), revision=record.revision + 1)


@pytest.mark.parametrize("record", [EVERY, OWN])
def test_a_freeze_is_in_effect_until_its_end_without_a_write(record: FreezeRecord) -> None:
    made, event = set_freeze(record, NOW + HOUR, ANN)
    assert made.freeze == Freeze(NOW, NOW + HOUR, "ann", "holidays")
    assert (event.type, event.widget, event.old, event.cause) == (EventType.FREEZE_SET, record.widget, None, "holidays")
    assert event.new is not None
    assert (event.new["until"], event.new["widget"]) == ("2026-12-23T17:00:00.000Z", record.widget)
    instant = timedelta(microseconds=1)
    assert made.in_effect(NOW + HOUR - instant) == made.freeze
    assert made.in_effect(NOW + HOUR) is None


@pytest.mark.parametrize("until", [NOW - HOUR, NOW, NOW + MAX_FREEZE + timedelta(seconds=1)])
def test_it_ends_in_the_future_and_at_most_some_months_from_now(until: datetime) -> None:
    with pytest.raises(Refused) as refused:
        set_freeze(OWN, until, ANN)
    assert refused.value.code == "until_invalid"
    assert set_freeze(OWN, NOW + MAX_FREEZE, ANN)[0].freeze is not None


def test_another_extends_it_and_can_not_shorten_it() -> None:
    held = frozen(OWN, 5)
    later = replace(ANN, at=NOW + HOUR, cause="still", actor="bob")
    longer, event = set_freeze(held, NOW + 9 * HOUR, later)
    assert longer.freeze == Freeze(NOW, NOW + 9 * HOUR, "bob", "still")
    assert event.old is not None
    assert event.old["cause"] == "holidays"
    assert set_freeze(held, NOW + 5 * HOUR, later)[0].freeze == Freeze(NOW, NOW + 5 * HOUR, "bob", "still")
    for until, cause, code in ((4, "still", "freeze_longer"), (5, "holidays", "freeze_unchanged")):
        with pytest.raises(Refused) as refused:
            set_freeze(held, NOW + until * HOUR, replace(later, cause=cause))
        assert refused.value.code == code
        assert "until 2026-12-23 21:00:00 UTC by ann: holidays" in refused.value.reason
    # What has ended is no obstacle, and no part of what is new.
    after, event = set_freeze(held, NOW + 7 * HOUR, replace(ANN, at=NOW + 6 * HOUR))
    assert (after.freeze, event.old) == (Freeze(NOW + 6 * HOUR, NOW + 7 * HOUR, "ann", "holidays"), None)


def test_it_is_lifted_once() -> None:
    lifted, event = lift_freeze(frozen(OWN, 5), ANN)
    assert lifted == FreezeRecord("checkout", None, 1)
    assert (event.type, event.new) == (EventType.FREEZE_LIFTED, None)
    assert event.old is not None
    for record, subject in ((lifted, "checkout"), (EVERY, "Every widget"), (frozen(OWN, -1), "checkout")):
        with pytest.raises(Refused) as refused:
            lift_freeze(record, ANN)
        assert refused.value.code == "not_frozen"
        assert refused.value.reason.startswith(subject)


@pytest.mark.parametrize(
    ("every", "own", "by"),
    [
        (None, None, None),
        (1, None, "every widget"),
        (None, 1, "checkout"),
        (2, 1, "every widget"),
        (1, 2, "checkout"),
        (-1, -1, None),
        (-1, 1, "checkout"),
    ],
)
def test_a_widget_is_frozen_by_either(every: int | None, own: int | None, by: str | None) -> None:
    records = (frozen(EVERY, every) if every else EVERY, frozen(OWN, own) if own else OWN)
    found = longest(records, NOW)
    assert (found.subject if found else None) == by
    gate = gate_of(records, (), NOW)
    assert gate.relies_on == records
    assert (gate.closed is None) is (by is None)
    assert by is None or f"{by} is frozen until" in (gate.closed or "")


def test_events_of_one_record_never_share_an_identity() -> None:
    record, ids = OWN, set()
    for number in range(6):
        at = replace(ANN, at=NOW + number * 10 * HOUR)
        for act in (lambda r, o: set_freeze(r, o.at + HOUR, o), lift_freeze):
            record, event = act(record, at)
            record = replace(record, revision=record.revision + 1)
            ids.add(event.event_id)
    assert len(ids) == 12
