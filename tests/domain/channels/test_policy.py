"""What an upload does to a channel, which policies can be meant, and how one is kept."""

import json
import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from edgeship.domain.calendar.calendar_windows import parse_window
from edgeship.domain.channels.channel import Channel, Lock
from edgeship.domain.channels.policy import Policy, PolicyRecord, UploadAction, check_policy, decide_upload, newest_due
from edgeship.domain.channels.policy_record import change_policy, from_document, stored_document, to_document
from edgeship.domain.channels.rollout import Phase, Step, start
from edgeship.domain.channels.testers import tokens_of_testers
from edgeship.domain.errors import Refused
from edgeship.domain.events import EventType, Occasion
from edgeship.domain.health.thresholds import Thresholds
from edgeship.domain.releases.release import Quarantine
from edgeship.domain.version import Version
from tests.support.releases import a_release

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
WHO = Occasion("test", "ann", "by hand", NOW)
LOCK = Lock("2026-11-23T10:00:00.000Z", "ann", "rollback")
AT_ONCE = (Step(100, 0),)
LEAVE, PROMOTE, ROLL_OUT, REPLACE = (
    UploadAction.LEAVE,
    UploadAction.PROMOTE,
    UploadAction.ROLL_OUT,
    UploadAction.REPLACE,
)


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize(
    ("live", "uploaded", "first", "locked", "goes", "says"),
    [
        (None, "1.0.0", "1.0.0", False, PROMOTE, "first release"),
        (None, "2.0.0-beta.1", "2.0.0-beta.1", False, PROMOTE, "first release"),
        (None, "1.1.0", "1.0.0", False, LEAVE, "has not gone live"),
        ("1.0.0", "1.0.1", "1.0.0", False, ROLL_OUT, "patch"),
        ("1.0.0", "1.1.0", "1.0.0", False, ROLL_OUT, "minor"),
        ("1.0.0", "2.0.0", "1.0.0", False, LEAVE, "a major release waits"),
        ("1.0.0", "1.1.0-rc.1", "1.0.0", False, LEAVE, "a prerelease release waits"),
        ("1.1.0", "1.0.1", "1.0.0", False, LEAVE, "not older"),
        ("1.1.0", "1.1.0", "1.0.0", False, LEAVE, "not older"),
        ("1.0.0", "1.0.1", "1.0.0", True, LEAVE, "is locked"),
    ],
)
def test_what_an_upload_does(
    live: str | None, uploaded: str, first: str, locked: bool, goes: UploadAction, says: str, at_once: bool
) -> None:
    channel = Channel("checkout", "latest", Version.parse(live) if live else None, lock=LOCK if locked else None)
    policy = Policy(steps=AT_ONCE) if at_once else Policy()
    decision = decide_upload(policy, channel, a_release(uploaded), Version.parse(first))
    assert decision.action is (PROMOTE if at_once and goes is ROLL_OUT else goes)
    assert says in decision.reason


@pytest.mark.parametrize(
    ("uploaded", "policy", "phase", "action", "says"),
    [
        ("1.1.1", Policy(), Phase.RUNNING, LEAVE, "waits until the rollout of 1.1.0"),
        ("1.1.1", Policy(), Phase.PAUSED, LEAVE, "waits until the rollout of 1.1.0"),
        ("1.1.1", Policy(during_rollout="replace"), Phase.RUNNING, REPLACE, "replaces 1.1.0"),
        ("1.1.1", Policy(during_rollout="replace"), Phase.PAUSED, REPLACE, "replaces 1.1.0"),
        ("1.1.1", Policy(during_rollout="replace", steps=AT_ONCE), Phase.RUNNING, REPLACE, "replaces 1.1.0"),
        ("1.1.0", Policy(during_rollout="replace"), Phase.RUNNING, LEAVE, "1.1.0, which is not older"),
        ("1.0.1", Policy(during_rollout="replace"), Phase.RUNNING, LEAVE, "1.1.0, which is not older"),
        ("2.0.0", Policy(during_rollout="replace"), Phase.RUNNING, LEAVE, "a major release waits"),
        ("1.1.1", Policy(), Phase.ABORTED, ROLL_OUT, "rolled out automatically"),
        ("1.1.1", Policy(), Phase.COMPLETED, ROLL_OUT, "rolled out automatically"),
        ("1.1.1", Policy(), Phase.ROLLED_BACK, ROLL_OUT, "rolled out automatically"),
    ],
)
def test_what_an_upload_does_to_a_rollout(
    uploaded: str, policy: Policy, phase: Phase, action: UploadAction, says: str
) -> None:
    rollout = replace(start(Version.parse("1.1.0"), Policy().steps, NOW), phase=phase)
    channel = Channel("checkout", "latest", Version.parse("1.0.0"), rollout=rollout)
    decision = decide_upload(policy, channel, a_release(uploaded), Version.parse("1.0.0"))
    assert decision.action is action
    assert says in decision.reason
    locked = replace(channel, lock=LOCK)
    assert decide_upload(policy, locked, a_release(uploaded), Version.parse("1.0.0")).action is LEAVE


def test_a_quarantined_release_never_goes_live_automatically() -> None:
    bad = replace(a_release("1.0.0"), quarantine=Quarantine("2026-11-23T10:00:00.000Z", "ann", "bad"))
    assert decide_upload(Policy(), Channel("checkout", "latest"), bad, bad.version).action is LEAVE


