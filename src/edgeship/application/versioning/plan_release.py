"""Which version follows, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edgeship.application.versioning.ports import Repository
from edgeship.application.versioning.read_project import Standing, commits_since
from edgeship.domain.errors import Refused
from edgeship.domain.version import Version
from edgeship.domain.versioning.changes import Changes, changes_of
from edgeship.domain.versioning.commits import Commit, level_of
from edgeship.domain.versioning.levels import Level, core_of, first_release, pre_release, raised


@dataclass(frozen=True)
class Wanted:
    """What the command line says of the next version: it, or the part to raise, or nothing. `channel` is that of a
    pre-release, such as `rc`."""

    version: Version | None = None
    level: Level | None = None
    channel: str | None = None


@dataclass(frozen=True)
class Plan:
    """`last` is the release that the commits are counted from; they are newest first, and `level` is what they ask for.
    `changes` are those since the last version of any kind that leads to this one."""

    standing: Standing
    version: Version
    last: Version | None
    level: Level | None
    commits: Sequence[Commit]
    changes: Changes

    @property
    def tag(self) -> str:
        return self.standing.tag_of(self.version)

    @property
    def is_written(self) -> bool:
        """Whether the project states the version already."""
        return self.standing.version == self.version


def plan_release(repository: Repository, standing: Standing, wanted: Wanted) -> Plan:
    """Decide it from the commits since the last release, unless the command line says it.

    Raises:
        Refused: `shallow_clone`, `nothing_to_release`, `version_ahead`, `version_lower`, `tag_exists`,
        `channel_invalid`.
    """
    commits = commits_since(repository, standing, standing.last)
    level = level_of(commits)
    version = wanted.version or _next(standing, commits, level, wanted)
    since = standing.last_before(version)
    newer = commits if since == standing.last else commits_since(repository, standing, since)
    if since is not None and since != standing.last and not newer and wanted.version is None:
        raise _nothing(standing, since, 0)
    _check_free(standing, version)
    return Plan(standing, version, standing.last, level, commits, changes_of(newer))


def _next(standing: Standing, commits: Sequence[Commit], level: Level | None, wanted: Wanted) -> Version:
    raised_by = wanted.level or level
    if standing.last is None:
        stated = max([standing.version, *standing.behind])
        core = first_release(stated) if wanted.level is None else raised(core_of(stated), wanted.level)
    elif raised_by is None:
        raise _nothing(standing, standing.last, len(commits))
    else:
        core = raised(standing.last, raised_by)
        if wanted.level is None and standing.version > core and standing.version not in standing.tagged:
            raise Refused(
                "version_ahead",
                f"The project states {standing.version}, which has no tag, and the commits ask for {core} only.",
                f"Tag it: edgeship version tag. Or name the version: edgeship version bump {core}.",
            )
    return core if wanted.channel is None else pre_release(core, wanted.channel, standing.tagged)


def _check_free(standing: Standing, version: Version) -> None:
    if standing.last is not None and version <= standing.last:
        raise Refused(
            "version_lower",
            f"{version} is not higher than {standing.last}, the last release behind HEAD.",
            "Give a higher version, or check out the branch that it is for.",
        )
    if version in standing.tagged:
        where = "" if version in standing.behind else ", on another branch"
        raise Refused(
            "tag_exists",
            f"{standing.tagged[version]} exists already{where}.",
            "Give another version. What breaks or is new belongs on the branch of the newest major version."
            if where
            else "A version never changes: give a higher one.",
        )


def _nothing(standing: Standing, since: Version, commits: int) -> Refused:
    counted = "no commit" if not commits else f"none of {commits} commits" if commits > 1 else "not the 1 commit"
    where = f" in {standing.inside}" if standing.inside else ""
    return Refused(
        "nothing_to_release",
        f"Since {standing.behind[since]}{where}, {counted} changes what users get: feat, fix, perf, revert, or a "
        "BREAKING CHANGE.",
        "Give the part to raise, such as: edgeship version bump patch.",
    )
