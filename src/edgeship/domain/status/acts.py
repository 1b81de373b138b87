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
    """`words` name the command, and `expected` the version that it is about, as it was seen: if another is there by
    then, it is refused."""

    words: tuple[str, ...]
    widget: str
    channel: str
    does: str
    expected: Version | None = None

    @property
    def command(self) -> tuple[str, ...]:
        on = () if self.channel == LATEST else ("--channel", self.channel)
        expect = () if self.expected is None else ("--expect", str(self.expected))
        return (*self.words, self.widget, *on, *expect)

    @property
    def text(self) -> str:
        return " ".join(("edgeship", *self.command))


def possible_acts(channel: Channel, can_roll_back_to: Callable[[Version], bool], mismatched: bool) -> list[PossibleAct]:
    """The most decisive first. Those that need a version that does not exist yet are not among them."""
    return [*_of_rollout(channel), *_of_live(channel, can_roll_back_to), *_of_the_rest(channel, mismatched)]


def further_acts(channel: Channel) -> list[PossibleAct]:
    """What an incident does not ask for, and a person may want of a rollout under way."""
    rollout = channel.rollout
    if rollout is None or not rollout.active:
        return []
    live, candidate = channel.version, rollout.candidate
    acts = []
    if rollout.phase is Phase.RUNNING:
        last = rollout.step + 2 >= len(rollout.steps)
        next_percent = rollout.steps[min(rollout.step + 1, len(rollout.steps) - 1)].percent
        whom = "everybody gets" if last else f"{next_percent:g} % of the users get"
        does = f"{whom} {candidate} now, whatever the bake and the metrics say"
        acts.append(_act(channel, ("rollout", "advance"), does, candidate))
    does = f"everybody gets {live}; nothing is quarantined, and {channel.name} is not locked"
    return [*acts, _act(channel, ("rollout", "cancel"), does, candidate)]


def _of_rollout(channel: Channel) -> Iterator[PossibleAct]:
    rollout = channel.rollout
    if rollout is None or not rollout.active:
        return
    live, candidate = channel.version, rollout.candidate
    does = f"everybody gets {live}; {candidate} is quarantined, and {channel.name} is locked"
    yield _act(channel, ("rollout", "abort"), does, candidate)
    if rollout.phase is Phase.RUNNING:
        does = f"everybody gets {live} until the rollout of {candidate} is resumed"
        yield _act(channel, ("rollout", "pause"), does, candidate)
        if rollout.held is None or rollout.held.by is None:
            does = f"{candidate} stays at {rollout.percent:g} % until the rollout is resumed"
            yield _act(channel, ("rollout", "hold"), does, candidate)
    if rollout.phase is Phase.PAUSED or rollout.held_by_person:
        does = f"{candidate} is given to {_step_percent(rollout)} % of the users, and its bake goes on"
        yield _act(channel, ("rollout", "resume"), does, candidate)


def _of_live(channel: Channel, can_roll_back_to: Callable[[Version], bool]) -> Iterator[PossibleAct]:
    if channel.version is None or channel.candidate is not None:
        return
    target = next((version for version in reversed(channel.trail) if can_roll_back_to(version)), None)
    if target is not None:
        does = f"everybody gets {target}; {channel.version} is quarantined, and {channel.name} is locked"
        yield _act(channel, ("rollback",), does, channel.version)


def _of_the_rest(channel: Channel, mismatched: bool) -> Iterator[PossibleAct]:
    if mismatched:
        yield _act(channel, ("propagate",), f"{channel.version} is brought to the CDNs again, and verified")
    if channel.lock is not None:
        does = f"uploads move {channel.name} again; the newest that waits starts by the policy"
        yield _act(channel, ("unlock",), does)


def _act(channel: Channel, words: tuple[str, ...], does: str, expected: Version | None = None) -> PossibleAct:
    return PossibleAct(words, channel.widget, channel.name, does, expected)


def _step_percent(rollout: Rollout) -> str:
    return f"{rollout.steps[rollout.step].percent:g}"
