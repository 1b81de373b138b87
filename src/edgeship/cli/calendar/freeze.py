"""edgeship freeze and unfreeze: nothing starts or advances automatically until a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgeship.cli import context
from edgeship.cli.calendar.moment import FORMS, parse_moment
from edgeship.cli.errors import Usage
from edgeship.cli.options import EnvOption, JsonOption, ReasonOption
from edgeship.cli.output import Output, plain
from edgeship.domain.calendar.freeze import FreezeRecord, freeze_summary, frozen_text
from edgeship.domain.errors import Refused

if TYPE_CHECKING:
    from edgeship.bootstrap.operator import Operator

OneWidget = Annotated[
    str | None, typer.Argument(metavar="[WIDGET]", help="The widget; or --all for every widget of the environment.")
]
AllOption = Annotated[bool, typer.Option("--all", help="Every widget of the environment, also those of the future.")]


def freeze(
    ctx: typer.Context,
    until: Annotated[str, typer.Option("--until", metavar="WHEN", help=f"When it ends: {FORMS}. At most 180 days.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for all who meet the freeze.")],
    widget: OneWidget = None,
    everything: AllOption = False,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let nothing of a widget, or of any widget, start or advance automatically until a time.

    Uploads wait, and start when the freeze ends. Rollouts stay at their step, and are still analysed: what is unhealthy
    is paused, aborted and rolled back as ever. Of the commands, promote, rollout start, advance and resume are refused
    without --override; rollback, abort, pause and unlock work. A freeze in effect can be extended by another.

    Example:

        edgeship freeze --all --until "2026-12-27 08:00 Europe/Berlin" --reason "holidays"
    """
    out = context.output(ctx, as_json)
    whom = _whom(widget, everything)
    target = context.target(ctx, env, out)
    occasion = target.occasion(reason)
    end = parse_moment(until, "--until", occasion.at)
    operator = target.operator
    try:
        record, changed = operator.freeze.set(whom, end, occasion), True
    except Refused as refused:
        if refused.code != "freeze_unchanged":
            raise
        record, changed = operator.state.freeze(whom), False
        out.note(refused.reason)
    _note_new_widget(out, operator, whom)
    shown = f"{frozen_text(record)}\nto end it earlier: edgeship unfreeze {record.argument}"
    out.result(_document(record, changed), [plain(shown if changed else "nothing to do")])


def unfreeze(
    ctx: typer.Context,
    widget: OneWidget = None,
    everything: AllOption = False,
    reason: ReasonOption = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """End a freeze before its time. What waited starts within a minute or two.

    The freeze of a widget and the freeze of every widget are two: lift each where you set it.

    Example:

        edgeship unfreeze --all --reason "the incident is over"
    """
    out = context.output(ctx, as_json)
    whom = _whom(widget, everything)
    target = context.target(ctx, env, out)
    occasion = target.occasion(reason or "lifted by hand")
    operator = target.operator
    lifted = operator.freeze.lift(whom, occasion)
    shown = f"{lifted.subject} is no longer frozen: releases that wait start within a minute or two"
    common = operator.state.freeze(None)
    still = whom is not None and common.in_effect(occasion.at) is not None
    if still:
        shown = f"the freeze of {lifted.subject} is lifted, but {frozen_text(common)}"
    document = {"widget": whom, "all": whom is None, "frozen": still, "changed": True}
    out.result(document, [plain(shown)])


def _whom(widget: str | None, everything: bool) -> str | None:
    """The widget; None for every widget.

    Raises:
        Usage: not exactly one of the two is given.
    """
    if (widget is not None) == everything:
        given = "both a widget and --all" if everything else "neither a widget nor --all"
        raise Usage(f"The command line names {given}.", "Name one widget, or give --all.")
    return widget


def _document(record: FreezeRecord, changed: bool) -> dict[str, Any]:
    return {**freeze_summary(record), "all": record.widget is None, "frozen": True, "changed": changed}


def _note_new_widget(out: Output, operator: Operator, widget: str | None) -> None:
    if widget is not None and operator.state.widget(widget) is None:
        out.note(f"{widget} has no release yet; the freeze applies to its future uploads")
