"""What git and the changelog say of a build that is published: its version, and its changes."""

from __future__ import annotations

from pathlib import Path

from edgeship.application.versioning.ports import Repository
from edgeship.application.versioning.work_tree_checks import check_clean, check_whole
from edgeship.domain.errors import Refused
from edgeship.domain.version import Version
from edgeship.domain.versioning.changelog import CHANGELOG_NAME, section_of
from edgeship.domain.versioning.changes import Changes, changes_of
from edgeship.domain.versioning.commits import remaining
from edgeship.domain.versioning.described import described_version
from edgeship.domain.versioning.tags import last_release, tag_prefix, tagged_versions


def git_version(repository: Repository, folder: Path, widget: str) -> Version:
    """The version of HEAD, for a project that states none: that of its tag, else a pre-release of what follows.

    Raises:
        Refused: `no_repository`, `no_commit`, `shallow_clone`, or `dirty_tree`: HEAD says nothing of these changes.
    """
    tree = repository.work_tree()
    if tree.head is None:
        raise Refused("no_commit", "The repository has no commit.", "Commit the project, or give --version.")
    check_whole(tree)
    check_clean(tree)
    behind = tagged_versions(repository.tags(merged=True), _prefix(tree.root, folder, widget))
    newest = max(behind, default=None)
    if newest is not None:
        named = repository.tag_commit(behind[newest])
        if named is not None and named[0] == tree.head:
            return newest
    last = last_release(behind)
    return described_version(last, repository.count(behind[last] if last is not None else None), tree.head)


def changes_for(repository: Repository, folder: Path, widget: str, version: Version) -> Changes | None:
    """The changes of a version: its section of the changelog, else the commits since the release before it. None where
    neither can be read: they only inform."""
    location = folder / CHANGELOG_NAME
    if location.is_file():
        written = section_of(location.read_text("utf-8", "replace"), version)
        if written is not None:
            return written
    try:
        tree = repository.work_tree()
        if tree.head is None or tree.shallow:
            return None
        behind = tagged_versions(repository.tags(merged=True), _prefix(tree.root, folder, widget))
        before = last_release(found for found in behind if found < version)
        if before is None:
            return None
        return changes_of(remaining(repository.commits(behind[before], _inside(tree.root, folder))))
    except Refused:
        return None


def _prefix(root: Path, folder: Path, widget: str) -> str:
    return tag_prefix(_inside(root, folder), widget)


def _inside(root: Path, folder: Path) -> str:
    inside = folder.resolve().relative_to(root.resolve()).as_posix()
    return "" if inside == "." else inside
