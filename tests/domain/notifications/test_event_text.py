from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from edgeship.domain.channels.policy import Policy
from edgeship.domain.channels.policy_record import to_document
from edgeship.domain.events import Event, EventType, Occasion
from edgeship.domain.health.analysis import AnalysisResult, Health
from edgeship.domain.health.breach import Breach
from edgeship.domain.health.thresholds import Check
from edgeship.domain.notifications.event_text import describe, words
from edgeship.domain.severity import is_rollback
from edgeship.domain.version import Version
from tests.support.event_samples import sample

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
CHANNEL = {"channel": "latest", "version": "1.4.2", "sequence": 7, "locked": False}
ROLLOUT = {"candidate": "1.5.0", "phase": "running", "step": 2, "steps": 5, "percent": 0.5}


def text_of(kind: EventType, new: Mapping[str, Any], old: Mapping[str, Any] | None = None) -> str:
    return describe(Event.of(kind, Occasion("test", "ann", "because", AT), "checkout", (1,), old, new))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (EventType.ROLLOUT_STARTED, "latest: rollout to 1.5.0 started at 0.5 %"),
        (EventType.ROLLOUT_ADVANCED, "latest: rollout to 1.5.0 advanced to 0.5 %"),
        (EventType.ROLLOUT_HELD, "latest: rollout to 1.5.0 held at 0.5 %"),
        (EventType.ROLLOUT_PAUSED, "latest: rollout to 1.5.0 paused"),
        (EventType.ROLLOUT_RESUMED, "latest: rollout to 1.5.0 resumed at 0.5 %"),
        (EventType.ROLLOUT_COMPLETED, "latest: rollout to 1.5.0 completed"),
        (EventType.ROLLOUT_ABORTED, "latest: rollout to 1.5.0 aborted"),
        (EventType.CHANNEL_FROZEN, "latest frozen: 1.4.2 is unhealthy, with no good version to roll back to"),
        (EventType.RELEASE_UNHEALTHY, "latest: 1.4.2 is unhealthy and stays live"),
        (EventType.ROLLBACK_WINDOW_CLOSED, "latest: rollback window of 1.4.2 closed"),
        (EventType.CHANNEL_UNLOCKED, "latest unlocked"),
        (EventType.POINTER_MOVED, "latest (nothing) → 1.4.2"),
    ],
)
def test_what_happens_to_a_channel(kind: EventType, text: str) -> None:
    assert text_of(kind, {**CHANNEL, "rollout": ROLLOUT}) == text


def test_a_change_of_policy_names_the_fields() -> None:
    old = to_document(Policy())
    new = {**old, "on_inconclusive": "pass", "thresholds": {**old["thresholds"], "error_rate": 2}}
    assert text_of(EventType.POLICY_CHANGED, new, old) == "policy changed: on_inconclusive, error_rate"


@pytest.mark.parametrize(
    ("analysis", "text"),
    [
        (
            AnalysisResult(Health.UNHEALTHY, "", Check.ERROR_RATE, 7.456, 5, 240),
            "error rate 7.46 %, limit 5 %, 240 sessions",
        ),
        (
            AnalysisResult(Health.UNHEALTHY, "", Check.LATENCY, 2_345.6, 2_000, 60),
            "p95 load latency 2,345.6 ms, limit 2,000 ms, 60",
        ),
        (
            AnalysisResult(Health.UNHEALTHY, "", Check.MEMORY, 128, 100, 60),
            "p95 memory 128 MB, limit 100 MB, 60 sessions",
        ),
        (
            AnalysisResult(Health.DEGRADED, "", Check.ERROR_RATE_OVER_STABLE, 6, 5, 60),
            "error rate over the stable version's by 6 points, limit 5 points, 60 sessions",
        ),
        (AnalysisResult(Health.INCONCLUSIVE, "", sample=3), "3 sessions"),
    ],
)
def test_the_numbers_of_the_analysis_follow(analysis: AnalysisResult, text: str) -> None:
    shown = text_of(EventType.ROLLOUT_ABORTED, {**CHANNEL, "rollout": ROLLOUT, "analysis": analysis.numbers()})
    assert shown.startswith(f"latest: rollout to 1.5.0 aborted ({text}")


