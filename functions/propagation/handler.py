"""`Pointer Moved`, `Deployment Requested`, from a queue: bring the move to every CDN, and verify it there."""

from __future__ import annotations

import math
import os
import random
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from edgeship.adapters.lambda_events.own_events import PointerMoved
from edgeship.adapters.lambda_events.sqs_messages import QueueBatch, QueueMessage
from edgeship.bootstrap.propagation import PropagationFunction, build
from edgeship.bootstrap.runtime import traced, utc_now
from edgeship.domain.events import Occasion
from edgeship.domain.notifications.backoff import backoff

ACTOR = "edgeship:propagation"

logger = Logger()


@cache
def _use_case() -> PropagationFunction:
    return build(os.environ)


@traced
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Propagate each move of a batch. One that fails, because a CDN stays busy or silent or AWS does, comes again after
    its backoff, and ends in the dead-letter queue if it keeps failing."""
    failed = []
    for message in QueueBatch.model_validate(event).Records:
        try:
            _propagate(message)
        except Exception:  # the message comes again alone, and ends in the dead-letter queue
            logger.exception("not propagated", message_id=message.messageId, receives=message.receives)
            failed.append(message)
    for message in failed:
        jitter = random.random()  # noqa: S311  not for cryptography
        _use_case().put_off(message.receiptHandle, math.ceil(backoff(message.receives, jitter)))
    return {"batchItemFailures": [{"itemIdentifier": message.messageId} for message in failed]}


def _propagate(message: QueueMessage) -> None:
    logger.set_correlation_id(message.messageId)
    event = PointerMoved.model_validate_json(message.body)
    moved = event.detail
    logger.set_correlation_id(moved.event_id)
    occasion = Occasion(moved.environment, ACTOR, moved.cause, utc_now())
    done = _use_case().propagate(moved.widget, moved.new.channel, moved.new.sequence, moved.event_id, occasion)
    about: dict[str, Any] = {"widget": moved.widget, "channel": moved.new.channel, "sequence": moved.new.sequence}
    logger.info("propagated", end=done.end, **about)
    for mismatch in done.verification.mismatches if done.verification else ():
        logger.warning("differs", mismatch=str(mismatch), **about)
