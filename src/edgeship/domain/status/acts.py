"""The acts that help a channel now, each with what it will do. Every one of them is a plain command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.rollout import Phase, Rollout
from edgeship.domain.naming import LATEST
from edgeship.domain.version import Version


@dataclass(frozen=True)
class PossibleAct:
    """`command` has the version that it is about, as it was seen: if another is there by then, it is refused."""

    command: tuple[str, ...]
    does: str

    @property
    def text(self) -> str:
        return " ".join(("edgeship", *self.command))


def possible_acts(channel: Channel, can_roll_back_to: Callable[[Version], bool], mismatched: bool) -> list[PossibleAct]:
    """The most decisive first. Those that need a version that does not exist yet are not among them."""
    return [*_of_rollout(channel), *_of_live(channel, can_roll_back_to), *_of_the_rest(channel, mismatched)]


def _of_rollout(channel: Channel) -> Iterator[PossibleAct]:
    rollout = channel.rollout
    if rollout is None or not rollout.active:
        return
    live, candidate = channel.version, rollout.candidate
    expect = ("--expect", str(candidate))
    yield PossibleAct(
        ("rollout", "abort", *_named(channel), *expect),
        f"everybody gets {live}; {candidate} is quarantined, and {channel.name} is locked",
    )
    if rollout.phase is Phase.RUNNING:
        pause = ("rollout", "pause", *_named(channel), *expect)
        yield PossibleAct(pause, f"everybody gets {live} until the rollout of {candidate} is resumed")
        if rollout.held is None or rollout.held.by is None:
            hold = ("rollout", "hold", *_named(channel), *expect)
            yield PossibleAct(hold, f"{candidate} stays at {rollout.percent:g} % until the rollout is resumed")
    if rollout.phase is Phase.PAUSED or rollout.held_by_person:
        resume = ("rollout", "resume", *_named(channel), *expect)
        yield PossibleAct(
            resume, f"{candidate} is given to {_step_percent(rollout)} % of the users, and its bake goes on"
        )


def _of_live(channel: Channel, can_roll_back_to: Callable[[Version], bool]) -> Iterator[PossibleAct]:
    if channel.version is None or channel.candidate is not None:
        return
    target = next((version for version in reversed(channel.trail) if can_roll_back_to(version)), None)
    if target is not None:
        yield PossibleAct(
            ("rollback", *_named(channel), "--expect", str(channel.version)),
            f"everybody gets {target}; {channel.version} is quarantined, and {channel.name} is locked",
        )


def _of_the_rest(channel: Channel, mismatched: bool) -> Iterator[PossibleAct]:
    if mismatched:
        yield PossibleAct(
            ("propagate", *_named(channel)), f"{channel.version} is brought to the CDNs again, and verified"
        )
    if channel.lock is not None:
        unlock = ("unlock", *_named(channel))
        yield PossibleAct(unlock, f"uploads move {channel.name} again; the newest that waits starts by the policy")


def _named(channel: Channel) -> tuple[str, ...]:
    return (channel.widget,) if channel.name == LATEST else (channel.widget, "--channel", channel.name)


def _step_percent(rollout: Rollout) -> str:
    return f"{rollout.steps[rollout.step].percent:g}"
