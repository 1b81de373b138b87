"""edgeship version check: what changed of the public surface, and which bump says so."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from edgeship.cli import context
from edgeship.cli.errors import ExitCode, Usage
from edgeship.cli.options import EnvOption, JsonOption
from edgeship.cli.output import Output, plain
from edgeship.cli.version_text import version_of
from edgeship.domain.errors import Refused
from edgeship.domain.naming import check_widget
from edgeship.domain.plain_text import quoted
from edgeship.domain.versioning.levels import Level
from edgeship.domain.versioning.surface.compare import GROWTH_PERCENT

if TYPE_CHECKING:
    from edgeship.application.versioning.check_version import Checked
    from edgeship.domain.versioning.surface.compare import Finding
    from edgeship.domain.versioning.surface.surface import Bundle

SHOWN = 20
"""Findings of each bump; `--json` has all of them."""
_BUNDLE = "A folder, an archive (.tar.gz, .tgz, .zip), or a release of the environment, such as checkout@1.4.2."


def check(
    ctx: typer.Context,
    old: Annotated[str, typer.Argument(metavar="OLD", help=_BUNDLE)],
    new: Annotated[str, typer.Argument(metavar="NEW", help=_BUNDLE)],
    expect: Annotated[
        Literal["patch", "minor", "major"] | None,
        typer.Option(help="What the release is meant to be. Default: what the versions of both say, if they have one."),
    ] = None,
    growth: Annotated[
        float,
        typer.Option(metavar="PERCENT", min=0, help="How much the code that a page loads first may grow in a patch."),
    ] = GROWTH_PERCENT,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> int:
    """Compare the public surfaces of two bundles, and say the smallest honest bump.

    Files, exports of ES modules, custom elements and their attributes, events, deprecations, the entrypoint, its kind
    and its size are compared. The exit code is 1 when the new version, or --expect, says less than what changed. An
    environment is only needed for its releases.

    Example:

        edgeship version check checkout@1.4.2 dist --expect minor
    """
    from edgeship.application.versioning.check_version import check_version

    out = context.output(ctx, as_json)
    before, after = (_bundle(ctx, text, env, out) for text in (old, new))
    checked = check_version(before, after, growth, Level.of(expect) if expect else None)
    out.result(_document(checked), [plain("\n".join(_lines(checked)))])
    return ExitCode.DONE if checked.is_honest else ExitCode.REFUSED


def _bundle(ctx: typer.Context, text: str, env: str | None, out: Output) -> Bundle:
    from edgeship.bootstrap.commands import packing, versioning

    read = versioning.read_bundle()
    if Path(text).exists():
        with packing.opened(Path(text)) as folder:
            return read.folder(folder)
    widget, at, version = text.partition("@")
    if not at:
        raise Usage(
            f"{quoted(text)} is neither a file nor a folder.", "Name one, or a release, such as checkout@1.4.2."
        )
    name, wanted = check_widget(widget), version_of(version)
    operator = context.target(ctx, env, out).operator
    manifest = operator.site.manifest(name, wanted)
    if manifest is None:
        raise Refused(
            "not_registered", f"{text} is not a release of this environment.", f"See edgeship releases {name}."
        )
    with TemporaryDirectory(prefix="edgeship-") as scratch:
        return read.release(manifest, operator.published, Path(scratch))


def _document(checked: Checked) -> dict[str, Any]:
    return {
        "old": str(checked.old) if checked.old else None,
        "new": str(checked.new) if checked.new else None,
        "bump": checked.bump.word,
        "declared": checked.declared.word if checked.declared else None,
        "smallest_version": str(checked.smallest) if checked.smallest else None,
        "honest": checked.is_honest,
        "findings": [_finding_document(finding) for finding in checked.findings],
    }


def _finding_document(finding: Finding) -> dict[str, Any]:
    return {
        "bump": finding.level.word if finding.level else None,
        "code": finding.code,
        "symbol": finding.symbol,
        "file": finding.place.file,
        "line": finding.place.line or None,
        "text": finding.text,
    }


def _lines(checked: Checked) -> list[str]:
    smallest = f": {checked.smallest} or higher" if checked.smallest else ""
    lines = [f"{checked.bump.word}{smallest}"]
    if checked.declared is not None:
        said = "says so" if checked.declared == checked.bump else "says more" if checked.is_honest else "says less"
        what = f"{checked.old} → {checked.new}" if checked.old and checked.new else "what was expected"
        lines.append(f"{what} is a {checked.declared.word} release, which {said}")
    for level in (*reversed(Level), None):
        found = [finding for finding in checked.findings if finding.level is level]
        lines += [f"{level.word if level else 'note':5}  {_place(f)}  {f.text}" for f in found[:SHOWN]]
        if len(found) > SHOWN:
            lines.append(f"{level.word if level else 'note':5}  and {len(found) - SHOWN} more")
    if not checked.findings:
        lines.append("nothing of the public surface changed")
    return lines


def _place(finding: Finding) -> str:
    place = finding.place
    return f"{place.file}:{place.line}" if place.line else place.file
