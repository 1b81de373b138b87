"""`Release Registered`: move `latest` if the widget's policy says so."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from edgeship.adapters.inbound import ReleaseRegistered
from edgeship.application.promote_upload import PromoteUpload
from edgeship.bootstrap.promotion import build
from edgeship.bootstrap.runtime import utc_now
from edgeship.domain.events import Occasion

logger = Logger()


@cache
def _use_case() -> PromoteUpload:
    return build(os.environ)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Judge one release; a lost race or an AWS fault rises, and Lambda tries again."""
    registered = ReleaseRegistered.model_validate(event)
    detail = registered.detail
    occasion = Occasion(detail.environment, detail.actor, detail.cause, utc_now())
    decision = _use_case()(detail.widget, registered.version, occasion)
    logger.info("judged", widget=detail.widget, version=detail.new.version, reason=decision.reason)
    return {"promoted": decision.promote, "reason": decision.reason}
