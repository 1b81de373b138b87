"""What the functions are warmed up with is what AWS sends them, and asks for nothing."""

from __future__ import annotations

import json

from edgeship.adapters.lambda_events.cloudwatch_alarms import AlarmStateChange
from edgeship.adapters.lambda_events.function_url import FunctionUrlRequest
from edgeship.adapters.lambda_events.own_events import BusEvent, ReleaseEvent
from edgeship.adapters.lambda_events.s3_events import ObjectCreated
from edgeship.adapters.lambda_events.sqs_messages import QueueBatch
from edgeship.local.harmless_events import HARMLESS_EVENTS
from edgeship.resource_names import FUNCTIONS


def test_each_regional_function_that_works_on_events_alone_is_warmed_up() -> None:
    assert set(FUNCTIONS) - set(HARMLESS_EVENTS) == {"edge", "propagation"}


def test_they_are_well_formed_and_ask_for_nothing() -> None:
    upload = ObjectCreated.model_validate(HARMLESS_EVENTS["artifact_upload"]).to_upload()
    assert upload.key.endswith("/")
    assert upload.size == 0
    assert str(ReleaseEvent.model_validate(HARMLESS_EVENTS["promotion"]).release_version) == "0.0.0"
    assert not AlarmStateChange.model_validate(HARMLESS_EVENTS["rollback"]).in_alarm
    (message,) = QueueBatch.model_validate(HARMLESS_EVENTS["notification"]).Records
    assert BusEvent.model_validate(json.loads(message.body)).detail.new == {"destinations": []}
    assert FunctionUrlRequest.model_validate(HARMLESS_EVENTS["telemetry"]).method == "GET"
