"""The reaction of a channel to an unhealthy release, and to a failed deployment: the rollout is aborted, the channel is
rolled back, or people are notified.

An alarm may come late, twice or out of order. A breach counts only for a version that the channel exposes now, and only
if all that it rests on is of that exposure. A limit that both versions of a rollout reach is a breach of neither: the
rollout is paused. So it is where the reports come from too few networks; of a live version, people are notified.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from itertools import takewhile

from edgeship.domain.channels.alert import Alert
from edgeship.domain.channels.channel import Channel, Moved
from edgeship.domain.channels.channel_events import Numbers, channel_event
from edgeship.domain.channels.conditions.eligible import ALL_ELIGIBLE, IneligibleReleases
from edgeship.domain.channels.moves import last_good, roll_back, rollback_targets
from edgeship.domain.channels.policy import Mode
from edgeship.domain.channels.rollout import Phase, period_of
from edgeship.domain.channels.rollout_moves import abort_rollout, pause_because_of_both, pause_rollout
from edgeship.domain.channels.watch_mode import notify_of_candidate
from edgeship.domain.errors import Refused
from edgeship.domain.events import EventType, Occasion, timestamp
from edgeship.domain.health.analysis import Health
from edgeship.domain.health.breach import Breach
from edgeship.domain.health.corroboration import ENOUGH, Corroboration
from edgeship.domain.health.shared_limit import Other, also
from edgeship.domain.releases.release import Release
from edgeship.domain.version import Version


def react(
    channel: Channel,
    releases: Iterable[Release],
    breach: Breach,
    occasion: Occasion,
    window_seconds: int,
    other: Other = Other(),  # noqa: B008  frozen
    ineligible: IneligibleReleases = ALL_ELIGIBLE,
    mode: Mode = "act",
    corroboration: Corroboration = ENOUGH,
    period_seconds: int = 60,
) -> Moved | None:
    """The change of the channel because of a breach; None when the breach is late, or people have been notified. In
    mode `watch`, people are notified.

    Args:
        other: what the rollout's other version had in the time of the breach, see `other_of`.
        ineligible: a rollback passes over them.
        corroboration: whether enough networks reported what the breach rests on.
        period_seconds: of the metrics.
    """
    occasion = occasion.because(breach.cause)
    rollout = channel.rollout
    if rollout is not None and rollout.active and rollout.candidate == breach.version:
        if breach.rests_on < rollout.judged_from(period_seconds) or rollout.both_unhealthy:
            return None
        if mode == "watch":
            return notify_of_candidate(channel, "unhealthy", occasion, breach.numbers)
        return _stop_candidate(channel, releases, breach, occasion, other, corroboration)
    since = channel.exposed_at
    if channel.version != breach.version or since is None or breach.rests_on < period_of(since, period_seconds):
        return None
    if mode == "act" and rollout is not None and rollout.phase is Phase.RUNNING and other.reaches:
        return _pause_for_both(channel, breach, occasion, other)
    if rollout is not None and rollout.active and rollout.both_unhealthy:
        return _notify(EventType.RELEASE_UNHEALTHY, channel, occasion, breach.numbers)
    if not corroboration.is_enough and corroboration.fault is None and _rolls_back(channel, mode, breach.at):
        few = occasion.because(f"{occasion.cause}; {corroboration.reason}")
        return _notify(EventType.RELEASE_UNHEALTHY, channel, few, {**breach.numbers, **corroboration.numbers()})
    return withdraw(channel, releases, occasion, window_seconds, ineligible, mode, at=breach.at, numbers=breach.numbers)


def withdraw(
    channel: Channel,
    releases: Iterable[Release],
    occasion: Occasion,
    window_seconds: int,
    ineligible: IneligibleReleases,
    mode: Mode,
    *,
    at: datetime,
    numbers: Numbers = None,
) -> Moved | None:
    """Roll a live version that is bad back, if it was found `at` a time in its rollback window; else notify people,
    once. Without a good version to roll back to, the channel is frozen."""
    if not _rolls_back(channel, mode, at):
        return _notify(EventType.RELEASE_UNHEALTHY, channel, occasion, numbers)
    return _roll_back_or_freeze(channel, releases, occasion, window_seconds, ineligible, numbers)


def _rolls_back(channel: Channel, mode: Mode, at: datetime) -> bool:
    return mode == "act" and channel.watch is not None and channel.watch.rolls_back(at)


def _stop_candidate(
    channel: Channel,
    releases: Iterable[Release],
    breach: Breach,
    occasion: Occasion,
    other: Other,
    corroboration: Corroboration,
) -> Moved | None:
    """Abort the rollout, or pause it where that is as much as the breach shows."""
    if other.reaches or other.fault is not None:
        return _pause_for_both(channel, breach, occasion, other)
    if not corroboration.is_enough:
        return _pause_for_few(channel, breach, occasion, corroboration)
    candidate = next(release for release in releases if release.version == breach.version)
    return abort_rollout(channel, candidate, occasion, breach.numbers)


def notify_of_live(channel: Channel, occasion: Occasion, numbers: Numbers) -> Moved | None:
    """The channel whose live version people are notified of, without a move; None when they know."""
    return _notify(EventType.RELEASE_UNHEALTHY, channel, occasion, numbers)


def other_of(channel: Channel, version: Version) -> Version | None:
    """The version that a breach of `version` is compared with: the other one of an active rollout."""
    if channel.candidate is None or channel.version is None:
        return None
    return {channel.candidate: channel.version, channel.version: channel.candidate}.get(version)


def _pause_for_both(channel: Channel, breach: Breach, occasion: Occasion, other: Other) -> Moved | None:
    """Pause a running rollout; one that is paused already gives nobody the candidate, and nothing is certain."""
    assert channel.rollout is not None
    if channel.rollout.phase is not Phase.RUNNING:
        return None
    whose = f"the {'stable version' if breach.version == channel.candidate else 'candidate'}"
    if other.fault is not None:
        unknown = occasion.because(f"{occasion.cause}; the metrics of {whose} could not be read ({other.fault})")
        return pause_rollout(channel, unknown, breach.numbers)
    assert breach.check is not None
    assert other.value is not None
    because = occasion.because(f"{occasion.cause}; {also(breach.check, other.value, whose)}")
    numbers = {**breach.numbers, "health": Health.INCONCLUSIVE.value, "other_value": round(other.value, 2)}
    return pause_because_of_both(channel, because, numbers)


def _pause_for_few(channel: Channel, breach: Breach, occasion: Occasion, corroboration: Corroboration) -> Moved | None:
    """Pause a running rollout; one that is paused already gives nobody the candidate."""
    assert channel.rollout is not None
    if channel.rollout.phase is not Phase.RUNNING:
        return None
    few = occasion.because(f"{occasion.cause}; {corroboration.reason}")
    numbers = {**breach.numbers, "health": Health.DEGRADED.value, **corroboration.numbers()}
    return pause_rollout(channel, few, numbers)


def react_to_failed_deployment(
    channel: Channel,
    releases: Iterable[Release],
    sequence: int,
    occasion: Occasion,
    window_seconds: int,
    ineligible: IneligibleReleases = ALL_ELIGIBLE,
) -> Moved | None:
    """The change of the channel when browsers don't get the version of move number `sequence`; None when the channel
    has moved since, or people have been notified that there is nothing to roll back to.

    A locked channel is not moved: it may have been rolled back already, and a CDN that fails again and again would roll
    it back without end.
    """
    if channel.sequence != sequence or channel.lock is not None:
        return None
    return _roll_back_or_freeze(channel, releases, occasion, window_seconds, ineligible)


def close_window(channel: Channel, occasion: Occasion) -> Moved | None:
    """End the watch on the live version when its time is over; None while it is not."""
    if channel.watch is None or occasion.at < channel.watch.until:
        return None
    closed = replace(channel, watch=None)
    return Moved(closed, (channel_event(EventType.ROLLBACK_WINDOW_CLOSED, channel, closed, occasion),))


def _roll_back_or_freeze(
    channel: Channel,
    releases: Iterable[Release],
    occasion: Occasion,
    window_seconds: int,
    ineligible: IneligibleReleases,
    numbers: Numbers = None,
) -> Moved | None:
    """Roll back, or freeze the channel where there is no good version."""
    releases = list(releases)
    chosen = last_good(channel, rollback_targets(channel, releases))
    passed = [f"{each} ({ineligible[each].clause})" for each in takewhile(ineligible.__contains__, chosen)]
    if passed:
        occasion = occasion.because(f"{occasion.cause}; not to {', '.join(passed)}")
    try:
        return roll_back(channel, releases, None, occasion, window_seconds, numbers, ineligible)
    except Refused as refused:
        if refused.code != "no_good_version":
            raise
        frozen = occasion.because(f"{occasion.cause}; {refused.reason}")
        return _notify(EventType.CHANNEL_FROZEN, channel, frozen, numbers)


def _notify(kind: EventType, channel: Channel, occasion: Occasion, numbers: Numbers) -> Moved | None:
    """Set the channel's alert, with its event, once for each version that it points at; freezing also locks it, with an
    event although people were alerted before."""
    freezes = kind is EventType.CHANNEL_FROZEN and channel.lock is None
    if channel.alert is not None and not freezes:
        return None
    after = replace(channel, alert=channel.alert or Alert(timestamp(occasion.at), occasion.cause))
    if kind is EventType.CHANNEL_FROZEN:
        after = after.locked(occasion)
    return Moved(after, (channel_event(kind, channel, after, occasion, numbers),))
