"""The source of flags with a clock, copies in S3 and threads that the tests drive, frozen ones among them."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.edge.flag_snapshot import SnapshotInvalid
from functions.edge.flag_source import EMPTY_HANDED_SECONDS, MAX_BACKOFF_SECONDS, RESTORE_SECONDS, FlagSource
from functions.edge.http_answer import Answer, NoAnswer

FRESHNESS, MOST_AGE, TIMEOUT = 5.0, 30.0, 1.0


class Copy:
    """One Region's object: a revision, other bytes, a status, or the error that a read ends in.

    While `gate` is set, a read has been sent for, and its answer taken, but it does not return before it is opened.
    """

    def __init__(self, world: World, region: str, stored: object) -> None:
        self.world = world
        self.region = region
        self.stored = stored
        self.reads: list[float] = []
        self.seconds: list[float] = []
        self.seconds_a_read = 0.0
        self.gate: threading.Event | None = None
        self.asked = threading.Event()
        self.abandoned = 0

    def get(self, etag: str | None, seconds: float) -> Answer:
        self.reads.append(self.world.now)
        self.seconds.append(seconds)
        stored, gate, before = self.stored, self.gate, self.abandoned
        self.asked.set()
        if gate is not None:
            assert gate.wait(10)
            if self.abandoned > before:
                raise NoAnswer("abandoned")
        self.world.now += self.seconds_a_read
        if isinstance(stored, Exception):
            raise stored
        if isinstance(stored, int) and stored >= 200:
            return Answer(stored, {}, b"<Error/>", reusable=True)
        body = stored if isinstance(stored, bytes) else str(stored).encode()
        tag = f'"{body!r}"'
        if tag == etag:
            return Answer(304, {"etag": tag}, b"", reusable=True)
        return Answer(200, {"etag": tag}, body, reusable=True)

    def abandon(self) -> None:
        self.abandoned += 1
        if self.gate is not None:
            gate, self.gate = self.gate, None
            gate.set()


def unpack(body: bytes) -> tuple[int, Any]:
    """A snapshot is its revision alone, and so are its flags."""
    if not body.isdigit():
        raise SnapshotInvalid("not a number")
    return int(body), int(body)


class World:
    """`asleep` holds threads that were started and have not run yet; with `awake`, they run at once."""

    def __init__(self, *stored: object, awake: bool = True) -> None:
        self.now = 1_800_000_000.0
        self.awake = awake
        self.asleep: list[Callable[[], object]] = []
        self.log: list[str] = []
        self.compiled: list[int] = []
        regions = ("us-east-1",) if len(stored) < 2 else ("eu-west-1", "us-east-1")
        self.copies = [Copy(self, region, each) for region, each in zip(regions, stored or (1,), strict=True)]
        self.home = self.copies[-1]
        self.source = FlagSource(
            self.copies,
            unpack,
            self.compile,
            lambda: self.now,
            freshness_seconds=FRESHNESS,
            most_age=MOST_AGE,
            timeout_seconds=TIMEOUT,
            log=self.log.append,
            spawn=self.spawn,
        )

    def compile(self, entries: Any) -> Any:
        self.compiled.append(entries)
        return entries

    def spawn(self, run: Callable[[], object]) -> None:
        if self.awake:
            run()
        else:
            self.asleep.append(run)

    def wake(self) -> None:
        threads, self.asleep = self.asleep, []
        for run in threads:
            run()

    def flags(self, after: float = 0) -> Any:
        """The revision that answers after so many seconds."""
        self.now += after
        return self.source.flags()


@pytest.fixture
def threads() -> Iterator[list[threading.Thread]]:
    """Real ones that were started; all have ended afterwards."""
    started: list[threading.Thread] = []
    yield started
    for thread in started:
        thread.join(10)
        assert not thread.is_alive()


def spawning(world: World, threads: list[threading.Thread]) -> World:
    """The world with real threads, each of which has asked its copy before `spawn` returns."""

    def spawn(run: Callable[[], object]) -> None:
        world.home.asked.clear()
        thread = threading.Thread(target=run)
        threads.append(thread)
        thread.start()
        assert world.home.asked.wait(10)

    world.source._spawn = spawn
    return world


def test_the_first_read_begins_before_the_first_request() -> None:
    world = World(7)
    world.source.begin()
    assert len(world.home.reads) == 1
    assert world.flags() == 7
    assert len(world.home.reads) == 1


def test_the_first_request_waits_for_the_read_that_has_begun(threads: list[threading.Thread]) -> None:
    world = spawning(World(7), threads)
    gate = world.home.gate = threading.Event()
    world.source.begin()
    threading.Timer(0.05, gate.set).start()
    assert world.flags(after=0.1) == 7
    assert len(world.home.reads) == 1


def test_a_first_read_that_failed_is_made_up_for_by_the_first_request() -> None:
    world = World(NoAnswer("refused"))
    world.source.begin()
    world.home.stored = 7
    assert world.flags(after=0.2) == 7


def test_young_flags_answer_and_nothing_is_read() -> None:
    world = World(1)
    world.flags()
    world.home.stored = 2
    assert {world.flags(after=0.49) for _ in range(10)} == {1}
    assert len(world.home.reads) == 1


def test_older_flags_answer_and_are_refreshed_beside_the_answer() -> None:
    world = World(1, awake=False)
    world.flags()
    world.home.stored = 2
    assert world.flags(after=FRESHNESS) == 1
    assert len(world.asleep) == 1
    world.wake()
    assert world.flags() == 2
    assert world.home.seconds == [TIMEOUT, MOST_AGE], "what nobody waits for has time"


def test_there_are_never_two_reads_at_a_time() -> None:
    world = World(1, awake=False)
    world.flags()
    for _ in range(20):
        world.flags(after=1.2)
    assert len(world.asleep) == 1


def test_flags_that_are_too_old_are_waited_for() -> None:
    world = World(1, awake=False)
    world.flags()
    world.home.stored = 2
    assert world.flags(after=MOST_AGE) == 2
    assert world.asleep == []
    assert world.home.seconds == [TIMEOUT, TIMEOUT]


def test_a_read_that_stood_still_makes_nothing_fresh_that_was_read_long_ago(threads: list[threading.Thread]) -> None:
    """It was answered at once; the function stood still for 20 s before it could take the answer."""
    world = spawning(World(1), threads)
    world.flags()
    gate = world.home.gate = threading.Event()
    world.flags(after=FRESHNESS)
    world.home.gate, world.home.stored = None, 2
    world.now += 20
    gate.set()
    threads[0].join(10)
    # Confirmed as of 20 s ago: old enough to be refreshed, not to be waited for.
    gate = world.home.gate = threading.Event()
    assert world.flags() == 1
    assert len(world.home.reads) == 3
    gate.set()
    threads[1].join(10)
    assert world.flags() == 2


def test_a_read_that_stood_still_for_too_long_is_abandoned_by_a_request_that_waits(
    threads: list[threading.Thread],
) -> None:
    world = spawning(World(1), threads)
    world.flags()
    world.home.gate = threading.Event()
    world.flags(after=FRESHNESS)
    world.home.stored = 2
    # An hour later, its connection is dead: it would never end.
    gate, world.home.gate = world.home.gate, None
    assert world.flags(after=3600) == 2
    assert world.home.abandoned == 1
    gate.set()
    threads[0].join(10)
    assert world.flags() == 2
    assert len(world.home.reads) == 3
    assert world.log == [], "what an abandoned read ends in is nobody's trouble"


def test_what_an_abandoned_read_brings_is_not_taken(threads: list[threading.Thread]) -> None:
    world = spawning(World(1), threads)
    world.flags()
    world.home.stored = 2
    gate = world.home.gate = threading.Event()
    world.flags(after=FRESHNESS)
    world.home.gate, world.home.stored = None, 3
    assert world.flags(after=MOST_AGE) == 3
    world.home.abandoned = 0  # so that it brings revision 2
    gate.set()
    threads[0].join(10)
    assert world.flags() == 3
    assert world.log == []


def test_a_wait_for_a_read_under_way_is_bounded_and_the_old_flags_answer(threads: list[threading.Thread]) -> None:
    world = spawning(World(1), threads)
    world.flags()
    world.home.stored = NoAnswer("timed out")
    world.flags(after=FRESHNESS)
    threads[0].join(10)
    gate = world.home.gate = threading.Event()
    world.flags(after=MOST_AGE - FRESHNESS - 0.01)
    reads = len(world.home.reads)
    world.now += 0.8
    assert world.flags() == 1, "a fifth of a second later"
    assert len(world.home.reads) == reads
    gate.set()


@pytest.mark.parametrize("trouble", [403, 404, 500, 204, b"", b"x", NoAnswer("cut off"), KeyError("a bug")], ids=repr)
@pytest.mark.parametrize("pause", [2.0, 40.0])
def test_the_last_good_flags_answer_for_as_long_as_the_trouble_lasts(trouble: object, pause: float) -> None:
    world = World(7)
    world.flags()
    world.home.stored = trouble
    assert {world.flags(after=pause) for _ in range(100)} == {7}
    assert len(world.log) == 1
    assert world.log[0].startswith("flags: ")
    assert world.log[0].endswith("; revision 7 is in use")
    world.home.stored = 8
    world.flags(after=FRESHNESS)
    assert world.flags(after=MAX_BACKOFF_SECONDS) == 8
    assert world.log[1:] == ["flags: read again"]


def test_without_any_they_are_asked_for_every_second_while_s3_answers() -> None:
    world = World(404, awake=False)
    for _ in range(60):
        assert world.flags(after=0.25) is None
        assert world.asleep == [] or len(world.asleep) == 1
    waited = [seconds for seconds in world.home.seconds if seconds == TIMEOUT]
    assert len(waited) == 60 * 0.25 / EMPTY_HANDED_SECONDS
    assert "status 404; none in hand" in world.log[0]


def test_a_dead_s3_costs_few_viewers_time_and_is_found_alive_beside_them() -> None:
    world = World(1)
    world.flags()
    world.home.stored = NoAnswer("timed out")
    world.home.seconds_a_read = 1.0
    start = world.now
    while world.now < start + 600:
        world.flags(after=0.1)
    waits = [at for at, seconds in zip(world.home.reads, world.home.seconds, strict=True) if seconds == TIMEOUT][1:]
    gaps = [later - earlier for earlier, later in itertools.pairwise(waits)]
    assert [round(gap) for gap in gaps[:3]] == [6, 11, 21]
    assert all(30 <= gap < 33 for gap in gaps[3:])
    assert len(world.home.reads) > 2 * len(waits)
    world.home.stored, world.home.seconds_a_read = 2, 0.0
    world.flags(after=FRESHNESS)
    assert world.flags() == 2, "found beside the answers, before the next wait"


def test_a_clock_set_back_does_not_stop_the_reading() -> None:
    world = World(1)
    world.flags()
    world.home.stored = 2
    world.flags(after=-3600)
    assert world.flags() == 2


def test_without_a_thread_old_flags_answer_until_they_are_waited_for() -> None:
    def refuse(run: Callable[[], object]) -> None:
        raise RuntimeError("can't start new thread")

    world = World(1)
    world.source._spawn = refuse
    world.flags()
    world.home.stored = 2
    assert world.flags(after=FRESHNESS) == 1
    assert "can't start new thread" in world.log[0]
    assert world.flags(after=MOST_AGE) == 2


# Copies: the nearest first, and home.


def test_the_near_copy_answers_alone() -> None:
    world = World(3, 3)
    assert world.flags() == 3
    world.flags(after=FRESHNESS)
    assert [len(copy.reads) for copy in world.copies] == [2, 0]


@pytest.mark.parametrize("trouble", [403, 404, 503, b"x", NoAnswer("timed out")], ids=repr)
def test_when_the_near_copy_is_in_trouble_home_answers_in_the_time_that_is_left(trouble: object) -> None:
    world = World(trouble, 3)
    world.copies[0].seconds_a_read = 0.5
    assert world.flags() == 3
    assert world.copies[0].seconds == [TIMEOUT / 2]
    assert world.home.seconds == pytest.approx([TIMEOUT / 2])
    assert len(world.log) == 1
    assert world.log[0].startswith("flags: eu-west-1: ")
    assert world.log[0].endswith("; revision 3 is in use")
    for _ in range(10):
        world.flags(after=FRESHNESS)
    assert len(world.log) == 1


def test_at_a_cold_start_home_has_its_share_of_the_second_that_a_request_waits() -> None:
    world = World(NoAnswer("timed out"), 3)
    world.source.begin()
    assert world.copies[0].seconds == [TIMEOUT / 2]
    assert world.flags() == 3


def test_a_near_copy_that_missed_a_write_is_passed_over_however_long_it_stays_behind() -> None:
    world = World(404, 6)
    world.flags()
    world.copies[0].stored = 5
    for _ in range(30):
        assert world.flags(after=FRESHNESS) == 6
    assert "eu-west-1: revision 5 is older than 6 in hand" in world.log[-1]
    assert world.compiled == [6], "what is not taken costs no more than its bytes"
    world.copies[0].stored = world.home.stored = 7
    world.flags(after=FRESHNESS)
    assert world.flags() == 7


def test_the_revision_does_not_go_back_at_once_and_is_taken_when_home_keeps_it() -> None:
    for stored in ((9,), (9, 9)):
        world = World(*stored)
        world.flags()
        for copy in world.copies:
            copy.stored = 1
        since = 0.0
        while since < RESTORE_SECONDS:
            assert world.flags(after=FRESHNESS) == 9
            since += FRESHNESS
        world.flags(after=FRESHNESS)
        assert world.flags() == 1


def test_an_older_revision_now_and_then_is_never_taken() -> None:
    world = World(9)
    world.flags()
    for _ in range(20):
        world.home.stored = 8
        assert world.flags(after=FRESHNESS) == 9
        world.home.stored = 9
        assert world.flags(after=FRESHNESS) == 9


@given(
    steps=st.lists(
        st.tuples(
            st.floats(0, 45),
            st.sampled_from([1, 2, 3, 404, b"x", NoAnswer("cut off")]),
            st.sampled_from([1, 2, 3, 503, NoAnswer("timed out")]),
            st.sampled_from([0.0, 0.2, 1.0]),
            st.booleans(),
        ),
        max_size=60,
    )
)
def test_whatever_happens_flags_are_never_lost_nor_trusted_for_too_long(
    steps: list[tuple[float, object, object, float, bool]],
) -> None:
    world = World(404, 404, awake=False)
    had = False
    for wait, near, home, seconds, wakes in steps:
        world.copies[0].stored, world.home.stored = near, home
        for copy in world.copies:
            copy.seconds_a_read = seconds
        if wakes:
            world.wake()
        world.now += wait
        began, before = world.now, len(world.asleep)
        flags = world.flags()
        assert not (had and flags is None)
        had = had or flags is not None
        assert world.now - began <= 2 * seconds + 1e-6, "each copy is asked at most once by a request"
        assert len(world.asleep) <= before + 1
        held = world.source._held
        assert held is None or held.as_of <= world.now
