"""The table's stream: bring committed events to the edge and to the bus. Every minute: repair the edge. In a deploy:
fill the edge's store before the CDN reads it."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from edgeship.adapters.lambda_events.correlation import correlation_id
from edgeship.adapters.lambda_events.custom_resource import CustomResourceRequest, RequestType
from edgeship.adapters.lambda_events.dynamodb_stream import stream_records
from edgeship.application.edge.relay_events import StreamRecord
from edgeship.bootstrap.relay import RelayFunction, build
from edgeship.bootstrap.runtime import traced, utc_now

logger = Logger()


def _report(what: str, fault: Exception) -> None:
    logger.warning(what, fault=str(fault))


@cache
def _use_cases() -> RelayFunction:
    return build(os.environ, _report)


@traced
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Deliver one batch, and the stream repeats it from the record named in `batchItemFailures`; or repair the edge; or
    answer CloudFormation."""
    if "ResponseURL" in event:
        return _fill(CustomResourceRequest.model_validate(event))
    if "Records" not in event:
        return _repair(event)
    # Ours: Powertools' batch processor would write a snapshot for each record, and takes 181 ms of a cold start.
    records = stream_records(event)
    again_from = _use_cases().relay(records)
    for record in records:
        _log(record, again_from)
    return {"batchItemFailures": [{"itemIdentifier": again_from}] if again_from else []}


def _repair(event: dict[str, Any]) -> dict[str, Any]:
    logger.set_correlation_id(correlation_id(event))
    content = _use_cases().repair(int(utc_now().timestamp() // 60))
    logger.info("the edge is right", keys=content.keys, bytes=content.size)
    return {"keys": content.keys}


def _fill(request: CustomResourceRequest) -> dict[str, Any]:
    """Only the deploy that makes the resource fails with it, since the CDN would have no routes; a later one goes on,
    because it may bring what fixes the fault."""
    logger.set_correlation_id(request.request_id)
    failure = None
    if request.request_type is not RequestType.DELETE:
        try:
            _use_cases().fill()
        except Exception as fault:
            logger.exception("the edge's store could not be filled in this deploy")
            if request.request_type is RequestType.CREATE:
                failure = f"The relay could not fill the routes' store: {fault!r}. Deploy again; its log has more."
    request.answer(failure)
    return {"failure": failure}


def _log(record: StreamRecord, again_from: str | None) -> None:
    """What became of one record, under the id of its event, or the stream's where there is none."""
    number = record.sequence_number
    if record.event is None:
        found = record.raw.get("eventID")
        logger.error("poison record set aside", correlation_id=found, sequence_number=number, fault=record.fault)
        return
    event = record.event
    again = again_from is not None and int(number) >= int(again_from)
    what = "to be relayed again" if again else "relayed"
    logger.info(what, correlation_id=event.event_id, sequence_number=number, event=event.type.value)
