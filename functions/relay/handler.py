"""The table's stream: bring committed events to the edge's snapshot and to the bus."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from edgeship.adapters.lambda_events.inbound import stream_records
from edgeship.application.edge.relay_events import RelayEvents
from edgeship.bootstrap.relay import build

logger = Logger()


@cache
def _use_case() -> RelayEvents:
    return build(os.environ)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Deliver one batch; the stream repeats it from the record named in `batchItemFailures`."""
    records = stream_records(event)
    for record in records:
        if record.event is None:
            logger.error("poison record set aside", sequence_number=record.sequence_number, fault=record.fault)
    again_from = _use_case()(records)
    logger.info("relayed", records=len(records), again_from=again_from)
    return {"batchItemFailures": [{"itemIdentifier": again_from}] if again_from else []}
