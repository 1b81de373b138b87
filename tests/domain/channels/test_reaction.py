"""What an unhealthy release does to a channel, by case: late, twice and out of order included."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from edgeship.domain.channels.alert import Alert
from edgeship.domain.channels.channel import Channel, Lock, Moved, Watch
from edgeship.domain.channels.moves import promote, roll_back, rollback_targets
from edgeship.domain.channels.reaction import close_window, react
from edgeship.domain.channels.rollout import Phase, Step, start
from edgeship.domain.channels.rollout_moves import (
    abort_rollout,
    advance_rollout,
    pause_rollout,
    resume_rollout,
    start_rollout,
)
from edgeship.domain.events import EventType, Occasion, timestamp
from edgeship.domain.health.breach import Breach
from edgeship.domain.health.shared_limit import Other
from edgeship.domain.health.thresholds import Check
from edgeship.domain.releases.release import Quarantine, Release
from edgeship.domain.severity import severity_of
from edgeship.domain.version import Version
from tests.support.releases import a_release

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
BEFORE = "2026-11-20T09:00:00.000Z"
V0, V1, V2, V3 = (Version.parse(v) for v in ("1.0.0", "1.1.0", "1.2.0", "1.3.0"))
WINDOW = 3600
STEPS = (Step(1, 600), Step(100, 0))
BAD = Quarantine(BEFORE, "ann", "bad")


def at(minutes: float) -> Occasion:
    return Occasion("test", "edgeship:rollback", "event", NOW + timedelta(minutes=minutes))


def known(**quarantined: bool) -> list[Release]:
    """Every release, live once; named by `v0=True` if it is quarantined."""
    return [
        replace(a_release(str(v)), promoted_at=BEFORE, quarantine=BAD if quarantined.get(f"v{n}") else None)
        for n, v in enumerate((V0, V1, V2, V3))
    ]


def breach(version: Version, minute: float) -> Breach:
    return Breach("checkout", version, at(minute).at, "error rate 9 %", {"value": 9}, Check.ERROR_RATE)


WATCHED = Channel(
    "checkout",
    "latest",
    V1,
    2,
    BEFORE,
    "ann",
    trail=(V0,),
    revision=5,
    exposed_at=NOW,
    watch=Watch(NOW + timedelta(seconds=WINDOW), automatic_rollback=True),
)
"""At 1.1.0 since NOW, with an hour's window and 1.0.0 before it."""


def rolling(**fields: Any) -> Channel:
    """As WATCHED, and 1.2.0 is being rolled out since minute 5."""
    return replace(WATCHED, rollout=replace(start(V2, STEPS, at(5).at), **fields))


def reacted(
    channel: Channel,
    found: Breach,
    releases: list[Release] | None = None,
    minute: float = 30,
    other: Other = Other(),  # noqa: B008  frozen
) -> Moved:
    moved = react(channel, known() if releases is None else releases, found, at(minute), WINDOW, other)
    assert moved is not None
    assert all(event.cause.startswith("error rate 9 %") for event in moved.events)
    return moved


def ignored(
    channel: Channel,
    found: Breach,
    releases: list[Release] | None = None,
    minute: float = 30,
    other: Other = Other(),  # noqa: B008  frozen
) -> bool:
    kept = replace(channel)
    moved = react(channel, known() if releases is None else releases, found, at(minute), WINDOW, other)
    assert channel == kept
    return moved is None


def types(moved: Moved) -> list[EventType]:
    return [event.type for event in moved.events]


def written(moved: Moved) -> Channel:
    return replace(moved.channel, revision=moved.channel.revision + 1)


