"""Mode `watch` of a policy: releases are analysed, and people are notified once an incident; health decides nothing.

- no rollout is aborted, paused or held because of health, and no channel is rolled back or frozen
- a rollout goes on by its schedule: a step ends with its bake; what a person holds or pauses waits for a person
- an incident of a candidate lasts until its exposure ends; it is notified again when degraded becomes unhealthy
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from edgeship.domain.channels.alert import Alert, Found
from edgeship.domain.channels.channel import Channel, Moved
from edgeship.domain.channels.channel_events import Numbers, rollout_changed
from edgeship.domain.channels.rollout import Rollout
from edgeship.domain.channels.step_decision import StepAction, StepDecision
from edgeship.domain.events import EventType, Occasion, timestamp
from edgeship.domain.health.analysis import Health


def notify_of_candidate(channel: Channel, found: Found, occasion: Occasion, numbers: Numbers = None) -> Moved | None:
    """The channel whose candidate is known to be like that, with the event; None when people know."""
    rollout = channel.rollout
    assert rollout is not None  # it has the candidate
    if rollout.alert is not None and rollout.alert.covers(found):
        return None
    alerted = replace(rollout, alert=Alert(timestamp(occasion.at), occasion.cause, found))
    after = replace(channel, rollout=alerted)
    event = rollout_changed(EventType.RELEASE_UNHEALTHY, channel, after, occasion, numbers)
    about = {"mode": "watch", "subject": str(rollout.candidate), "health": found}
    return Moved(after, (replace(event, new={**(event.new or {}), **about}),))


def notify_of_step(channel: Channel, decision: StepDecision, occasion: Occasion) -> Moved | None:
    """What to write where health would stop the rollout; None where it would not, or people know."""
    match decision.analysis.health:
        case Health.UNHEALTHY:
            return notify_of_candidate(channel, "unhealthy", occasion, decision.analysis.numbers())
        case Health.DEGRADED:
            return notify_of_candidate(channel, "degraded", occasion, decision.analysis.numbers())
    return None


def scheduled(rollout: Rollout, now: datetime) -> StepAction:
    """What the schedule alone does with a running rollout."""
    return StepAction.BAKE if now < rollout.bakes_until or rollout.held_by_person else StepAction.ADVANCE
