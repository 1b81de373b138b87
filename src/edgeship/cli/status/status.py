"""edgeship status: what is live, what climbs, what needs a person, and the next command to type."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgeship.cli import completion, context
from edgeship.cli.channels.expecting import shown
from edgeship.cli.errors import Usage
from edgeship.cli.options import EnvOption, JsonOption
from edgeship.cli.output import Output, console, plain
from edgeship.cli.status.watch import EVERY

if TYPE_CHECKING:
    from rich.console import RenderableType

    from edgeship.application.status.read_overview import Overview

Document = dict[str, Any]
Shown = tuple[Document, "list[RenderableType]"]


def status(
    ctx: typer.Context,
    widget: Annotated[
        str | None,
        typer.Argument(metavar="[WIDGET]", help="One widget; all when left out.", autocompletion=completion.widgets),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Of all widgets: also list more than 30 that need nobody.")
    ] = False,
    again: Annotated[
        bool,
        typer.Option("--watch", "-w", help="Show it again every 5 seconds, until Ctrl-C; in a pipe when it changes."),
    ] = False,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what is live, what climbs, what needs a person, and the next command to type.

    Of all widgets: those that need a person first, with the reason. Of one widget: its channels, each with its rollout
    and what browsers reported of the candidate beside the stable version; releases that wait, and why; quarantined
    releases; and the uploads and notifications that failed last. Freezes in effect, and what is not right at the edge,
    are shown by both.

    Example:

        edgeship status checkout --json
    """
    out = context.output(ctx, as_json)
    target = context.target(ctx, env, out)

    def read() -> Shown:
        return _one(target, widget) if widget is not None else _overview(target, every=every or not out.on_a_terminal)

    if again:
        if out.as_json:
            raise Usage("--watch shows it for a person.", "Leave out --json, or --watch.")
        repeat(read)
    else:
        out.result(*read())


def repeat(read: Callable[[], Shown], pause: Callable[[float], None] = time.sleep) -> None:
    """Show what is read again and again, until Ctrl-C."""
    with suppress(KeyboardInterrupt):
        if sys.stdout.isatty():
            from rich.console import Group
            from rich.live import Live

            with Live(console=console(sys.stdout), auto_refresh=False, screen=True) as live:
                while True:
                    live.update(Group(*read()[1]), refresh=True)
                    pause(EVERY)
        before: Document = {}
        while True:
            document, parts = read()
            if document != before:
                Output(as_json=False).result(document, parts)
                sys.stdout.flush()
            before = document
            pause(EVERY)


def _one(target: context.Target, widget: str) -> Shown:
    from edgeship.cli.status.status_document import status_document
    from edgeship.cli.status.widget_view import rejections_shown, widget_shown

    found = target.operator.status(widget)
    channels = [channel for each in found.widgets for channel in each.channels]
    document = status_document(found, target.operator.numbers(channels), target.names.environment)
    shown(target, channels)
    views = [
        part
        for each, described in zip(found.widgets, document["widgets"], strict=True)
        for part in widget_shown(each, found, described, target.names.environment)
    ]
    return document, views or list(rejections_shown(widget, found))


def _overview(target: context.Target, *, every: bool) -> Shown:
    from edgeship.cli.status.overview_view import next_shown, overview_shown
    from edgeship.cli.status.status_document import overview_document

    found = target.operator.overview()
    environment = target.names.environment
    widgets = [(each.widget, each.standings) for each in found.widgets]
    shown(target, [channel for each in found.widgets for channel in each.channels])
    parts = [
        *_first(found),
        *overview_shown(widgets, environment, found.at, every=every),
        *_around(found),
        *next_shown(widgets),
    ]
    return overview_document(found, environment), parts


def _first(found: Overview) -> Iterator[RenderableType]:
    from edgeship.domain.calendar.freeze import frozen_text

    for record in found.freezes:
        yield plain(f"FROZEN {frozen_text(record)}; to end it: edgeship unfreeze {record.argument}", "bold yellow")


def _around(found: Overview) -> Iterator[RenderableType]:
    from edgeship.cli.status.edge_document import edge_lines
    from edgeship.cli.status.widget_view import listed, refused_rows, undelivered_rows
    from edgeship.domain.propagation.deployment import FREE_PATHS_A_MONTH

    yield from listed("refused uploads", refused_rows(found.rejections, found.at))
    yield from listed("undelivered notifications", undelivered_rows(found.undelivered, found.at))
    lines = [plain(line, "yellow") for line in edge_lines(found.edge, found.flagged, found.flags_left_out)]
    yield from [plain(""), *lines] if lines else []
    if found.invalidation_paths > FREE_PATHS_A_MONTH // 2:
        paths = f"{found.invalidation_paths:,} of the {FREE_PATHS_A_MONTH:,} that are free"
        yield plain(f"invalidation paths in {found.month}: {paths}", "yellow")