@pytest.mark.parametrize("phase", [Phase.RUNNING, Phase.PAUSED])
def test_an_unhealthy_candidate_ends_its_rollout(phase: Phase) -> None:
    moved = reacted(rolling(phase=phase), breach(V2, 20))
    assert moved.channel.version == V1
    assert moved.channel.rollout is not None
    assert moved.channel.rollout.phase is Phase.ABORTED
    assert moved.channel.lock is not None
    assert moved.channel.watch == WATCHED.watch
    assert [(r.version, r.quarantine is not None) for r in moved.changed] == [(V2, True)]
    assert types(moved) == [EventType.ROLLOUT_ABORTED, EventType.RELEASE_QUARANTINED]
    assert (moved.events[0].new or {})["analysis"] == {"value": 9}


def test_a_candidate_that_is_quarantined_already_ends_its_rollout_all_the_same() -> None:
    moved = reacted(rolling(), breach(V2, 20), known(v2=True))
    assert types(moved) == [EventType.ROLLOUT_ABORTED]
    assert moved.changed == ()


def test_a_live_release_in_its_window_is_rolled_back() -> None:
    moved = reacted(WATCHED, breach(V1, 20))
    assert (moved.channel.version, moved.channel.sequence) == (V0, 3)
    assert moved.channel.lock == Lock(timestamp(at(30).at), "edgeship:rollback", "error rate 9 %")
    assert moved.channel.watch == Watch(at(30).at + timedelta(seconds=WINDOW), automatic_rollback=False)
    assert moved.channel.exposed_at == at(30).at
    assert types(moved) == [EventType.POINTER_MOVED, EventType.RELEASE_QUARANTINED]
    assert (moved.events[0].new or {})["analysis"] == {"value": 9}


def test_a_rollback_aborts_the_rollout_but_does_not_blame_its_candidate() -> None:
    moved = reacted(rolling(), breach(V1, 20))
    assert moved.channel.version == V0
    assert moved.channel.candidate is None
    assert [r.version for r in moved.changed] == [V1]
    assert types(moved) == [EventType.POINTER_MOVED, EventType.ROLLOUT_ABORTED, EventType.RELEASE_QUARANTINED]


def test_a_rollback_passes_over_a_candidate_that_was_live_before() -> None:
    channel = replace(rolling(), trail=(V0, V2))
    moved = reacted(channel, breach(V1, 20))
    assert moved.channel.version == V0
    assert moved.channel.rollout is not None
    assert moved.channel.rollout.phase is Phase.ABORTED
    assert rollback_targets(channel, known())[0] == V0
    assert rollback_targets(channel, known())[-1] == V2


def test_with_nothing_but_the_candidate_the_channel_is_frozen() -> None:
    moved = reacted(replace(rolling(), trail=(V2,)), breach(V1, 20))
    assert moved.channel.version == V1
    assert moved.channel.lock is not None
    assert EventType.CHANNEL_FROZEN in types(moved)


def test_a_rollback_skips_what_is_quarantined() -> None:
    channel = replace(WATCHED, version=V2, trail=(V0, V1))
    assert reacted(channel, breach(V2, 20), known(v1=True)).channel.version == V0


def test_an_alarm_of_the_window_that_is_delivered_after_it_still_rolls_back_until_the_window_is_closed() -> None:
    moved = reacted(WATCHED, breach(V1, 59), minute=61)
    assert moved.channel.version == V0
    closed = close_window(WATCHED, at(61))
    assert closed is not None
    assert types(reacted(written(closed), breach(V1, 59), minute=61)) == [EventType.RELEASE_UNHEALTHY]


@pytest.mark.parametrize(
    ("channel", "minute"),
    [
        pytest.param(WATCHED, 60, id="found when the window ends"),
        pytest.param(replace(WATCHED, watch=None), 20, id="no window"),
        pytest.param(replace(WATCHED, watch=Watch(at(60).at, automatic_rollback=False)), 20, id="after a rollback"),
    ],
)
def test_otherwise_people_are_notified_once_and_nothing_moves(channel: Channel, minute: float) -> None:
    moved = reacted(channel, breach(V1, minute), minute=minute + 1)
    assert moved.channel == replace(channel, alert=Alert(timestamp(at(minute + 1).at), "error rate 9 %"))
    assert moved.changed == ()
    (event,) = moved.events
    assert event.type is EventType.RELEASE_UNHEALTHY
    assert (event.new or {})["version"] == "1.1.0"
    assert (event.new or {})["analysis"] == {"value": 9}
    assert ignored(written(moved), breach(V1, minute + 5), minute=minute + 6)


