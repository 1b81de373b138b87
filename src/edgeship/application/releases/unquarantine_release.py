"""Lift the quarantine that a rollback put on a release."""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.application.ports import Pause
from edgeship.application.releases.ports import ReleaseState
from edgeship.application.releases.registered_release import registered_release
from edgeship.application.retry_conflict import retry_conflict
from edgeship.application.transaction import Transaction
from edgeship.domain.errors import check_unchanged
from edgeship.domain.events import Occasion
from edgeship.domain.naming import check_widget
from edgeship.domain.releases.quarantine import unquarantine
from edgeship.domain.version import Version


@dataclass(frozen=True)
class UnquarantineRelease:
    state: ReleaseState
    pause: Pause

    def __call__(self, widget: str, version: Version, occasion: Occasion, seen: str | None = None) -> None:
        """Let channels and ranges choose the release again. `seen` is when the quarantine began that the person
        saw; None: the one that is there now.

        Raises:
            Refused: `widget_invalid`, `not_registered`, `not_quarantined`, or `changed_since` when it is another one,
                also when it becomes one while this runs.
        """
        check_widget(widget)

        def attempt() -> None:
            nonlocal seen
            before = registered_release(self.state, widget, version)
            since = before.quarantine.since if before.quarantine is not None else None
            check_unchanged(seen, since, f"The quarantine of {widget} {version}")
            seen = since
            freed, event = unquarantine(before, occasion)
            self.state.commit(Transaction(puts=(freed,), events=(event,)))

        retry_conflict(attempt, self.pause)