@pytest.mark.parametrize(("limit", "text"), [(5, "error rate, limit 5 %"), (None, "error rate")])
def test_an_alarm_shows_its_limit_where_that_is_known(limit: float | None, text: str) -> None:
    subject = ("checkout", Version.parse("1.5.0"))
    numbers = Breach.by_alarm(subject, Check.ERROR_RATE, limit, "edgeship-test-health", "Threshold Crossed", AT).numbers
    shown = text_of(EventType.POINTER_MOVED, {**CHANNEL, "analysis": numbers}, {**CHANNEL, "version": "1.5.0"})
    assert shown == f"latest 1.5.0 → 1.4.2 ({text})"


@pytest.mark.parametrize(
    ("kind", "old", "new", "text"),
    [
        (EventType.FLAG_CHANGED, None, {"key": "ab", "enabled": True}, "flag ab added"),
        (EventType.FLAG_CHANGED, {"key": "ab", "enabled": True}, None, "flag ab deleted"),
        (EventType.FLAG_CHANGED, {"key": "ab"}, {"key": "ab", "rollout": {}, "x": 1}, "flag ab changed: rollout, x"),
        # Target users are counted in events, so another one in the place of one leaves no trace.
        (EventType.FLAG_CHANGED, {"key": "ab", "target_users": 1}, {"key": "ab", "target_users": 1},
         "flag ab changed: its target users"),
        (EventType.NOTIFICATIONS_CHANGED, {"destinations": {}, "rules": []}, {"destinations": {}, "rules": [1]},
         "notifications changed: rules"),
        (EventType.NOTIFICATIONS_CHANGED, {"destinations": {"a": 1, "b": 2}}, {"destinations": {"b": 2, "a": 1}},
         "notifications changed: order"),
        (EventType.NOTIFICATION_TESTED, None, {"destinations": ["a", "b"]}, "test of the notifications to a, b"),
        (EventType.DEPLOYMENT_REQUESTED, None, CHANNEL, "latest: 1.4.2 is brought to the CDNs again"),
        (EventType.DEPLOYMENT_VERIFIED, None, {**CHANNEL, "checked": 14, "mismatches": []},
         "latest: 1.4.2 is served everywhere"),
        (EventType.DEPLOYMENT_FAILED, None, {**CHANNEL, "checked": 14, "mismatches": [{}]},
         "latest: 1.4.2 is not served everywhere, 1 mismatch in 14 probes"),
        (EventType.DEPLOYMENT_FAILED, None, {**CHANNEL, "checked": 14, "mismatches": [{}, {}]},
         "latest: 1.4.2 is not served everywhere, 2 mismatches in 14 probes"),
    ],
)  # fmt: skip
def test_what_happens_to_an_environment(
    kind: EventType, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None, text: str
) -> None:
    assert describe(Event.of(kind, Occasion("test", "ann", "because", AT), None, (1,), old, new)) == text


@pytest.mark.parametrize(
    ("before", "after", "locked_before", "locked", "expected"),
    [
        ("1.5.0", "1.4.2", False, True, True),
        ("1.5.0", "1.6.0", False, True, True),  # --to may name a newer version that was live once
        ("1.5.0", "1.4.2", True, True, False),  # a promotion to a lower version
        ("1.5.0", "1.6.0", True, True, False),  # a promotion leaves the lock as it is
        ("1.5.0", "1.4.2", False, False, False),
        (None, "1.4.2", True, True, False),
    ],
)
def test_a_rollback_is_distinguished_from_other_moves(
    before: str | None, after: str, locked_before: bool, locked: bool, expected: bool
) -> None:
    old = {**CHANNEL, "version": before, "locked": locked_before}
    new = {**CHANNEL, "version": after, "locked": locked}
    event = Event.of(EventType.POINTER_MOVED, Occasion("test", "ann", "because", AT), "checkout", (1,), old, new)
    assert is_rollback(event) is expected
    assert describe(event).endswith(" (rollback)") is expected
    marked = replace(event, new={**new, "rollback": True})
    assert is_rollback(marked) is locked


def test_a_rollback_shows_the_analysis_too() -> None:
    numbers = AnalysisResult(Health.UNHEALTHY, "", Check.ERROR_RATE, 7.5, 5, 240).numbers()
    new = {**CHANNEL, "locked": True, "analysis": numbers}
    shown = text_of(EventType.POINTER_MOVED, new, {**CHANNEL, "version": "1.5.0"})
    assert shown == "latest 1.5.0 → 1.4.2 (rollback; error rate 7.5 %, limit 5 %, 240 sessions)"


@pytest.mark.parametrize("kind", EventType)
def test_every_event_has_words_of_its_own(kind: EventType) -> None:
    event = sample(kind)
    assert words(event) not in ("", kind.value)
    assert describe(event).startswith(words(event))
