"""Credentials, clock and quotas of an account."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from edgeship.domain.deploying.quotas import Need
from edgeship.domain.doctor.finding import Check, Finding, Level
from edgeship.domain.plain_text import span

REFUSED_SECONDS: Final = 300
"""AWS refuses most requests whose time is further away from its own
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html)."""
SLOW_SECONDS: Final = 60


@dataclass(frozen=True)
class Answered:
    """When (aware) a server says that it answered, and between which times of this machine it did."""

    server: datetime
    asked: datetime
    got: datetime

    @property
    def skew(self) -> float:
        """The seconds by which this machine is ahead, negative where it is behind; 0 where the times agree. A header
        `Date` has whole seconds."""
        if (ahead := (self.asked - self.server).total_seconds() - 1) > 0:
            return ahead
        if (behind := (self.server - self.got).total_seconds()) > 0:
            return -behind
        return 0.0


@dataclass(frozen=True)
class Caller:
    """Whose credentials there are; `refusal` is why AWS does not take them, and then `account` is None."""

    account: str | None
    answered: Answered | None
    refusal: str | None = None


@dataclass(frozen=True)
class Used:
    """What an account may have of something, and how much of it is in use."""

    need: Need
    quota: int
    used: int


def check_caller(caller: Caller) -> Iterator[Finding]:
    if caller.refusal is not None:
        yield Finding(
            Check.CREDENTIALS,
            Level.ERROR,
            f"AWS does not take these credentials: {caller.refusal}",
            "Set AWS_PROFILE or sign in: aws sso login.",
        )


def check_clock(answered: Answered) -> Iterator[Finding]:
    skew = answered.skew
    if abs(skew) < SLOW_SECONDS:
        return
    refused = abs(skew) >= REFUSED_SECONDS
    follows = (
        "AWS refuses such requests" if refused else f"from {REFUSED_SECONDS // 60} minutes on, AWS refuses requests"
    )
    yield Finding(
        Check.CLOCK,
        Level.ERROR if refused else Level.WARNING,
        f"This machine's clock is {span(abs(skew))} {'ahead' if skew > 0 else 'behind'}; {follows}.",
        "Let the clock be set from the network: timedatectl set-ntp true.",
    )


def check_quotas(used: Iterable[Used]) -> Iterator[Finding]:
    for each in used:
        if (short := each.need.short(each.quota, each.used)) is not None:
            level = Level.ERROR if each.quota <= each.used else Level.WARNING
            yield Finding(Check.QUOTAS, level, short.reason, short.remedy)
