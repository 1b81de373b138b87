"""Each log line carries the correlation id of its event. Notification and telemetry have tests of their own."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

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
    rolling_out,
    sample,
    uploaded,
)
from tests.support.bundles import WIDGET, tar_gz
from tests.support.moto.aws import Aws

LogLines = Callable[[], list[dict[str, Any]]]


def ids(lines: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    return [(line["message"], line.get("correlation_id")) for line in lines]


def test_an_upload_by_the_id_of_its_event(deployed: Aws, log_lines: LogLines) -> None:
    for number, body in enumerate((tar_gz(WIDGET), b"not an archive")):
        artifact_upload.handler({**uploaded(deployed, body), "id": str(number)}, None)
    artifact_upload.handler({**deployed.upload_event("incoming/checkout/", b""), "id": "2"}, None)
    lines = log_lines()
    assert ids(lines) == [("accepted", "0"), ("rejected", "1"), (lines[2]["message"], "2")]


@pytest.mark.parametrize(
    ("handler", "name"),
    [
        (promotion.handler, "edgeship.release-registered.json"),
        (promotion.handler, "edgeship.rollout-completed.json"),
        (promotion.handler, "edgeship.rollout-cancelled.json"),
        (promotion.handler, "edgeship.channel-unlocked.json"),
        (lambda event, context: propagation.handler(queued(event), context), "edgeship.pointer-moved.json"),
        (lambda event, context: propagation.handler(queued(event), context), "edgeship.deployment-requested.json"),
    ],
)
@pytest.mark.usefixtures("deployed")
def test_an_event_of_ours_by_its_own_id(handler: Callable[..., Any], name: str, log_lines: LogLines) -> None:
    event = sample(name)
    event["detail"]["event_id"] = "f" * 32
    handler(event, None)
    lines = log_lines()
    assert lines
    assert {line["correlation_id"] for line in lines} == {"f" * 32}


def test_a_reaction_by_the_id_of_what_it_reacts_to(deployed: Aws, log_lines: LogLines) -> None:
    live(deployed, "checkout", "1.4.1", minutes_ago(9))
    tools = live(deployed, "checkout", "1.4.2", minutes_ago(5))
    tools.policy("checkout", lambda before: replace(before, on_failed_verification="rollback"), by_ann(minutes_ago(4)))
    alarm = sample("aws.cloudwatch.alarm-state-change.json")
    failed = failed_deployment(2, kind="bytes")
    rollback.handler(alarm, None)
    rollback.handler(failed, None)
    late, reacted = log_lines()
    assert late["correlation_id"] == alarm["id"]
    assert (reacted["message"], reacted["correlation_id"]) == ("reacted", failed["detail"]["event_id"])


def test_a_tick_by_the_id_of_its_event(deployed: Aws, log_lines: LogLines) -> None:
    rolling_out(deployed, "checkout", minutes_ago(15))
    deployed.report("checkout", "1.5.0", minutes_ago(14), 14, sessions=300, failed_sessions=2)
    rollout.handler(TICK, None)
    assert ids(log_lines()) == [("changed", TICK["id"]), ("tick", TICK["id"])]


def test_a_record_of_the_stream_by_the_id_of_its_event_or_its_own(
    log_lines: LogLines, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was before the record that is asked for again has been relayed; the id of an invocation before is gone."""
    relay.logger.set_correlation_id("of another function's event")
    (record,) = sample("aws.dynamodb.stream.json")["Records"]
    poison = copy.deepcopy(record)
    poison["eventID"] = "poison"
    poison["dynamodb"]["NewImage"]["detail"] = {"S": "{"}
    records = [record, poison, record]
    for number, each in enumerate(map(copy.deepcopy, records), start=9):
        each["dynamodb"]["SequenceNumber"] = str(number)
        records[number - 9] = each
    again_from = SimpleNamespace(relay=lambda read: read[2].sequence_number)
    monkeypatch.setattr(relay, "_use_cases", lambda: again_from)
    assert relay.handler({"Records": records}, None) == {"batchItemFailures": [{"itemIdentifier": "11"}]}
    event_id = "aea4d0bf955b2a44037cd454eec2c3fd"
    assert ids(log_lines()) == [
        ("relayed", event_id),
        ("poison record set aside", "poison"),
        ("to be relayed again", event_id),
    ]
