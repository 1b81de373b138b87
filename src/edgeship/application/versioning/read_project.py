"""Where a project stands: its version, its tags, and the commits since its last release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from edgeship.application.versioning.ports import Project, Projects, Repository, WorkTree
from edgeship.application.versioning.work_tree_checks import check_whole
from edgeship.domain.errors import Refused
from edgeship.domain.plain_text import quoted
from edgeship.domain.version import Version
from edgeship.domain.versioning.commits import Commit, remaining
from edgeship.domain.versioning.levels import core_of
from edgeship.domain.versioning.tags import last_release, tag_prefix, tagged_versions


@dataclass(frozen=True)
class Standing:
    """`inside` is the project's folder in the work tree, empty for its top. `tagged` are the versions that have a tag,
    `behind` those that HEAD has behind it; `last` is the highest release of these."""

    project: Project
    tree: WorkTree
    inside: str
    widget: str
    version: Version
    prefix: str
    tagged: Mapping[Version, str]
    behind: Mapping[Version, str]

    @property
    def last(self) -> Version | None:
        return last_release(self.behind)

    def tag_of(self, version: Version) -> str:
        return f"{self.prefix}{version}"

    def last_before(self, version: Version) -> Version | None:
        """What the changes of a version are counted from: its last release, or its own last pre-release."""
        own = [v for v in self.behind if version.prerelease and core_of(v) == core_of(version) and v.prerelease]
        return max(own, default=self.last)


def read_project(repository: Repository, projects: Projects, folder: Path, prefix: str | None) -> Standing:
    """Read it as it is committed; `prefix` is what stands before the version in tags, where the folder does not say it.

    Raises:
        Refused: `no_repository`, `no_commit`, `not_committed`, `name_missing`, `version_missing`, or what reading a
        project is refused with.
    """
    tree = repository.work_tree()
    if tree.head is None:
        raise Refused("no_commit", "The repository has no commit.", "Commit the project first.")
    there = projects.read(folder)
    path = there.manifest.resolve().relative_to(tree.root.resolve()).as_posix()
    content = repository.committed(path)
    if content is None:
        raise Refused("not_committed", f"{quoted(path)} is not committed.", "Commit the project first.")
    project = projects.read(folder, content)
    if project.widget is None:
        raise _lacking(project, "name", "name")
    if project.version is None:
        raise _lacking(project, "version", "version")
    inside = folder.resolve().relative_to(tree.root.resolve()).as_posix()
    inside = "" if inside == "." else inside
    before = tag_prefix(inside, project.widget) if prefix is None else prefix
    return Standing(
        project=project,
        tree=tree,
        inside=inside,
        widget=project.widget,
        version=project.version,
        prefix=before,
        tagged=tagged_versions(repository.tags(merged=False), before),
        behind=tagged_versions(repository.tags(merged=True), before),
    )


def commits_since(repository: Repository, standing: Standing, version: Version | None) -> list[Commit]:
    """The commits since a release, newest first, without those that were reverted since.

    Raises:
        Refused: `shallow_clone`.
    """
    check_whole(standing.tree)
    tag = standing.behind[version] if version is not None else None
    return remaining(repository.commits(tag, standing.inside))


def _lacking(project: Project, what: str, field: str) -> Refused:
    named = ", ".join(str(folder) for folder in project.workspaces)
    remedy = f"Name one of its workspaces: {named}." if named else f"Write a {field} into it, such as 0.0.0."
    if field == "name" and not named:
        remedy = "Write the name of the package into it."
    return Refused(f"{field}_missing", f"{quoted(str(project.manifest))} states no {what}.", remedy)
