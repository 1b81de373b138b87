"""edgeship errors: what a release throws in browsers."""

from __future__ import annotations

from dataclasses import asdict

import typer

from edgeship.cli import context
from edgeship.cli.options import EnvOption, JsonOption, VersionArgument, WidgetArgument
from edgeship.cli.output import table, when
from edgeship.domain.version import Version


def errors(
    ctx: typer.Context,
    widget: WidgetArgument,
    version: VersionArgument,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the error messages that browsers report most often of a release.

    At most 20 messages are kept, for 30 days after the last error. Messages that differ only in their numbers count as
    one. When a message has replaced another one, its count may be too high, by the number shown.

    Example:

        edgeship errors checkout 1.5.0
    """
    out = context.output(ctx, as_json)
    wanted = Version.parse(version)
    operator = context.target(ctx, env, out).operator
    operator.status(widget)  # refuses an unknown widget
    kept = operator.errors.read(widget, wanted).errors
    rows = [
        (
            error.count,
            f"up to {error.over}" if error.over else "-",
            error.message,
            when(error.first_seen),
            when(error.last_seen),
        )
        for error in kept
    ]
    shown = table(
        f"errors of {widget} {wanted}",
        ("times", "too high by", "message", "first (UTC)", "last (UTC)"),
        rows,
        empty=f"browsers have reported no error of {widget} {wanted}",
    )
    out.result({"widget": widget, "version": str(wanted), "errors": [asdict(error) for error in kept]}, [shown])
