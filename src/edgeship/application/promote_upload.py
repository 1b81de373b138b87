"""Do with a newly registered release what its widget's policy says."""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.application.move_channel import commit_move
from edgeship.application.ports import Pause, State
from edgeship.application.retry_conflict import retry_conflict
from edgeship.domain.channel import promote
from edgeship.domain.events import Occasion
from edgeship.domain.naming import LATEST
from edgeship.domain.policy import Decision, decide_upload
from edgeship.domain.version import Version


@dataclass(frozen=True)
class PromoteUpload:
    state: State
    pause: Pause

    def __call__(self, widget: str, version: Version, occasion: Occasion) -> Decision:
        """Decide and, if so decided, move `latest`; the order and number of events make no difference.

        The widget's first release goes live before any other is judged, even if its event is late: what an
        upload does depends on what is live.
        """
        first = self._first(widget)
        if first is None:
            return Decision(False, f"{widget} has no registered release")
        if first != version:
            retry_conflict(lambda: self._attempt(widget, first, first, occasion), self.pause)
        return retry_conflict(lambda: self._attempt(widget, version, first, occasion), self.pause)

    def _first(self, widget: str) -> Version | None:
        record = self.state.widget(widget)
        return record.first if record else None

    def _attempt(self, widget: str, version: Version, first: Version, occasion: Occasion) -> Decision:
        record = self.state.widget(widget)
        release = self.state.release(widget, version)
        if record is None or release is None:
            return Decision(False, f"{widget} {version} is not registered")
        channel = self.state.channel(widget, LATEST)
        decision = decide_upload(record.policy, channel, release, first)
        if decision.promote:
            commit_move(self.state, promote(channel, release, occasion.because(decision.reason)))
        return decision