def test_people_are_notified_of_an_unhealthy_rollback_target_until_the_next_move() -> None:
    back = written(reacted(WATCHED, breach(V1, 20)))
    alerted = written(reacted(back, breach(V0, 40), known(v1=True), minute=41))
    assert (alerted.version, alerted.alert is not None) == (V0, True)
    fixed = promote(alerted, known()[3], at(50), WINDOW).channel
    assert fixed.alert is None
    assert reacted(fixed, breach(V3, 60), minute=61).channel.version == V0


@pytest.mark.parametrize(
    ("channel", "releases"),
    [
        pytest.param(replace(WATCHED, trail=()), known(), id="nothing before it"),
        pytest.param(WATCHED, known(v0=True), id="all before it is quarantined"),
    ],
)
def test_with_no_good_version_the_channel_is_frozen_once(channel: Channel, releases: list[Release]) -> None:
    moved = reacted(channel, breach(V1, 20), releases)
    assert moved.channel.version == V1
    assert moved.channel.lock is not None
    assert moved.channel.alert is not None
    assert moved.changed == ()
    (event,) = moved.events
    assert event.type is EventType.CHANNEL_FROZEN
    assert "no good version before 1.1.0" in event.cause
    assert (event.new or {})["locked"] is True
    assert ignored(written(moved), breach(V1, 25), releases)


def test_freezing_keeps_an_older_lock() -> None:
    lock = Lock(BEFORE, "ann", "freeze for the holidays")
    moved = reacted(replace(WATCHED, trail=(), lock=lock), breach(V1, 20))
    assert moved.channel.lock == lock


@pytest.mark.parametrize(
    ("channel", "found"),
    [
        pytest.param(WATCHED, breach(V0, 20), id="a version before"),
        pytest.param(WATCHED, breach(V3, 20), id="a version that is nowhere"),
        pytest.param(WATCHED, breach(V1, -1), id="found before it was exposed"),
        pytest.param(rolling(), breach(V2, 4), id="found before the rollout began"),
        pytest.param(rolling(exposed_at=at(25).at), breach(V2, 24), id="found before it was resumed"),
        pytest.param(rolling(phase=Phase.ABORTED), breach(V2, 20), id="the rollout was aborted"),
        pytest.param(rolling(phase=Phase.ROLLED_BACK), breach(V2, 20), id="the rollout was rolled back"),
        pytest.param(rolling(), breach(V0, 20), id="a version before, during a rollout"),
        pytest.param(Channel("checkout", "latest"), breach(V1, 20), id="a channel at nothing"),
        pytest.param(replace(WATCHED, exposed_at=None), breach(V1, 20), id="live since before exposure was kept"),
    ],
)
def test_late_alarms_change_nothing(channel: Channel, found: Breach) -> None:
    assert ignored(channel, found)


@pytest.mark.parametrize(
    ("period", "seconds", "counts"), [(60, 29, True), (60, 31, False), (2, 2, False), (2, 0, True)]
)
def test_the_first_period_of_an_exposure_counts_however_short_it_is(period: int, seconds: int, counts: bool) -> None:
    """A local cloud's minute may take two seconds."""
    since = NOW + timedelta(minutes=30, seconds=30)
    live = replace(WATCHED, exposed_at=since)
    rolled = replace(rolling(exposed_at=since), exposed_at=NOW)
    found = since - timedelta(seconds=seconds)
    for channel, version in ((live, V1), (rolled, V2)):
        late = Breach("checkout", version, found, "error rate 9 %", {"value": 9}, Check.ERROR_RATE)
        assert (react(channel, known(), late, at(31), WINDOW, period_seconds=period) is not None) is counts


