"""What an act would do, for the person who is asked whether to do it; and what they see when they decide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeship.console.acting.seen import seen_channel, seen_freeze, seen_lock, seen_quarantine
from edgeship.domain.calendar.freeze import FreezeRecord, frozen_text
from edgeship.domain.channels.channel import Channel
from edgeship.domain.errors import Refused
from edgeship.domain.naming import LATEST, check_channel
from edgeship.domain.plain_text import span
from edgeship.domain.status.acts import PossibleAct, further_acts, possible_acts
from edgeship.domain.status.standing import Need
from edgeship.domain.version import Version

if TYPE_CHECKING:
    from edgeship.bootstrap.operator import Operator

_TITLES = {
    "rollout-abort": "Abort the rollout",
    "rollout-pause": "Pause the rollout",
    "rollout-hold": "Hold the rollout",
    "rollout-resume": "Resume the rollout",
    "rollout-advance": "Advance the rollout",
    "rollout-cancel": "Cancel the rollout",
    "rollback": "Roll back",
    "propagate": "Propagate again",
    "unlock": "Unlock",
    "promote": "Promote",
    "unquarantine": "Lift the quarantine",
    "freeze": "Freeze",
    "unfreeze": "End the freeze",
}
SEVERE = frozenset({"rollout-abort", "rollback"})
"""They take a release from all of its users."""
OVERRIDES = frozenset({"promote", "rollout-resume", "rollout-advance"})
"""They are refused during a freeze, unless a person overrides it."""


@dataclass(frozen=True)
class Plan:
    """`does` says what will happen, and `there` what is there now; `seen` carries it to the act. `command` does the
    same on the command line."""

    act: str
    widget: str | None
    channel: str
    does: str
    there: str
    seen: str
    command: str
    version: str | None = None

    @property
    def title(self) -> str:
        return title(self.act)

    @property
    def severe(self) -> bool:
        return self.act in SEVERE

    @property
    def overrides(self) -> bool:
        return self.act in OVERRIDES


def title(act: str) -> str:
    return _TITLES[act]


def slug(act: PossibleAct) -> str:
    return "-".join(act.words)


def plan(operator: Operator, act: str, widget: str | None, channel: str, version: str | None) -> Plan:
    """
    Raises:
        Refused: `act_unknown`; `act_impossible` when the state does not allow it now; and what reading refuses.
    """
    if act not in _TITLES:
        raise Refused("act_unknown", f"There is no act {act!r}.", "Start from the widget's page.")
    check_channel(channel)
    if act in ("freeze", "unfreeze"):
        return _of_freeze(operator, act, widget)
    if widget is None:
        raise Refused("act_unknown", f"{_TITLES[act]} is about a widget.", "Start from the widget's page.")
    if version is not None and act in _OF_A_RELEASE:
        return _OF_A_RELEASE[act](operator, widget, channel, Version.parse(version))
    return _of_channel(operator, act, widget, channel)


def _of_channel(operator: Operator, act: str, widget: str, name: str) -> Plan:
    found = operator.status(widget)
    status = found.widgets[0] if found.widgets else None
    channel = next((each for each in status.channels if each.name == name), None) if status is not None else None
    if status is None or channel is None:
        raise Refused("channel_unknown", f"{widget} has no channel {name}.", "See the widget's page.")
    mismatched = any(each.need is Need.MISMATCH and each.channel == name for each in status.standings)
    acts = [*possible_acts(channel, status.can_roll_back_to.__contains__, mismatched), *further_acts(channel)]
    chosen = next((each for each in acts if slug(each) == act), None)
    if chosen is None:
        raise Refused(
            "act_impossible",
            f"{_TITLES[act]}: this is not possible now, because {_there(channel)}.",
            "See the widget's page for what is possible.",
        )
    seen = seen_lock(channel) if act == "unlock" else seen_channel(channel)
    return Plan(act, widget, name, chosen.does, _there(channel), seen, chosen.text)


def _promotion(operator: Operator, widget: str, name: str, version: Version) -> Plan:
    channel, policy = operator.state.channel(widget, name), operator.state.policy(widget).policy
    first = policy.steps[0]
    does = f"everybody gets {version} at once"
    if channel.version is not None and first.percent < 100:
        steps = ", ".join(
            f"{step.percent:g} %" + (f" for {span(step.bake_seconds)}" if step.bake_seconds else "")
            for step in policy.steps
        )
        does = f"{version} is rolled out to {name} by the policy's steps: {steps}"
    on = "" if name == LATEST else f" --channel {name}"
    command = f"edgeship promote {widget} {version}{on} --expect {channel.version or 'none'}"
    return Plan("promote", widget, name, does, _there(channel), seen_channel(channel), command, str(version))


def _unquarantine(operator: Operator, widget: str, name: str, version: Version) -> Plan:
    release = operator.state.release(widget, version)
    if release is None or release.quarantine is None:
        raise Refused("act_impossible", f"{widget} {version} is not quarantined.", "See the widget's releases.")
    does = f"channels and ranges may choose {version} again; this alone does not make it live"
    there = f"{version} is quarantined: {release.quarantine.cause}"
    command = f"edgeship unquarantine {widget} {version}"
    return Plan("unquarantine", widget, name, does, there, seen_quarantine(release), command, str(version))


_OF_A_RELEASE: dict[str, Callable[[Operator, str, str, Version], Plan]] = {
    "promote": _promotion,
    "unquarantine": _unquarantine,
}


def _of_freeze(operator: Operator, act: str, widget: str | None) -> Plan:
    record = operator.state.freeze(widget)
    whom = record.subject
    does = f"nothing of {whom} starts or advances automatically until the time that you give; uploads wait"
    if act == "unfreeze":
        does = f"what waits of {whom} starts within a minute or two"
    end = " --until 12h" if act == "freeze" else ""
    command = f"edgeship {act} {FreezeRecord(widget).argument}{end}"
    there = frozen_text(record) if record.freeze is not None else f"{whom} is not frozen"
    return Plan(act, widget, LATEST, does, there, seen_freeze(record), command)


def _there(channel: Channel) -> str:
    at = f"{channel.name} of {channel.widget} is at {channel.version or 'no version'}"
    rollout = channel.rollout
    if rollout is not None and rollout.active:
        at += f", with a rollout to {rollout.candidate} at {rollout.percent:g} %"
    return f"{at}, and is locked" if channel.lock is not None else at
