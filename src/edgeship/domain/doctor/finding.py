"""What a check of an environment found, and what fixes it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Check(StrEnum):
    """What is checked, in the order in which it is shown: what is first may explain what follows."""

    CREDENTIALS = "credentials"
    CLOCK = "clock"
    REGION = "region"
    STACK = "stack"
    VERSION = "version"
    CDN = "cdn"
    EDGE = "edge"
    ALARMS = "alarms"
    QUEUES = "queues"
    QUOTAS = "quotas"
    TELEMETRY = "telemetry"


class Level(StrEnum):
    """How much a finding matters, the least first. `UNCHECKED` says nothing of the environment."""

    UNCHECKED = "unchecked"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Finding:
    """`text` says what is there, and `fix` what to do: a sentence each."""

    check: Check
    level: Level
    text: str
    fix: str


@dataclass(frozen=True)
class Report:
    """The findings, errors first; `checks` were made, or tried."""

    checks: tuple[Check, ...]
    findings: tuple[Finding, ...]

    def level_of(self, check: Check) -> Level | None:
        """The level of the check's most severe finding; None where it has none."""
        levels = [finding.level for finding in self.findings if finding.check is check]
        return max(levels, key=_rank, default=None)

    def count(self, level: Level) -> int:
        return sum(finding.level is level for finding in self.findings)


def report(checks: Iterable[Check], findings: Sequence[Finding]) -> Report:
    """The findings in their order: errors, then warnings, then what was not checked; each in the order of checks."""
    order = list(Check)
    made = tuple(sorted(set(checks), key=order.index))
    ranked = sorted(findings, key=lambda each: (-_rank(each.level), order.index(each.check)))
    return Report(made, tuple(ranked))


def not_allowed(check: Check, needs: str) -> Finding:
    """These credentials may not read what the check needs; `needs` is the action of IAM."""
    return Finding(
        check,
        Level.UNCHECKED,
        f"Not checked: these credentials are not allowed to read it; that needs {needs}.",
        "Use credentials with the operator policy, or those of an administrator.",
    )


def not_read(check: Check, why: str) -> Finding:
    """What the check needs could not be read."""
    return Finding(check, Level.UNCHECKED, f"Not checked: {why}", "Check the network, then run this command again.")


def _rank(level: Level) -> int:
    return list(Level).index(level)
