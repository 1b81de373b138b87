"""The source with a clock and an S3 that the tests drive."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.edge.http_answer import Answer, NoAnswer
from functions.edge.snapshot_source import MAX_BACKOFF_SECONDS, RESTORE_SECONDS, URGENT_SECONDS, SnapshotSource

FRESHNESS = 5.0


class World:
    """`stored` is what S3 holds: a snapshot's revision, raw bytes, a status, or an error that it ends in."""

    def __init__(self, stored: object = 1) -> None:
        self.now = 1_800_000_000.0
        self.stored = stored
        self.seconds_a_read = 0.0
        self.reads: list[float] = []
        self.log: list[str] = []
        self.source = SnapshotSource(self.fetch, lambda: self.now, FRESHNESS, self.log.append)

    def fetch(self, etag: str | None) -> Answer:
        self.reads.append(self.now)
        self.now += self.seconds_a_read
        if isinstance(self.stored, Exception):
            raise self.stored
        if isinstance(self.stored, int) and self.stored >= 200:
            return Answer(self.stored, {}, b"<Error/>", reusable=True)
        body = self.stored if isinstance(self.stored, bytes) else document(self.stored)
        tag = f'"{hash(body)}"'
        if tag == etag:
            return Answer(304, {"etag": tag}, b"", reusable=True)
        return Answer(200, {"etag": tag}, body, reusable=True)

    def revision(self, after: float = 0) -> int | None:
        """The revision in use after so many seconds."""
        self.now += after
        routes = self.source.routes()
        return None if routes is None else routes.revision


def document(revision: object) -> bytes:
    return json.dumps({"schema": 1, "revision": revision, "widgets": {}}).encode()


def test_a_change_is_in_use_after_the_freshness_and_not_before() -> None:
    world = World(stored=1)
    assert world.revision() == 1
    world.stored = 2
    assert world.revision(after=4.9) == 1
    assert world.revision(after=0.1) == 2
    assert len(world.reads) == 2


def test_nothing_is_read_before_the_first_request() -> None:
    assert World().reads == []


def test_an_unchanged_snapshot_is_not_taken_over_again() -> None:
    world = World(stored=3)
    first = world.source.routes()
    world.now += FRESHNESS
    assert world.source.routes() is first
    assert len(world.reads) == 2


TROUBLES = [
    403,
    404,
    500,
    503,
    301,
    204,
    b"",
    b"garbage",
    b"\xff\xfe\x00",
    b'{"schema": 1',
    b"[" * 100_000,
    b'{"schema": 2, "revision": 9, "widgets": {}}',
    b'{"schema": 1, "revision": 9, "widgets": {"w": {}}}',
    NoAnswer("TimeoutError: timed out"),
    NoAnswer("cut off"),
]


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: repr(trouble)[:30])
def test_the_last_good_snapshot_stays_for_as_long_as_the_trouble_lasts(trouble: object) -> None:
    world = World(stored=7)
    world.revision()
    world.stored = trouble
    assert {world.revision(after=2) for _ in range(1000)} == {7}
    world.stored = 8
    assert world.revision(after=MAX_BACKOFF_SECONDS) == 8


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: repr(trouble)[:30])
def test_trouble_is_logged_when_it_begins_and_when_it_ends(trouble: object) -> None:
    world = World(stored=7)
    world.revision()
    world.stored = trouble
    for _ in range(100):
        world.revision(after=10)
    assert len(world.log) == 1
    assert "revision 7 stays in use" in world.log[0]
    world.stored = 7
    world.revision(after=MAX_BACKOFF_SECONDS)
    assert world.log[1:] == ["snapshot: read again"]


def test_there_is_none_until_one_could_be_read() -> None:
    world = World(stored=404)
    assert world.revision() is None
    assert "status 404; none in hand" in world.log[0]
    world.stored = 1
    assert world.revision(after=FRESHNESS) == 1


def test_an_unasked_for_304_brings_nothing() -> None:
    world = World(stored=304)
    assert world.revision() is None
    assert "status 304" in world.log[0]


def test_answers_that_are_no_snapshot_do_not_slow_the_reading_down() -> None:
    world = World(stored=1)
    world.revision()
    world.stored = 404
    world.reads.clear()
    for _ in range(60):
        world.revision(after=1)
    assert len(world.reads) == 60 / FRESHNESS