def test_an_alarm_that_was_found_at_the_moment_of_exposure_counts() -> None:
    assert reacted(WATCHED, breach(V1, 0)).channel.version == V0
    assert reacted(rolling(), breach(V2, 5)).channel.candidate is None


def test_a_candidates_alarm_that_comes_when_it_is_live_rolls_it_back() -> None:
    started = written(start_rollout(WATCHED, known()[2], STEPS, at(5)))
    completed = written(advance_rollout(started, known()[2], at(16), WINDOW))
    moved = reacted(completed, breach(V2, 15), minute=17)
    assert moved.channel.version == V1
    assert moved.channel.rollout is not None
    assert moved.channel.rollout.phase is Phase.ROLLED_BACK
    assert ignored(written(moved), breach(V2, 15), known(v2=True), minute=18)


def test_a_version_that_comes_back_is_not_blamed_for_its_earlier_time() -> None:
    back = written(roll_back(WATCHED, known(), None, at(20), WINDOW))
    again = written(promote(back, known()[1], at(40), WINDOW))
    assert ignored(again, breach(V1, 19), minute=41)
    assert reacted(again, breach(V1, 42), minute=43).channel.version == V0


def test_a_paused_candidate_promoted_by_hand_is_not_blamed_for_what_was_before_the_pause() -> None:
    paused = written(pause_rollout(rolling(), at(10)))
    promoted = written(promote(paused, known()[2], at(200), WINDOW))
    assert ignored(promoted, breach(V2, 9), minute=201)
    assert reacted(promoted, breach(V2, 205), minute=206).channel.version == V1


@pytest.mark.parametrize(("minute", "closes"), [(0, False), (59.9, False), (60, True), (999, True)])
def test_the_window_closes_when_its_time_is_over(minute: float, closes: bool) -> None:
    moved = close_window(rolling(), at(minute))
    if not closes:
        assert moved is None
        return
    assert moved is not None
    assert moved.channel == replace(rolling(), watch=None)
    assert types(moved) == [EventType.ROLLBACK_WINDOW_CLOSED]
    assert close_window(moved.channel, at(minute)) is None


BOTH = Other(8.0, reaches=True)


@pytest.mark.parametrize(
    ("channel", "version", "whose"),
    [
        pytest.param(rolling(), V2, "the stable version", id="the candidate's alarm"),
        pytest.param(rolling(), V1, "the candidate", id="the live version's, in its window"),
        pytest.param(replace(rolling(), watch=None), V1, "the candidate", id="the live version's, after its window"),
    ],
)
def test_a_limit_that_both_reach_pauses_the_rollout_and_nothing_is_quarantined(
    channel: Channel, version: Version, whose: str
) -> None:
    moved = reacted(channel, breach(version, 20), other=BOTH)
    assert (moved.channel.version, moved.channel.candidate, moved.channel.lock) == (V1, V2, None)
    assert moved.channel.rollout is not None
    assert (moved.channel.rollout.phase, moved.channel.rollout.both_unhealthy) == (Phase.PAUSED, True)
    assert moved.changed == ()
    (event,) = moved.events
    assert event.type is EventType.ROLLOUT_PAUSED
    assert event.cause == f"error rate 9 %; {whose} has 8 % in the same time"
    assert (event.new or {})["analysis"] == {"value": 9, "health": "inconclusive", "other_value": 8.0}
    # What follows of the same time, by any path and of either version, changes nothing more.
    after = written(moved)
    for late in (breach(V2, 20), breach(V2, 29), breach(V1, 20), breach(V1, 29)):
        assert ignored(after, late, minute=31)
        assert ignored(after, late, minute=31, other=BOTH)
    resumed = written(resume_rollout(after, known()[2], at(40)))
    assert resumed.alert is None
    assert ignored(resumed, breach(V2, 39), minute=41)
    assert types(reacted(resumed, breach(V2, 45), minute=46)) == [
        EventType.ROLLOUT_ABORTED,
        EventType.RELEASE_QUARANTINED,
    ]


