"""edgeship rollout: move a channel to a release by steps, and control it."""

from __future__ import annotations

from collections.abc import Callable

import typer

from edgeship.cli import context
from edgeship.cli.calendar.outside import note_outside
from edgeship.cli.channels.approval import approve, named, stage, under_way
from edgeship.cli.durations import parse_steps
from edgeship.cli.options import (
    ChannelOption,
    EnvOption,
    JsonOption,
    OverrideOption,
    ReasonOption,
    StepsOption,
    VersionArgument,
    WidgetArgument,
)
from edgeship.cli.output import plain
from edgeship.domain.channels.channel import Channel
from edgeship.domain.naming import LATEST
from edgeship.domain.version import Version

app = typer.Typer(
    help="Move a channel to a release by steps, and control it.", no_args_is_help=True, rich_markup_mode=None
)


@app.command()
def start(
    ctx: typer.Context,
    widget: WidgetArgument,
    version: VersionArgument,
    steps: StepsOption = None,
    channel: ChannelOption = LATEST,
    override: OverrideOption = False,
    reason: ReasonOption = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Start to roll out a release, by the widget's policy or by other steps.

    A step is a percentage of the users and the least time that it bakes. If no version is live to start from, or the
    first step is 100, the channel moves at once.

    Example:

        edgeship rollout start checkout 1.5.0 --steps 1:1d,5:1d,25:2d,50:2d,100
    """
    out = context.output(ctx, as_json)
    wanted = Version.parse(version)
    schedule = parse_steps(steps) if steps is not None else None
    target = context.target(ctx, env, out)
    occasion = target.occasion(reason or "rolled out by hand")
    operator = target.operator

    def begin() -> Channel:
        return operator.start_rollout(widget, wanted, channel, occasion, schedule, override=override)

    approve(out, operator.state, widget, wanted, channel, begin)


@app.command()
def pause(
    ctx: typer.Context,
    widget: WidgetArgument,
    channel: ChannelOption = LATEST,
    reason: ReasonOption = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give everybody the stable version until the rollout is resumed.

    Example:

        edgeship rollout pause checkout --reason "slow loads in Japan"
    """

    def text(after: Channel) -> str:
        return (
            f"the rollout to {after.candidate} is paused: everybody gets {after.version}\n"
            f"to continue: edgeship rollout resume {named(widget, channel)}"
        )

    _steer(ctx, "pause", widget, channel, reason or "paused by hand", env, as_json, text)


@app.command()
def resume(
    ctx: typer.Context,
    widget: WidgetArgument,
    channel: ChannelOption = LATEST,
    override: OverrideOption = False,
    reason: ReasonOption = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give the candidate to the same users again. Its bake starts again.

    Example:

        edgeship rollout resume checkout --reason "it was the backend"
    """
    _steer(ctx, "resume", widget, channel, reason or "resumed by hand", env, as_json, _progress, override=override)


@app.command()
def advance(
    ctx: typer.Context,
    widget: WidgetArgument,
    channel: ChannelOption = LATEST,
    override: OverrideOption = False,
    reason: ReasonOption = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Start the next step now, whatever the bake and the metrics say. The last step completes the rollout.

    Example:

        edgeship rollout advance checkout --reason "too few users at night"
    """
    _steer(ctx, "advance", widget, channel, reason or "advanced by hand", env, as_json, _progress, override=override)


@app.command()
def abort(
    ctx: typer.Context,
    widget: WidgetArgument,
    channel: ChannelOption = LATEST,
    reason: ReasonOption = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """End the rollout: everybody gets the stable version.

    The candidate is quarantined, and the channel is locked: uploads don't move it until edgeship unlock.

    Example:

        edgeship rollout abort checkout --reason "prices are wrong in Japan"
    """
    out = context.output(ctx, as_json)
    target = context.target(ctx, env, out)
    after = target.operator.steer_rollout.abort(widget, channel, target.occasion(reason or "aborted by hand"))
    assert after.rollout is not None  # an aborted rollout stays on the record
    candidate = after.rollout.candidate
    document = {
        **_document(after),
        "quarantined": str(candidate),
        "locked": after.lock is not None,
    }
    out.result(document, [plain(aborted(after))])


def aborted(after: Channel) -> str:
    """The text for a rollout that an operator aborted."""
    candidate = after.rollout.candidate if after.rollout is not None else None
    return (
        f"{after.name} of {after.widget}: the rollout to {candidate} is aborted, everybody gets {after.version}; "
        f"{candidate} is quarantined and {after.name} is locked\n"
        f"once a fixed version is out: edgeship promote {after.widget} VERSION, then edgeship unlock "
        f"{named(after.widget, after.name)}"
    )


def _steer(
    ctx: typer.Context,
    action: str,
    widget: str,
    channel: str,
    cause: str,
    env: str | None,
    as_json: bool,
    text: Callable[[Channel], str],
    *,
    override: bool = False,
) -> None:
    out = context.output(ctx, as_json)
    target = context.target(ctx, env, out)
    steer = target.operator.steer_rollout
    occasion = target.occasion(cause)
    actions = {
        "pause": lambda: steer.pause(widget, channel, occasion),
        "resume": lambda: steer.resume(widget, channel, occasion, override=override),
        "advance": lambda: steer.advance(widget, channel, occasion, override=override),
    }
    after = actions[action]()
    if action != "pause":
        note_outside(out, target.operator.state, widget)
    out.result(_document(after), [plain(f"{channel} of {widget}: {text(after)}")])


def _progress(after: Channel) -> str:
    if after.rollout is None or not after.rollout.active:
        return f"the rollout is complete, everybody gets {after.version}"
    return f"the rollout to {after.candidate} is at {stage(after.rollout)}"


def _document(after: Channel) -> dict[str, object]:
    return {
        "widget": after.widget,
        "channel": after.name,
        "version": str(after.version),
        "changed": True,
        "rollout": under_way(after),
    }