def test_a_policy_may_let_major_releases_through() -> None:
    channel = Channel("checkout", "latest", Version.parse("1.0.0"))
    policy = Policy(auto=frozenset({"major"}), steps=AT_ONCE)
    assert decide_upload(policy, channel, a_release("2.0.0"), Version.parse("1.0.0")).action is PROMOTE
    assert decide_upload(policy, channel, a_release("1.0.1"), Version.parse("1.0.0")).action is LEAVE


@pytest.mark.parametrize(
    ("live", "waiting", "chosen"),
    [
        ("1.1.0", ["1.0.0", "1.1.0"], None),
        ("1.1.0", ["1.0.0", "1.1.0", "1.1.1", "1.2.0", "1.1.5"], "1.2.0"),
        ("1.1.0", ["1.1.1", "2.0.0", "1.2.0-rc.1"], "1.1.1"),
        (None, ["1.0.0", "1.1.0"], "1.0.0"),
    ],
)
def test_the_newest_that_waited_is_next(live: str | None, waiting: list[str], chosen: str | None) -> None:
    channel = Channel("checkout", "latest", Version.parse(live) if live else None)
    found = newest_due(Policy(), channel, [a_release(v) for v in waiting], Version.parse("1.0.0"))
    assert (str(found.version) if found else None) == chosen
    assert newest_due(Policy(), replace(channel, lock=LOCK), [a_release("1.9.0")], Version.parse("1.0.0")) is None


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"auto": frozenset({"patch", "huge"})}, "'huge'"),
        ({"on_inconclusive": "maybe"}, "on_inconclusive: 'maybe'"),
        ({"on_breaking": "stop"}, "on_breaking: 'stop'"),
        ({"during_rollout": "stop"}, "during_rollout: 'stop'"),
        ({"serve": "redirect"}, "serve: 'redirect'"),
        ({"rollback_window_seconds": -1}, "rollback_window"),
        ({"rollback_window_seconds": 90 * 86400 + 1}, "rollback_window"),
        ({"thresholds": Thresholds(error_rate=0)}, "error_rate"),
        ({"thresholds": Thresholds(error_rate=100.5)}, "error_rate"),
        ({"thresholds": Thresholds(error_rate=math.nan)}, "error_rate"),
        ({"thresholds": Thresholds(latency_ms=math.inf)}, "latency_ms"),
        ({"thresholds": Thresholds(memory_mb=-1)}, "memory_mb"),
        ({"thresholds": Thresholds(soft_error_points=0)}, "soft_error_points"),
        ({"thresholds": Thresholds(minimum_sample=0)}, "minimum_sample"),
        ({"thresholds": Thresholds(minimum_sample=1_000_001)}, "minimum_sample"),
    ],
)
def test_a_policy_that_cant_be_meant_is_refused_by_its_field(changes: dict[str, Any], names: str) -> None:
    with pytest.raises(Refused) as refused:
        check_policy(replace(Policy(), **changes))
    assert refused.value.code == "policy_invalid"
    assert names in refused.value.reason
    assert refused.value.remedy


def test_a_policys_schedule_is_checked_too() -> None:
    with pytest.raises(Refused) as refused:
        check_policy(Policy(steps=(Step(50, 0),)))
    assert refused.value.code == "steps_invalid"
    for policy in (Policy(), Policy(auto=frozenset(), steps=AT_ONCE, rollback_window_seconds=0)):
        assert check_policy(policy) is policy


LATER = ("serve", "calendar_windows", "testers", "on_breaking")
"""Fields that stored policies may not have."""


def test_a_policy_is_kept_as_json_and_read_back() -> None:
    policy = Policy(
        auto=frozenset({"major", "patch"}),
        steps=(Step(0.07, 60), Step(12.5, 0), Step(100, 0)),
        thresholds=Thresholds(2.5, 900, 64, 1, 50),
        on_inconclusive="pass",
        during_rollout="replace",
        rollback_window_seconds=0,
        serve="in_place",
        calendar_windows=(parse_window("fri-sun 22:00-02:00 America/New_York"),),
        testers=tokens_of_testers("checkout", ["ann", "日本"]),
        on_breaking="refuse",
    )
    for each in (Policy(), policy):
        assert from_document(json.loads(json.dumps(stored_document(each)))) == each
    earlier = {name: value for name, value in stored_document(policy).items() if name not in LATER}
    assert from_document(earlier) == replace(
        policy, serve="auto", calendar_windows=(), testers=frozenset(), on_breaking="hold"
    )
    assert to_document(policy)["testers"] == 2
    for broken in ({}, {**stored_document(policy), "thresholds": {"colour": 1}}):
        with pytest.raises((KeyError, TypeError)):
            from_document(broken)


def test_a_change_of_policy_has_both_and_is_refused_when_it_changes_nothing() -> None:
    record = PolicyRecord("checkout")
    changed, event = change_policy(record, lambda p: replace(p, on_inconclusive="fail"), WHO)
    assert changed == PolicyRecord("checkout", Policy(on_inconclusive="fail"), 0)
    assert event.type is EventType.POLICY_CHANGED
    assert (event.old, event.new) == (to_document(Policy()), to_document(changed.policy))
    again = change_policy(replace(changed, revision=1), lambda p: replace(p, on_inconclusive="pass"), WHO)[1]
    assert again.event_id != event.event_id
    with pytest.raises(Refused) as refused:
        change_policy(record, lambda p: p, WHO)
    assert refused.value.code == "policy_unchanged"
    with pytest.raises(Refused):
        change_policy(record, lambda p: replace(p, on_inconclusive="?"), WHO)  # type: ignore[arg-type]
