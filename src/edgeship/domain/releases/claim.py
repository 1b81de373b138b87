"""To which bytes a version is bound before the first of them is public."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

LEASE = timedelta(minutes=20)
"""An attempt claims before it writes a file, and no function runs for over 15 minutes
(https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html): after this, nobody writes under the claim."""


@dataclass(frozen=True)
class Claim:
    """`digest` is that of a manifest; `at` is when an attempt last began to write its files. None is one from before
    times were kept, which has no end."""

    digest: str
    at: datetime | None = None

    @property
    def until(self) -> datetime | None:
        """From when on other bytes may have the version, if nothing of these is public."""
        return self.at + LEASE if self.at else None

    def is_over(self, now: datetime) -> bool:
        return self.until is not None and self.until <= now
