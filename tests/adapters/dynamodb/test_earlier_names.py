"""Records that an earlier version of edgeship stored are read as today's."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from edgeship.adapters.dynamodb.attributes import serialize
from edgeship.adapters.dynamodb.channels import to_channel
from edgeship.adapters.dynamodb.items import to_deployment, to_event, to_item, to_policy, to_release
from edgeship.application.transaction import Transaction
from edgeship.domain.channels.alert import Alert
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.policy import Policy, PolicyRecord
from edgeship.domain.channels.rollout import DEFAULT_STEPS, Held, start
from edgeship.domain.events import EventType
from edgeship.domain.health.analysis import Health
from edgeship.domain.naming import LATEST
from edgeship.domain.notifications.event_text import describe
from edgeship.domain.propagation.deployment import LATEST_COPIES, Mismatch, MismatchKind, Verification
from edgeship.domain.releases.release import Cancelled
from tests.support.moto.aws import NAMES, Aws
from tests.support.releases import a_release

AT = "2026-11-23T10:00:05.000Z"
DIFFERENCE = {"where": "alias", "path": "/checkout/latest/widget.js", "kind": "bytes", "expected": "aa", "got": "bb"}
VERDICT = {"at": AT, "cdns": ["cloudfront"], "checked": 14, "differences": [DIFFERENCE]}
DEPLOYMENT: dict[str, Any] = {
    "pk": "WIDGET#checkout",
    "sk": "DEPLOYMENT#latest",
    "widget": "checkout",
    "channel": "latest",
    "sequence": 12,
    "version": "1.4.2",
    "counted": True,
    "settled": 11,
    "verdict": json.dumps(VERDICT),
    "attempt": 1,
    "revision": 3,
}
MISMATCH = Mismatch(LATEST_COPIES, "/checkout/latest/widget.js", MismatchKind.BYTES, "aa", "bb")


def event_item(kind: EventType, new: dict[str, Any], old: dict[str, Any] | None = None) -> dict[str, Any]:
    detail = {
        "event_id": "2e1d9a7f",
        "occurred_at": AT,
        "environment": "production",
        "widget": "checkout",
        "actor": "ann",
        "cause": "by hand",
        "old": old,
        "new": new,
    }
    return {"detail_type": kind.value, "detail": json.dumps(detail)}


def test_the_verdict_of_a_deployment_is_its_verification() -> None:
    deployment = to_deployment(DEPLOYMENT)
    assert deployment.verification == Verification(AT, ("cloudfront",), 14, (MISMATCH,))
    written = to_item(deployment)
    assert "verdict" not in written
    assert to_deployment(written).verification == deployment.verification


def test_a_deployment_that_had_no_verdict_has_no_verification() -> None:
    assert to_deployment({**DEPLOYMENT, "verdict": None}).verification is None


def test_an_upgraded_table_is_read_and_written(aws: Aws) -> None:
    aws.dynamodb.put_item(TableName=NAMES.table, Item=serialize(DEPLOYMENT))
    deployment = aws.state.deployment("checkout", LATEST)
    assert deployment.verification is not None
    assert deployment.verification.mismatches == (MISMATCH,)
    aws.state.commit(Transaction(puts=(replace(deployment, attempt=2),), events=()))
    again = aws.state.deployment("checkout", LATEST)
    assert (again.attempt, again.revision, again.verification) == (2, 4, deployment.verification)


def test_a_release_from_before_kinds_were_known_has_no_entry() -> None:
    item = to_item(a_release("1.0.0"))
    assert to_release(item).entry == a_release("1.0.0").entry
    del item["entry"]
    assert to_release(item) == replace(a_release("1.0.0"), entry=None, revision=2)


def test_a_release_from_before_rollouts_were_cancelled_has_none_cancelled() -> None:
    mark = Cancelled("latest", AT, "ann", "next week")
    item = to_item(replace(a_release("1.0.0"), cancelled=(mark,)))
    assert to_release(item).cancelled == (mark,)
    del item["cancelled"]
    assert to_release(item).cancelled == ()


def test_a_hold_from_before_people_held_rollouts_is_by_nobody() -> None:
    at = datetime(2026, 11, 23, 10, tzinfo=UTC)
    rollout = replace(start(a_release("1.1.0").version, DEFAULT_STEPS, at), held=Held(at, "too few sessions"))
    item = to_item(Channel("checkout", LATEST, rollout=rollout))
    del item["rollout"]["held"]["by"]
    assert to_channel(item).rollout == rollout


def test_a_policy_from_before_there_were_modes_acts() -> None:
    item = to_item(PolicyRecord("checkout", Policy(mode="watch")))
    assert to_policy(item).policy.mode == "watch"
    document = json.loads(item["document"])
    del document["mode"]
    assert to_policy({**item, "document": json.dumps(document)}).policy == Policy()


def test_an_alert_from_before_candidates_had_them_is_of_an_unhealthy_version() -> None:
    item = to_item(Channel("checkout", LATEST, alert=Alert(AT, "too slow")))
    del item["alert"]["health"]
    assert to_channel(item).alert == Alert(AT, "too slow")


@pytest.mark.parametrize("choice", ["hold", "pass", "fail"])
def test_no_data_of_a_policy_is_on_inconclusive(choice: Any) -> None:
    item = to_item(PolicyRecord("checkout", Policy(on_inconclusive=choice)))
    earlier = {**item, "document": item["document"].replace('"on_inconclusive"', '"no_data"')}
    assert earlier["document"] != item["document"]
    assert to_policy(earlier) == to_policy(item)
    assert to_policy(earlier).policy.on_inconclusive == choice


@pytest.mark.parametrize(
    ("earlier", "health"),
    [("well", "healthy"), ("breach", "unhealthy"), ("suspect", "degraded"), ("no_data", "inconclusive")],
)
def test_what_was_measured_is_the_analysis_of_an_event(earlier: str, health: str) -> None:
    numbers = {"health": earlier, "check": "error-rate", "value": 7.5, "limit": 5, "sample": 240}
    rollout = {"candidate": "1.5.0", "phase": "aborted", "step": 1, "steps": 2, "percent": 0}
    event = to_event(
        event_item(EventType.ROLLOUT_ABORTED, {"channel": "latest", "rollout": rollout, "measured": numbers})
    )
    assert event.new == {"channel": "latest", "rollout": rollout, "analysis": {**numbers, "health": Health(health)}}
    assert describe(event) == "latest: rollout to 1.5.0 aborted (error rate 7.5 %, limit 5 %, 240 sessions)"


def test_the_differences_of_an_event_are_its_mismatches() -> None:
    new = {"channel": "latest", "version": "1.4.2", **VERDICT}
    event = to_event(event_item(EventType.DEPLOYMENT_FAILED, new))
    assert event.new is not None
    assert event.new["mismatches"] == [{**DIFFERENCE, "where": LATEST_COPIES}]
    assert "differences" not in event.new
    assert describe(event) == "latest: 1.4.2 is not served everywhere, 1 mismatch in 14 probes"


def test_a_change_of_no_data_is_a_change_of_on_inconclusive() -> None:
    event = to_event(event_item(EventType.POLICY_CHANGED, {"no_data": "pass"}, {"no_data": "hold"}))
    assert (event.old, event.new) == ({"on_inconclusive": "hold"}, {"on_inconclusive": "pass"})


def test_names_of_today_are_read_as_they_are() -> None:
    new = {"channel": "latest", "analysis": {"health": "degraded"}, "mismatches": [{"where": "cloudfront"}]}
    assert to_event(event_item(EventType.DEPLOYMENT_FAILED, new)).new == new
