"""`Release Registered`, and what lets a release start that waited (`Rollout Completed`, `Rollout Cancelled`, `Channel
Unlocked`): do with a release what its widget's policy says."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from edgeship.adapters.lambda_events.correlation import correlation_id
from edgeship.adapters.lambda_events.own_events import ReleaseEvent
from edgeship.application.channels.promote_upload import PromoteUpload
from edgeship.bootstrap.promotion import build
from edgeship.bootstrap.runtime import traced, utc_now
from edgeship.domain.events import EventType, Occasion

logger = Logger()


@cache
def _use_case() -> PromoteUpload:
    return build(os.environ)


@traced
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Judge one release, or what waited; a lost race or an AWS fault rises, and Lambda tries again."""
    logger.set_correlation_id(correlation_id(event))
    about = ReleaseEvent.model_validate(event)
    detail = about.detail
    occasion = Occasion(detail.environment, detail.actor, detail.cause, utc_now())
    if about.detail_type is EventType.RELEASE_REGISTERED:
        decision = _use_case()(detail.widget, about.release_version, occasion)
    else:
        decision = _use_case().promote_waiting(detail.widget, occasion)
    logger.info(
        "decided",
        widget=detail.widget,
        version=detail.new.version,
        action=decision.action.value,
        reason=decision.reason,
    )
    return {"action": decision.action.value, "reason": decision.reason}
