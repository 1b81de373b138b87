"""Start what waited for the end of a freeze or for a calendar window, by the same decision as for an upload."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edgeship.application.calendar.read_gate import among
from edgeship.application.channels.ports import ChannelState
from edgeship.application.channels.promote_upload import PromoteUpload
from edgeship.domain.calendar.freeze import FreezeRecord
from edgeship.domain.calendar.gate import gate_of
from edgeship.domain.channels.policy import Decision, UploadAction
from edgeship.domain.events import Occasion

WIDGETS_A_TICK = 25
"""A start takes some 200 ms, and a tick must end within its minute; the others follow in the next ones."""
_MOST_STARTS = 3
"""Of one widget in one tick: its first release, then the newest, and one to spare."""


@dataclass(frozen=True)
class StartWaiting:
    state: ChannelState
    promote: PromoteUpload

    def __call__(self, freezes: list[FreezeRecord], occasion: Occasion) -> Iterator[tuple[str, Decision | Exception]]:
        """Start what may start now; each widget with what was decided last, or with its fault. One call finds the
        widgets where a release waits, and one reads the policies of a hundred of them."""
        waiting = sorted({record.widget for record in self.state.waiting()})
        policies = self.state.policies(waiting) if waiting else {}

        def may_start(widget: str) -> bool:
            windows = policies[widget].policy.calendar_windows
            return gate_of(among(freezes, widget), windows, occasion.at).closed is None

        due = [widget for widget in waiting if may_start(widget)]
        # Another slice each minute: widgets that fail can't keep the others from their turn.
        begin = int(occasion.at.timestamp() // 60) * WIDGETS_A_TICK % len(due) if len(due) > WIDGETS_A_TICK else 0
        for widget in [*due[begin:], *due[:begin]][:WIDGETS_A_TICK]:
            try:
                yield widget, self._start(widget, occasion)
            except Exception as fault:  # noqa: BLE001  the rest must start, too; the handler raises it
                yield widget, fault

    def _start(self, widget: str, occasion: Occasion) -> Decision:
        decision = self.promote.promote_waiting(widget, occasion)
        for _ in range(_MOST_STARTS):
            if decision.action is UploadAction.LEAVE:
                break
            # When nothing is due any more, this also ends the widget's wait.
            following = self.promote.promote_waiting(widget, occasion)
            if following.action is UploadAction.LEAVE:
                break
            decision = following
        return decision
