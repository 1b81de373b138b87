"""Nothing that a channel, a range, a rollback, a rollout, a flag or a person needs is ever in a plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.moves import rollback_targets
from edgeship.domain.channels.rollout import Step, start
from edgeship.domain.edge.live_versions import live_versions, newest_in_ranges
from edgeship.domain.events import Event, EventType
from edgeship.domain.pruning.needed import Facts, mentioned_in, plan
from edgeship.domain.releases.release import Pruned, Quarantine, Release
from edgeship.domain.version import Version
from tests.support.releases import a_live_release, a_release

V = Version.parse
NOW = datetime(2027, 11, 28, tzinfo=UTC)
LONG_AGO = "2026-11-23T10:00:00.000Z"
RECENT = "2027-11-01T00:00:00.000Z"


def facts(**fields: object) -> Facts:
    return replace(Facts(timedelta(days=90), 1, NOW), **fields)  # type: ignore[arg-type]


def old(*versions: str) -> list[Release]:
    return [a_live_release(version) for version in sorted(versions, key=V, reverse=True)]


def prunable(releases: list[Release], channels: list[Channel], about: Facts) -> list[str]:
    return [str(release.version) for release in plan(releases, channels, about).prunable]


LATEST = Channel("checkout", "latest", V("1.2.9"), 9, trail=(V("1.2.5"), V("1.2.6"), V("1.2.7")))
MANY = ("1.2.9", "1.2.8", "1.2.7", "1.2.6", "1.2.5", "1.2.4", "1.1.1", "1.1.0", "1.0.1", "0.9.0")


def test_what_nothing_needs() -> None:
    found = plan(old(*MANY), [LATEST], facts())
    assert [str(r.version) for r in found.prunable] == ["1.2.6", "1.2.5", "1.2.4"]
    assert {str(version): why for version, why in found.needed.items()} == {
        "1.2.9": "latest points at it",
        "1.2.7": "latest can be rolled back to it",
        "1.2.8": "~1 means it if 1.2.9 is quarantined",
        "1.1.1": "~1.1 means it",
        "1.1.0": "~1.1 means it if 1.1.1 is quarantined",
        "1.0.1": "~1.0 means it",
        "0.9.0": "~0.9 means it",
    }


@pytest.mark.parametrize(
    ("about", "stays"),
    [
        (facts(keep=2), {"1.2.6"}),
        (facts(keep=99), {"1.2.6", "1.2.5", "1.2.4"}),
        (facts(pinned=frozenset({V("1.2.4")})), {"1.2.4"}),
        (facts(mentioned={V("1.2.5"): RECENT}), {"1.2.5"}),
        (facts(since=RECENT), {"1.2.6", "1.2.5", "1.2.4"}),
        (facts(since=RECENT, mentioned={V("1.2.5"): LONG_AGO}), {"1.2.6", "1.2.4"}),
        (facts(chosen={"1.2.6": "checkout-version", "~1": "x"}), {"1.2.6"}),
        (facts(older_than=timedelta(days=800)), {"1.2.6", "1.2.5", "1.2.4"}),
    ],
)
def test_what_else_needs_a_release(about: Facts, stays: set[str]) -> None:
    assert {"1.2.6", "1.2.5", "1.2.4"} - set(prunable(old(*MANY), [LATEST], about)) == stays


def test_candidates_waiting_and_quarantined_releases() -> None:
    rolling = replace(LATEST, rollout=start(V("1.2.4"), (Step(1, 60), Step(100, 0)), NOW, had_traffic=True))
    assert "1.2.4" not in prunable(old(*MANY), [rolling], facts())
    waiting = [a_release("2.0.0"), a_release("1.2.3"), *old(*MANY)]
    assert "2.0.0" not in prunable(waiting, [LATEST], facts())
    assert "1.2.3" in prunable(waiting, [LATEST], facts())
    for since, goes in ((LONG_AGO, True), (RECENT, False)):
        bad = replace(a_live_release("1.2.2"), quarantine=Quarantine(since, "ann", "bad"))
        assert ("1.2.2" in prunable([*old(*MANY), bad], [LATEST], facts())) is goes


def test_what_was_pruned_is_in_no_plan_and_is_no_target_of_anything() -> None:
    releases = [
        replace(release, pruned=Pruned(LONG_AGO, "ann", "old")) if str(release.version) == "1.2.8" else release
        for release in old(*MANY)
    ]
    found = plan(releases, [LATEST], facts())
    assert V("1.2.8") not in {*found.needed, *(release.version for release in found.prunable)}
    assert V("1.2.8") not in rollback_targets(LATEST, releases)


VERSIONS = st.builds(lambda *n: Version(*n), st.integers(0, 2), st.integers(0, 2), st.integers(0, 3))


@given(st.sets(VERSIONS, min_size=1), st.lists(VERSIONS, max_size=4), st.integers(1, 3), st.data())
def test_no_path_changes_its_meaning_and_each_channel_can_be_rolled_back(
    versions: set[Version], trail: list[Version], keep: int, data: st.DataObject
) -> None:
    releases = old(*map(str, versions))
    channel = Channel("checkout", "latest", data.draw(st.sampled_from(sorted(versions))), 1, trail=tuple(trail))
    gone = {release.version for release in plan(releases, [channel], facts(keep=keep)).prunable}
    after = [r if r.version not in gone else replace(r, pruned=Pruned("x", "ann", "old")) for r in releases]
    assert channel.version not in gone
    assert newest_in_ranges(live_versions(after)) == newest_in_ranges(live_versions(releases))
    assert rollback_targets(channel, after)[:keep] == rollback_targets(channel, releases)[:keep]


def test_when_a_version_was_last_live_or_a_candidate() -> None:
    def event(at: str, kind: EventType, new: dict[str, object]) -> Event:
        return Event(kind, "id", at, "test", "checkout", "ann", "x", {"version": "1.0.0"}, new)

    events = [
        event("2027-01-02", EventType.POINTER_MOVED, {"version": "1.1.0"}),
        event("2027-01-01", EventType.ROLLOUT_STARTED, {"version": "1.0.0", "rollout": {"candidate": "1.2.0"}}),
        event("2026-01-01", EventType.POLICY_CHANGED, {"version": "no version"}),
    ]
    assert mentioned_in(events) == {V("1.0.0"): "2027-01-02", V("1.1.0"): "2027-01-02", V("1.2.0"): "2027-01-01"}
