"""What the commits since a release change, as Conventional Commits say it.

https://www.conventionalcommits.org/en/v1.0.0/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from edgeship.domain.versioning.levels import Level

_REVERTS = re.compile(r"^This reverts commit ([0-9a-f]{40}|[0-9a-f]{64})\b", re.MULTILINE)
"""What `git revert` writes into a message."""
_REFERS = re.compile(r"^Refs?: (.+)$", re.MULTILINE)
"""What the specification writes into one of `revert: …`."""
_NAME = re.compile(r"\b[0-9a-f]{7,64}\b")
_LEVELS = {"feat": Level.MINOR, "fix": Level.PATCH, "perf": Level.PATCH, "revert": Level.PATCH}


@dataclass(frozen=True)
class Commit:
    """`kind` is the type (`feat`), `summary` the description; both are empty if the message is not conventional.
    `breaking` says what breaks, and is None if nothing does."""

    sha: str
    message: str
    kind: str = ""
    scope: str = ""
    summary: str = ""
    breaking: str | None = None

    @property
    def level(self) -> Level | None:
        """What a release has to raise for it; None if users of a widget see nothing of it."""
        return Level.MAJOR if self.breaking is not None else _LEVELS.get(self.kind)

    @property
    def line(self) -> str:
        """The summary with its scope, for a list of changes."""
        return f"{self.scope}: {self.summary}" if self.scope else self.summary

    @property
    def subject(self) -> str:
        """The first line of the message."""
        return next(iter(self.message.strip().splitlines()), "")

    @property
    def reverted(self) -> frozenset[str]:
        """The names of the commits that it takes away again; they may be short."""
        found = _REVERTS.findall(self.message)
        if self.kind == "revert":
            found += [name for line in _REFERS.findall(self.message) for name in _NAME.findall(line)]
        return frozenset(found)


def remaining(commits: Sequence[Commit]) -> list[Commit]:
    """The commits, newest first, without those that a later one reverts, and without these reverts. A revert of a
    revert brings the first commit in again. A revert of what was released before counts as `revert: …`."""
    gone: set[str] = set()
    known = [commit.sha for commit in commits]
    kept = []
    for commit in commits:
        if commit.sha in gone:
            continue
        inside = {sha for name in commit.reverted for sha in known if sha.startswith(name)}
        gone |= inside
        if not inside:
            kept.append(_as_revert(commit))
    return kept


def level_of(commits: Iterable[Commit]) -> Level | None:
    """What a release of these commits has to raise; None if nothing of them is seen by users."""
    return max((commit.level for commit in commits if commit.level is not None), default=None)


def _as_revert(commit: Commit) -> Commit:
    if commit.kind in _LEVELS or not commit.reverted:
        return commit
    summary = commit.subject.removeprefix("Revert ").strip('"')
    return Commit(commit.sha, commit.message, "revert", "", summary)
