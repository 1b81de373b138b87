"""edgeship prune: delete old releases that nothing needs."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import typer

from edgeship.cli import context
from edgeship.cli.durations import parse_duration
from edgeship.cli.options import EnvOption, JsonOption, ReasonOption, WidgetArgument
from edgeship.cli.output import plain, table
from edgeship.cli.version_text import version_of
from edgeship.domain.plain_text import size
from edgeship.domain.version import Version

KEPT_TARGETS = 10


def prune(
    ctx: typer.Context,
    widget: WidgetArgument,
    older_than: Annotated[
        str,
        typer.Option(metavar="DURATION", help="Only releases that were live or registered longer ago; at least 7d."),
    ] = "90d",
    keep: Annotated[
        int, typer.Option(metavar="N", min=1, help="How many versions each channel can be rolled back to afterwards.")
    ] = KEPT_TARGETS,
    pin: Annotated[
        list[str] | None,
        typer.Option(metavar="VERSION", help="Keep this version, because pages name it; may be repeated."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Delete. Without it, nothing is changed.")] = False,
    reason: ReasonOption = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the old releases that nothing needs, or delete them with --yes.

    Needed is what a channel points at, rolls out or can be rolled back to; what a range means, or would mean next; what
    waits to go live; what a flag may choose; and what was live, registered or quarantined not long ago. Pages that name
    an exact version are known to nobody: --pin what they name. A deleted version can't be published again.

    Example:

        edgeship prune checkout --older-than 180d --pin 1.4.2
    """
    out = context.output(ctx, as_json)
    age = timedelta(seconds=parse_duration(older_than, "--older-than"))
    pinned = [version_of(text) for text in pin or ()]
    target = context.target(ctx, env, out)
    occasion = target.occasion(reason or f"not needed for {older_than}")
    use_case = target.operator.prune
    facts = use_case.facts(widget, age, keep, pinned, occasion.at)
    planned = use_case.plan(widget, facts)
    sizes = {release.version: release.total_bytes for release in planned.prunable}
    done: dict[Version, int | None] = {}
    if yes:
        unfinished = [release.version for release in use_case.left(widget)]
        for version in [*unfinished, *sizes]:
            done[version] = use_case(widget, version, facts, occasion)
    rows = [
        (version, size(total), _outcome(done[version]) if version in done else "would be deleted")
        for version, total in sizes.items()
    ]
    freed = sum(total for version, total in sizes.items() if not yes or done[version] is not None)
    document = {
        "widget": widget,
        "dry_run": not yes,
        "releases": [_document(version, total, done.get(version), yes) for version, total in sizes.items()],
        "needed": [{"version": str(v), "reason": why} for v, why in sorted(planned.needed.items(), reverse=True)],
        "bytes": freed,
    }
    last = f"{size(freed)} deleted" if yes else f"{size(freed)} would be deleted: repeat with --yes"
    shown = table(
        f"releases of {widget} that nothing needs", ("version", "size", ""), rows, empty="every release is needed"
    )
    out.result(document, [shown, *([plain(last)] if rows else [])])


def _outcome(objects: int | None) -> str:
    return f"deleted ({objects:,} objects)" if objects is not None else "kept: something needs it now"


def _document(version: Version, total: int, objects: int | None, yes: bool) -> dict[str, Any]:
    return {"version": str(version), "bytes": total, "deleted": yes and objects is not None, "objects": objects or 0}
