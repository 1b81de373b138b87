"""The changes of a channel's rollout, each with its events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from edgeship.domain.channels.alert import Alert
from edgeship.domain.channels.channel import Channel, Moved
from edgeship.domain.channels.channel_events import Numbers, rollout_changed
from edgeship.domain.channels.moves import promote
from edgeship.domain.channels.rollout import Held, Rollout, RolloutEvent, Step, start, transition
from edgeship.domain.errors import Refused
from edgeship.domain.events import Event, EventType, Occasion, timestamp
from edgeship.domain.releases.cancellation import cancel, uncancel
from edgeship.domain.releases.quarantine import quarantine, refuse_quarantined
from edgeship.domain.releases.release import Release


def start_rollout(
    channel: Channel, target: Release, steps: Sequence[Step], occasion: Occasion, *, replace_running: bool = False
) -> Moved:
    """Start to move the channel to a candidate.

    With `replace_running`, a running or paused rollout is aborted; its candidate is not quarantined. That a rollout of
    the target was cancelled here before is over.

    Raises:
        Refused: `nothing_live`, `quarantined`, `already_live`, `rollout_running` or `steps_invalid`.
    """
    refuse_quarantined(target)
    name = f"{channel.name} of {channel.widget}"
    if channel.version is None:
        raise Refused(
            "nothing_live",
            f"{name} points at no version that a rollout could start from.",
            f"Promote the first at once: edgeship promote {channel.widget} {target.version} --now.",
        )
    if channel.version == target.version:
        raise Refused("already_live", f"{name} is at {target.version} already.", "There is nothing to do.")
    if channel.candidate == target.version or (channel.candidate is not None and not replace_running):
        raise Refused(
            "rollout_running",
            f"{name} is being rolled out to {channel.candidate} already.",
            f"Wait for it, abort it (edgeship rollout abort {channel.widget}), or give it to everybody: "
            f"edgeship promote {channel.widget} {channel.candidate} --now.",
        )
    aborted: tuple[Event, ...] = ()
    if channel.rollout is not None and channel.rollout.active:
        ended = transition(channel.rollout, RolloutEvent.ABORT, occasion.at, channel.widget)
        aborted = (rollout_changed(EventType.ROLLOUT_ABORTED, channel, replace(channel, rollout=ended), occasion),)
    before = channel.rollout is not None and channel.rollout.candidate == target.version
    begun = replace(
        channel,
        rollout=start(target.version, steps, occasion.at, had_traffic=before or target.promoted_at is not None),
    )
    event = rollout_changed(EventType.ROLLOUT_STARTED, channel, begun, occasion)
    startable = uncancel(target, channel.name)
    if startable != target:
        return Moved(begun, (*aborted, event), changed=(startable,))
    return Moved(begun, (*aborted, event), unchanged=(target,))


def advance_rollout(
    channel: Channel, candidate: Release, occasion: Occasion, window_seconds: int, numbers: Numbers = None
) -> Moved:
    """Start the next step; the step at 100 % completes the rollout, and the channel points at the candidate.

    Raises:
        Refused: `no_rollout`, `phase_invalid` or `quarantined`.
    """
    rollout = rollout_of(channel)
    advanced = transition(rollout, RolloutEvent.ADVANCE, occasion.at, channel.widget)
    refuse_quarantined(candidate)
    if rollout.next_completes:
        return promote(channel, candidate, occasion, window_seconds, numbers)
    moved = _moved(EventType.ROLLOUT_ADVANCED, channel, advanced, occasion, numbers)
    return replace(moved, unchanged=(candidate,))


def hold_rollout(
    channel: Channel, occasion: Occasion, numbers: Numbers = None, *, calendar: bool = False
) -> Moved | None:
    """Hold the step although its bake is over, for its analysis or because of the calendar; None when it is held for
    the same already, or by a person.

    Raises:
        Refused: `no_rollout`.
    """
    rollout = rollout_of(channel)
    if rollout.held is not None and (rollout.held.by is not None or rollout.held.calendar is calendar):
        return None
    held = replace(rollout, held=Held(occasion.at, occasion.cause, calendar=calendar))
    return _moved(EventType.ROLLOUT_HELD, channel, held, occasion, numbers)


def hold_by_person(channel: Channel, occasion: Occasion) -> Moved:
    """Stay at this percentage until a person resumes or advances the rollout. It is still analysed.

    Raises:
        Refused: `no_rollout`, `phase_invalid` or `already_held`.
    """
    rollout = rollout_of(channel)
    held = transition(rollout, RolloutEvent.HOLD, occasion.at, channel.widget)
    if rollout.held is not None and rollout.held.by is not None:
        raise Refused(
            "already_held",
            f"The rollout of {rollout.candidate} is held at {rollout.percent:g} % already, since "
            f"{timestamp(rollout.held.since)} by {rollout.held.by} ({rollout.held.cause}).",
            f"To end it: edgeship rollout resume {channel.widget}.",
        )
    held = replace(held, held=Held(occasion.at, occasion.cause, occasion.actor))
    return _moved(EventType.ROLLOUT_HELD, channel, held, occasion)


def pause_rollout(channel: Channel, occasion: Occasion, numbers: Numbers = None) -> Moved:
    """Give everybody the stable version until the rollout is resumed.

    Raises:
        Refused: `no_rollout` or `phase_invalid`.
    """
    paused = transition(rollout_of(channel), RolloutEvent.PAUSE, occasion.at, channel.widget)
    paused = replace(paused, paused=Held(occasion.at, occasion.cause, occasion.actor))
    return _moved(EventType.ROLLOUT_PAUSED, channel, paused, occasion, numbers)


def pause_because_of_both(channel: Channel, occasion: Occasion, numbers: Numbers = None) -> Moved:
    """Pause the rollout because both of its versions reach the same limit. The live version is known to be unhealthy
    then, so no further event says so.

    Raises:
        Refused: `no_rollout` or `phase_invalid`.
    """
    moved = pause_rollout(channel, occasion)
    assert moved.channel.rollout is not None
    paused = replace(moved.channel.rollout, both_unhealthy=True)
    alert = channel.alert or Alert(timestamp(occasion.at), occasion.cause)
    after = replace(moved.channel, rollout=paused, alert=alert)
    return Moved(after, (rollout_changed(EventType.ROLLOUT_PAUSED, channel, after, occasion, numbers),))


def resume_rollout(channel: Channel, candidate: Release, occasion: Occasion) -> Moved:
    """Give the candidate to the same users again; the step's bake starts again. Or end a hold by a person: then the
    bake goes on, and if it is over, the next tick decides.

    Raises:
        Refused: `no_rollout`, `phase_invalid` or `quarantined`.
    """
    before = rollout_of(channel)
    resumed = transition(before, RolloutEvent.RESUME, occasion.at, channel.widget)
    refuse_quarantined(candidate)
    after = replace(channel, rollout=resumed)
    if before.both_unhealthy:
        # The person who resumes has seen it. What was before counts against neither version from now on.
        after = replace(after, alert=None, exposed_at=occasion.at)
    event = rollout_changed(EventType.ROLLOUT_RESUMED, channel, after, occasion)
    return Moved(after, (event,), unchanged=(candidate,))


def abort_rollout(channel: Channel, candidate: Release, occasion: Occasion, numbers: Numbers = None) -> Moved:
    """End the rollout, quarantine the candidate and lock the channel.

    Raises:
        Refused: `no_rollout` or `phase_invalid`.
    """
    aborted = transition(rollout_of(channel), RolloutEvent.ABORT, occasion.at, channel.widget)
    after = replace(channel, rollout=aborted).locked(occasion)
    changed, quarantined = quarantine(candidate, occasion)
    event = rollout_changed(EventType.ROLLOUT_ABORTED, channel, after, occasion, numbers)
    return Moved(after, (event, *quarantined), changed=changed)


def cancel_rollout(channel: Channel, candidate: Release, occasion: Occasion) -> Moved:
    """End the rollout without blame: the candidate is not quarantined, and the channel is not locked. No event starts
    the candidate here again until a person does.

    Raises:
        Refused: `no_rollout` or `phase_invalid`.
    """
    cancelled = transition(rollout_of(channel), RolloutEvent.CANCEL, occasion.at, channel.widget)
    moved = _moved(EventType.ROLLOUT_CANCELLED, channel, cancelled, occasion)
    return replace(moved, changed=(cancel(candidate, channel.name, occasion),))


def rollout_of(channel: Channel) -> Rollout:
    """The channel's rollout, in any phase.

    Raises:
        Refused: `no_rollout`.
    """
    if channel.rollout is None:
        raise Refused(
            "no_rollout",
            f"{channel.name} of {channel.widget} has no rollout.",
            f"Start one: edgeship rollout start {channel.widget} VERSION.",
        )
    return channel.rollout


def _moved(kind: EventType, channel: Channel, rollout: Rollout, occasion: Occasion, numbers: Numbers = None) -> Moved:
    after = replace(channel, rollout=rollout)
    return Moved(after, (rollout_changed(kind, channel, after, occasion, numbers),))
