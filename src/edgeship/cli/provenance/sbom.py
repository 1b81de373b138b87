"""edgeship sbom: what a release was built of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from edgeship.cli import context
from edgeship.cli.errors import Usage
from edgeship.cli.options import EnvOption, JsonOption, VersionArgument, WidgetArgument
from edgeship.cli.output import plain
from edgeship.cli.version_text import version_of


def sbom(
    ctx: typer.Context,
    widget: WidgetArgument,
    version: VersionArgument,
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="The document to write, a .cdx.json file.")],
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the SBOM that a release was published with, a CycloneDX document.

    Example:

        edgeship sbom checkout 1.4.2 --to checkout.cdx.json
    """
    out = context.output(ctx, as_json)
    wanted = version_of(version)
    if not to.parent.is_dir():
        raise Usage(f"--to: there is no folder {to.parent}.", "Make it first.")
    operator = context.target(ctx, env, out).operator
    operator.status(widget)  # refuses an unknown widget
    content = operator.sbom(widget, wanted)
    to.write_bytes(content)
    document = {"widget": widget, "version": str(wanted), "file": str(to), "components": _components(content)}
    out.result(document, [plain(f"{to}: {document['components']} components of {widget} {wanted}")])


def _components(content: bytes) -> int | None:
    """How many it names; None for a document of an uploader that is no CycloneDX."""
    try:
        return len(json.loads(content)["components"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
