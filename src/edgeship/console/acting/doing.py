"""The acts themselves: each is one use case, with what the person saw."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from edgeship.console.acting.seen import expected, revision_of, seen_channel
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.expectation import Act, Expected
from edgeship.domain.errors import Refused, check_unchanged
from edgeship.domain.events import Occasion
from edgeship.domain.version import Version

if TYPE_CHECKING:
    from edgeship.bootstrap.operator import Operator

Form = Mapping[str, str]
_STEERS = {
    "rollout-abort": Act.ABORT,
    "rollout-pause": Act.PAUSE,
    "rollout-hold": Act.HOLD,
    "rollout-resume": Act.RESUME,
    "rollout-advance": Act.ADVANCE,
    "rollout-cancel": Act.CANCEL,
}
MAX_HOURS = 180 * 24


def do(operator: Operator, act: str, widget: str | None, form: Form, occasion: Occasion) -> str:
    """Do it; returns what was done, as a sentence without its full stop.

    Raises:
        Refused: as its use case; `changed_since` when what is there is not what was seen.
    """
    channel, seen = form.get("channel", "latest"), form.get("seen", "")
    if act in ("freeze", "unfreeze"):
        return _freeze(operator, act, widget, form, occasion)
    if widget is None:
        raise Refused("act_unknown", f"There is no act {act!r} of the environment.", "Start from the widget's page.")
    if act in _STEERS:
        return _steer(operator, _STEERS[act], widget, channel, form, occasion)
    if act == "promote":
        return _promote(operator, widget, channel, form, occasion)
    if act == "rollback":
        moved = operator.roll_back(widget, channel, None, occasion, expected(Act.ROLL_BACK, seen))
        return f"{channel} of {widget} is rolled back: everybody gets {moved.channel.version}"
    if act == "unlock":
        operator.unlock(widget, channel, occasion, seen)
        return f"{channel} of {widget} is unlocked: uploads move it again"
    if act == "propagate":
        check_unchanged(seen, seen_channel(operator.state.channel(widget, channel)), f"{channel} of {widget}")
        operator.request_deployment(widget, channel, occasion)
        return f"{channel} of {widget} is brought to the CDNs again"
    if act == "unquarantine":
        version = Version.parse(form.get("version", ""))
        operator.unquarantine(widget, version, occasion, seen)
        return f"{widget} {version} is no longer quarantined"
    raise Refused("act_unknown", f"There is no act {act!r}.", "Start from the widget's page.")


def _steer(operator: Operator, act: Act, widget: str, channel: str, form: Form, occasion: Occasion) -> str:
    rollouts, override = operator.steer_rollout, form.get("override") == "1"
    acts: dict[Act, Callable[[str, str, Occasion, Expected | None], Channel]] = {
        Act.ABORT: rollouts.abort,
        Act.PAUSE: rollouts.pause,
        Act.HOLD: rollouts.hold,
        Act.RESUME: partial(rollouts.resume, override=override),
        Act.ADVANCE: partial(rollouts.advance, override=override),
        Act.CANCEL: rollouts.cancel,
    }
    after = acts[act](widget, channel, occasion, expected(act, form.get("seen", "")))
    rollout = after.rollout
    if rollout is not None and rollout.active:
        return f"the rollout of {widget} to {rollout.candidate} is at {rollout.percent:g} %"
    return f"the rollout of {widget} has ended: everybody gets {after.version}"


def _promote(operator: Operator, widget: str, channel: str, form: Form, occasion: Occasion) -> str:
    version, override = Version.parse(form.get("version", "")), form.get("override") == "1"
    if form.get("now") == "1":
        seen = expected(Act.PROMOTE, form.get("seen", ""))
        operator.promote(widget, version, channel, occasion, seen, override=override)
        return f"everybody gets {widget} {version}"
    seen = expected(Act.START, form.get("seen", ""))
    after = operator.start_rollout(widget, version, channel, occasion, expected=seen, override=override)
    if after.candidate is None:
        return f"everybody gets {widget} {version}"
    assert after.rollout is not None  # it has the candidate
    return f"the rollout of {widget} to {version} has begun at {after.rollout.percent:g} %"


def _freeze(operator: Operator, act: str, widget: str | None, form: Form, occasion: Occasion) -> str:
    seen = revision_of(form.get("seen", ""))
    if act == "unfreeze":
        return f"{operator.freeze.lift(widget, occasion, seen).subject} is no longer frozen"
    until = _until(form.get("hours", ""), occasion.at)
    return f"{operator.freeze.set(widget, until, occasion, seen).subject} is frozen until {until:%Y-%m-%d %H:%M} UTC"


def _until(hours: str, now: datetime) -> datetime:
    if not (hours.isascii() and hours.isdecimal()) or not 1 <= int(hours[:6]) <= MAX_HOURS:
        raise Refused(
            "until_invalid", f"{hours!r:.20} is no number of hours from 1 to {MAX_HOURS:,}.", "Give whole hours."
        )
    return now + timedelta(hours=int(hours))
