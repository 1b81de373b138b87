"""S3 `Object Created` under `incoming/`: publish and register the upload, or refuse it with a reason."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from edgeship.adapters.lambda_events.correlation import correlation_id
from edgeship.adapters.lambda_events.s3_events import ObjectCreated
from edgeship.application.releases.accept_upload import AcceptUpload
from edgeship.bootstrap.artifact_upload import build
from edgeship.bootstrap.runtime import traced
from edgeship.domain.releases.rejection import Rejection

logger = Logger()


@cache
def _use_case() -> AcceptUpload:
    return build(os.environ)


@traced
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Take one upload; anything but a refusal by our rules rises, and Lambda tries again."""
    logger.set_correlation_id(correlation_id(event))
    upload = ObjectCreated.model_validate(event).to_upload()
    if upload.key.endswith("/") and upload.size == 0:
        logger.info("ignored: a folder marker, not an archive", key=upload.key)
        return {"outcome": "ignored", "key": upload.key}
    outcome = _use_case()(upload)
    if isinstance(outcome, Rejection):
        logger.warning("rejected", key=upload.key, code=outcome.code, reason=outcome.reason)
        return {"outcome": "rejected", "key": upload.key, "code": outcome.code}
    logger.info("accepted", key=upload.key, widget=outcome.widget, version=str(outcome.version))
    return {"outcome": "accepted", "widget": outcome.widget, "version": str(outcome.version)}
