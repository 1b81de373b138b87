"""What the router asks on the way to a release, and what it finds: a channel's flag, then its rollout."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FlagStep:
    """A flag was asked. Its phase is the `phase`-th of `phases`, and counts from `since`, in epoch seconds; the user
    is a target user of it, or has a `bucket` of the `share` with this choice, both in hundredths of a per cent.
    `decides` is false where the choice is what the channel means without the flag."""

    flag: str
    phase: int
    phases: int
    since: float
    bucket: int
    share: int
    is_target: bool
    decides: bool


@dataclass(frozen=True)
class RolloutStep:
    """A rollout was asked: its candidate has `weight`, and the user a `bucket`, in hundredths of a per cent. `track` is
    `stable` or `candidate` where the request names one, else empty; only then it is not asked whether the user is a
    tester, who gets the candidate at any weight."""

    stable: str
    candidate: str
    weight: int
    bucket: int
    track: str
    is_tester: bool = False

    @property
    def takes_candidate(self) -> bool:
        return self.track == "candidate" if self.track else self.is_tester or self.bucket < self.weight
