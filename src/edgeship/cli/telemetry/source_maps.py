"""edgeship source-maps: a release's scripts and source maps for another error tracker."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgeship.cli import context
from edgeship.cli.errors import Usage
from edgeship.cli.options import EnvOption, JsonOption, VersionArgument, WidgetArgument
from edgeship.cli.output import plain
from edgeship.cli.version_text import version_of


def source_maps(
    ctx: typer.Context,
    widget: WidgetArgument,
    version: VersionArgument,
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="The bundle to write, a .zip file.")],
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a release's scripts and source maps as an artifact bundle of Sentry's.

    The bundle is for the release WIDGET@VERSION, and has the debug ids that the build wrote. It has your sources.

    Example:

        edgeship source-maps checkout 1.5.0 --to checkout.zip
    """
    out = context.output(ctx, as_json)
    wanted = version_of(version)
    if not to.parent.is_dir():
        raise Usage(f"--to: there is no folder {to.parent}.", "Make it first.")
    operator = context.target(ctx, env, out).operator
    operator.status(widget)  # refuses an unknown widget
    found = operator.artifacts(widget, wanted, to)
    mapped = [script for script in found if script.map_path is not None]
    document = {
        "widget": widget,
        "version": str(wanted),
        "file": str(to),
        "release": f"{widget}@{wanted}",
        "scripts": [{"path": script.path, "map": script.map_path, "debug_id": script.debug_id} for script in found],
    }
    text = f"{to}: {len(found)} scripts of {widget} {wanted}, {len(mapped)} with a source map"
    out.result(document, [plain(text)])
