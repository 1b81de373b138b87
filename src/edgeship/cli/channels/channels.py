"""edgeship promote, rollback, unlock, unquarantine and route: an operator changes a channel or a release."""

from __future__ import annotations

from typing import Annotated

import typer

from edgeship.cli import completion, context
from edgeship.cli.channels.approval import approve, named
from edgeship.cli.channels.expecting import ExpectOption, Said, YesOption, expected_document, settle, shown
from edgeship.cli.channels.steering import aborted
from edgeship.cli.options import (
    ChannelOption,
    EnvOption,
    JsonOption,
    OverrideOption,
    ReasonOption,
    VersionArgument,
    WidgetArgument,
)
from edgeship.cli.output import plain
from edgeship.cli.version_text import version_of
from edgeship.domain.channels.channel import Channel, Moved
from edgeship.domain.channels.expectation import Act
from edgeship.domain.events import Event, EventType
from edgeship.domain.naming import LATEST


def promote(
    ctx: typer.Context,
    widget: WidgetArgument,
    version: VersionArgument,
    channel: ChannelOption = LATEST,
    now: Annotated[bool, typer.Option("--now", help="Skip the rollout: everybody gets the release at once.")] = False,
    expect: ExpectOption = None,
    yes: YesOption = False,
    override: OverrideOption = False,
    reason: ReasonOption = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Approve a release: it is rolled out to a channel by the widget's policy.

    It goes live at once if the policy has no step before 100 %, if the channel points at no version yet, or with --now.
    --now completes the release's own rollout, and aborts a rollout of another version. A locked channel can be
    promoted, and stays locked. If the channel points at the release already, nothing changes and the command succeeds.
    What it expects (--expect) is the version that the channel points at before.

    Example:

        edgeship promote checkout 2.0.0 --reason "approved in the release meeting"
    """
    out = context.output(ctx, as_json)
    wanted = version_of(version)
    target = context.target(ctx, env, out)
    occasion = target.occasion(reason or "promoted by hand")
    operator = target.operator
    expected = settle(Act.PROMOTE, target, out, widget, channel, Said(expect, yes))

    def move() -> Channel:
        if now:
            return operator.promote(widget, wanted, channel, occasion, expected, override=override)
        return operator.start_rollout(widget, wanted, channel, occasion, expected=expected, override=override)

    approve(out, target, widget, wanted, channel, expected, move)


def rollback(
    ctx: typer.Context,
    widget: WidgetArgument,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="VERSION", help="The target. Default: the last good version before the live one."),
    ] = None,
    channel: ChannelOption = LATEST,
    expect: ExpectOption = None,
    yes: YesOption = False,
    reason: ReasonOption = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Roll a channel back to a good version, in one write.

    The version that was live is quarantined, and the channel is locked: uploads don't move it until edgeship unlock.
    While a rollout is running or paused, it is aborted, and its candidate is quarantined. What the command expects
    (--expect) is the version that it quarantines.

    Example:

        edgeship rollback checkout --to 1.4.1 --reason "prices are wrong in Japan"
    """
    out = context.output(ctx, as_json)
    wanted = version_of(to) if to is not None else None
    target = context.target(ctx, env, out)
    occasion = target.occasion(reason or "rolled back by hand")
    expected = settle(Act.ROLL_BACK, target, out, widget, channel, Said(expect, yes), wanted)
    moved = target.operator.roll_back(widget, channel, wanted, occasion, expected)
    shown(target, [moved.channel])
    quarantined = _rolled_back(moved)
    after = moved.channel
    document = {
        "widget": widget,
        "channel": channel,
        "version": str(after.version),
        "previous": quarantined,
        "quarantined": quarantined,
        "locked": after.lock is not None,
        "changed": True,
        "expected": expected_document(expected),
        "aborted_rollout": any(event.type is EventType.ROLLOUT_ABORTED for event in moved.events),
    }
    line = (
        f"{channel} of {widget}: {quarantined} → {after.version}; "
        f"{quarantined} is quarantined and {channel} is locked\n"
        f"once a fixed version is out: edgeship promote {widget} VERSION, then edgeship unlock {named(widget, channel)}"
    )
    out.result(document, [plain(line if _pointer_move(moved) else aborted(after))])


def _rolled_back(moved: Moved) -> str:
    """The version that was rolled back: the one that the channel pointed at, or the candidate of its rollout."""
    move = _pointer_move(moved)
    if move is not None and move.old is not None:
        return str(move.old["version"])
    assert moved.channel.rollout is not None  # without a move, a rollout was aborted
    return str(moved.channel.rollout.candidate)


def _pointer_move(moved: Moved) -> Event | None:
    return next((event for event in moved.events if event.type is EventType.POINTER_MOVED), None)


def unlock(
    ctx: typer.Context,
    widget: WidgetArgument,
    channel: ChannelOption = LATEST,
    reason: ReasonOption = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let uploads move a channel after a rollback. The newest release that waited for it starts by the policy.

    Example:

        edgeship unlock checkout --reason "1.4.3 has the fix"
    """
    out = context.output(ctx, as_json)
    target = context.target(ctx, env, out)
    target.operator.unlock(widget, channel, target.occasion(reason or "unlocked by hand"))
    out.result(
        {"widget": widget, "channel": channel, "locked": False, "changed": True},
        [plain(f"{channel} of {widget} is unlocked: uploads move it again")],
    )


def unquarantine(
    ctx: typer.Context,
    widget: WidgetArgument,
    version: VersionArgument,
    reason: ReasonOption = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Lift the quarantine of a release.

    Channels and ranges may then choose it; this alone does not make it live.

    Example:

        edgeship unquarantine checkout 1.4.2 --reason "the backend was at fault"
    """
    out = context.output(ctx, as_json)
    wanted = version_of(version)
    target = context.target(ctx, env, out)
    target.operator.unquarantine(widget, wanted, target.occasion(reason or "released by hand"))
    out.result(
        {"widget": widget, "version": str(wanted), "quarantined": False, "changed": True},
        [plain(f"{widget} {wanted} is no longer quarantined")],
    )


def route(
    ctx: typer.Context,
    widget: WidgetArgument,
    flag: Annotated[
        str | None,
        typer.Option(
            "--flag",
            metavar="KEY",
            help="The flag that chooses. Default: none any more.",
            autocompletion=completion.flags,
        ),
    ] = None,
    channel: ChannelOption = LATEST,
    reason: ReasonOption = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a flag choose a channel's version for each user, for example for an A/B test of two releases.

    The flag's string variants are versions or selectors: 1.4.2, 1, 1.4, next. A user gets the flag's choice if that
    release is registered and not quarantined, else the version that the channel points at.

    Example:

        edgeship route checkout --flag checkout-ab
    """
    out = context.output(ctx, as_json)
    target = context.target(ctx, env, out)
    target.operator.route(widget, channel, flag, target.occasion(reason or "routed by hand"))
    how = f"flag {flag} chooses its version" if flag else "no flag chooses its version any more"
    document = {"widget": widget, "channel": channel, "flag": flag, "changed": True}
    out.result(document, [plain(f"{channel} of {widget}: {how}")])
