"""What the state of a widget asks of people: in one sentence each, the most urgent first, with the commands to type.

Pure, and the same for every view: the command line, its JSON, and whatever shows a widget elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from edgeship.domain.calendar.freeze import FreezeRecord
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.rollout import Phase, Rollout
from edgeship.domain.events import timestamp
from edgeship.domain.naming import LATEST
from edgeship.domain.plain_text import span, who
from edgeship.domain.propagation.deployment import Deployment
from edgeship.domain.version import Version


class Need(IntEnum):
    """How urgent it is, the most urgent first. From `FROZEN` on, nobody is needed."""

    UNHEALTHY = 0
    UNSERVED = 1
    MISMATCH = 2
    CANDIDATE = 3
    PAUSED = 4
    LOCKED = 5
    APPROVAL = 6
    HELD = 7
    FROZEN = 8
    CLIMBING = 9
    QUIET = 10

    @property
    def of_a_person(self) -> bool:
        return self < Need.FROZEN

    @property
    def word(self) -> str:
        """What it is called."""
        return {Need.UNSERVED: "not served", Need.QUIET: "live"}.get(self, self.name.lower())


@dataclass(frozen=True)
class Standing:
    """`what` is a sentence without its full stop, and `cause` why; `since` is RFC 3339. `commands` are the next ones to
    type, the best first; VERSION stands for one that does not exist yet."""

    need: Need
    channel: str
    what: str
    cause: str | None = None
    since: str | None = None
    commands: tuple[str, ...] = ()


@dataclass(frozen=True)
class Situation:
    """What is known of a widget, besides its channels. Freezes are those in effect."""

    widget: str
    now: datetime
    deployments: Mapping[str, Deployment] = field(default_factory=dict)
    unserved: Mapping[str, str] = field(default_factory=dict)
    """By channel, why what it exposes is not served."""
    approvals: tuple[tuple[Version, str], ...] = ()
    """Releases that wait for a person, the newest first, with the reasons."""
    freezes: tuple[FreezeRecord, ...] = ()
    fix: Version | None = None
    """The newest release that may go live and has not: what a person promotes to fix what is live."""
    can_roll_back_to: Callable[[Version], bool] = lambda _: True


def standings(channels: Iterable[Channel], situation: Situation) -> list[Standing]:
    """Every channel has at least one; the most urgent first."""
    found = [standing for channel in channels for standing in _of_channel(channel, situation)]
    found += _approvals(situation)
    return sorted(found, key=lambda standing: (standing.need, standing.channel != LATEST, standing.channel))


def rolls_back_automatically(channel: Channel, can_roll_back_to: Callable[[Version], bool], now: datetime) -> bool:
    """Whether an unhealthy live version would be rolled back now: not if it is known to be unhealthy already, nor
    without a good version before it."""
    watched = channel.watch is not None and channel.watch.rolls_back(now)
    return watched and channel.alert is None and any(map(can_roll_back_to, channel.trail))


def time_left(rollout: Rollout, now: datetime) -> tuple[float, float] | None:
    """Seconds until the next step, and until everybody has the candidate, if every analysis is healthy; None unless
    it runs and nothing holds it."""
    if rollout.phase is not Phase.RUNNING or rollout.held is not None:
        return None
    following = max(0.0, (rollout.bakes_until - now).total_seconds())
    return following, following + sum(step.bake_seconds for step in rollout.steps[rollout.step + 1 : -1])


def next_command(standings: Iterable[Standing]) -> str | None:
    """The command that helps most now; one that ends a freeze only where there is no other."""
    listed = [standing for standing in standings if standing.commands]
    first = next((each for each in listed if each.need is not Need.FROZEN), None) or next(iter(listed), None)
    return first.commands[0] if first is not None else None


def phase_word(rollout: Rollout) -> str:
    """`held` for one that runs and is held; else its phase."""
    return "held" if rollout.phase is Phase.RUNNING and rollout.held is not None else rollout.phase.value


def _of_channel(channel: Channel, situation: Situation) -> Iterator[Standing]:
    urgent = [*_of_live(channel, situation), *_of_rollout(channel, situation)]
    if channel.lock is not None:
        urgent.append(_locked(channel, situation))
    yield from urgent
    yield from _frozen(channel, situation)
    if channel.candidate is None and not any(standing.need <= Need.MISMATCH for standing in urgent):
        what = f"{channel.version} is live" if channel.version is not None else "no version is live yet"
        yield Standing(Need.QUIET, channel.name, what, since=channel.moved_at)


def _of_live(channel: Channel, situation: Situation) -> Iterator[Standing]:
    where, version = _named(channel), channel.version
    commands: tuple[str, ...]
    if channel.alert is not None and version is not None:
        back = any(map(situation.can_roll_back_to, channel.trail))
        what = f"{version} is unhealthy " + ("and stays live" if back else "with no good version to roll back to")
        fix = f"edgeship promote {_with(channel, situation)} --now"
        commands = (f"edgeship rollback {where}", fix) if back else (fix,)
        yield Standing(Need.UNHEALTHY, channel.name, what, channel.alert.cause, channel.alert.since, commands)
    if channel.name in situation.unserved:
        commands = (f"edgeship promote {_with(channel, situation)}", "edgeship environment show")
        yield Standing(Need.UNSERVED, channel.name, situation.unserved[channel.name], commands=commands)
    deployment = situation.deployments.get(channel.name)
    verification = deployment.verification if deployment and deployment.sequence == channel.sequence else None
    if verification is not None and not verification.verified:
        count = len(verification.mismatches)
        found = f"{count} mismatch{'es' if count > 1 else ''} in {verification.checked} probes"
        what = f"{version} is not served everywhere: {found}"
        commands = (f"edgeship propagate {where}", f"edgeship verify {where}")
        yield Standing(Need.MISMATCH, channel.name, what, str(verification.mismatches[0]), verification.at, commands)


def _of_rollout(channel: Channel, situation: Situation) -> Iterator[Standing]:
    rollout = channel.rollout
    if rollout is None or not rollout.active:
        return
    where, candidate = _named(channel), rollout.candidate
    if rollout.alert is not None:
        what = f"the candidate {candidate} is {rollout.alert.health}, and its rollout goes on (mode watch)"
        abort = (f"edgeship rollout abort {where}",)
        yield Standing(Need.CANDIDATE, channel.name, what, rollout.alert.cause, rollout.alert.since, abort)
    step = f"step {rollout.step + 1} of {len(rollout.steps)}"
    if rollout.phase is Phase.PAUSED:
        paused = rollout.paused
        what = f"the rollout to {candidate} is paused at {step}: everybody gets {channel.version}"
        commands = (f"edgeship rollout resume {where}", f"edgeship rollout abort {where}")
        since = timestamp(paused.since) if paused else None
        yield Standing(Need.PAUSED, channel.name, what, paused.cause if paused else None, since, commands)
        return
    held = rollout.held
    at = f"{channel.version} → {candidate} at {rollout.percent:g} %, {step}"
    if held is not None and held.by is not None:
        what, resume = f"{at}, held by {who(held.by)}", (f"edgeship rollout resume {where}",)
        yield Standing(Need.HELD, channel.name, what, held.cause, timestamp(held.since), resume)
        return
    if held is not None:
        watch = (f"edgeship rollout watch {where}",)
        yield Standing(Need.CLIMBING, channel.name, f"{at}, waits", held.cause, timestamp(held.since), watch)
        return
    left = time_left(rollout, situation.now)
    assert left is not None  # it runs, and nothing holds it
    following = f"next step in {span(left[0])}" if left[0] else "the next minute decides"
    if situation.freezes:
        following = "frozen"
    watch = (f"edgeship rollout watch {where}",)
    yield Standing(
        Need.CLIMBING, channel.name, f"{at}, {following}", since=timestamp(rollout.stepped_at), commands=watch
    )


def _locked(channel: Channel, situation: Situation) -> Standing:
    assert channel.lock is not None
    unlock, fix = f"edgeship unlock {_named(channel)}", f"edgeship promote {_with(channel, situation)}"
    # After a move or during a rollout that began later, the fix is out already. RFC 3339 in UTC orders as text.
    fixed = channel.candidate is not None or (channel.moved_at or "") > channel.lock.since
    return Standing(
        Need.LOCKED,
        channel.name,
        f"uploads don't move {channel.name}: locked by {who(channel.lock.actor)}",
        channel.lock.cause,
        channel.lock.since,
        (unlock,) if fixed else (fix, unlock),
    )


def _frozen(channel: Channel, situation: Situation) -> Iterator[Standing]:
    for record in situation.freezes:
        freeze = record.freeze
        if freeze is None or channel.name != LATEST:
            continue
        left = span((freeze.until - situation.now).total_seconds())
        what = f"no rollout goes on, and uploads wait, for {left} more"
        unfreeze = (f"edgeship unfreeze {record.argument}",)
        yield Standing(Need.FROZEN, channel.name, what, freeze.cause, timestamp(freeze.since), unfreeze)


def _approvals(situation: Situation) -> Iterator[Standing]:
    for version, reason in situation.approvals:
        command = (f"edgeship promote {situation.widget} {version}",)
        yield Standing(Need.APPROVAL, LATEST, f"{version} waits for approval", reason, commands=command)


def _named(channel: Channel) -> str:
    return channel.widget if channel.name == LATEST else f"{channel.widget} --channel {channel.name}"


def _with(channel: Channel, situation: Situation) -> str:
    return f"{channel.widget} {situation.fix or 'VERSION'}" + (
        "" if channel.name == LATEST else f" --channel {channel.name}"
    )
