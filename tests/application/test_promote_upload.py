"""The order and number of `Release Registered` events make no difference to what is live."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations

import pytest

from edgeship.application.ports import Transaction
from edgeship.application.promote_release import PromoteRelease
from edgeship.application.promote_upload import PromoteUpload
from edgeship.application.roll_back import RollBack
from edgeship.domain.errors import Refused
from edgeship.domain.events import EventType, Occasion
from edgeship.domain.release import Release, register
from edgeship.domain.version import Version
from tests.domain.test_channel import release as a_release
from tests.fakes.state import FakeState

WHO = Occasion("test", "aws:123456789012", "upload", datetime(2026, 11, 23, 10, tzinfo=UTC))


def state_with(*versions: str) -> FakeState:
    state = FakeState()
    for version in versions:
        release = replace(a_release(version), revision=0)
        state.commit(Transaction(puts=(release,), events=(), registers=release))
    return state


def live(state: FakeState) -> str:
    return str(state.channel("checkout", "latest").version)


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        (("1.0.0", "1.0.1", "1.1.0"), "1.1.0"),
        (("1.0.0", "2.0.0", "1.1.0"), "1.1.0"),
        (("1.0.0", "1.1.0", "1.0.1"), "1.1.0"),
        (("1.0.0", "1.1.0-rc.1", "1.0.1"), "1.0.1"),
    ],
)
def test_any_order_of_events_ends_the_same(versions: tuple[str, ...], expected: str) -> None:
    for order in permutations(versions):
        state = state_with(*versions)
        promote = PromoteUpload(state, pause=lambda _: None)
        for version in (*order, *order):
            promote("checkout", Version.parse(version), WHO)
        assert live(state) == expected, order


def test_says_why_it_leaves_latest_alone() -> None:
    state = state_with("1.0.0", "2.0.0")
    promote = PromoteUpload(state, pause=lambda _: None)
    assert promote("checkout", Version.parse("1.0.0"), WHO).reason == "first release of the widget"
    assert "waits for approval" in promote("checkout", Version.parse("2.0.0"), WHO).reason
    assert "not registered" in promote("checkout", Version.parse("9.9.9"), WHO).reason
    assert "no registered release" in promote("ghost", Version.parse("1.0.0"), WHO).reason


def test_a_rollback_is_not_undone_by_a_late_event_or_the_next_upload() -> None:
    state = state_with("1.0.0", "1.1.0", "1.1.1")
    promote = PromoteUpload(state, pause=lambda _: None)
    for version in ("1.0.0", "1.1.0"):
        promote("checkout", Version.parse(version), WHO)
    RollBack(state)("checkout", "latest", None, WHO)
    for version in ("1.1.0", "1.1.1"):
        assert not promote("checkout", Version.parse(version), WHO).promote
    assert live(state) == "1.0.0"


def test_fifty_promotions_at_once_leave_a_linear_history() -> None:
    versions = [f"1.0.{n}" for n in range(51)]
    state = state_with(*versions)
    promote = PromoteRelease(state, pause=lambda _: None)
    promote("checkout", Version.parse("1.0.0"), "latest", WHO)
    with ThreadPoolExecutor(50) as pool:
        list(pool.map(lambda v: promote("checkout", Version.parse(v), "latest", WHO), versions[1:]))
    moves = [e for e in state.log if e.type is EventType.POINTER_MOVED]
    assert len(moves) == 51
    for number, move in enumerate(moves, start=1):
        assert move.old is not None
        assert move.new is not None
        assert move.new["sequence"] == number
        assert move.old["version"] == (moves[number - 2].new or {}).get("version" if number > 1 else "")
    assert live(state) == (moves[-1].new or {})["version"]


def test_promotes_to_any_channel_what_is_registered() -> None:
    state = state_with("1.0.0", "2.0.0-beta.1")
    promote = PromoteRelease(state, pause=lambda _: None)
    assert promote("checkout", Version.parse("2.0.0-beta.1"), "next", WHO).name == "next"
    assert state.channel("checkout", "next").version == Version.parse("2.0.0-beta.1")
    with pytest.raises(Refused) as refused:
        promote("checkout", Version.parse("3.0.0"), "latest", WHO)
    assert refused.value.remedy == "Registered are: 2.0.0-beta.1, 1.0.0."
    with pytest.raises(Refused, match="publish one first"):
        promote("ghost", Version.parse("3.0.0"), "latest", WHO)


def test_a_release_quarantined_meanwhile_is_not_promoted() -> None:
    state = state_with("1.0.0", "1.1.0")
    promote = PromoteRelease(state, pause=lambda _: None)
    promote("checkout", Version.parse("1.0.0"), "latest", WHO)
    promote("checkout", Version.parse("1.1.0"), "latest", WHO)

    class Late(FakeState):
        """Another operator rolls back between this one's read and write."""

        def release(self, widget: str, version: Version) -> Release | None:
            found = state.release(widget, version)
            if version == Version.parse("1.1.0") and found and found.quarantine is None:
                RollBack(state)("checkout", "latest", None, WHO)
            return found

        def __getattribute__(self, name: str) -> object:
            return object.__getattribute__(self, name) if name == "release" else getattr(state, name)

    with pytest.raises(Refused) as refused:
        PromoteRelease(Late(), pause=lambda _: None)("checkout", Version.parse("1.1.0"), "next", WHO)
    assert refused.value.code == "quarantined"
    assert state.channel("checkout", "next").version is None


def test_registering_makes_the_same_event_each_time() -> None:
    manifest = pytest.importorskip("tests.domain.test_manifest").MANIFEST
    assert register(manifest, WHO)[1].event_id == register(manifest, WHO)[1].event_id
