"""In a deploy, before the CDN reads the edge's store: bring the table's routes to it."""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.application.edge.bring_keys import BringKeys
from edgeship.application.edge.bring_store import BringStore
from edgeship.application.edge.ports import StoreFull
from edgeship.application.edge.refresh_routes import RefreshRoutes
from edgeship.application.ports import Report, Sleep

PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds between attempts. A permission that the same deploy has just granted is not everywhere at once: IAM is
eventually consistent (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html)."""


@dataclass(frozen=True)
class FillStore:
    """Of routes, and the keys of tokens if they can be read. A Region whose copy of the flags can't be written is no
    reason to stop a deploy."""

    refresh_routes: RefreshRoutes
    bring: BringStore
    bring_keys: BringKeys
    sleep: Sleep
    report: Report

    def __call__(self) -> None:
        """Try until the store is right.

        Raises:
            StoreFull: at once. No later attempt is different, and all of them would take longer than the function may.
            Exception: what the last attempt raised; that of each before is reported.
        """
        for pause in PAUSES:
            try:
                return self._fill()
            except StoreFull:
                raise
            except Exception as fault:  # noqa: BLE001  whatever it was, the last attempt says
                self.report(f"the edge's store is not filled yet; the next attempt is in {pause:g} s", fault)
                self.sleep(pause)
        return self._fill()

    def _fill(self) -> None:
        # A snapshot that is missing, or of an earlier form, is made of the whole table.
        self.refresh_routes({}, flags_changed=True)
        self.bring.repair()
        try:
            self.bring_keys()
        except Exception as fault:  # noqa: BLE001  without keys pages report without tokens, until the next minute
            self.report("the keys of tokens are not at the edge yet", fault)
