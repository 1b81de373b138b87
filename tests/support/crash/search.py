"""Scenes that die: whatever sequence of deaths a delivery meets, it ends in what an undisturbed one leaves."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from botocore.exceptions import ReadTimeoutError

from tests.support.crash.death import Death, is_write, process, run
from tests.support.moto.aws import DELIVERED, NAMES, POISON, Aws, empty_again
from tests.support.moto.key_value_store import stored_routes
from tests.support.moto.models import alarm_definitions, invalidations, queued, stored_objects, table_items
from tests.support.moto.state import MotoState
from tests.support.pytest_plugins.fuzz import is_thorough

Scene = Callable[[Aws], Callable[[], None]]
"""Sets the scene in an empty environment and returns what one delivery of the event runs."""

FEW_WRITES = 3
"""The answer to each of them may be lost in the gate, too."""
MOST_STATES = 100
"""A delivery that repeats what it did has fewer; one that adds something each time would have no end."""


@dataclass(frozen=True)
class Reached:
    """What a delivery that died left, and the writes after which it, and those before it, died."""

    state: MotoState
    deaths: tuple[str, ...]


@dataclass
class Explored:
    """What all deliveries ended in, the writes of the undisturbed one, and all that deaths left on the way."""

    end: str
    writes: list[str]
    left: dict[str, Reached]


@dataclass
class _Witness(Death):
    """Keeps what a death after each write would have left. Threads write one after the other."""

    left: list[tuple[str, MotoState]] = field(default_factory=list)
    _writing: Lock = field(default_factory=Lock)

    def before(self, operation: str, context: dict[str, Any]) -> None:
        if is_write(operation):
            self._writing.acquire()
        super().before(operation, context)

    def after(self, operation: str, context: dict[str, Any]) -> None:
        super().after(operation, context)
        if is_write(operation):
            self.left.append((outcome(), MotoState.take()))
            self._writing.release()


@dataclass
class _Unanswered(Death):
    """A life in which the answer to one write never comes: it took effect, and the process goes on without knowing."""

    unanswered: int = 0

    def after(self, operation: str, context: dict[str, Any]) -> None:
        super().after(operation, context)
        if context.get("crash.write") == self.unanswered:
            raise ReadTimeoutError(endpoint_url="https://moto")


def dies_anywhere(*paths: Scene, without_answers: Callable[[], str] | None = None) -> Explored:
    """Deliver from whatever a delivery that died left, and that those left that died again, until nothing new is left.

    So each delivery may die after any of its writes, however often, and come again when all is done. Also, the answer
    to any write of the first (in the gate: to every eighth) may be lost on a process that goes on; then what
    `without_answers` sees must be the same, by default the whole outcome. Several `paths` are several events that bring
    about the same: any of them suffices, whichever died before. All but the first scene find what is set already.

    Raises:
        AssertionError: one of them ended otherwise than the undisturbed delivery; the message has the deaths.
    """
    aws = empty_again()
    with process():
        deliveries = [path(aws) for path in paths]
    begin = Reached(MotoState.take(), ())
    found = Explored("", [], {outcome(): begin})
    todo = [begin]
    while todo:
        begin = todo.pop(0)
        for deliver in deliveries:
            begin.state.put_back()
            witness = _Witness()
            run(deliver, witness)
            if not found.writes:
                found.end, found.writes = outcome(), witness.writes
            assert outcome() == found.end, f"ends otherwise after {begin.deaths or 'no death'}"
            for number, (left, state) in enumerate(witness.left):
                if left not in found.left:
                    death = f"write {number} ({witness.writes[number]}) of {len(witness.writes)}"
                    found.left[left] = Reached(state, (*begin.deaths, death))
                    todo.append(found.left[left])
            assert len(found.left) <= MOST_STATES, f"each delivery leaves something new: {todo[-1].deaths}"
    _loses_answers(next(iter(found.left.values())), deliveries[0], found, without_answers or outcome)
    return found


def _loses_answers(begin: Reached, deliver: Callable[[], None], found: Explored, sees: Callable[[], str]) -> None:
    found.left[found.end].state.put_back()
    expected = sees()
    every = 1 if is_thorough() or len(found.writes) <= FEW_WRITES else 8
    for number, operation in list(enumerate(found.writes))[::every]:
        begin.state.put_back()
        with suppress(Exception):  # the function failed, if it did not do without the answer; its event comes again
            run(deliver, _Unanswered(unanswered=number))
        run(deliver)
        assert sees() == expected, f"ends otherwise without the answer to write {number} ({operation})"


def outcome() -> str:
    """All that the world can see: the table with its events, the buckets, the bus, the edge's store, the alarms, the
    orders to the CDN.

    S3 makes up version ids, and ours derive from them: they are numbered in the order that they appear.
    """
    items = table_items(NAMES.table)
    text = repr(
        {
            "items": items,
            "buckets": [stored_objects(name) for name in (NAMES.site_bucket, NAMES.inbox_bucket, NAMES.config_bucket)],
            "bus": sorted({(e["detail-type"], e["detail"]["event_id"]) for e in queued(DELIVERED)}),
            "poison": sorted({message["reason"] for message in queued(POISON)}),
            "routes": sorted(stored_routes().values.items()),
            "alarms": alarm_definitions(),
            "invalidations": invalidations(),
        }
    )
    names: dict[str, str] = {}
    for item in items:
        if item["sk"].startswith("UPLOAD#"):
            names.setdefault(item["upload_id"], f"upload-{len(names)}")
    for item in items:
        if item["sk"].startswith("EVENT#") and item["detail_type"] == "Release Rejected":
            names.setdefault(item["sk"].split("#")[2], f"event-{len(names)}")
    for made_up, name in names.items():
        text = text.replace(made_up, name)
    return text
