"""Every minute: end previews; analyse rollouts and the live releases that are still watched."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from edgeship.adapters.lambda_events.correlation import correlation_id
from edgeship.adapters.lambda_events.time_left import seconds_left
from edgeship.application.channels.watching.watch_channels import Tick
from edgeship.bootstrap.rollout import RolloutFunction, build
from edgeship.bootstrap.runtime import traced, utc_now
from edgeship.domain.events import Occasion

ACTOR = "edgeship:rollout"
TICK_SECONDS = 60.0
"""The function's timeout."""

logger = Logger()


@cache
def _use_case() -> RolloutFunction:
    return build(os.environ)


@traced
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """One tick. Faults are logged, and raised at the end, so that the function's alarm goes off."""
    logger.set_correlation_id(correlation_id(event))
    rollout = _use_case()
    left = seconds_left(context, TICK_SECONDS)
    occasion = Occasion(rollout.environment, ACTOR, "minute tick", utc_now())
    tick = rollout.watch(occasion, left)
    ended = _expire_previews(rollout, occasion, tick)
    for change in tick.changes:
        logger.info("changed", widget=change.widget, channel=change.channel, event=change.event, reason=change.reason)
    for widget, decision in tick.started:
        logger.info("decided", widget=widget, action=decision.action.value, reason=decision.reason)
    for what, fault in tick.faults:
        logger.error("failed", what=what, exc_info=fault)
    if tick.faults:
        what = ", ".join(what for what, _ in tick.faults)
        raise ExceptionGroup(f"failed: {what}", [fault for _, fault in tick.faults])
    logger.info(
        "tick",
        watched=tick.watched,
        alarms_made=tick.alarms_made,
        alarms_removed=tick.alarms_removed,
        alarms_postponed=tick.alarms_postponed,
    )
    return {"watched": tick.watched, "changed": len(tick.changes), "previews_ended": ended}


def _expire_previews(rollout: RolloutFunction, occasion: Occasion, tick: Tick) -> int:
    """After what rescues releases; a fault is one of the tick's."""
    try:
        return rollout.expire_previews(occasion)
    except Exception as fault:  # noqa: BLE001  it is logged, and raised, with the others
        tick.faults.append(("previews", fault))
        return 0
