"""What the use cases about versions need from outside, as Protocols."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from edgeship.domain.version import Version
from edgeship.domain.versioning.commits import Commit
from edgeship.domain.versioning.surface.script import Script

if TYPE_CHECKING:  # a bundle carries what is imported when it runs
    from edgeship.domain.channels.channel import Channel
    from edgeship.domain.channels.policy import PolicyRecord


@dataclass(frozen=True)
class WorkTree:
    """A work tree of git. `head` is None before the first commit, `branch` where HEAD is detached. `shallow` says that
    commits are missing from the clone. `changed` are tracked files that have uncommitted changes, by their paths in the
    work tree; `busy` is what has begun and not ended, such as `a merge`."""

    root: Path
    head: str | None
    branch: str | None
    shallow: bool
    changed: tuple[str, ...]
    busy: str | None = None


class Repository(Protocol):
    """The git repository that a project lies in. Paths are those in the work tree."""

    def work_tree(self) -> WorkTree:
        """Raises:
        Refused: `no_repository`.
        """

    def tags(self, merged: bool) -> list[str]:
        """The names of all tags, or of those that HEAD has behind it."""

    def tag_commit(self, name: str) -> tuple[str, bool] | None:
        """The commit that a tag names, and whether the tag is annotated; None without such a tag."""

    def commits(self, since: str | None, folder: str) -> list[Commit]:
        """The commits of HEAD that the tag `since` has not, newest first; of a folder, those that change it."""

    def count(self, since: str | None) -> int:
        """How many commits HEAD has that the tag `since` has not."""

    def committed(self, path: str) -> bytes | None:
        """What a file has at HEAD, as a checkout writes it; None if it is not there."""

    def commit(self, paths: Sequence[str], message: str) -> str:
        """Commit these files alone, and return the commit."""

    def tag(self, name: str, message: str) -> None:
        """Make an annotated tag at HEAD."""

    def remote(self) -> str | None:
        """The remote that the branch follows, else `origin`, else the only one; None if that names none."""

    def remote_tag(self, remote: str, name: str) -> str | None:
        """The commit that a tag of the remote names, None without such a tag.

        Raises:
            Refused: `remote_unreachable`.
        """

    def push(self, remote: str, branch: str, tag: str) -> None:
        """Push the branch and the tag, both or none.

        Raises:
            Refused: `push_refused`.
        """


@dataclass(frozen=True)
class Project:
    """A folder with a `package.json` or a `pyproject.toml`, the `manifest`. `widget` is what its name makes.
    `version` is None where the manifest states none. `workspaces` are the folders of the projects in it."""

    folder: Path
    manifest: Path
    widget: str | None
    version: Version | None
    workspaces: tuple[Path, ...] = ()


@dataclass(frozen=True)
class VersionedFile:
    """A file that states the project's version, and how it is changed there."""

    location: Path
    changed: Callable[[bytes, Version], bytes]


class Projects(Protocol):
    """Reads and changes projects."""

    def read(self, folder: Path, content: bytes | None = None) -> Project:
        """The project of a folder; `content` counts instead of what its manifest has.

        Raises:
            Refused: `project_missing`, `package_invalid`, `version_invalid`.
        """

    def versioned_files(self, project: Project, root: Path) -> list[VersionedFile]:
        """The manifest, and the lock files up to `root` that state its version, too. Each raises `Refused`
        (`package_invalid`) where the version can't be written."""

    def write(self, location: Path, content: bytes) -> None:
        """Write a file whole, or not at all; its permissions stay."""


class StableReleases(Protocol):
    """What the table says of the release that an upload is compared with."""

    def channel(self, widget: str, name: str) -> Channel: ...

    def policy(self, widget: str) -> PolicyRecord: ...


class Surfaces(Protocol):
    """Reads what scripts offer."""

    def scripts(self, locations: Mapping[str, Path]) -> dict[str, Script | None]:
        """What each script, or the declarations beside one, offers; None if to read it would cost too much."""
