"""`CloudWatch Alarm State Change` of a release's alarm: take the release back, within seconds.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from edgeship.adapters.inbound import AlarmStateChange
from edgeship.application.react_to_breach import ReactToBreach
from edgeship.bootstrap.rollback import build
from edgeship.bootstrap.runtime import utc_now
from edgeship.domain.events import Occasion

ACTOR = "edgeship:rollback"

logger = Logger()


@cache
def _use_case() -> ReactToBreach:
    return build(os.environ)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """React in every channel that exposes the release; a lost race or an AWS fault rises, and Lambda tries again."""
    change = AlarmStateChange.model_validate(event)
    if not change.in_alarm:
        return {"reactions": []}
    breach = change.to_breach()
    occasion = Occasion(change.environment, ACTOR, breach.cause, utc_now())
    reactions = _use_case()(breach, occasion)
    for reaction in reactions:
        logger.warning(
            "reacted",
            widget=breach.widget,
            version=str(breach.version),
            channel=reaction.channel,
            told=reaction.event,
            reason=reaction.reason,
        )
    if not reactions:
        logger.info("late: nothing exposes it", widget=breach.widget, version=str(breach.version))
    return {"reactions": [{"channel": r.channel, "event": r.event, "reason": r.reason} for r in reactions]}
