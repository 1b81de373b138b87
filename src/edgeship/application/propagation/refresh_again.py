"""Refresh a cache by path again when it has fetched an old version after its refresh.

How long the store of routes takes to reach an edge location is not promised. A cache that was refreshed before that
may have asked there, and keeps the old version. So what makes a refresh right is its verification, not the wait before.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from edgeship.application.propagation.overtaken import refuse_overtaken
from edgeship.application.propagation.ports import CdnBusy, CdnRefused
from edgeship.application.propagation.refresh_cdns import RefreshCdns
from edgeship.domain.channels.channel import Channel
from edgeship.domain.propagation.deployment import Mismatch


@dataclass
class RefreshAgain:
    """Called with the mismatches between two rounds of a verification. In the first, second, fourth, eighth… round that
    finds a cache alone old, it refreshes this cache: at most 4 times in a minute, which the plans of all CDNs permit.
    """

    refresh: RefreshCdns
    channel: Channel
    reference: str
    _rounds: dict[str, int] = field(default_factory=dict)

    def __call__(self, mismatches: Sequence[Mismatch]) -> None:
        """
        Raises:
            Overtaken: the channel has moved on.
        """
        refuse_overtaken(self.refresh.state, self.channel)
        for cached in self.refresh.cdns:
            if not cached.by_path or not self._is_old(cached.cdn.name, mismatches):
                continue
            rounds = self._rounds[cached.cdn.name] = self._rounds.get(cached.cdn.name, 0) + 1
            if rounds & (rounds - 1) == 0:
                # The next round shows what came of it.
                with suppress(CdnBusy, CdnRefused, OSError):
                    self.refresh.again(cached, self.channel, f"{self.reference}-{rounds}")

    def _is_old(self, name: str, mismatches: Sequence[Mismatch]) -> bool:
        """Whether it has what the CDN behind it no longer serves: before that, a refresh brings the same again."""
        caches = {cached.cdn.name for cached in self.refresh.cdns if cached.by_path}
        behind = {mismatch.path for mismatch in mismatches if mismatch.where not in caches}
        return any(m.where == name and m.condemns and m.path not in behind for m in mismatches)
