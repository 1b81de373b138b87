"""The output of promote and rollout start: a channel moves to a release, by a rollout or at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from edgeship.cli.calendar.outside import note_outside
from edgeship.cli.channels.expecting import expected_document, shown
from edgeship.cli.context import Target
from edgeship.cli.output import Output, plain
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.rollout import Phase
from edgeship.domain.errors import Refused
from edgeship.domain.events import timestamp
from edgeship.domain.naming import LATEST
from edgeship.domain.plain_text import when
from edgeship.domain.version import Version

if TYPE_CHECKING:
    from edgeship.domain.channels.expectation import Expected
    from edgeship.domain.channels.rollout import Rollout


def approve(
    out: Output,
    target: Target,
    widget: str,
    version: Version,
    channel: str,
    expected: Expected | None,
    move: Callable[[], Channel],
) -> None:
    """Make the move and print its result; a channel that is at the version already is no error."""
    document = {
        "widget": widget,
        "channel": channel,
        "version": str(version),
        "expected": expected_document(expected),
    }
    try:
        moved = move()
    except Refused as refused:
        if refused.code != "already_live":
            raise
        out.note(refused.reason)
        there = target.operator.state.channel(widget, channel)
        shown(target, [there])
        out.result(
            {**document, "previous": str(version), "changed": False, "rollout": under_way(there)},
            [plain("nothing to do")],
        )
        return
    shown(target, [moved])
    note_outside(out, target.operator.state, widget)
    begun = moved.rollout if moved.candidate is not None else None
    # After a move, the earlier version is at the end of the trail; a rollout does not move the channel.
    previous = moved.version if begun else (moved.trail[-1] if moved.trail else None)
    line = f"{channel} of {widget}: {previous or '(nothing)'} → {version}"
    if begun:
        line = (
            f"{channel} of {widget}: rollout {previous} → {version} started: {stage(begun)}\n"
            f"to end it: edgeship rollout abort {named(widget, channel)}; "
            f"to skip it: edgeship promote {widget} {version}{on(channel)} --now"
        )
    out.result(
        {**document, "previous": str(previous) if previous else None, "changed": True, "rollout": under_way(moved)},
        [plain(line)],
    )


def under_way(channel: Channel) -> dict[str, Any] | None:
    """The channel's running or paused rollout under `--json`; None when there is none."""
    return channel.rollout.summary() if channel.rollout is not None and channel.rollout.active else None


def stage(rollout: Rollout) -> str:
    """The progress of a rollout: `5 %, step 2 of 5, bakes until 2026-11-23 10:00:00 UTC`."""
    whom = " (testers only)" if rollout.phase is Phase.RUNNING and rollout.percent == 0 else ""
    reached = f"{rollout.percent:g} %{whom}, step {rollout.step + 1} of {len(rollout.steps)}"
    return f"{reached}, bakes until {when(timestamp(rollout.bakes_until))} UTC"


def named(widget: str, channel: str) -> str:
    """The channel as an argument of a command."""
    return f"{widget}{on(channel)}"


def on(channel: str) -> str:
    """The option for the channel, if it needs one."""
    return "" if channel == LATEST else f" --channel {channel}"
