"""What the project around a build says of it: how it is built, where it lies, which version it has and what changed."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from edgeship.application.releases.find_package import find_package
from edgeship.application.releases.pack_bundle import BundleFacts
from edgeship.cli.errors import Usage
from edgeship.cli.releases.release_name import ReleaseName
from edgeship.domain.errors import Refused
from edgeship.domain.plain_text import quoted
from edgeship.domain.version import Version

FOLDERS = ("dist", "build")
"""Where the tools of projects write what they build; the first that is there counts."""


def run_build(command: str) -> None:
    """Run the project's own command in this folder. What it prints goes to standard error.

    Raises:
        Usage: it is no command. Refused: `build_failed`.
    """
    try:
        words = shlex.split(command)
    except ValueError as invalid:
        raise Usage(f"--build {quoted(command)} is no command: {invalid}.", "Write it as in a shell.") from None
    program = shutil.which(words[0]) if words else None
    if program is None:
        raise Usage(f"--build {quoted(command)} names no program that is installed.", "Name one, as npm run build.")
    sys.stderr.flush()
    done = subprocess.run([program, *words[1:]], stdout=_error_stream(), check=False)  # noqa: S603
    if done.returncode:
        raise Refused(
            "build_failed",
            f"{quoted(command)} ended with exit code {done.returncode}, and nothing was uploaded.",
            "Correct what it printed, then run it again.",
        )


def build_place(dist: Path | None) -> Path:
    """The build that is meant: that of the command line, else the folder of this one that tools write to.

    Raises:
        Usage: there is none.
    """
    if dist is not None:
        if not dist.exists():
            raise Usage(f"{quoted(str(dist))} does not exist.", "Name the folder that the build wrote, or an archive.")
        return dist
    found = next((Path(name) for name in FOLDERS if Path(name).is_dir()), None)
    if found is None:
        raise Usage(
            f"This folder has no {' or '.join(FOLDERS)}.",
            "Name the folder that the build wrote, or build it first: --build 'npm run build'.",
        )
    return found


def git_version(build: Path, widget: str) -> Version | None:
    """The version that the tags of the project's repository say; None outside of a repository.

    Raises:
        Refused: the repository says none, and why.
    """
    from edgeship.bootstrap.commands import versioning

    try:
        return versioning.git_version(project_folder(build), widget)
    except Refused as refused:
        if refused.code in ("no_repository", "git_missing"):
            return None
        raise


def with_changes(facts: BundleFacts, build: Path, folder: Path, name: ReleaseName) -> BundleFacts:
    """The facts, with the changes that the project's changelog or its commits list, if nothing else states some."""
    if facts.changes or build != folder:
        return facts
    from edgeship.bootstrap.commands import versioning

    with suppress(Refused, OSError, ValueError):
        changes = versioning.changes_for(project_folder(folder), name.widget, name.version)
        if changes is not None:
            return replace(facts, changes_around=changes.for_manifest)
    return facts


def project_folder(build: Path) -> Path:
    """The folder of the package that a build belongs to; where there is none, the one around the build."""
    with suppress(Refused, OSError):
        found = find_package(build)
        if found is not None:
            return found.location.parent
    return build.absolute().parent


def _error_stream() -> int:
    """The descriptor of standard error; where it has none, nobody reads what is printed."""
    with suppress(OSError, ValueError):
        return sys.stderr.fileno()
    return subprocess.DEVNULL
