"""`CloudWatch Alarm State Change` of a release's alarm, and our own `Deployment Failed`: take the release back.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from edgeship.adapters.lambda_events.cloudwatch_alarms import AlarmStateChange
from edgeship.adapters.lambda_events.correlation import correlation_id
from edgeship.adapters.lambda_events.own_events import DeploymentFailed
from edgeship.application.channels.reacting.reaction import Reaction
from edgeship.bootstrap.rollback import RollbackFunction, build
from edgeship.bootstrap.runtime import traced, utc_now
from edgeship.domain.events import EventType, Occasion

ACTOR = "edgeship:rollback"

logger = Logger()


@cache
def _use_case() -> RollbackFunction:
    return build(os.environ)


@traced
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """React to one event; a lost race or an AWS fault rises, and Lambda tries again."""
    logger.set_correlation_id(correlation_id(event))
    if event.get("detail-type") == EventType.DEPLOYMENT_FAILED:
        reactions = _to_failed_deployment(DeploymentFailed.model_validate(event))
    else:
        reactions = _to_alarm(AlarmStateChange.model_validate(event))
    return {"reactions": [{"channel": r.channel, "event": r.event, "reason": r.reason} for r in reactions]}


def _to_alarm(change: AlarmStateChange) -> list[Reaction]:
    """In every channel that exposes the release."""
    if not change.in_alarm:
        return []
    breach = change.to_breach()
    reactions = _use_case().react_to_breach(
        breach, Occasion(change.release.environment, ACTOR, breach.cause, utc_now())
    )
    for reaction in reactions:
        _log(reaction, widget=breach.widget, version=str(breach.version))
    if not reactions:
        logger.info("late: no channel exposes the version", widget=breach.widget, version=str(breach.version))
    return reactions


def _to_failed_deployment(failed: DeploymentFailed) -> list[Reaction]:
    """In the channel whose move it was. A CDN that gave no answer is no reason for a rollback."""
    detail = failed.detail
    if not failed.condemns:
        logger.info("no mismatch that calls for a rollback", widget=detail.widget, channel=detail.new.channel)
        return []
    occasion = Occasion(detail.environment, ACTOR, detail.cause, utc_now())
    reaction = _use_case().react_to_failed_deployment(detail.widget, detail.new.channel, detail.new.sequence, occasion)
    _log(reaction, widget=detail.widget, sequence=detail.new.sequence)
    return [reaction]


def _log(reaction: Reaction, **about: Any) -> None:
    logger.warning("reacted", channel=reaction.channel, event=reaction.event, reason=reaction.reason, **about)
