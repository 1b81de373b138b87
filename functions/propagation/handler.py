"""`Pointer Moved`, `Deployment Requested`: bring the move to every CDN, and make sure that it has arrived."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from edgeship.adapters.lambda_events.correlation import correlation_id
from edgeship.adapters.lambda_events.own_events import PointerMoved
from edgeship.application.propagation.propagate_move import PropagateMove
from edgeship.bootstrap.propagation import build
from edgeship.bootstrap.runtime import traced, utc_now
from edgeship.domain.events import Occasion

ACTOR = "edgeship:propagation"

logger = Logger()


@cache
def _use_case() -> PropagateMove:
    return build(os.environ)


@traced
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Propagate one move; a CDN that stays busy or silent, or an AWS fault, rises, and Lambda tries again."""
    logger.set_correlation_id(correlation_id(event))
    moved = PointerMoved.model_validate(event).detail
    occasion = Occasion(moved.environment, ACTOR, moved.cause, utc_now())
    done = _use_case()(moved.widget, moved.new.channel, moved.new.sequence, moved.event_id, occasion)
    about: dict[str, Any] = {"widget": moved.widget, "channel": moved.new.channel, "sequence": moved.new.sequence}
    logger.info("propagated", end=done.end, **about)
    for mismatch in done.verification.mismatches if done.verification else ():
        logger.warning("differs", mismatch=str(mismatch), **about)
    return {"end": done.end.value}
