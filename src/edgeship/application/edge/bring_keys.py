"""Bring the keys of today and tomorrow to the edge, which signs the tokens of page views with them."""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.application.edge.ports import RouteStore
from edgeship.application.ports import Clock, Pause
from edgeship.application.retry_conflict import retry_conflict
from edgeship.application.telemetry.ports import TokenKeys
from edgeship.domain.telemetry.tokens import KEYS_KEY, edge_keys


@dataclass(frozen=True)
class BringKeys:
    """They lie in the store of the routes, under a key of their own. When a run fails, the keys of tomorrow are there
    already: a relay that is down for less than a day leaves no page view without a token."""

    keys: TokenKeys
    store: RouteStore
    clock: Clock
    pause: Pause

    def __call__(self) -> None:
        """Write them if the store has others: once a day, and when the master key is new.

        Raises:
            Conflict: others were quicker, again and again. StoreFull: it does not take them.
            Exception: the master key has never been read.
        """
        retry_conflict(self._bring, self.pause)

    def _bring(self) -> None:
        etag = self.store.content().etag
        wanted = edge_keys(self.keys.read()[0], self.clock())
        if self.store.get(KEYS_KEY) != wanted:
            self.store.update({KEYS_KEY: wanted}, [], etag)
