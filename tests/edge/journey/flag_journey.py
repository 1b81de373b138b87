"""A flags file's way: validator, table, events, bus, snapshot, edge, answer; each stage as it is in AWS, in memory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from edgeship.adapters.documents.flags_file import read_flags_file
from edgeship.adapters.dynamodb.attributes import deserialize, serialize
from edgeship.adapters.dynamodb.items import event_item, to_event, to_flag, to_item
from edgeship.adapters.messaging.eventbridge_bus import MAX_CALL_BYTES
from edgeship.application.edge.check_flags import CheckFlags
from edgeship.application.flags.change_flags import ChangeFlags, FlagsFile
from edgeship.application.transaction import Transaction
from edgeship.domain.errors import Refused
from edgeship.domain.events import Event, Occasion
from edgeship.domain.flags.evaluation.compile_flags import compile_flags
from edgeship.domain.flags.records.flag_record import SHARED_KEYS, FlagRecord, toggled
from functions.edge import flag_snapshot
from functions.edge.http_answer import Answer
from tests.edge.ofrep_request import BULK, context, endpoint_reading, ofrep
from tests.fakes.edge import FakeSnapshots
from tests.fakes.state import FakeState
from tests.support.edge import Edge, records_of

ANN = Occasion("test", "ann", "a mutated file", datetime(2026, 11, 23, 10, tzinfo=UTC))
MAX_ITEM_BYTES = 400 * 1024


class StoredState(FakeState):
    """The fake table, through the items that the real one holds."""

    def commit(self, transaction: Transaction) -> None:
        sizes = []
        flags = []
        for record in transaction.puts:
            assert isinstance(record, FlagRecord)
            item = to_item(record)
            sizes.append(len(json.dumps(item)))
            back = to_flag(deserialize(serialize(item)))
            assert back.document == record.document
            flags.append(FlagRecord(record.key, back.document, record.revision))
        events = []
        for event in transaction.events:
            item = event_item(event)
            sizes.append(len(json.dumps(item)))
            events.append(to_event(deserialize(serialize(item))))
        assert max(sizes) <= MAX_ITEM_BYTES
        assert sum(sizes) <= 4 * 1024 * 1024
        super().commit(Transaction(puts=tuple(flags), events=tuple(events)))


def travel(path: Path) -> FlagsFile | Refused:
    """The file's flags once every stage had them, changed and deleted; or why they are refused.

    Raises:
        AssertionError: a stage lost or bent something. Whatever else a stage raises is a fault as well.
    """
    state = StoredState()
    edge = Edge(state)
    flags = ChangeFlags(state, CheckFlags(state, FakeSnapshots()), pause=lambda _: None)
    try:
        file = read_flags_file(path)
        flags.apply(file, ANN, prune=False, dry_run=False)
    except Refused as refused:
        str(refused).encode()  # it can be printed
        assert not state.log
        return refused
    _relay(edge)
    stored = {record.key: record.document for record in state.flags() if record.document is not None}
    assert stored == file.documents()
    _answers(edge, file.flags)
    for key in list(file.flags)[:3]:
        flags.edit(key, lambda document, key=key: toggled(key, document, None), ANN)  # type: ignore[misc]
    _relay(edge)
    _answers(edge, {key: document or {} for key, document in _documents(state).items()})
    flags.apply(FlagsFile({}, {}), ANN, prune=True, dry_run=False)
    _relay(edge)
    _answers(edge, {})
    return file


def _documents(state: FakeState) -> dict[str, Any]:
    return {
        record.key: record.document
        for record in state.flags()
        if record.document is not None and record.key not in SHARED_KEYS
    }


def _relay(edge: Edge) -> None:
    log: list[Event] = edge.state.log
    before = len(edge.bus.delivered)
    edge.deliver(records_of(log[before:]))
    for event in edge.bus.delivered[before:]:
        assert len(json.dumps(event.detail(), allow_nan=False)) < MAX_CALL_BYTES
        assert event.old is None or "left_out" not in event.old
    assert (len(edge.bus.delivered), edge.poison.kept, edge.reported) == (len(log), [], [])


def _answers(edge: Edge, flags: Mapping[str, Any]) -> None:
    """Every flag is in the snapshot, and answers one of its variants, or an error of the protocol."""
    if edge.flags.body is None:
        assert not flags  # nothing has changed yet
        return
    body = edge.flags.body
    entries = flag_snapshot.unpack(body)[1]
    assert entries.keys() == flags.keys()
    assert compile_flags(entries, "test").malformed == {}
    endpoint = endpoint_reading(Answer(200, {}, body, reusable=True))
    endpoint.begin()
    asked = context(targetingKey="ann", plan="pro", email="ann@example.com", beta=True)
    answered: dict[str, Any] = {}
    for flag_set in {None, *(flag.get("flag_set") for flag in flags.values())}:
        response = endpoint.answer(ofrep(asked, BULK if flag_set is None else f"/ofrep/sets/{flag_set}{BULK}"))
        assert response["status"] == "200", response
        bulk = {each["key"]: each for each in json.loads(response["body"])["flags"]}
        assert all(flags[key].get("flag_set") == flag_set for key in bulk)
        answered |= bulk
    assert answered.keys() == {key for key, flag in flags.items() if flag.get("public", True)}
    for key, answer in answered.items():
        single = endpoint.answer(ofrep(asked, f"{BULK}/{key}"))
        assert json.loads(single["body"]) == answer
        assert single["status"] == ("400" if "errorCode" in answer else "200")
        if "errorCode" not in answer:
            assert ("value" in answer) == (answer["variant"] != "")
        if "value" in answer:
            assert answer["value"] == flags[key]["variants"][answer["variant"]]
