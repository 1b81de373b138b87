"""A flag whose record can't be brought to the edge is nobody else's problem."""

from __future__ import annotations

from typing import Any

import pytest

from edgeship.application.edge.check_flags import CheckFlags
from edgeship.application.flags.change_flags import ChangeFlags, FlagsFile
from edgeship.application.flags.check_set import FlagsRefused
from edgeship.application.transaction import Transaction
from edgeship.domain.channels.channel import Channel
from edgeship.domain.events import EventType, Occasion
from edgeship.domain.flags.flags_snapshot import writable_flags
from edgeship.domain.flags.records.flag_record import EVALUATORS_KEY, FlagChange, FlagRecord, toggled, write
from edgeship.domain.flags.snapshot_limits import MAX_READ_BYTES
from functions.edge import flag_snapshot
from tests.fakes.edge import FakeSnapshots
from tests.fakes.state import FakeState
from tests.support.edge import NOW, Edge, records_of
from tests.support.flags import boolean

ANN = Occasion("test", "ann", "by hand", NOW)
BAD: dict[str, dict[str, Any]] = {
    "too large a number": {"variants": {"low": 1.5, "high": 10**400}, "default_variant": "low"},
    "no number": {"variants": {"on": float("nan")}, "default_variant": "on"},
    "no number in a rule": boolean(targeting={"<": [{"var": "spend"}, float("inf")]}),
    "nothing": {},
    "no variants": {"default_variant": "on"},
    "variants in a list": {"variants": ["on"], "default_variant": "on"},
    "no such default": {"variants": {"on": True}, "default_variant": "off"},
    "a date that is none": boolean(starts_at="soon"),
    "no such evaluator": boolean(targeting={"$ref": "gone"}),
    "no such operator": boolean(targeting={"nope": 1}),
    "rules that are none": boolean(rules=[5]),
    "a schedule that is none": boolean(rollout={"variant": "on", "schedule": [{"at": "x"}]}),
    "users that are none": boolean(target_users=[5]),
}


def put(state: FakeState, key: str, document: dict[str, Any], fault: str | None = None) -> None:
    """As an earlier version, or a person, wrote it."""
    record, event = write(FlagRecord(key), FlagChange(key, None, document), ANN)
    state.commit(Transaction(puts=(FlagRecord(record.key, document, 0, fault),), events=(event,)))


def flags_at(edge: Edge) -> dict[str, Any]:
    return flag_snapshot.unpack(edge.flags.body or b"")[1]


@pytest.mark.parametrize("document", BAD.values(), ids=BAD.keys())
def test_it_is_left_out_and_all_others_go_on(document: dict[str, Any]) -> None:
    edge = Edge(FakeState())
    put(edge.state, "good", boolean("good"))
    put(edge.state, "bad", document)
    edge.deliver(records_of(edge.state.log))
    assert list(flags_at(edge)) == ["good"]
    assert [event.type for event in edge.bus.delivered] == [EventType.FLAG_CHANGED] * 2
    assert edge.reported == ["flag bad is left out of the edge's snapshot"]
    edge.repair(0)
    assert edge.metrics.left_out == [1]


def test_a_record_that_can_not_be_read_is_left_out_too() -> None:
    edge = Edge(FakeState())
    put(edge.state, "good", boolean("good"))
    put(edge.state, "bad", {}, "what the table holds is no JSON object")
    edge.deliver(records_of(edge.state.log))
    assert list(flags_at(edge)) == ["good"]


def test_a_channel_that_it_routes_serves_its_own_version() -> None:
    edge = Edge(FakeState())
    edge.state.commit(Transaction(puts=(Channel("checkout", "latest", flag="bad"),), events=()))
    put(edge.state, "bad", BAD["too large a number"])
    edge.deliver(records_of(edge.state.log))
    assert len(edge.bus.delivered) == 1


def test_it_is_reported_once_and_the_alarm_ends_when_it_is_gone() -> None:
    edge = Edge(FakeState())
    put(edge.state, "bad", BAD["no number"])
    changer = ChangeFlags(edge.state, CheckFlags(edge.state, FakeSnapshots()), pause=lambda _: None)
    edge.deliver(records_of(edge.state.log))
    edge.deliver(records_of(edge.state.log))
    assert len(edge.reported) == 1
    changer.edit("bad", lambda _: None, ANN)
    assert edge.state.log[-1].old == {"key": "bad", "left_out": "it holds what JSON has not"}
    edge.deliver(records_of(edge.state.log[-1:]))
    edge.repair(0)
    assert edge.metrics.left_out == [0]


def test_a_snapshot_that_the_edge_would_not_read_is_not_written() -> None:
    state = FakeState()
    edge = Edge(state)
    for n in range(12):
        put(state, f"heavy-{n:02}", boolean(f"heavy-{n:02}", metadata={"text": "x" * (100_000 + n)}))
    put(state, "light", boolean("light"))
    edge.deliver(records_of(state.log))
    assert list(flags_at(edge)) == [*(f"heavy-{n:02}" for n in range(10)), "light"]
    assert len(edge.reported) == 2
    found = writable_flags(state.flags())
    assert list(found.left_out) == ["heavy-11", "heavy-10"]
    assert str(MAX_READ_BYTES) in found.left_out["heavy-11"].replace(",", "")


def test_it_keeps_nobody_from_changing_another_flag() -> None:
    state = FakeState()
    for number, document in enumerate(BAD.values()):
        put(state, f"bad-{number}", document)
    put(state, EVALUATORS_KEY, {"broken": {"nope": 1}, "staff": {"==": [1, 1]}})
    put(state, "good", boolean("good", targeting={"$ref": "staff"}))
    changer = ChangeFlags(state, CheckFlags(state, FakeSnapshots()), pause=lambda _: None)
    [change] = changer.edit("good", lambda document: toggled("good", document, False), ANN)
    assert change.new is not None
    for number in range(len(BAD)):
        changer.edit(f"bad-{number}", lambda _: None, ANN)
    with pytest.raises(FlagsRefused, match="broken"):
        changer.edit("good", lambda _: boolean("good", targeting={"$ref": "broken"}), ANN)


def test_an_evaluator_that_breaks_a_flag_elsewhere_is_refused_with_that_flag() -> None:
    state = FakeState()
    changer = ChangeFlags(state, CheckFlags(state, FakeSnapshots()), pause=lambda _: None)
    flag = boolean("a", targeting={"if": [{"$ref": "staff"}, "on"]})
    changer.apply(FlagsFile({"a": flag}, {"staff": {"==": [1, 1]}}), ANN, prune=False, dry_run=False)
    with pytest.raises(FlagsRefused) as refused:
        changer.apply(FlagsFile({"b": boolean("b")}, {"other": True}), ANN, prune=False, dry_run=False)
    assert [place for place, _ in refused.value.problems] == ["/flags/a/targeting/if/0"]
