"""Tag the commit that states a version, and push the tag with its branch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from edgeship.application.versioning.ports import Projects, Repository
from edgeship.application.versioning.read_project import Standing, read_project
from edgeship.application.versioning.work_tree_checks import check_branch, check_clean, check_remote_tag, check_whole
from edgeship.domain.errors import Refused
from edgeship.domain.versioning.changelog import CHANGELOG_NAME, section_of


@dataclass(frozen=True)
class Tagged:
    """`made` is False if the tag was there already. `remote` is where it was pushed to, None if it was not."""

    standing: Standing
    tag: str
    commit: str
    message: str
    made: bool
    remote: str | None


@dataclass(frozen=True)
class TagRelease:
    """Run again, it does what is missing: a tag that is there already is pushed."""

    repository: Callable[[Path], Repository]
    projects: Projects

    def __call__(
        self, folder: Path, prefix: str | None, *, push: bool = False, offline: bool = False, dry_run: bool = False
    ) -> Tagged:
        """Raises:
        Refused: what reading a project is refused with, `dirty_tree`, `busy_tree`, `detached_head`, `shallow_clone`,
        `tag_exists`, `tag_lightweight`, `remote_missing`, `remote_unreachable`, or `push_refused`.
        """
        repository = self.repository(folder)
        standing = read_project(repository, self.projects, folder, prefix)
        branch = check_branch(standing.tree)
        check_whole(standing.tree)
        check_clean(standing.tree)
        commit = standing.tree.head
        assert commit is not None
        tag = standing.tag_of(standing.version)
        there = repository.tag_commit(tag)
        _check_own(tag, commit, there)
        remote = None if offline and not push else check_remote_tag(repository, tag, commit)
        if push and remote is None:
            raise Refused(
                "remote_missing",
                f"There is no remote to push {tag} to.",
                "Add one: git remote add origin URL. Or leave --push out.",
            )
        message = "\n".join(_message(standing, commit))
        if not dry_run:
            if there is None:
                repository.tag(tag, message)
            if push and remote is not None:
                repository.push(remote, branch, tag)
        return Tagged(standing, tag, commit, message, there is None, remote if push else None)


def _check_own(tag: str, commit: str, there: tuple[str, bool] | None) -> None:
    if there is None:
        return
    named, annotated = there
    if named != commit:
        raise Refused(
            "tag_exists",
            f"{tag} exists already, at {named[:10]}, and HEAD is {commit[:10]}.",
            "A version never changes. Raise it first: edgeship version bump.",
        )
    if not annotated:
        raise Refused(
            "tag_lightweight",
            f"{tag} exists already, and is not annotated: it has neither a date nor an author.",
            f"If it was not pushed, remove it: git tag -d {tag}. Then run it again.",
        )


def _message(standing: Standing, commit: str) -> Iterator[str]:
    """What the tag says: the version, its changes, and the commit."""
    yield f"{standing.widget} {standing.version}"
    yield ""
    location = standing.tree.root / standing.inside / CHANGELOG_NAME
    if location.is_file():
        changes = section_of(location.read_text("utf-8", "replace"), standing.version)
        for group, texts in changes.entries.items() if changes else ():
            yield from (f"{group}: {text}" for text in texts)
            yield ""
    yield f"Commit: {commit}"
    yield ""
