"""Write the next version into the project, its lock file and its changelog, and commit these files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from edgeship.application.versioning.plan_release import Plan, Wanted, plan_release
from edgeship.application.versioning.ports import Projects, Repository
from edgeship.application.versioning.read_project import Standing, read_project
from edgeship.application.versioning.work_tree_checks import check_branch, check_clean, check_remote_tag
from edgeship.domain.errors import Refused
from edgeship.domain.plain_text import quoted
from edgeship.domain.versioning.changelog import CHANGELOG_NAME, released


@dataclass(frozen=True)
class FileChange:
    """A file that the release changes, by its path in the work tree. `before` is None if it is made."""

    path: str
    before: bytes | None
    after: bytes


@dataclass(frozen=True)
class Bumped:
    """`commit` is None if nothing was committed: because nothing was to change, or because it was only shown."""

    plan: Plan
    changes: tuple[FileChange, ...]
    message: str
    commit: str | None


@dataclass(frozen=True)
class BumpVersion:
    """What it writes follows from HEAD and the day alone. So when it dies between two writes, the next run on the same
    day finds each file as it was or as it will be, and completes it."""

    repository: Callable[[Path], Repository]
    projects: Projects
    today: Callable[[], date]

    def __call__(
        self, folder: Path, wanted: Wanted, prefix: str | None, *, offline: bool = False, dry_run: bool = False
    ) -> Bumped:
        """Raises:
        Refused: what reading and planning is refused with, `dirty_tree`, `busy_tree`, `detached_head`, or `tag_exists`.
        """
        repository = self.repository(folder)
        standing = read_project(repository, self.projects, folder, prefix)
        check_branch(standing.tree)
        plan = plan_release(repository, standing, wanted)
        changes = self._changes(repository, plan)
        check_clean(standing.tree, self._written(standing, changes))
        if not offline:
            check_remote_tag(repository, plan.tag, None)
        message = f"chore(release): {standing.widget} {plan.version}\n"
        if dry_run or not changes:
            return Bumped(plan, changes, message, None)
        for change in changes:
            location = standing.tree.root / change.path
            if not location.is_file() or location.read_bytes() != change.after:
                self.projects.write(location, change.after)
        commit = repository.commit([change.path for change in changes], message)
        return Bumped(plan, changes, message, commit)

    def _changes(self, repository: Repository, plan: Plan) -> tuple[FileChange, ...]:
        standing = plan.standing
        root = standing.tree.root.resolve()
        found = []
        for file in self.projects.versioned_files(standing.project, root):
            path = file.location.resolve().relative_to(root).as_posix()
            before = repository.committed(path)
            if before is not None:
                found.append(FileChange(path, before, file.changed(before, plan.version)))
        path = f"{standing.inside}/{CHANGELOG_NAME}".removeprefix("/")
        before = repository.committed(path)
        try:
            text = (before or b"").decode()
        except UnicodeDecodeError:
            raise Refused("changelog_invalid", f"{quoted(path)} is not UTF-8.", "Save it as UTF-8.") from None
        after = released(text, plan.version, self.today().isoformat(), plan.changes, plan.tag)
        found.append(FileChange(path, before, after.encode()))
        return tuple(change for change in found if change.after != change.before)

    @staticmethod
    def _written(standing: Standing, changes: tuple[FileChange, ...]) -> frozenset[str]:
        """The files that an earlier run wrote already.

        Raises:
            Refused: `dirty_tree`: a file that is to be made exists.
        """
        written = set()
        for change in changes:
            location = standing.tree.root / change.path
            there = location.read_bytes() if location.is_file() else None
            if there == change.after:
                written.add(change.path)
            elif change.before is None and there is not None:
                raise Refused(
                    "dirty_tree", f"{quoted(change.path)} exists and is not committed.", "Commit it, or move it away."
                )
        return frozenset(written)
