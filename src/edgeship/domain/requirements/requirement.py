"""What a release requires of its environment, and whether that is there.

A release must not be brought to users while a requirement is not met, or while nobody has said what runs. A rescue is
refused only by what is known: a name that nobody has set must never keep a channel at a bad version.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from edgeship.domain.errors import Refused
from edgeship.domain.requirements.environment import EnvironmentRecord
from edgeship.domain.requirements.ranges import parse_partial, parse_range
from edgeship.domain.version import Version

MAX_REQUIREMENTS = 20
"""Of one release."""


@dataclass(frozen=True)
class Requirement:
    """`range` is as in `ranges.py`, of the versions of `name`."""

    name: str
    range: str

    def __str__(self) -> str:
        return f"{self.name} {self.range}"


class Requiring(Protocol):
    """A release."""

    @property
    def widget(self) -> str: ...
    @property
    def version(self) -> Version: ...
    @property
    def requires(self) -> Sequence[Requirement]: ...


@dataclass(frozen=True)
class Unmet:
    """A requirement that is not met, and the version that runs; None if nobody has set it."""

    requirement: Requirement
    running: str | None

    def clause(self, subject: str) -> str:
        """`1.4.0 requires api >=3 <5, and api is 5.1`."""
        is_ = self.running if self.running is not None else "not set in this environment"
        return f"{subject} requires {self.requirement}, and {self.requirement.name} is {is_}"

    def refused(self, release: Requiring) -> Refused:
        name, version = self.requirement.name, self.running
        reason = f"{self.clause(f'{release.widget} {release.version}')}."
        if version is None:
            return Refused(
                "requirement_unknown", reason, f"Say which version runs: edgeship environment set {name} VERSION."
            )
        return Refused(
            "requirement_unmet",
            reason,
            f"Choose a release that works with {name} {version}. If another version runs: "
            f"edgeship environment set {name} VERSION.",
        )


def first_unmet(release: Requiring, environment: EnvironmentRecord, *, rescue: bool = False) -> Unmet | None:
    """The first requirement that is not met; None if all are. For a `rescue`, a name that is not set meets each."""
    for each in release.requires:
        running = environment.running.get(each.name)
        if running is None:
            if not rescue:
                return Unmet(each, None)
        elif not parse_range(each.range).has(parse_partial(running.version)):
            return Unmet(each, running.version)
    return None
