"""However relays die, overlap and repeat, the edge's store ends with the table's routes, and never goes back."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Barrier, Thread
from threading import Event as Signal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeship.application.channels.promote_release import PromoteRelease
from edgeship.application.channels.route_channel import RouteChannel
from edgeship.application.edge.check_flags import CheckFlags
from edgeship.application.flags.change_flags import ChangeFlags
from edgeship.application.transaction import Transaction
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.policy import Policy
from edgeship.domain.edge.route_values import MAX_STORE_BYTES, store_values
from edgeship.domain.edge.router import REVISION_KEY
from edgeship.domain.edge.store_changes import updates
from edgeship.domain.errors import Conflict, Refused
from edgeship.domain.events import Occasion
from edgeship.domain.health.thresholds import Thresholds
from edgeship.domain.telemetry.metric_registry import declared_custom_metrics
from edgeship.domain.version import Version
from tests.fakes.edge import FakeRouteStore, FakeSnapshots
from tests.fakes.health import FakeAlarms
from tests.fakes.releases import FakeReleaseFiles
from tests.fakes.state import FakeState
from tests.support.crash.death import ProcessDied
from tests.support.edge import NOW, Edge, records_of, served_from, table_values
from tests.support.port_calls import Calls, die
from tests.support.releases import a_live_release, a_release
from tests.support.world import POLICY, WIDGET, World

WHO = Occasion("test", "ann", "by hand", NOW)
MOST_CALLS = 60


@dataclass
class History(FakeRouteStore):
    """Keeps what `checkout` at `latest` has meant after each update."""

    meant: list[str | None] = field(default_factory=list)

    def update(self, puts: Mapping[str, str], deletes: Sequence[str], etag: str) -> str:
        new = super().update(puts, deletes, etag)
        self.meant.append(served_from(self.values, WIDGET, "latest"))
        return new


def live(state: FakeState, version: str, widget: str = WIDGET) -> None:
    release = replace(a_release(version), widget=widget, revision=0)
    state.commit(Transaction(puts=(release,), events=(), registers=release))
    promote = PromoteRelease(state, FakeAlarms(lambda: NOW), FakeReleaseFiles(), lambda _: None)
    promote(widget, Version.parse(version), "latest", WHO)


def set_flag(state: FakeState, key: str, **fields: Any) -> None:
    document = {"key": key, "variants": {"old": "1.0.0", "new": "~latest"}, "default_variant": "old", **fields}
    ChangeFlags(state, CheckFlags(state, FakeSnapshots()), lambda _: None).edit(key, lambda _: document, WHO)


def routed(state: FakeState, widget: str, key: str) -> None:
    RouteChannel(state, state, lambda _: None)(widget, "latest", key, WHO)


def begun(store: FakeRouteStore | None = None) -> Edge:
    """checkout has 1.0.0 live and delivered, with more keys of its own than one update takes; then 1.1.0 went live."""
    edge = Edge(FakeState(), store=store)
    live(edge.state, "1.0.0")
    set_flag(edge.state, "ab", target_users=["ann"])
    routed(edge.state, WIDGET, "ab")
    edge.deliver(records_of(edge.state.log))
    assert edge.is_right()
    # 70 target users: updates in several parts.
    set_flag(edge.state, "ab", target_users=[f"user-{n}" for n in range(70)], target_variant="new")
    live(edge.state, "1.1.0")
    return edge


def test_of_an_update_in_parts_none_leaves_a_route_that_leads_nowhere() -> None:
    """So the death tests below die between them, too."""
    edge = begun()
    edge.deliver(records_of(edge.state.log))
    assert len(edge.store.written) >= 3
    assert edge.is_right()


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("number", range(MOST_CALLS))
def test_a_relay_that_died_at_any_call_is_made_good_by_the_next_delivery(number: int, after: bool) -> None:
    edge = begun(History())
    records = records_of(edge.state.log)
    calls = Calls(number, die, after=after)
    try:
        edge.process(calls.wrap).deliver(records)
    except ProcessDied:
        edge.process().deliver(records)
    else:
        assert number >= len(calls.made)
    assert edge.is_right()
    before = len(edge.store.written)
    edge.process().deliver(records)
    assert len(edge.store.written) == before
    assert isinstance(edge.store, History)
    assert None not in edge.store.meant


def test_there_are_no_more_calls_than_the_deaths_are_tried_at() -> None:
    edge, calls = begun(), Calls()
    edge.process(calls.wrap).deliver(records_of(edge.state.log))
    assert 10 < len(calls.made) < MOST_CALLS


@pytest.mark.parametrize("first", range(24))
def test_two_relays_interleaved_at_every_point_end_with_the_newest(first: int) -> None:
    """One stops before a call, another runs up to each of its own calls, the first runs to its end, then the other."""
    for second in range(24):
        edge = Edge(FakeState(), store=History())
        live(edge.state, "1.0.0")
        edge.deliver(records_of(edge.state.log))
        live(edge.state, "1.1.0")
        slow_records = records_of(edge.state.log[-1:])
        first_is_done, other_waits = Signal(), Signal()
        faults: list[BaseException] = []

        def wait(other_waits: Signal = other_waits, first_is_done: Signal = first_is_done) -> None:
            other_waits.set()
            assert first_is_done.wait(10)

        def other(
            edge: Edge = edge, second: int = second, waits: Signal = other_waits, wait: Any = wait, faults: Any = faults
        ) -> None:
            try:
                live(edge.state, "1.2.0")
                edge.process(Calls(second, wait).wrap).deliver(records_of(edge.state.log[-1:]))
            except BaseException as fault:  # noqa: BLE001  a thread's fault is the test's
                faults.append(fault)
            finally:
                waits.set()

        thread = Thread(target=other)

        def begin_the_other(thread: Thread = thread, waits: Signal = other_waits) -> None:
            thread.start()
            assert waits.wait(10)

        calls = Calls(first, begin_the_other)
        edge.process(calls.wrap).deliver(slow_records)
        first_is_done.set()
        if first >= len(calls.made):
            return
        thread.join(10)
        assert not faults
        assert edge.is_right()
        assert isinstance(edge.store, History)
        meant = [version for version in edge.store.meant if version]
        assert meant == sorted(meant)
        assert meant[-1] == "1.2.0"


def test_fifty_racing_moves_end_with_the_last() -> None:
    edge = Edge(FakeState(), store=History())
    live(edge.state, "1.0.0")
    for number in range(1, 51):
        release = replace(a_release(f"1.{number}.0"), revision=0)
        edge.state.commit(Transaction(puts=(release,), events=(), registers=release))
    promote = PromoteRelease(edge.state, FakeAlarms(lambda: NOW), FakeReleaseFiles(), lambda _: None)

    def move(number: int) -> None:
        promote(WIDGET, Version.parse(f"1.{number}.0"), "latest", WHO)
        edge.process().deliver(records_of(edge.state.log[-1:]))

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(move, range(1, 51)))
    assert edge.is_right()
    assert served_from(edge.store.values, WIDGET, "latest") == str(edge.state.channel(WIDGET, "latest").version)


@given(st.randoms(use_true_random=False), st.integers(1, 12))
def test_deliveries_in_any_order_end_with_the_tables_routes(order: random.Random, batch: int) -> None:
    edge = Edge(FakeState())
    for number in range(4):
        for widget in ("button", "chat", WIDGET):
            live(edge.state, f"1.{number}.0", widget)
    set_flag(edge.state, "ab", target_users=["ann"])
    routed(edge.state, "chat", "ab")
    events = [*edge.state.log, *order.sample(edge.state.log, 4)]
    order.shuffle(events)
    for start in range(0, len(events), batch):
        edge.deliver(records_of(events[start : start + batch]))
        # Whatever an event says, what is written is the table.
        named = {event.widget for event in events[: start + batch]}
        wanted = table_values(edge.state)
        assert all(edge.store.values[widget] == wanted[widget] for widget in named if widget)
    assert edge.is_right()


def test_a_flag_that_changes_refreshes_the_widgets_that_flags_route_alone() -> None:
    edge = Edge(FakeState())
    for widget in ("button", "chat", WIDGET):
        live(edge.state, "1.0.0", widget)
        live(edge.state, "1.1.0", widget)
    set_flag(edge.state, "ab")
    routed(edge.state, "chat", "ab")
    edge.deliver(records_of(edge.state.log))
    assert served_from(edge.store.values, "chat", "latest") == "1.0.0"
    set_flag(edge.state, "ab", default_variant="new")
    calls, seen = Calls(), len(edge.store.written)
    edge.process(calls.wrap).deliver(records_of(edge.state.log[-1:]))
    assert calls.made.count("channels") == 1
    assert edge.store.written[seen:] == [["chat", REVISION_KEY]]
    assert served_from(edge.store.values, "chat", "latest") == "1.1.0"
    assert edge.is_right()


@pytest.mark.parametrize("change", ["move", "rollback", "unquarantine", "policy", "flag"])
def test_the_calls_of_a_change_do_not_grow_with_the_releases(change: str) -> None:
    made = []
    for number in (10, 1_000):
        world = World("1.0.0")
        world.promote("1.0.0")
        for release in (a_live_release(f"0.{n // 5}.{n % 5}") for n in range(number)):
            world.state.commit(Transaction(puts=(replace(release, revision=0),), events=()))
        world.register("1.1.0")
        edge = Edge(world.state)
        edge.deliver(records_of(world.state.log))
        seen = len(world.state.log)
        if change == "flag":
            set_flag(world.state, "ab", variants={"old": "1.0.0", "new": "0.1.0"})
            routed(world.state, WIDGET, "ab")
        elif change == "policy":
            world.change_policy(WIDGET, lambda policy: replace(policy, rollback_window_seconds=1), world.occasion())
        else:
            world.promote("1.1.0")
        if change in ("rollback", "unquarantine"):
            edge.deliver(records_of(world.state.log[seen:]))
            seen = len(world.state.log)
            world.roll_back(WIDGET, "latest", None, world.occasion())
        if change == "unquarantine":
            world.unquarantine(WIDGET, Version.parse("1.1.0"), world.occasion())
        calls = Calls()
        edge.process(calls.wrap).deliver(records_of(world.state.log[seen:]))
        assert edge.is_right()
        assert "releases" not in calls.made
        made.append(sorted(calls.made))
    assert made[0] == made[1]


def test_a_policy_that_says_how_to_serve_reaches_the_store() -> None:
    world = World("1.0.0", policy=Policy())
    world.promote("1.0.0")
    edge = Edge(world.state)
    edge.deliver(records_of(world.state.log))
    pinned = edge.store.values[WIDGET]
    world.change_policy(WIDGET, lambda policy: replace(policy, serve="in_place"), world.occasion())
    edge.deliver(records_of(world.state.log[-1:]))
    assert edge.store.values[WIDGET] != pinned
    assert edge.is_right()


def test_a_custom_metric_that_a_policy_names_reaches_the_snapshot_and_not_the_store() -> None:
    world = World("1.0.0", policy=Policy())
    world.promote("1.0.0")
    edge = Edge(world.state)
    edge.deliver(records_of(world.state.log))
    before = dict(edge.store.values)
    for limits, declared in (
        (Thresholds(custom_metric="checkout_ms", custom_metric_limit=3_000), "checkout_ms"),
        (Thresholds(), None),
    ):
        world.change_policy(WIDGET, lambda policy, limits=limits: replace(policy, thresholds=limits), world.occasion())
        edge.deliver(records_of(world.state.log[-1:]))
        assert declared_custom_metrics(edge.snapshots.content).get(WIDGET) == declared
        assert edge.store.values[WIDGET] == before[WIDGET]
        assert edge.is_right()


def test_an_entry_of_a_widget_that_the_table_has_no_more_does_not_keep_the_others_out() -> None:
    edge = Edge(FakeState())
    live(edge.state, "1.0.0")
    before = {"channels": {"latest": {"stable": "1.0.0"}}, "ranges": {}}
    edge.snapshots.content = {"schema": 1, "revision": 7, "widgets": {"gone": before}}
    edge.deliver(records_of(edge.state.log))
    assert edge.is_right()
    assert set(edge.routes_kept()) == {WIDGET}


def test_old_and_new_keys_that_do_not_fit_together_change_places() -> None:
    """What nobody refers to goes first then, or the store would never be brought up to the snapshot."""
    edge = Edge(FakeState())
    live(edge.state, "1.0.0")
    junk = {f"junk-{n:04}": "x" * 1024 for n in range(MAX_STORE_BYTES // 1033)}
    edge.store.by_hand(junk | {"filler": "x" * (MAX_STORE_BYTES % 1033 - 6)})
    assert edge.store.content().size == MAX_STORE_BYTES
    edge.deliver(records_of(edge.state.log))
    assert edge.is_right()
    assert edge.reported == []


def test_updates_have_the_revision_last_and_every_key_once() -> None:
    before = {f"a/{n}": "1" for n in range(120)}
    after = {"a": "2"} | {f"a/{n}": "2" for n in range(60, 200)}
    found = updates(before, after, 7)
    assert [update.puts.get(REVISION_KEY) for update in found] == ["0", *[None] * (len(found) - 2), "7"]
    values = dict(before)
    for update in found:
        values = {key: value for key, value in (values | update.puts).items() if key not in update.deletes}
    assert values == after | {REVISION_KEY: "7"}


# What operators do

VERSIONS = ["1.0.0", "1.1.0", "1.2.0", "2.0.0"]
FLAG_VALUES = ["1.0.0", "1.1.0", "~latest", "~1", "9.9.9", True]
ACTS = st.one_of(
    st.tuples(
        st.just("promote"), st.sampled_from(["1.0.0", "1.1.0", "1.2.0", "2.0.0"]), st.sampled_from(["latest", "next"])
    ),
    st.tuples(st.just("start"), st.sampled_from(VERSIONS), st.sampled_from(["latest", "next"])),
    st.tuples(st.just("steer"), st.sampled_from(["pause", "resume", "advance", "abort"]), st.just("latest")),
    st.tuples(st.just("roll back"), st.none(), st.sampled_from(["latest", "next"])),
    st.tuples(st.just("unquarantine"), st.sampled_from(VERSIONS), st.none()),
    st.tuples(st.just("serve"), st.sampled_from(["auto", "pin", "in_place"]), st.none()),
    st.tuples(st.just("flag"), st.sampled_from(FLAG_VALUES), st.integers(0, 60)),
    st.tuples(st.just("route"), st.sampled_from(["ab", None]), st.sampled_from(["latest", "next"])),
)


def act(world: World, what: str, first: Any, second: Any) -> None:
    who = world.occasion()
    match what:
        case "promote":
            world.promote(first, second)
        case "start":
            world.start_rollout(WIDGET, Version.parse(first), second, who, POLICY.steps)
        case "steer":
            getattr(world.steer, first)(WIDGET, second, who)
        case "roll back":
            world.roll_back(WIDGET, second, None, who)
        case "unquarantine":
            world.unquarantine(WIDGET, Version.parse(first), who)
        case "serve":
            world.change_policy(WIDGET, lambda policy: replace(policy, serve=first), who)
        case "flag":
            set_flag(
                world.state,
                "ab",
                variants={"old": "1.0.0", "new": first},
                target_users=[f"u{n}" for n in range(second)],
            )
        case "route":
            RouteChannel(world.state, world.state, lambda _: None)(WIDGET, second, first, who)


@given(st.lists(st.tuples(ACTS, st.none() | st.integers(0, 30), st.booleans()), min_size=1, max_size=25))
def test_after_any_acts_and_deaths_the_store_has_the_tables_routes(
    acts: list[tuple[tuple[str, Any, Any], int | None, bool]],
) -> None:
    world = World(*VERSIONS)
    edge, pending = Edge(world.state), 0
    for (what, first, second), death, after in acts:
        world.minutes(1)
        try:
            act(world, what, first, second)
        except (Refused, Conflict):
            continue
        records = records_of(world.state.log[pending:])
        try:
            edge.process(Calls(death, die, after=after).wrap).deliver(records)
        except ProcessDied:
            continue
        pending = len(world.state.log)
        assert edge.is_right()
    edge.process().deliver(records_of(world.state.log[pending:]))
    assert edge.routes_kept() == table_values(world.state)
    assert edge.snapshots.content is None or store_values(edge.snapshots.content["widgets"]) == edge.routes_kept()


def test_a_rebuild_reads_many_widgets_at_a_time_policies_in_batches_and_flags_once() -> None:
    class Met(FakeState):
        """A read of a widget's channels waits until as many are read as there should be at a time."""

        rebuilding = False

        def channels(self, widget: str) -> list[Channel]:
            if self.rebuilding:
                together.wait(timeout=10)
            return super().channels(widget)

    together = Barrier(4)
    state = Met()
    widgets = [f"widget-{number}" for number in range(8)]
    for widget in widgets:
        live(state, "1.0.0", widget)
    edge = Edge(state)
    edge.deliver(records_of(state.log))
    right = edge.snapshots.content
    edge.snapshots.lose(corrupt=False)
    calls = Calls()
    counting = Edge(state, edge.snapshots, edge.store, wrap=calls.wrap)
    state.rebuilding = True
    replace(counting.routes, threads=4)({}, flags_changed=True)
    assert edge.snapshots.content is not None
    assert right is not None
    assert edge.snapshots.content["widgets"] == right["widgets"]
    assert calls.made.count("policies") == 1
    assert calls.made.count("channels") == len(widgets)
    assert "policy" not in calls.made
    assert calls.made.count("flags") <= 1