def test_without_the_stable_versions_metrics_the_candidate_is_stopped_and_nothing_is_quarantined() -> None:
    moved = reacted(rolling(), breach(V2, 20), other=Other(fault="EndpointConnectionError"))
    assert types(moved) == [EventType.ROLLOUT_PAUSED]
    assert moved.changed == ()
    assert moved.events[0].cause.endswith(
        "the metrics of the stable version could not be read (EndpointConnectionError)"
    )
    assert moved.channel.rollout is not None
    assert moved.channel.rollout.both_unhealthy is False
    assert moved.channel.alert is None


def test_without_the_candidates_metrics_the_live_version_is_rolled_back() -> None:
    assert reacted(rolling(), breach(V1, 20), other=Other(fault="EndpointConnectionError")).channel.version == V0


@pytest.mark.parametrize(
    ("channel", "counts"),
    [
        pytest.param(rolling(exposed_at=at(10.5).at), True, id="its first minute"),
        pytest.param(rolling(exposed_at=at(10.5).at, had_traffic=True), False, id="a minute of before a resume"),
        pytest.param(rolling(exposed_at=at(11).at, had_traffic=True), False, id="the minute before a resume"),
        pytest.param(rolling(exposed_at=at(10).at, had_traffic=True), True, id="from the resume on"),
    ],
)
def test_an_alarm_counts_if_all_of_its_datapoints_are_of_this_exposure(channel: Channel, counts: bool) -> None:
    found = replace(breach(V2, 13.5), since=at(10).at)
    moved = react(channel, known(), found, at(14), WINDOW)
    assert (moved is not None) is counts


def test_a_version_that_is_rolled_out_again_had_traffic_before() -> None:
    fresh = replace(known()[2], promoted_at=None)
    first = written(start_rollout(WATCHED, fresh, STEPS, at(5)))
    assert first.rollout is not None
    assert first.rollout.had_traffic is False
    aborted = written(abort_rollout(first, fresh, at(10)))
    again = start_rollout(aborted, fresh, STEPS, at(20)).channel
    assert again.rollout is not None
    assert again.rollout.had_traffic is True
    resumed = resume_rollout(written(pause_rollout(first, at(8))), fresh, at(9)).channel
    assert resumed.rollout is not None
    assert resumed.rollout.had_traffic is True


def test_a_rollback_has_one_critical_event_and_a_promotion_to_a_lower_version_has_none() -> None:
    moved = reacted(replace(rolling(), lock=Lock(BEFORE, "ann", "freeze")), breach(V1, 20))
    severities = {event.type: severity_of(event).value for event in moved.events}
    assert severities == {
        EventType.POINTER_MOVED: "critical",
        EventType.ROLLOUT_ABORTED: "warning",
        EventType.RELEASE_QUARANTINED: "warning",
    }
    (down,) = promote(written(moved), known()[3], at(50), WINDOW).events
    assert severity_of(down).value == "info"
    lower = promote(replace(written(moved), version=V3), known()[1], at(60), WINDOW)
    assert [severity_of(event).value for event in lower.events] == ["info"]


def test_a_version_that_people_know_of_is_frozen_once_when_nothing_is_left_to_roll_back_to() -> None:
    alone = replace(WATCHED, trail=(), alert=Alert(BEFORE, "failures from 1 network"))
    releases = [release for release in known() if release.version == V1]
    moved = react(alone, releases, breach(V1, 20), at(20), WINDOW)
    assert moved is not None
    assert [event.type for event in moved.events] == [EventType.CHANNEL_FROZEN]
    assert moved.channel.alert == alone.alert
    assert moved.channel.lock is not None
    assert react(written(moved), releases, breach(V1, 21), at(21), WINDOW) is None