def test_without_any_snapshot_it_is_looked_for_every_second() -> None:
    world = World(stored=404)
    for _ in range(60):
        world.revision(after=0.25)
    assert len(world.reads) == 60 * 0.25 / URGENT_SECONDS


def test_what_is_not_known_is_looked_up_again_at_most_once_a_second() -> None:
    world = World(stored=1)
    world.revision()
    for _ in range(40):
        world.now += 0.25
        world.source.routes(urgent=True)
    assert len(world.reads) == 1 + 40 * 0.25 / URGENT_SECONDS


def test_a_source_that_does_not_answer_is_not_hurried() -> None:
    world = World(stored=1)
    world.revision()
    world.stored = NoAnswer("TimeoutError: timed out")
    world.revision(after=FRESHNESS)
    reads = len(world.reads)
    world.now += 2 * URGENT_SECONDS
    world.source.routes(urgent=True)
    assert len(world.reads) == reads


def test_a_dead_s3_costs_few_viewers_time() -> None:
    world = World(stored=NoAnswer("TimeoutError: timed out"))
    world.seconds_a_read = 1.0
    start = world.now
    while world.now < start + 600:
        world.revision(after=0.1)
    gaps = [round(later - earlier) for earlier, later in zip(world.reads, world.reads[1:], strict=False)]
    assert gaps[:4] == [6, 11, 21, 31]
    assert set(gaps[3:]) == {31}
    world.stored, world.seconds_a_read = 5, 0.0
    assert world.revision(after=MAX_BACKOFF_SECONDS) == 5
    world.stored = NoAnswer("again")
    world.revision(after=FRESHNESS)
    reads = len(world.reads)
    world.revision(after=FRESHNESS)
    assert len(world.reads) == reads + 1, "an answer ends the backoff"


def test_an_error_that_is_no_trouble_with_s3_rises_and_is_not_repeated_within_the_freshness() -> None:
    world = World(stored=7)
    world.revision()
    world.stored = KeyError("a bug")
    with pytest.raises(KeyError):
        world.revision(after=FRESHNESS)
    assert world.revision() == 7
    assert len(world.reads) == 2


def test_a_clock_set_back_does_not_stop_the_reading() -> None:
    world = World(stored=1)
    world.revision()
    world.stored = 2
    assert world.revision(after=-3600) == 2


def test_the_revision_does_not_go_back_at_once() -> None:
    world = World(stored=9)
    world.revision()
    world.stored = 8
    assert world.revision(after=FRESHNESS) == 9
    assert "revision 8 is older than 9 in hand; revision 9 stays in use" in world.log[0]
    world.stored = 10
    assert world.revision(after=FRESHNESS) == 10


def test_a_revision_that_was_put_back_for_good_is_taken() -> None:
    world = World(stored=9)
    world.revision()
    world.stored = 1
    since = FRESHNESS
    assert world.revision(after=since) == 9
    while since + FRESHNESS < FRESHNESS + RESTORE_SECONDS:
        since += FRESHNESS
        assert world.revision(after=FRESHNESS) == 9
    assert world.revision(after=FRESHNESS) == 1
    world.stored = 2
    assert world.revision(after=FRESHNESS) == 2


def test_an_older_revision_now_and_then_is_never_taken() -> None:
    world = World(stored=9)
    world.revision()
    for _ in range(20):
        world.stored = 8
        assert world.revision(after=FRESHNESS) == 9
        world.stored = 9
        assert world.revision(after=FRESHNESS) == 9


@given(
    st.lists(
        st.tuples(
            st.floats(0, 40),
            st.sampled_from([1, 2, 3, 404, b"garbage", NoAnswer("cut off")]),
            st.sampled_from([0.0, 0.2, 1.0]),
        ),
        max_size=60,
    )
)
def test_whatever_happens_reads_are_apart_and_a_snapshot_is_never_lost(
    steps: list[tuple[float, object, float]],
) -> None:
    world = World(stored=404)
    had = False
    for wait, stored, seconds in steps:
        world.stored, world.seconds_a_read = stored, seconds
        revision = world.revision(after=wait)
        assert not (had and revision is None)
        had = had or revision is not None
    assert all(later - earlier >= URGENT_SECONDS for earlier, later in pairwise(world.reads))
