"""edgeship errors: what a release throws in browsers."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import typer

from edgeship.application.status.explain_errors import ExplainedError, Placed
from edgeship.cli import context
from edgeship.cli.options import EnvOption, JsonOption, VersionArgument, WidgetArgument
from edgeship.cli.output import table
from edgeship.cli.version_text import version_of
from edgeship.domain.plain_text import when
from edgeship.domain.telemetry.beacon import printable
from edgeship.domain.telemetry.source_place import SourcePlace


def errors(
    ctx: typer.Context,
    widget: WidgetArgument,
    version: VersionArgument,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the errors that browsers report most often of a release, with their lines of source.

    At most 20 errors are kept, for 30 days after the last. They are grouped by message, whatever its numbers, and by
    where they are thrown. When an error has replaced another one, its count may be too high, by the number shown. The
    lines of source are read from the source maps (.map files) that were packed with the release.

    Example:

        edgeship errors checkout 1.5.0
    """
    out = context.output(ctx, as_json)
    wanted = version_of(version)
    operator = context.target(ctx, env, out).operator
    operator.status(widget)  # refuses an unknown widget
    found = operator.errors(widget, wanted)
    shown = table(
        f"errors of {widget} {wanted}",
        ("times", "too high by", "hour, day", "error", "since version", "first (UTC)", "last (UTC)"),
        [_row(each) for each in found],
        empty=f"browsers have reported no error of {widget} {wanted}",
    )
    out.result({"widget": widget, "version": str(wanted), "errors": [_document(each) for each in found]}, [shown])


def _row(each: ExplainedError) -> tuple[Any, ...]:
    error = each.error
    lines = [error.message]
    for frame, place in zip(error.frames[:1], each.places, strict=False):
        if isinstance(place, SourcePlace):
            function = f" in {place.function}" if place.function else ""
            lines.append(f"{place.file}:{place.line}:{place.column}{function}")
            lines += [f"  {place.text}"] if place.text else []
        else:
            lines.append(f"{printable(frame)} ({place})")
    only = " (only the candidate)" if each.only_candidate else ""
    return (
        error.count,
        f"up to {error.over}" if error.over else "-",
        f"{each.last_hour}, {each.last_day}",
        "\n".join(lines),
        f"{each.first_version}{only}",
        when(error.first_seen),
        when(error.last_seen),
    )


def _document(each: ExplainedError) -> dict[str, Any]:
    error = asdict(each.error)
    del error["hours"]
    frames = [_frame(at, place) for at, place in zip(each.error.frames, each.places, strict=True)]
    return error | {
        "frames": frames,
        "last_hour": each.last_hour,
        "last_day": each.last_day,
        "first_version": str(each.first_version),
        "only_candidate": each.only_candidate,
    }


def _frame(at: str, place: Placed) -> dict[str, Any]:
    if isinstance(place, SourcePlace):
        return {"at": at, "source": asdict(place), "reason": None}
    return {"at": at, "source": None, "reason": place}
