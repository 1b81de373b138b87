"""The options that say what a build is, and what they mean together: the same for publish and artifact."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from edgeship.application.releases.pack_bundle import BundleFacts
from edgeship.cli import context
from edgeship.cli.errors import Usage
from edgeship.cli.output import Output
from edgeship.cli.releases.build_facts import declared_fields, gather
from edgeship.cli.releases.project_build import build_place, git_version, run_build, with_changes
from edgeship.cli.releases.release_name import ReleaseName, name_release, with_package_around
from edgeship.domain.naming import UploadKey
from edgeship.domain.previews.preview_name import preview_version
from edgeship.domain.releases.entry import Kind
from edgeship.domain.releases.limits import DEFAULT_LIMITS

if TYPE_CHECKING:
    from edgeship.domain.releases.limits import Limits

LIMITS_UNKNOWN = (
    "the limits of this environment can't be read, so the defaults were checked; deploy its stack again, and attach "
    "its uploader policy"
)

DistArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="[DIST]",
        help="The folder that the build wrote, or an archive (.tar.gz, .tgz, .zip). Default: dist or build of this "
        "folder.",
    ),
]
BuildOption = Annotated[
    str | None,
    typer.Option("--build", metavar="COMMAND", help="Run this in this folder first, such as 'npm run build'."),
]
WidgetOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="The widget. Default: edgeship.json's, else the last part of package.json's name."
    ),
]
VersionOption = Annotated[
    str | None,
    typer.Option(
        metavar="VERSION",
        help="Its version, SemVer 2.0.0. Default: edgeship.json's, else package.json's, else git's tags.",
    ),
]
EntrypointOption = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="The file that pages load. Default: edgeship.json's, else package.json's, else WIDGET.js, "
        "widget.js, index.js, main.js, index.html, a .min.js or .mjs of these, else the only script, document or "
        "stylesheet of the top folder.",
    ),
]
KindOption = Annotated[
    Literal["module", "classic"] | None,
    typer.Option(
        help="How pages load a script that can be both: as an ES module or as a classic script. "
        "Default: edgeship.json's, else what its syntax says."
    ),
]
CommitOption = Annotated[
    str | None,
    typer.Option(metavar="SHA", help="The commit that was built. Default: HEAD, when DIST is in a git work tree."),
]
CreatedOption = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        help="When it was built, RFC 3339. Default: edgeship.json's, else the commit's date, else SOURCE_DATE_EPOCH, "
        "else left out.",
    ),
]
ChangesOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        exists=True,
        dir_okay=False,
        help="JSON with lists of breaking, features and fixes. Default: edgeship.json's, else the section of the "
        "version in CHANGELOG.md, else the commits since the last release.",
    ),
]
ExcludeOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PATTERN",
        help="What is not packed, as in a .gitignore; repeatable. After those of .edgeshipignore.",
    ),
]
FollowOption = Annotated[bool, typer.Option("--follow-symlinks", help="Also follow symbolic links that leave DIST.")]

SbomOption = Annotated[
    Path | None,
    typer.Option(
        "--sbom",
        metavar="LOCKFILE",
        help="Take an SBOM along, in private, of this package-lock.json, pnpm-lock.yaml or yarn.lock. Default: none.",
    ),
]


@dataclass(frozen=True)
class BuildArguments:
    """What the command line says of a build."""

    dist: Path | None
    build: str | None
    widget: str | None
    version: str | None
    entrypoint: str | None
    kind: Literal["module", "classic"] | None
    git_commit: str | None
    created_at: str | None
    changes: Path | None
    exclude: list[str] | None
    follow_symlinks: bool
    sbom: Path | None


@dataclass(frozen=True)
class ReadBuild:
    """`dist` is what was named; `folder` is it, or what its archive holds."""

    dist: Path
    folder: Path
    name: ReleaseName
    facts: BundleFacts


@contextmanager
def read_build(given: BuildArguments, preview: str | None = None) -> Iterator[ReadBuild]:
    """Run the build's command, if there is one, and find out what the build is. An archive is unpacked for as long as
    the context lasts. A `preview` needs no version: it has one by its name.

    Raises:
        Usage, Refused: something is missing or not valid.
    """
    from edgeship.bootstrap.commands import packing

    if given.build is not None:
        run_build(given.build)
    dist = build_place(given.dist)
    with packing.opened(dist) as folder:
        if preview is not None:
            widget = given.widget or declared_fields(folder).get("widget")
            name = name_release(dist, folder, widget, str(preview_version(preview)))
        else:
            name = name_release(dist, folder, given.widget, given.version, git_version if dist == folder else None)
        kind = Kind(given.kind) if given.kind else None
        facts = gather(folder, given.entrypoint, kind, given.git_commit, given.created_at, given.changes)
        facts = replace(facts, exclude=tuple(given.exclude or ()), follow_symlinks=given.follow_symlinks)
        facts = with_changes(with_package_around(facts, folder), dist, folder, name)
        if given.sbom is not None:
            facts = replace(facts, sbom=_sbom(name, given.sbom))
        yield ReadBuild(dist, folder, name, facts)


def _sbom(name: ReleaseName, lock_file: Path) -> bytes:
    try:
        from edgeship.bootstrap.commands.sbom import sbom_of
    except ModuleNotFoundError as missing:
        raise Usage(f"--sbom needs {missing.name}.", "Install it: pip install 'edgeship[sbom]'.") from None
    return sbom_of(UploadKey(name.widget, name.version, ".tar.gz"), lock_file)


def limits_of_named(ctx: typer.Context, env: str | None, out: Output) -> Limits:
    """Those of the environment that is named, if one is and they can be read; else the defaults."""
    if not context.is_named(ctx, env):
        return DEFAULT_LIMITS
    limits = context.limits(ctx, env, out)
    if limits is None:
        out.note(LIMITS_UNKNOWN)
    return limits or DEFAULT_LIMITS
