"""Every event of the environment, from the queue behind its bus: tell those that the rules name."""

from __future__ import annotations

import math
import os
import random
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from edgeship.adapters.lambda_events.own_events import BusEvent
from edgeship.adapters.lambda_events.sqs_messages import QueueBatch, QueueMessage
from edgeship.application.notifications.deliver_notice import Delivered, DeliverNotice, Undelivered
from edgeship.bootstrap.notification import NotificationFunction, build
from edgeship.bootstrap.runtime import traced
from edgeship.domain.notifications.backoff import backoff

logger = Logger()


@cache
def _use_case() -> NotificationFunction:
    return build(os.environ)


@traced
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Deliver one batch, its messages side by side, so that a slow destination of one holds up no other. What is named
    in `batchItemFailures` comes again after its backoff, and ends in the dead-letter queue if it keeps failing."""
    # Ours: Powertools' batch processor takes one message after the other, and 181 ms of a cold start.
    messages = QueueBatch.model_validate(event).Records
    notification = _use_case()
    with ThreadPoolExecutor(max_workers=len(messages)) as pool:
        outcomes = [(message, pool.submit(_deliver, notification.deliver, message)) for message in messages]
    failed = [(message, fault) for message, outcome in outcomes if (fault := outcome.exception())]
    for message, fault in failed:
        asked = (fault.retry_after or 0) if isinstance(fault, Undelivered) else 0
        jitter = random.random()  # noqa: S311  not for cryptography
        notification.put_off(message.receiptHandle, math.ceil(max(asked, backoff(message.receives, jitter))))
    return {"batchItemFailures": [{"itemIdentifier": message.messageId} for message, _ in failed]}


def _deliver(deliver: DeliverNotice, message: QueueMessage) -> Delivered:
    """One message, with what became of it in the log.

    Raises:
        Undelivered: destinations are left.
        pydantic.ValidationError: it is no event of ours.
    """
    about: dict[str, Any] = {
        "correlation_id": message.messageId,
        "message_id": message.messageId,
        "receives": message.receives,
    }
    try:
        event = BusEvent.model_validate_json(message.body).to_event()
        about |= {"correlation_id": event.event_id, "event": event.type.value, "widget": event.widget}
        done = deliver(event)
    except Undelivered as left:
        logger.warning("not delivered", reasons=left.reasons, retry_after=left.retry_after, **about)
        raise
    except Exception:
        logger.exception("could not be handled", **about)
        raise
    logger.info("delivered", sent=done.sent, before=done.before, **about)
    return done
