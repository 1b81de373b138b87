from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from edgeship.domain.channels.channel import Channel, Lock
from edgeship.domain.channels.rollout import Phase, Rollout, Step
from edgeship.domain.events import EventType
from edgeship.domain.notifications.notice import MAX_LENGTH, Notice, channel_of, notice_of, state_of
from edgeship.domain.version import Version
from tests.support.event_samples import sample

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
LIVE = Channel("checkout", "latest", Version.parse("1.4.2"), 12)


def notice(kind: EventType, new: Mapping[str, Any] | None = None, stands: Channel | None = LIVE) -> Notice:
    event = sample(kind)
    return notice_of(replace(event, new={**(event.new or {}), **(new or {})}), stands)


def facts(shown: Notice, label: str) -> list[str]:
    return [text for name, text in shown.facts if name == label]


@pytest.mark.parametrize(
    ("kind", "new", "title"),
    [
        (EventType.POINTER_MOVED, {}, "checkout: latest 1.4.1 → 1.4.2"),
        (EventType.POINTER_MOVED, {"version": "1.4.0", "locked": True}, "checkout: latest 1.4.1 → 1.4.0 (rollback)"),
        (EventType.ROLLOUT_ABORTED, {}, "checkout: latest: rollout to 1.5.0 aborted"),
        (EventType.FLAG_CHANGED, {}, "flag new-checkout changed: rollout"),
        (EventType.DEPLOYMENT_FAILED, {},
         "checkout: latest: 1.4.2 is not served everywhere, 1 mismatch in 14 probes"),
        (EventType.NOTIFICATION_TESTED, {}, "test of the notifications to on-call"),
    ],
)  # fmt: skip
def test_a_title_names_the_widget_and_what_happened(kind: EventType, new: dict[str, Any], title: str) -> None:
    assert notice(kind, new).title == title


def test_facts_say_why_who_when_and_the_analysis() -> None:
    shown = notice(EventType.ROLLOUT_ABORTED)
    assert shown.facts == (
        ("environment", "production"),
        ("cause", "error rate 13.66 % (limit 5 %) in 3 periods in a row, 483 sessions"),
        ("by", "edgeship:rollout"),
        ("at", "2026-11-24T16:00:05.000Z"),
        ("analysis", "error rate 13.66 %, limit 5 %, 483 sessions"),
        ("next", "Publish a fixed version, then: edgeship unlock checkout --env production"),
    )


@pytest.mark.parametrize("kind", EventType)
def test_every_event_makes_a_notice_of_single_printable_lines(kind: EventType) -> None:
    event = sample(kind)
    hostile = replace(event, cause="a\r\nBcc: all\x1b[31m" + "x" * 9_999, actor="ann\nbob")
    shown = notice_of(hostile, LIVE)
    for text in (shown.title, shown.now or "", *(text for fact in shown.facts for text in fact)):
        assert text.isprintable()
        assert len(text) <= MAX_LENGTH
    assert facts(shown, "cause")[0].startswith("a\\r\\nBcc: all\\x1b[31mxxx")
    assert all(text for _, text in shown.facts)


@pytest.mark.parametrize("kind", EventType)
def test_only_events_about_a_channel_say_where_it_stands(kind: EventType) -> None:
    event = sample(kind)
    about = channel_of(event)
    assert about == (("checkout", "latest") if "channel" in (event.new or {}) else None)
    assert notice_of(event, None).now is None
    assert notice_of(event, LIVE).now == ("latest is at 1.4.2 now" if about else None)


def test_a_late_notice_says_what_holds_now() -> None:
    moved = replace(LIVE, version=Version.parse("1.6.0"))
    assert notice(EventType.POINTER_MOVED, stands=moved).now == "latest is at 1.6.0 now"


ROLLOUT = Rollout(Version.parse("1.5.0"), (Step(0.5, 60), Step(100, 0)), started_at=AT, stepped_at=AT, exposed_at=AT)


@pytest.mark.parametrize(
    ("channel", "text"),
    [
        (Channel("checkout", "beta"), "beta is at no version now"),
        (replace(LIVE, lock=Lock("", "", "")), "latest is at 1.4.2 now, locked"),
        (replace(LIVE, rollout=ROLLOUT), "latest is at 1.4.2 now, rollout to 1.5.0 running at 0.5 %"),
        (replace(LIVE, rollout=replace(ROLLOUT, phase=Phase.PAUSED)),
         "latest is at 1.4.2 now, rollout to 1.5.0 paused at 0 %"),
        (replace(LIVE, rollout=replace(ROLLOUT, phase=Phase.ABORTED)), "latest is at 1.4.2 now"),
    ],
)  # fmt: skip
def test_where_a_channel_stands(channel: Channel, text: str) -> None:
    assert state_of(channel) == text


def test_a_failed_deployment_lists_ten_mismatches_and_counts_the_rest() -> None:
    mismatch = {"where": "cloudfront", "path": "/x.js", "kind": "version", "expected": "1.4.2", "got": "1.4.1"}
    shown = notice(EventType.DEPLOYMENT_FAILED, {"mismatches": [mismatch] * 13})
    assert facts(shown, "mismatch") == ["cloudfront: /x.js: version: expected 1.4.2, got 1.4.1"] * 10
    assert facts(shown, "mismatches") == ["and 3 more"]
    assert facts(notice(EventType.DEPLOYMENT_FAILED, {"mismatches": [mismatch]}), "mismatches") == []


@pytest.mark.parametrize(
    ("kind", "new", "command"),
    [
        (EventType.POINTER_MOVED, {}, None),
        (EventType.POINTER_MOVED, {"version": "1.4.0", "locked": True}, "edgeship unlock checkout --env production"),
        (EventType.ROLLOUT_HELD, {}, "edgeship rollout advance checkout --env production"),
        (EventType.ROLLOUT_PAUSED, {"channel": "beta"},
         "edgeship rollout resume checkout --channel beta --env production"),
        (EventType.ROLLOUT_ABORTED, {"locked": False}, None),
        (EventType.RELEASE_UNHEALTHY, {}, "edgeship rollback checkout --env production"),
        (EventType.RELEASE_QUARANTINED, {"version": "1.5.0"}, "edgeship unquarantine checkout 1.5.0 --env production"),
        (EventType.RELEASE_REJECTED, {}, "Pack clean relative paths."),
        (EventType.DEPLOYMENT_FAILED, {}, "Fix the cause, then: edgeship propagate checkout --env production"),
        (EventType.DEPLOYMENT_VERIFIED, {}, None),
    ],
)  # fmt: skip
def test_what_to_do_next(kind: EventType, new: dict[str, Any], command: str | None) -> None:
    steps = facts(notice(kind, new), "next")
    assert (command in steps[0]) if command else not steps
