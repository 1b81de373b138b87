"""The acts on a rollout that is under way, and their output."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import typer

from edgeship.cli import context
from edgeship.cli.calendar.outside import note_outside
from edgeship.cli.channels.approval import named, stage, under_way
from edgeship.cli.channels.expecting import Said, expected_document, settle, shown
from edgeship.cli.output import Output, plain
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.expectation import Act, Expected
from edgeship.domain.events import Occasion


def aborted(after: Channel) -> str:
    """The text for a rollout that an operator aborted."""
    candidate = after.rollout.candidate if after.rollout is not None else None
    return (
        f"{after.name} of {after.widget}: the rollout to {candidate} is aborted, everybody gets {after.version}; "
        f"{candidate} is quarantined and {after.name} is locked\n"
        f"once a fixed version is out: edgeship promote {after.widget} VERSION, then edgeship unlock "
        f"{named(after.widget, after.name)}"
    )


def steer(
    ctx: typer.Context,
    act: Act,
    widget: str,
    channel: str,
    said: Said,
    cause: str,
    env: str | None,
    as_json: bool,
    text: Callable[[Channel], str],
    *,
    override: bool = False,
) -> None:
    out, after, expected = steered(ctx, act, widget, channel, said, cause, env, as_json, override=override)
    out.result(document_of(after, expected), [plain(f"{channel} of {widget}: {text(after)}")])


def steered(
    ctx: typer.Context,
    act: Act,
    widget: str,
    channel: str,
    said: Said,
    cause: str,
    env: str | None,
    as_json: bool,
    *,
    override: bool = False,
) -> tuple[Output, Channel, Expected | None]:
    """The command's output, the channel after the act, and what the act expected."""
    out = context.output(ctx, as_json)
    target = context.target(ctx, env, out)
    occasion = target.occasion(cause)
    expected = settle(act, target, out, widget, channel, said)
    rollouts = target.operator.steer_rollout
    acts: dict[Act, Callable[[str, str, Occasion, Expected | None], Channel]] = {
        Act.HOLD: rollouts.hold,
        Act.PAUSE: rollouts.pause,
        Act.RESUME: partial(rollouts.resume, override=override),
        Act.ADVANCE: partial(rollouts.advance, override=override),
        Act.CANCEL: rollouts.cancel,
        Act.ABORT: rollouts.abort,
    }
    after = acts[act](widget, channel, occasion, expected)
    shown(target, [after])
    if act in (Act.RESUME, Act.ADVANCE):
        note_outside(out, target.operator.state, widget)
    return out, after, expected


def progress(after: Channel) -> str:
    if after.rollout is None or not after.rollout.active:
        return f"the rollout is complete, everybody gets {after.version}"
    return f"the rollout to {after.candidate} is at {stage(after.rollout)}"


def document_of(after: Channel, expected: Expected | None) -> dict[str, object]:
    return {
        "widget": after.widget,
        "channel": after.name,
        "version": str(after.version),
        "expected": expected_document(expected),
        "changed": True,
        "rollout": under_way(after),
    }
