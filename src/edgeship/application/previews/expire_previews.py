"""Each minute: end the previews whose time is over.

The router of previews answers none of them from that second on; this writes down that they have ended.
"""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.application.ports import Pause
from edgeship.application.previews.ports import PreviewState
from edgeship.application.retry_conflict import retry_conflict
from edgeship.application.transaction import Transaction
from edgeship.domain.events import Occasion
from edgeship.domain.previews.preview import expire_previews


@dataclass(frozen=True)
class ExpirePreviews:
    state: PreviewState
    pause: Pause

    def __call__(self, occasion: Occasion) -> int:
        """How many previews of all widgets it has ended.

        Raises:
            ExceptionGroup: of widgets at which it failed; the others have been done.
        """
        ended, faults = 0, []
        for record in self.state.watched_previews():
            if not any(each.is_due(occasion.at) for each in record.previews):
                continue
            try:
                ended += self._expire(record.widget, occasion)
            except Exception as fault:  # noqa: BLE001  one widget must not hold up the others; it is raised below
                faults.append(fault)
        if faults:
            raise ExceptionGroup("previews could not be ended", faults)
        return ended

    def _expire(self, widget: str, occasion: Occasion) -> int:
        def attempt() -> int:
            after, events = expire_previews(self.state.previews(widget), occasion)
            if events:
                self.state.commit(Transaction(puts=(after,), events=events))
            return len(events)

        return retry_conflict(attempt, self.pause)
