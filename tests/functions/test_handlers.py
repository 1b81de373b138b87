"""Every function on the events in events/, through the environment variables that the template sets."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from pydantic import ValidationError

from edgeship.bootstrap import operator
from edgeship.bootstrap.propagation import PropagationFunction
from edgeship.domain.channels.rollout import Phase
from edgeship.domain.events import Occasion, timestamp
from edgeship.domain.version import Version
from functions.artifact_upload import handler as artifact_upload
from functions.promotion import handler as promotion
from functions.propagation import handler as propagation
from functions.relay import handler as relay
from functions.rollback import handler as rollback
from functions.rollout import handler as rollout
from tests.functions.situations import (
    TICK,
    by_ann,
    failed_deployment,
    live,
    minutes_ago,
    queued,
    registered,
    rolling_out,
    sample,
    uploaded,
)
from tests.support.bundles import WIDGET, tar_gz
from tests.support.moto.aws import NAMES, Aws


def test_an_upload_goes_all_the_way_to_the_snapshot(deployed: Aws) -> None:
    event = uploaded(deployed, tar_gz(WIDGET))
    accepted = artifact_upload.handler(event, None)
    assert accepted["outcome"] == "accepted"
    assert relay.handler(deployed.stream_event(), None) == {"batchItemFailures": []}
    (registered,) = deployed.bus_events()
    assert registered["source"] == "edgeship"
    assert promotion.handler(registered, None) == {"action": "promote", "reason": "first release of the widget"}
    relay.handler(deployed.stream_event(), None)
    snapshot = deployed.snapshot()
    assert snapshot is not None
    widget, version = accepted["widget"], accepted["version"]
    assert snapshot["widgets"][widget]["channels"] == {"latest": {"stable": version, "watched": True}}
    assert promotion.handler(registered, None)["action"] == "leave"


def test_a_refusal_is_an_outcome_not_an_error(deployed: Aws) -> None:
    outcome = artifact_upload.handler(uploaded(deployed, b"not an archive"), None)
    assert (outcome["outcome"], outcome["code"]) == ("rejected", "archive_invalid")


def failed(event: dict[str, Any], **context: Any) -> dict[str, Any]:
    """The message that Lambda sends when every attempt at an upload failed."""
    message = sample("aws.sqs.failed-upload.json")
    body = json.loads(message["Records"][0]["body"]) | {"requestPayload": event}
    body["requestContext"] |= context
    if context:
        del body["responsePayload"], body["responseContext"]
    message["Records"][0]["body"] = json.dumps(body)
    return message


def test_an_upload_at_which_it_failed_is_refused(deployed: Aws) -> None:
    event = deployed.upload_event("incoming/checkout/1.0.0.tar.gz", tar_gz(WIDGET))
    assert artifact_upload.handler(failed(event), None) == {"batchItemFailures": []}
    (rejection,) = deployed.state.rejections(5)
    assert (rejection.code, rejection.widget) == ("unprocessable", "checkout")
    assert "3 times in a row: Runtime.ExitError" in rejection.reason
    assert "rejected/checkout/1.0.0.tar.gz" in deployed.objects(NAMES.inbox_bucket)
    assert artifact_upload.handler(failed(event), None) == {"batchItemFailures": []}
    assert deployed.state.rejections(5) == [rejection]


def test_an_upload_that_waited_too_long_is_refused(deployed: Aws) -> None:
    event = deployed.upload_event("incoming/checkout/1.0.0.tar.gz", tar_gz(WIDGET))
    artifact_upload.handler(failed(event, condition="EventAgeExceeded", approximateInvokeCount=0), None)
    (rejection,) = deployed.state.rejections(5)
    assert "EventAgeExceeded" in rejection.reason


def test_an_upload_that_failed_when_it_was_registered_is_accepted(deployed: Aws) -> None:
    event = deployed.upload_event("incoming/checkout/1.0.0.tar.gz", tar_gz(WIDGET))
    artifact_upload.handler(event, None)
    assert artifact_upload.handler(failed(event), None) == {"batchItemFailures": []}
    assert deployed.state.rejections(5) == []


def test_a_failed_upload_that_cannot_be_refused_comes_again(deployed: Aws) -> None:
    message = sample("aws.sqs.failed-upload.json")
    message["Records"][0]["body"] = "{}"
    answer = artifact_upload.handler(message, None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": message["Records"][0]["messageId"]}]}


def test_a_folder_marker_is_no_upload(deployed: Aws) -> None:
    event = deployed.upload_event("incoming/checkout/", b"")
    assert artifact_upload.handler(event, None)["outcome"] == "ignored"
    assert deployed.items() == []


def test_an_event_of_another_shape_rises(deployed: Aws) -> None:
    with pytest.raises(ValidationError, match="detail"):
        artifact_upload.handler({"time": "2026-11-23T10:00:00Z"}, None)


def test_a_setting_that_is_missing_is_named(deployed: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EDGESHIP_TABLE")
    with pytest.raises(ValidationError, match="table"):
        promotion.handler(sample("edgeship.release-registered.json"), None)


def test_promotion_takes_the_sample_event(deployed: Aws) -> None:
    answer = promotion.handler(sample("edgeship.release-registered.json"), None)
    assert answer == {"action": "leave", "reason": "checkout has no registered release"}


def test_the_relay_takes_the_sample_stream(deployed: Aws) -> None:
    event = sample("aws.dynamodb.stream.json")
    assert relay.handler(event, None) == {"batchItemFailures": []}
    delivered = deployed.bus_events()
    assert [e["detail-type"] for e in delivered] == ["Release Registered"]
    assert delivered[0]["detail"] == sample("edgeship.release-registered.json")["detail"]


def test_the_relay_sets_poison_aside(deployed: Aws) -> None:
    event = sample("aws.dynamodb.stream.json")
    event["Records"][0]["dynamodb"]["NewImage"]["detail"] = {"S": "{"}
    assert relay.handler(event, None) == {"batchItemFailures": []}
    assert deployed.bus_events() == []
    (poison,) = deployed.poisoned()
    assert "JSONDecodeError" in poison["reason"]
    assert "NewImage" in poison["record"]


def test_a_completed_rollout_lets_what_waited_begin(deployed: Aws) -> None:
    live(deployed, "checkout", "1.5.0", minutes_ago(20))
    registered(deployed, "checkout", "1.5.1")
    answer = promotion.handler(sample("edgeship.rollout-completed.json"), None)
    assert answer == {"action": "roll_out", "reason": "policy: a patch release is rolled out automatically"}
    assert deployed.state.channel("checkout", "latest").candidate == Version.parse("1.5.1")
    assert promotion.handler(sample("edgeship.rollout-completed.json"), None)["action"] == "leave"


def test_a_lifted_lock_lets_what_waited_begin(deployed: Aws) -> None:
    tools = live(deployed, "checkout", "1.4.1", minutes_ago(20))
    registered(deployed, "checkout", "1.4.2")
    tools.promote("checkout", Version.parse("1.4.2"), "latest", by_ann(minutes_ago(10)))
    tools.roll_back("checkout", "latest", None, by_ann(minutes_ago(9)))
    registered(deployed, "checkout", "1.4.3")
    event = sample("edgeship.channel-unlocked.json")
    assert promotion.handler(event, None) == {"action": "leave", "reason": "no release waits"}
    tools.unlock("checkout", "latest", by_ann(minutes_ago(8)))
    assert promotion.handler(event, None)["action"] == "roll_out"
    assert deployed.state.channel("checkout", "latest").candidate == Version.parse("1.4.3")
    assert promotion.handler(event, None)["action"] == "leave"


def test_a_cancelled_rollout_lets_what_waited_begin_and_does_not_begin_again(deployed: Aws) -> None:
    rolling_out(deployed, "checkout", minutes_ago(20))
    tools = operator.build(NAMES, boto3.Session(), None)
    tools.steer_rollout.cancel("checkout", "latest", by_ann(minutes_ago(10)))
    event = sample("edgeship.rollout-cancelled.json")
    assert promotion.handler(event, None) == {"action": "leave", "reason": "no release waits"}
    registered(deployed, "checkout", "1.5.1")
    assert promotion.handler(event, None)["action"] == "roll_out"
    assert deployed.state.channel("checkout", "latest").candidate == Version.parse("1.5.1")


def test_an_alarm_ends_the_rollout(deployed: Aws) -> None:
    event = sample("aws.cloudwatch.alarm-state-change.json")
    alarmed_at = datetime.fromisoformat(event["detail"]["state"]["timestamp"])
    rolling_out(deployed, "checkout", alarmed_at - timedelta(hours=1))
    (reaction,) = rollback.handler(event, None)["reactions"]
    assert (reaction["channel"], reaction["event"]) == ("latest", "Rollout Aborted")
    assert reaction["reason"] == "error rate 12.5 to 20 % (limit 5 %) in 3 periods, by its CloudWatch alarm"
    channel = deployed.state.channel("checkout", "latest")
    assert channel.version == Version.parse("1.4.2")
    assert channel.rollout is not None
    assert (channel.rollout.phase, channel.rollout.percent) == (Phase.ABORTED, 0)
    assert channel.lock is not None
    assert channel.lock.actor == "edgeship:rollback"
    candidate = deployed.state.release("checkout", Version.parse("1.5.0"))
    assert candidate is not None
    assert candidate.quarantine is not None
    before = deployed.items()
    assert rollback.handler(event, None) == {"reactions": []}
    assert deployed.items() == before


def test_an_alarm_takes_the_live_version_back(deployed: Aws) -> None:
    event = sample("aws.cloudwatch.alarm-state-change.json")
    moment = datetime.now(UTC)
    event["detail"]["state"]["timestamp"] = timestamp(moment)
    live(deployed, "checkout", "1.4.2", moment - timedelta(hours=2))
    live(deployed, "checkout", "1.5.0", moment - timedelta(hours=1))
    (reaction,) = rollback.handler(event, None)["reactions"]
    assert reaction["event"] == "Pointer Moved"
    assert deployed.state.channel("checkout", "latest").version == Version.parse("1.4.2")


def test_a_late_alarm_and_one_that_is_well_change_nothing(deployed: Aws) -> None:
    event = sample("aws.cloudwatch.alarm-state-change.json")
    alarmed_at = datetime.fromisoformat(event["detail"]["state"]["timestamp"])
    rolling_out(deployed, "checkout", alarmed_at + timedelta(minutes=1))
    before = deployed.items()
    (reaction,) = rollback.handler(event, None)["reactions"]
    assert reaction["event"] is None
    event["detail"]["state"]["value"] = "OK"
    assert rollback.handler(event, None) == {"reactions": []}
    assert deployed.items() == before


def test_an_alarm_on_no_release_rises(deployed: Aws) -> None:
    event = sample("aws.cloudwatch.alarm-state-change.json")
    event["detail"]["configuration"]["metrics"] = []
    with pytest.raises(ValueError, match="not those of an alarm on a release"):
        rollback.handler(event, None)


@pytest.mark.parametrize(("failed", "phase", "version"), [(2, Phase.COMPLETED, "1.5.0"), (60, Phase.ABORTED, "1.4.2")])
def test_a_tick_goes_by_what_was_measured(failed: int, phase: Phase, version: str, deployed: Aws) -> None:
    rolling_out(deployed, "checkout", minutes_ago(15))
    deployed.report("checkout", "1.5.0", minutes_ago(14), 14, sessions=300, failed_sessions=failed)
    deployed.report("checkout", "1.4.2", minutes_ago(14), 14, sessions=900, failed_sessions=6)
    assert rollout.handler(TICK, None) == {"watched": 1, "changed": 1, "previews_ended": 0}
    channel = deployed.state.channel("checkout", "latest")
    assert channel.rollout is not None
    assert channel.rollout.phase is phase
    assert str(channel.version) == version
    assert rollout.handler(TICK, None)["changed"] == 0


def test_a_tick_sees_an_alarm_whose_event_never_came(deployed: Aws) -> None:
    rolling_out(deployed, "checkout", minutes_ago(5))
    (name,) = (name for name in deployed.alarms() if "1.5.0-error-rate" in name)
    deployed.put_in_alarm(name, minutes_ago(1))
    assert rollout.handler(TICK, None)["changed"] == 1
    assert deployed.state.channel("checkout", "latest").candidate is None


def test_one_channel_that_fails_keeps_no_other_from_its_tick(deployed: Aws) -> None:
    for widget in ("checkout", "menu"):
        rolling_out(deployed, widget, minutes_ago(15))
        deployed.report(widget, "1.5.0", minutes_ago(14), 14, sessions=300, failed_sessions=2)
    lost = {"pk": {"S": "WIDGET#checkout"}, "sk": {"S": "RELEASE#1.5.0"}}
    deployed.dynamodb.delete_item(TableName=NAMES.table, Key=lost)
    with pytest.raises(ExceptionGroup, match="failed: checkout/latest"):
        rollout.handler(TICK, None)
    assert str(deployed.state.channel("menu", "latest").version) == "1.5.0"
    assert str(deployed.state.channel("checkout", "latest").version) == "1.4.2"


@pytest.mark.usefixtures("deployed")
def test_a_move_that_was_overtaken_is_left_to_the_newer_one(log_lines: Callable[[], list[dict[str, Any]]]) -> None:
    moved = queued(sample("edgeship.pointer-moved.json"))
    assert propagation.handler(moved, None) == {"batchItemFailures": []}
    (line,) = log_lines()
    assert (line["message"], line["end"]) == ("propagated", "overtaken")


def test_a_move_that_fails_comes_again_later_and_holds_no_other_up(
    deployed: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[tuple[str, int]] = []
    seen: list[str] = []

    def propagate(_widget: str, _channel: str, _sequence: int, event_id: str, _occasion: Occasion) -> Any:
        seen.append(event_id)
        if event_id == "busy":
            raise OSError("15 wildcards are in progress")
        return SimpleNamespace(end="done", verification=None)

    function = PropagationFunction(propagate, lambda *wait: waits.append(wait))  # type: ignore[arg-type]
    monkeypatch.setattr(propagation, "_use_case", cache(lambda: function))
    events = [sample("edgeship.pointer-moved.json") for _ in range(2)]
    for event, event_id in zip(events, ("busy", "next"), strict=True):
        event["detail"]["event_id"] = event_id
    for receives, shortest, longest in ((1, 7, 16), (2, 15, 31), (12, 450, 901)):
        waits.clear()
        answer = propagation.handler(queued(*events, receives=receives), None)
        assert answer == {"batchItemFailures": [{"itemIdentifier": "0"}]}
        ((handle, seconds),) = waits
        assert handle == "handle-0"
        assert shortest <= seconds <= longest
    assert seen == ["busy", "next"] * 3


def test_what_is_no_move_ends_in_the_dead_letter_queue(deployed: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    function = replace(propagation._use_case(), put_off=lambda *_: None)  # type: ignore[arg-type]
    monkeypatch.setattr(propagation, "_use_case", cache(lambda: function))
    assert propagation.handler(queued({"detail-type": "Pointer Moved"}), None) == {
        "batchItemFailures": [{"itemIdentifier": "0"}]
    }


@pytest.mark.parametrize(
    ("kind", "sequence", "said", "version"),
    [
        ("bytes", 2, ["Pointer Moved"], "1.4.1"),
        ("version", 2, ["Pointer Moved"], "1.4.1"),
        ("unreachable", 2, [], "1.4.2"),
        ("not_refreshed", 2, [], "1.4.2"),
        ("bytes", 1, [None], "1.4.2"),
    ],
)
def test_a_failed_deployment_goes_back_where_the_policy_says_so(
    deployed: Aws, kind: str, sequence: int, said: list[str | None], version: str
) -> None:
    live(deployed, "checkout", "1.4.1", minutes_ago(9))
    tools = live(deployed, "checkout", "1.4.2", minutes_ago(5))
    tools.policy("checkout", lambda before: replace(before, on_failed_verification="rollback"), by_ann(minutes_ago(4)))
    answer = rollback.handler(failed_deployment(sequence, kind=kind), None)
    assert [reaction["event"] for reaction in answer["reactions"]] == said
    assert str(deployed.state.channel("checkout", "latest").version) == version
