"""What people were notified of, so that one incident is one notification."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Found = Literal["unhealthy", "degraded"]


@dataclass(frozen=True)
class Alert:
    """Since when (RFC 3339) and why a version is known to be unhealthy, or a candidate to be degraded, and stays."""

    since: str
    cause: str
    health: Found = "unhealthy"

    def covers(self, found: Found) -> bool:
        """Whether people know it already: unhealthy is more than degraded."""
        return self.health in ("unhealthy", found)
