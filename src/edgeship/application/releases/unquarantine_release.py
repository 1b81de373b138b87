"""Lift the quarantine that a rollback put on a release."""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.application.ports import Pause
from edgeship.application.releases.ports import ReleaseState
from edgeship.application.releases.registered_release import registered_release
from edgeship.application.retry_conflict import retry_conflict
from edgeship.application.transaction import Transaction
from edgeship.domain.events import Occasion
from edgeship.domain.naming import check_widget
from edgeship.domain.releases.quarantine import unquarantine
from edgeship.domain.version import Version


@dataclass(frozen=True)
class UnquarantineRelease:
    state: ReleaseState
    pause: Pause

    def __call__(self, widget: str, version: Version, occasion: Occasion) -> None:
        """Let channels and ranges choose the release again.

        Raises:
            Refused: `widget_invalid`, `not_registered` or `not_quarantined`.
        """
        check_widget(widget)

        def attempt() -> None:
            freed, event = unquarantine(registered_release(self.state, widget, version), occasion)
            self.state.commit(Transaction(puts=(freed,), events=(event,)))

        retry_conflict(attempt, self.pause)
