"""S3 `Object Created` under `incoming/`: publish and register the upload, or serve it as a preview, or refuse
it with a reason.

An upload at which this failed in each attempt comes again from the queue of failures, and is refused then.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from edgeship.adapters.lambda_events.correlation import correlation_id
from edgeship.adapters.lambda_events.failed_invocations import FailedUpload
from edgeship.adapters.lambda_events.s3_events import ObjectCreated
from edgeship.adapters.lambda_events.sqs_messages import QueueBatch, QueueMessage
from edgeship.bootstrap.artifact_upload import ArtifactUpload, build
from edgeship.bootstrap.runtime import traced
from edgeship.domain.previews.preview import Preview
from edgeship.domain.previews.preview_name import is_preview_key
from edgeship.domain.releases.rejection import Rejection, Upload
from edgeship.domain.releases.release import Release

logger = Logger()


@cache
def _use_case() -> ArtifactUpload:
    return build(os.environ)


@traced
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Take one upload, or a batch of those that failed; anything but a refusal by our rules rises, and Lambda tries
    again."""
    if "Records" in event:
        failed = [message for message in QueueBatch.model_validate(event).Records if not _is_rejected(message)]
        return {"batchItemFailures": [{"itemIdentifier": message.messageId} for message in failed]}
    logger.set_correlation_id(correlation_id(event))
    upload = ObjectCreated.model_validate(event).to_upload()
    if upload.key.endswith("/") and upload.size == 0:
        logger.info("ignored: a folder marker, not an archive", key=upload.key)
        return {"outcome": "ignored", "key": upload.key}
    use_cases = _use_case()
    accept = use_cases.accept_preview if is_preview_key(upload.key) else use_cases.accept
    return _answer(upload, accept(upload))


def _is_rejected(message: QueueMessage) -> bool:
    logger.set_correlation_id(message.messageId)
    try:
        failed = FailedUpload.model_validate_json(message.body)
        upload = failed.request_payload.to_upload()
        attempts = failed.request_context.approximate_invoke_count
        use_cases = _use_case()
        reject = use_cases.reject_failed_preview if is_preview_key(upload.key) else use_cases.reject_failed
        _answer(upload, reject(upload, attempts, failed.failure))
    except Exception:  # the message comes again alone, and ends in the dead-letter queue
        logger.exception("a failed upload could not be refused")
        return False
    return True


def _answer(upload: Upload, outcome: Release | Preview | Rejection) -> dict[str, Any]:
    if isinstance(outcome, Rejection):
        logger.warning("rejected", key=upload.key, code=outcome.code, reason=outcome.reason)
        return {"outcome": "rejected", "key": upload.key, "code": outcome.code}
    if isinstance(outcome, Preview):
        logger.info("accepted", key=upload.key, preview=outcome.name, build=outcome.build)
        return {"outcome": "accepted", "preview": outcome.name, "build": outcome.build}
    logger.info("accepted", key=upload.key, widget=outcome.widget, version=str(outcome.version))
    return {"outcome": "accepted", "widget": outcome.widget, "version": str(outcome.version)}
