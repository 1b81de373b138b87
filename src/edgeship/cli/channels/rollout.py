"""edgeship rollout: move a channel to a release by steps, and control it."""

from __future__ import annotations

import typer

from edgeship.cli import context
from edgeship.cli.channels.approval import approve, named, on
from edgeship.cli.channels.expecting import ExpectOption, Said, YesOption, settle
from edgeship.cli.channels.steering import aborted, document_of, progress, steer, steered
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
from edgeship.cli.status.watch import watch
from edgeship.cli.version_text import version_of
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.expectation import Act
from edgeship.domain.naming import LATEST

app = typer.Typer(
    help="Move a channel to a release by steps, and control it.", no_args_is_help=True, rich_markup_mode=None
)

app.command()(watch)


@app.command()
def start(
    ctx: typer.Context,
    widget: WidgetArgument,
    version: VersionArgument,
    steps: StepsOption = None,
    channel: ChannelOption = LATEST,
    expect: ExpectOption = None,
    yes: YesOption = False,
    override: OverrideOption = False,
    reason: ReasonOption = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Start to roll out a release, by the widget's policy or by other steps.

    A step is a percentage of the users and the least time that it bakes. If no version is live to start from, or the
    first step is 100, the channel moves at once. What it expects (--expect) is the version that it starts from.

    Example:

        edgeship rollout start checkout 1.5.0 --steps 1:1d,5:1d,25:2d,50:2d,100
    """
    out = context.output(ctx, as_json)
    wanted = version_of(version)
    schedule = parse_steps(steps) if steps is not None else None
    target = context.target(ctx, env, out)
    occasion = target.occasion(reason or "rolled out by hand")
    operator = target.operator
    expected = settle(Act.START, target, out, widget, channel, Said(expect, yes))

    def begin() -> Channel:
        return operator.start_rollout(widget, wanted, channel, occasion, schedule, expected, override=override)

    approve(out, target, widget, wanted, channel, expected, begin)


@app.command()
def hold(
    ctx: typer.Context,
    widget: WidgetArgument,
    channel: ChannelOption = LATEST,
    expect: ExpectOption = None,
    yes: YesOption = False,
    reason: ReasonOption = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Stay at this percentage until a person resumes or advances the rollout.

    The candidate is still analysed: an unhealthy one is aborted, a degraded one paused. Uploads don't replace it.

    Example:

        edgeship rollout hold checkout --reason "until the campaign is over"
    """

    def text(after: Channel) -> str:
        assert after.rollout is not None  # it is held
        return (
            f"the rollout to {after.candidate} is held at {after.rollout.percent:g} %\n"
            f"to continue: edgeship rollout resume {named(widget, channel)}"
        )

    steer(ctx, Act.HOLD, widget, channel, Said(expect, yes), reason or "held by hand", env, as_json, text)


@app.command()
def pause(
    ctx: typer.Context,
    widget: WidgetArgument,
    channel: ChannelOption = LATEST,
    expect: ExpectOption = None,
    yes: YesOption = False,
    reason: ReasonOption = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give everybody the stable version until the rollout is resumed.

    What it expects (--expect) is the candidate, as in all commands about a rollout under way.

    Example:

        edgeship rollout pause checkout --reason "slow loads in Japan"
    """

    def text(after: Channel) -> str:
        return (
            f"the rollout to {after.candidate} is paused: everybody gets {after.version}\n"
            f"to continue: edgeship rollout resume {named(widget, channel)}"
        )

    steer(ctx, Act.PAUSE, widget, channel, Said(expect, yes), reason or "paused by hand", env, as_json, text)


@app.command()
def resume(
    ctx: typer.Context,
    widget: WidgetArgument,
    channel: ChannelOption = LATEST,
    expect: ExpectOption = None,
    yes: YesOption = False,
    override: OverrideOption = False,
    reason: ReasonOption = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give the candidate to the same users again. Its bake starts again.

    After a hold, the rollout goes on: the bake continues, and if it is over, the next minute decides.

    Example:

        edgeship rollout resume checkout --reason "it was the backend"
    """
    steer(
        ctx,
        Act.RESUME,
        widget,
        channel,
        Said(expect, yes),
        reason or "resumed by hand",
        env,
        as_json,
        progress,
        override=override,
    )


@app.command()
def advance(
    ctx: typer.Context,
    widget: WidgetArgument,
    channel: ChannelOption = LATEST,
    expect: ExpectOption = None,
    yes: YesOption = False,
    override: OverrideOption = False,
    reason: ReasonOption = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Start the next step now, whatever the bake and the metrics say. The last step completes the rollout.

    Example:

        edgeship rollout advance checkout --reason "too few users at night"
    """
    steer(
        ctx,
        Act.ADVANCE,
        widget,
        channel,
        Said(expect, yes),
        reason or "advanced by hand",
        env,
        as_json,
        progress,
        override=override,
    )


@app.command()
def cancel(
    ctx: typer.Context,
    widget: WidgetArgument,
    channel: ChannelOption = LATEST,
    expect: ExpectOption = None,
    yes: YesOption = False,
    reason: ReasonOption = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """End the rollout without blame: everybody gets the stable version.

    Nothing is quarantined, and the channel is not locked: a release that waited for the end of the rollout starts. The
    cancelled one starts again only by edgeship promote or rollout start.

    Example:

        edgeship rollout cancel checkout --reason "the launch is next week"
    """

    def text(after: Channel) -> str:
        assert after.rollout is not None  # a cancelled rollout stays on the record
        candidate = after.rollout.candidate
        return (
            f"the rollout to {candidate} is cancelled, everybody gets {after.version}\n"
            f"to start it again: edgeship promote {widget} {candidate}{on(channel)}"
        )

    steer(ctx, Act.CANCEL, widget, channel, Said(expect, yes), reason or "cancelled by hand", env, as_json, text)


@app.command()
def abort(
    ctx: typer.Context,
    widget: WidgetArgument,
    channel: ChannelOption = LATEST,
    expect: ExpectOption = None,
    yes: YesOption = False,
    reason: ReasonOption = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """End the rollout: everybody gets the stable version.

    The candidate is quarantined, and the channel is locked: uploads don't move it until edgeship unlock.

    Example:

        edgeship rollout abort checkout --reason "prices are wrong in Japan"
    """
    out, after, expected = steered(
        ctx, Act.ABORT, widget, channel, Said(expect, yes), reason or "aborted by hand", env, as_json
    )
    assert after.rollout is not None  # an aborted rollout stays on the record
    document = {
        **document_of(after, expected),
        "quarantined": str(after.rollout.candidate),
        "locked": after.lock is not None,
    }
    out.result(document, [plain(aborted(after))])
