from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeship.domain.events import Event, EventType, Occasion
from edgeship.domain.notifications.rules import (
    DEFAULT_NOTIFICATIONS,
    Destination,
    Kind,
    Notifications,
    NotificationsRecord,
    Rule,
)
from edgeship.domain.notifications.rules_record import (
    change_notifications,
    from_document,
    notification_test,
    to_document,
)
from edgeship.domain.severity import SEVERITIES, Severity, severity_of
from tests.support.event_samples import sample
from tests.support.repository import ROOT

ANN = Occasion("production", "ann", "because", datetime(2026, 11, 23, 10, tzinfo=UTC))
CHANNEL = {"channel": "latest", "version": "1.4.2", "sequence": 7, "locked": False}


def event(kind: EventType, widget: str | None = "checkout", **new: Any) -> Event:
    return Event.of(kind, ANN, widget, (1,), CHANNEL, {**CHANNEL, **new})


def test_every_type_of_event_has_a_severity() -> None:
    assert set(SEVERITIES) == set(EventType)
    for kind in EventType:
        assert severity_of(sample(kind)) in Severity


def test_the_severities_are_documented() -> None:
    text = (ROOT / "docs" / "notifications.md").read_text()
    section = text.partition("## Severities")[2].partition("##")[0]
    rows = re.findall(r"^\| ([A-Z][A-Za-z ]+) \| (\w+)", section, flags=re.MULTILINE)
    assert dict(rows) == {kind.value: severity.value for kind, severity in SEVERITIES.items()}


@pytest.mark.parametrize(
    ("event", "severity"),
    [
        (event(EventType.POINTER_MOVED), Severity.INFO),
        (event(EventType.POINTER_MOVED, version="1.4.1"), Severity.INFO),
        (event(EventType.POINTER_MOVED, version="1.4.1", locked=True), Severity.CRITICAL),
        (event(EventType.ROLLOUT_ABORTED, locked=True), Severity.CRITICAL),
        (event(EventType.ROLLOUT_ABORTED), Severity.INFO),
        (event(EventType.ROLLOUT_PAUSED), Severity.WARNING),
        (event(EventType.DEPLOYMENT_FAILED), Severity.CRITICAL),
    ],
)
def test_the_severity_of_an_event(event: Event, severity: Severity) -> None:
    assert severity_of(event) is severity


def test_severities_are_ordered() -> None:
    order = [Severity.INFO, Severity.WARNING, Severity.CRITICAL]
    for one in order:
        assert [one.at_least(other) for other in order] == [order.index(one) >= n for n in range(3)]


ALL = Notifications(
    destinations=(Destination("a", Kind.SNS), Destination("b", Kind.SLACK), Destination("c", Kind.WEBHOOK)),
    rules=(
        Rule(to=("c", "a"), widgets=("check*", "x-?")),
        Rule(to=("b", "a"), events=frozenset({EventType.ROLLOUT_PAUSED, EventType.FLAG_CHANGED})),
        Rule(to=("b",), at_least=Severity.CRITICAL),
    ),
)


@pytest.mark.parametrize(
    ("event", "names"),
    [
        (event(EventType.POLICY_CHANGED), "ac"),
        (event(EventType.POLICY_CHANGED, "x-1"), "ac"),
        (event(EventType.POLICY_CHANGED, "x-12"), ""),
        (event(EventType.POLICY_CHANGED, "CHECK"), ""),
        (event(EventType.ROLLOUT_PAUSED, "other"), "ab"),
        (event(EventType.ROLLOUT_PAUSED), "abc"),
        (event(EventType.FLAG_CHANGED, None), "ab"),
        (event(EventType.CHANNEL_FROZEN, "other"), "b"),
        (event(EventType.RELEASE_REJECTED, None), ""),
    ],
)
def test_rules_choose_destinations_in_the_order_of_the_file(event: Event, names: str) -> None:
    assert "".join(each.name for each in ALL.route(event)) == names


def test_by_default_the_topic_gets_what_is_a_warning_at_least() -> None:
    routed = {kind: DEFAULT_NOTIFICATIONS.route(sample(kind)) for kind in EventType}
    for kind, where in routed.items():
        assert [each.kind for each in where] == ([Kind.SNS] if severity_of(sample(kind)) != Severity.INFO else [])


def test_a_test_goes_where_it_says_and_nowhere_else() -> None:
    assert [d.name for d in ALL.route(notification_test(("c", "b", "gone"), ANN))] == ["b", "c"]
    everything = replace(ALL, rules=(Rule(to=("a", "b", "c")),))
    assert [d.name for d in everything.route(notification_test(("b",), ANN))] == ["b"]


NAMES = st.sampled_from(["a", "b", "c", "d"])
RULES = st.builds(
    Rule,
    to=st.lists(NAMES, min_size=1, unique=True).map(tuple),
    events=st.frozensets(st.sampled_from(EventType), max_size=3),
    widgets=st.lists(st.sampled_from(["check*", "other", "*"]), unique=True).map(tuple),
    at_least=st.sampled_from(Severity),
)
ANY = st.builds(
    Notifications,
    destinations=st.lists(NAMES, min_size=1, unique=True).map(
        lambda names: tuple(Destination(name, Kind.WEBHOOK, f"https://{name}.example.com", "ssm:/x") for name in names)
    ),
    rules=st.lists(RULES, max_size=4).map(tuple),
)


@given(ANY, st.sampled_from(EventType))
def test_each_destination_that_a_rule_names_gets_an_event_once(notifications: Notifications, kind: EventType) -> None:
    event = sample(kind)
    routed = notifications.route(event)
    assert len(set(routed)) == len(routed)
    assert [d for d in notifications.destinations if d in routed] == list(routed)
    if kind is not EventType.NOTIFICATION_TESTED:
        named = {name for rule in notifications.rules if rule.takes(event) for name in rule.to}
        assert {d.name for d in routed} == named & {d.name for d in notifications.destinations}


@given(ANY)
def test_a_document_says_all_there_is(notifications: Notifications) -> None:
    assert from_document(to_document(notifications)) == notifications


def test_a_change_has_the_rules_before_and_after() -> None:
    record, event = change_notifications(NotificationsRecord(revision=3), ALL, ANN)
    assert (record.notifications, record.revision) == (ALL, 3)
    assert (event.type, event.widget) == (EventType.NOTIFICATIONS_CHANGED, None)
    assert event.old == {
        "destinations": {"email": {"type": "sns"}},
        "rules": [{"to": ["email"], "at_least": "warning"}],
    }
    assert from_document(event.new or {}) == ALL
    later = change_notifications(NotificationsRecord(revision=4), ALL, ANN)[1]
    assert event.event_id != later.event_id


@pytest.mark.parametrize("kind", [EventType.NOTIFICATIONS_CHANGED, EventType.NOTIFICATION_TESTED])
def test_the_samples_are_as_the_code_writes_them(kind: EventType) -> None:
    given_ = sample(kind)
    occasion = Occasion(given_.environment, given_.actor, given_.cause, datetime.fromisoformat(given_.occurred_at))
    assert given_.new is not None
    if kind is EventType.NOTIFICATION_TESTED:
        assert notification_test(tuple(given_.new["destinations"]), occasion) == given_
    else:
        assert change_notifications(NotificationsRecord(), from_document(given_.new), occasion)[1] == given_
