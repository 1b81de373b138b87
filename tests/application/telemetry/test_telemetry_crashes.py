"""The telemetry function dies at its write, beacons come again and in any order, and the books end the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest

from edgeship.application.edge.ports import StoredSnapshot
from edgeship.bootstrap import telemetry
from edgeship.domain.telemetry.beacon import Beacon, ReportedError
from edgeship.domain.telemetry.error_book import MAX_MESSAGES, ErrorBook
from edgeship.domain.version import Version
from edgeship.settings import TelemetrySettings
from tests.support.crash.death import Death, deaths, process, run
from tests.support.moto.aws import NAMES, Aws, empty_again
from tests.support.moto.state import MotoState
from tests.support.tokens import VIEWER, a_token

NOW = datetime(2026, 11, 23, 10, 0, 5, tzinfo=UTC)
V1 = Version.parse("1.4.2")
ENV = TelemetrySettings(
    environment="test",
    table=NAMES.table,
    config_bucket=NAMES.config_bucket,
    views_table=NAMES.views_table,
    token_secret=NAMES.token_secret,
).to_env()
SNAPSHOT = {
    "schema": 1,
    "revision": 1,
    "widgets": {"checkout": {"channels": {"latest": {"stable": "1.4.2"}}, "ranges": {}, "any_report": True}},
}


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telemetry, "utc_now", lambda: NOW)


def rises(what: str, fault: Exception) -> None:
    raise AssertionError(what) from fault


def beacon(number: int, *errors: tuple[str, int]) -> Beacon:
    return Beacon("checkout", V1, "9f86d081e5a1", number, errors=tuple(ReportedError(*error) for error in errors))


def record(received: Beacon) -> None:
    """One request, in a process of its own."""
    telemetry.build(ENV, rises).record(received)


ONE = [beacon(0, ("boom", 3), ("bang", 1))]
MORE = [*ONE, beacon(1, ("boom", 2)), beacon(2, ("bang", 1), ("crash", 9))]
# Every message is alone in its beacon, and the last finds the book full.
FULL = [beacon(n, ("m" + chr(ord("a") + n), n + 1)) for n in range(MAX_MESSAGES + 1)]
SCENES: dict[str, Sequence[Beacon]] = {"the first": ONE, "a later one": MORE, "one too many": FULL}


def books(aws: Aws) -> list[dict[str, Any]]:
    return [item for item in aws.items() if item["pk"].startswith("ERRORS#")]


def before_the_last(beacons: Sequence[Beacon]) -> MotoState:
    """All but the last beacon have arrived."""
    empty_again().snapshots.write(SNAPSHOT, StoredSnapshot(None, None))
    with process():
        for received in beacons[:-1]:
            record(received)
    return MotoState.take()


@pytest.mark.parametrize("name", SCENES)
def test_dies_anywhere_and_ends_the_same(aws: Aws, name: str) -> None:
    beacons, life = SCENES[name], Death()
    begin = before_the_last(beacons)

    def play(*fates: Death | None) -> list[dict[str, Any]]:
        """The last beacon comes once for each fate: a death, or none."""
        begin.put_back()
        for fate in fates:
            run(lambda: record(beacons[-1]), fate)
        return books(aws)

    undisturbed = play(life)
    assert life.writes == ["PutItem"], "the book"
    assert undisturbed[0]["revision"] == len(beacons)
    for death in deaths(life):
        assert play(death, None) == undisturbed, f"died {death.when} write {death.write}"
        assert death.dead
    assert play(*deaths(life), None, None) == undisturbed


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_beacons_that_come_again_in_any_order_end_in_the_same_book(aws: Aws, order: tuple[int, ...]) -> None:
    aws.snapshots.write(SNAPSHOT, StoredSnapshot(None, None))
    for number in (*order, *order, *reversed(order)):
        run(lambda number=number: record(MORE[number]), Death(0))  # type: ignore[misc]
    (book,) = books(aws)
    assert [(error["message"], error["count"], error["over"]) for error in book["errors"]] == [
        ("crash", 9, 0),
        ("boom", 5, 0),
        ("bang", 2, 0),
    ]
    assert sorted(book["seen"]) == ["9f86d081e5a1-0", "9f86d081e5a1-1", "9f86d081e5a1-2"]
    assert book["revision"] == 3


@dataclass
class Slow:
    """The books of a process that another one overtakes between its reads and its writes."""

    books: Any
    overtake: list[Callable[[], None]]

    def read(self, widget: str, version: Version) -> ErrorBook:
        book: ErrorBook = self.books.read(widget, version)
        if self.overtake:
            self.overtake.pop()()
        return book

    def write(self, book: ErrorBook) -> None:
        self.books.write(book)


def test_processes_that_write_at_once_lose_nothing(aws: Aws) -> None:
    aws.snapshots.write(SNAPSHOT, StoredSnapshot(None, None))
    slow = telemetry.build(ENV, rises).record
    overtaken = Slow(slow.keep_errors.books, [lambda: record(MORE[1]), lambda: record(MORE[2])])
    replace(slow, keep_errors=replace(slow.keep_errors, books=overtaken))(MORE[0])
    (book,) = books(aws)
    assert {error["message"]: error["count"] for error in book["errors"]} == {"crash": 9, "boom": 5, "bang": 2}


ASKS_FOR_TOKENS = {
    **SNAPSHOT,
    "widgets": {"checkout": {"channels": {"latest": {"stable": "1.4.2"}}, "ranges": {}}},
}
FIRST = Beacon("checkout", V1, "9f86d081e5a1", 0, starts_session=True, load_latency=123, token=a_token(NOW))
LATER = Beacon("checkout", V1, "9f86d081e5a1", 1, fails_session=True, token=a_token(NOW))
VERIFIED: dict[str, tuple[list[Beacon], list[str]]] = {
    "a view begins": ([FIRST], ["UpdateItem", "UpdateItem", "PutItem"]),
    "and fails": ([FIRST, LATER], ["UpdateItem", "PutItem"]),
}


@pytest.mark.parametrize("name", VERIFIED)
def test_a_view_never_counts_twice_wherever_it_dies(aws: Aws, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A death between the view's record and its metrics loses it; that is one of those that a process had at a time."""
    beacons, writes = VERIFIED[name]
    empty_again().snapshots.write(ASKS_FOR_TOKENS, StoredSnapshot(None, None))

    def send(received: Beacon) -> None:
        telemetry.build(ENV, rises).record(received, VIEWER)

    with process():
        for received in beacons[:-1]:
            send(received)
    begin = MotoState.take()

    def play(*fates: Death | None) -> list[str]:
        begin.put_back()
        capsys.readouterr()
        for fate in fates:
            run(lambda: send(beacons[-1]), fate)
        return [line for line in capsys.readouterr().out.splitlines() if "Sessions" in line]

    life = Death()
    (undisturbed,) = play(life)
    assert life.writes == writes
    assert "Unverified" not in undisturbed
    for death in deaths(life):
        counted = play(death, None, None)
        assert len(counted) <= 1, f"died {death.when} write {death.write}"
        assert not any("Unverified" in line for line in counted)
    assert len(play(Death(0, "before"), None, None)) == 1
    assert len(play(None, None)) == 1
